// Which namespaces is it in, who else is in them, and what is shared with the host?
import { NAMESPACE_TYPES, type NamespaceType, type ReadHost } from '../host/host.js';
import { namespaceKey, namespacesOf, type ProcessNamespaces } from '../ns/namespaces.js';
import { summarizeProblems } from '../ns/unreadable.js';
import type { Problem } from '../oci/problem.js';
import { makeDocument } from './document.js';
import type { Subject } from './documents/common.js';
import type { NamespaceRecord, NamespaceSubjectRecord, NsDocument } from './documents/ns.js';
import { checkIsolation } from './isolation.js';
import { findStrangers } from './namespace-findings.js';
import {
  takeNamespaceLook,
  type KnownSubject,
  type NamespaceLook,
  type NamespaceSubject,
} from './namespace-look.js';
import { toNamespaceRecord, withUserAncestors, type NamespaceName } from './namespace-record.js';

export interface NamespaceOptions {
  /** Containers that are not asked about but are named where they share a namespace. */
  readonly others?: readonly NamespaceSubject[];
}

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
  const records = sortNamespaces(wanted).map((one) => toNamespaceRecord(host, look, one));
  const isolation = checkIsolation(host, look, asked);
  const answer = {
    host: {
      pid: look.own.pid,
      namespaces: namespacesOf(look.own.inodes).map(([type, inode]) => ({ type, inode })),
    },
    subjects: rows,
    namespaces:
      subjects.length === 0 ? sortRecords(withUserAncestors(host, look, records)) : records,
    findings: asked.flatMap((one) => findStrangers(look, one)),
    ...(subjects.length === 0 ? {} : { isolation: isolation.facts }),
  };
  return makeDocument(host, 'ns', frameSubject(subjects), answer, [
    ...asked.flatMap((one) => subjectProblems(look, one)),
    ...summarizeProblems([...look.problems, ...isolation.problems]),
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

function namespacesOfRows(rows: readonly NamespaceSubjectRecord[]): NamespaceName[] {
  return rows.flatMap((row) => row.namespaces.map(({ type, inode }) => [type, inode] as const));
}

/** Those with processes, and those that only a mount, a descriptor or an unshare(2) keeps. */
function allNamespaces(look: NamespaceLook): NamespaceName[] {
  const { index, holders, opened, awaited } = look;
  return [index.pids, holders, opened, awaited].flatMap((map) =>
    [...map.keys()].map((key) => {
      const colon = key.indexOf(':');
      return [key.slice(0, colon) as NamespaceType, key.slice(colon + 1)] as const;
    }),
  );
}

function sortNamespaces(names: readonly NamespaceName[]): NamespaceName[] {
  const unique = new Map(names.map((name) => [namespaceKey(...name), name]));
  return [...unique.values()].sort(compareNames);
}

function sortRecords(records: readonly NamespaceRecord[]): NamespaceRecord[] {
  return [...records].sort((a, b) => compareNames([a.type, a.inode], [b.type, b.inode]));
}

function compareNames([typeA, inodeA]: NamespaceName, [typeB, inodeB]: NamespaceName): number {
  const byType = NAMESPACE_TYPES.indexOf(typeA) - NAMESPACE_TYPES.indexOf(typeB);
  return byType || Number(inodeA) - Number(inodeB);
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
