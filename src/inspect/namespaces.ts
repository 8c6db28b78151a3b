// Which namespaces is it in, who else is in them, and what is shared with the host?
import { encodeName, isUtf8Name } from '../oci/byte-name.js';
import type { Problem } from '../oci/problem.js';
import { NAMESPACE_TYPES, type NamespaceType, type ReadHost } from '../host/host.js';
import { namespaceRelations, type NamespaceHolder } from '../ns/namespace-holders.js';
import { namespaceKey, namespacesOf, type ProcessNamespaces } from '../ns/namespaces.js';
import { summarizeProblems } from '../ns/unreadable.js';
import { makeDocument } from './document.js';
import type { Subject } from './documents/common.js';
import type { NamespaceRecord, NamespaceSubjectRecord, NsDocument } from './documents/ns.js';
import { findStrangers } from './namespace-findings.js';
import {
  takeNamespaceLook,
  type KnownSubject,
  type NamespaceLook,
  type NamespaceSubject,
} from './namespace-look.js';
import { toCommand } from './process-record.js';

export interface NamespaceOptions {
  /** Containers that are not asked about but are named where they share a namespace. */
  readonly others?: readonly NamespaceSubject[];
}

const PIDS_LISTED = 20;

/** Without subjects: all namespaces of the machine. */
export function inspectNamespaces(
  host: ReadHost,
  subjects: readonly NamespaceSubject[],
  { others = [] }: NamespaceOptions = {},
): NsDocument {
  const look = takeNamespaceLook(host, [...subjects, ...others]);
  const rows = subjects.map((subject) => toSubjectRecord(look, subject));
  const wanted = subjects.length === 0 ? allNamespaces(look) : namespacesOfRows(rows);
  const asked = look.known.filter(({ subject }) => subjects.includes(subject));
  const answer = {
    host: {
      pid: look.own.pid,
      namespaces: namespacesOf(look.own.inodes).map(([type, inode]) => ({ type, inode })),
    },
    subjects: rows,
    namespaces: sortNamespaces(wanted).map((one) => toNamespaceRecord(host, look, one)),
    findings: asked.flatMap((one) => findStrangers(look, one)),
  };
  return makeDocument(host, 'ns', frameSubject(subjects), answer, [
    ...asked.flatMap((one) => subjectProblems(look, one)),
    ...summarizeProblems(look.problems),
  ]);
}

function frameSubject(subjects: readonly NamespaceSubject[]): Subject {
  const [only, ...more] = subjects;
  if (only !== undefined && more.length === 0) return only.subject;
  return { kind: 'host', engine: 'host', target: 'host' };
}

function toSubjectRecord(look: NamespaceLook, subject: NamespaceSubject): NamespaceSubjectRecord {
  const { target, engine, name } = subject.subject;
  const known = look.known.find((one) => one.subject === subject);
  const pid = known?.membership.init?.pid;
  const namespaces = pid === undefined ? undefined : look.index.processes.get(pid);
  return {
    target,
    engine,
    ...(name === undefined ? {} : { name }),
    ...(pid === undefined ? {} : { pid }),
    namespaces: namespacesOf(namespaces?.inodes ?? {}).map(([type, inode]) => ({
      type,
      inode,
      host: look.own.inodes[type] === inode,
      ...forChildren(namespaces, type, inode),
    })),
  };
}

function forChildren(
  namespaces: ProcessNamespaces | undefined,
  type: NamespaceType,
  inode: string,
): { forChildren?: string } {
  const other =
    type === 'pid'
      ? namespaces?.pidForChildren
      : type === 'time'
        ? namespaces?.timeForChildren
        : undefined;
  return other === undefined || other === inode ? {} : { forChildren: other };
}

type NamespaceName = readonly [NamespaceType, string];

function namespacesOfRows(rows: readonly NamespaceSubjectRecord[]): NamespaceName[] {
  return rows.flatMap((row) => row.namespaces.map(({ type, inode }) => [type, inode] as const));
}

/** Those with processes, and those that only a mount keeps. */
function allNamespaces(look: NamespaceLook): NamespaceName[] {
  return [...look.index.pids.keys(), ...look.holders.keys()].map((key) => {
    const colon = key.indexOf(':');
    return [key.slice(0, colon) as NamespaceType, key.slice(colon + 1)] as const;
  });
}

function sortNamespaces(names: readonly NamespaceName[]): NamespaceName[] {
  const unique = new Map(names.map((name) => [namespaceKey(...name), name]));
  return [...unique.values()].sort(
    ([typeA, inodeA], [typeB, inodeB]) =>
      NAMESPACE_TYPES.indexOf(typeA) - NAMESPACE_TYPES.indexOf(typeB) ||
      Number(inodeA) - Number(inodeB),
  );
}

function toNamespaceRecord(
  host: ReadHost,
  look: NamespaceLook,
  [type, inode]: NamespaceName,
): NamespaceRecord {
  const key = namespaceKey(type, inode);
  const pids = look.index.pids.get(key) ?? [];
  const holders = look.holders.get(key) ?? [];
  const others = pids.filter(
    (pid) => !look.known.some(({ membership }) => membership.belongings.has(pid)),
  );
  const path = relationPath(look, type, pids, holders);
  return {
    type,
    inode,
    host: look.own.inodes[type] === inode,
    processes: pids.length,
    sharedBy: look.known.flatMap(({ subject, membership }) => {
      const count = pids.filter((pid) => membership.belongings.has(pid)).length;
      const { target, name } = subject.subject;
      return count === 0
        ? []
        : [{ target, ...(name === undefined ? {} : { name }), processes: count }];
    }),
    otherProcesses: { count: others.length, pids: others.slice(0, PIDS_LISTED) },
    ...lowestOf(look, pids),
    heldBy: holders.map(toHolderRecord),
    ...(path === undefined ? {} : namespaceRelations(host, type, path)),
  };
}

/** Mounts of other mount namespaces are not opened: what lies on the way there is not ours. */
function relationPath(
  look: NamespaceLook,
  type: NamespaceType,
  pids: readonly number[],
  holders: readonly NamespaceHolder[],
): string | undefined {
  if (pids[0] !== undefined) return `/proc/${pids[0]}/ns/${type}`;
  return holders.find((one) => one.mountNamespace === look.ownMountNamespace)?.mountPoint;
}

function lowestOf(look: NamespaceLook, pids: readonly number[]): Pick<NamespaceRecord, 'lowest'> {
  const process = look.processes.get(pids[0] ?? 0);
  if (process === undefined) return {};
  const name = look.userNames.get(process.uid.effective);
  return {
    lowest: {
      pid: process.pid,
      user: { uid: process.uid.effective, ...(name === undefined ? {} : { name }) },
      command: toCommand(process),
    },
  };
}

function toHolderRecord(holder: NamespaceHolder): NamespaceRecord['heldBy'][number] {
  const { mountPoint, mountNamespace, pid } = holder;
  const bytes = isUtf8Name(mountPoint)
    ? {}
    : { mountPointBase64: encodeName(mountPoint).toString('base64') };
  return { mountPoint, ...bytes, mountNamespace, pid };
}

/** Gone, or there but out of our reach: its row is empty, and this says which. */
function subjectProblems(look: NamespaceLook, { subject, membership }: KnownSubject): Problem[] {
  const { target } = subject.subject;
  const { initPid } = subject;
  if (membership.init === undefined) {
    const which = initPid === undefined ? 'no init process' : `no process ${initPid}`;
    return [{ code: 'not-running', message: `${target} is not running: ${which}` }];
  }
  const { pid } = membership.init;
  const known = look.index.processes.get(pid)?.inodes ?? {};
  if (Object.keys(known).length > 0) return [];
  const message = `the namespaces of ${target} cannot be read: process ${pid} belongs to somebody else`;
  return [{ code: 'namespaces-unreadable', message, path: `/proc/${pid}/ns` }];
}
