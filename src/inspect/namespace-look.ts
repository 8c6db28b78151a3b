// Everything the question about namespaces reads, once for all subjects.
import type { ReadHost } from '../host/host.js';
import type { Problem } from '../oci/problem.js';
import { containerMembers, type Membership } from '../ns/membership.js';
import { namespaceHolders, type NamespaceHolder } from '../ns/namespace-holders.js';
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
  const holders = new Map<string, NamespaceHolder[]>();
  for (const holder of held.holders) {
    const key = namespaceKey(holder.type, holder.inode);
    holders.set(key, [...(holders.get(key) ?? []), holder]);
  }
  return {
    processes: new Map(processes.map((process) => [process.pid, process])),
    index,
    own: hostNamespaces(host),
    known: subjects.map((subject) => ({
      subject,
      membership: containerMembers(host, processes, subject, index),
    })),
    holders,
    ownMountNamespace,
    userNames: readHostUserNames(host),
    problems: [...index.problems, ...held.problems],
  };
}
