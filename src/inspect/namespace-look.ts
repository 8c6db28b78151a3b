// Everything the question about namespaces reads, once for all subjects.
import type { NamespaceType, ReadHost } from '../host/host.js';
import type { Problem } from '../oci/problem.js';
import { containerMembers, type Membership } from '../ns/membership.js';
import { namespaceHolders, type NamespaceHolder } from '../ns/namespace-holders.js';
import { openNamespaces, type OpenNamespace } from '../ns/namespace-descriptors.js';
import {
  hostNamespaces,
  indexNamespaces,
  namespaceKey,
  type HostNamespaces,
  type NamespaceIndex,
} from '../ns/namespaces.js';
import { listProcesses, type Process } from '../ns/process.js';
import { readHostUserNames, type UserNames } from '../ns/user-names.js';
import type { ProcessSubject } from './procs.js';

/** What is known of one row: the process whose namespaces count is the init. */
export type NamespaceSubject = ProcessSubject;

export interface KnownSubject {
  readonly subject: NamespaceSubject;
  readonly membership: Membership;
}

export interface NamespaceLook {
  readonly processes: ReadonlyMap<number, Process>;
  readonly index: NamespaceIndex;
  readonly own: HostNamespaces;
  readonly known: readonly KnownSubject[];
  /** By `namespaceKey`. */
  readonly holders: ReadonlyMap<string, readonly NamespaceHolder[]>;
  /** By `namespaceKey`: who has it open, and whose children will be in it. */
  readonly opened: ReadonlyMap<string, readonly OpenNamespace[]>;
  readonly awaited: ReadonlyMap<string, readonly number[]>;
  readonly ownMountNamespace: string | undefined;
  readonly userNames: UserNames;
  readonly problems: readonly Problem[];
}

export function takeNamespaceLook(
  host: ReadHost,
  subjects: readonly NamespaceSubject[],
): NamespaceLook {
  const { processes } = listProcesses(host);
  const index = indexNamespaces(
    host,
    processes.map(({ pid }) => pid),
  );
  const ownMountNamespace = index.processes.get(host.processId)?.inodes.mnt;
  const held = namespaceHolders(host, index, ownMountNamespace);
  const { open, problems } = openNamespaces(host, processes);
  return {
    processes: new Map(processes.map((process) => [process.pid, process])),
    index,
    own: hostNamespaces(host),
    known: subjects.map((subject) => ({
      subject,
      membership: containerMembers(host, processes, subject, index),
    })),
    holders: groupByKey(held.holders),
    opened: groupByKey(open),
    awaited: awaitedNamespaces(index),
    ownMountNamespace,
    userNames: readHostUserNames(host),
    problems: [...index.problems, ...held.problems, ...problems],
  };
}

function groupByKey<One extends { readonly type: NamespaceType; readonly inode: string }>(
  all: readonly One[],
): Map<string, One[]> {
  const groups = new Map<string, One[]>();
  for (const one of all) {
    const key = namespaceKey(one.type, one.inode);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

/** After unshare(2) without a fork: nobody is in it yet, and it is there all the same. */
function awaitedNamespaces({ processes }: NamespaceIndex): Map<string, number[]> {
  const awaited = new Map<string, number[]>();
  for (const { pid, inodes, pidForChildren, timeForChildren } of processes.values()) {
    for (const [type, inode] of [
      ['pid', pidForChildren],
      ['time', timeForChildren],
    ] as const) {
      if (inode === undefined || inode === inodes[type]) continue;
      const key = namespaceKey(type, inode);
      awaited.set(key, [...(awaited.get(key) ?? []), pid]);
    }
  }
  return awaited;
}
