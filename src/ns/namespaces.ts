// Namespaces and who is in them: namespaces(7). A namespace is its type and its inode on nsfs.
import { NAMESPACE_TYPES, type NamespaceType, type ReadHost } from '../host/host.js';
import { hasCode } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { isGone, unreadable } from './unreadable.js';
import { listPids } from './process.js';

/** A type that the kernel does not know, or that a zombie has left, is absent. */
export type NamespaceInodes = Readonly<Partial<Record<NamespaceType, string>>>;

export interface ProcessNamespaces {
  readonly pid: number;
  /** As decimal text: a document's form, and a key. */
  readonly inodes: NamespaceInodes;
  /** Where children will be, which is elsewhere after unshare(2) or setns(2) without a fork. */
  readonly pidForChildren?: string;
  readonly timeForChildren?: string;
}

export interface NamespacesReading {
  readonly namespaces: ProcessNamespaces;
  readonly problems: readonly Problem[];
}

/** "net:[4026531833]" → "4026531833". */
export function parseNamespaceLink(text: string): string | undefined {
  return /^[a-z_]+:\[(\d+)\]$/.exec(text)?.[1];
}

/** Undefined when there is no such process (any more). */
export function readNamespaces(host: ReadHost, pid: number): NamespacesReading | undefined {
  const inodes: Partial<Record<NamespaceType, string>> = {};
  const problems: Problem[] = [];
  const directory = `/proc/${pid}/ns`;
  for (const type of NAMESPACE_TYPES) {
    try {
      const inode = parseNamespaceLink(host.readLink(`${directory}/${type}`));
      if (inode !== undefined) inodes[type] = inode;
    } catch (error) {
      if (isGone(error)) continue;
      problems.push(unreadable(error, `${directory}/${type}`));
      // One permission decides over all of them (ptrace(2), PTRACE_MODE_READ).
      if (hasCode(error, 'PERMISSION_DENIED')) break;
    }
  }
  const nothing = Object.keys(inodes).length === 0;
  if (nothing && problems.length === 0 && !isThere(host, pid)) return undefined;
  const children = nothing ? {} : readNamespacesForChildren(host, pid);
  return { namespaces: { pid, inodes, ...children }, problems };
}

function isThere(host: ReadHost, pid: number): boolean {
  return host.findStatus(`/proc/${pid}`) !== undefined;
}

/** Absent as long as the first child has not made it a namespace with an init (pid only). */
function readNamespacesForChildren(
  host: ReadHost,
  pid: number,
): Pick<ProcessNamespaces, 'pidForChildren' | 'timeForChildren'> {
  const read = (type: string) => {
    try {
      return parseNamespaceLink(host.readLink(`/proc/${pid}/ns/${type}_for_children`));
    } catch {
      return undefined;
    }
  };
  const [forPid, forTime] = [read('pid'), read('time')];
  return {
    ...(forPid === undefined ? {} : { pidForChildren: forPid }),
    ...(forTime === undefined ? {} : { timeForChildren: forTime }),
  };
}

export interface HostNamespaces {
  /** Whose they are: 1, 2 (kthreadd) when 1 may not be read, else our own. */
  readonly pid: number;
  readonly inodes: NamespaceInodes;
}

/** kthreadd never leaves the first namespaces; only there is pid 2 a kernel thread. */
export function hostNamespaces(host: ReadHost): HostNamespaces {
  for (const pid of [1, 2, host.processId]) {
    if (pid === 2 && !isKernelThread(host, pid)) continue;
    const inodes = readNamespaces(host, pid)?.namespaces.inodes ?? {};
    if (Object.keys(inodes).length > 0) return { pid, inodes };
  }
  return { pid: host.processId, inodes: {} };
}

function isKernelThread(host: ReadHost, pid: number): boolean {
  try {
    return host.readText(`/proc/${pid}/stat`).startsWith(`${pid} (kthreadd) `);
  } catch {
    return false;
  }
}

/** Names one namespace on this machine: "net:4026531833". */
export function namespaceKey(type: NamespaceType, inode: string): string {
  return `${type}:${inode}`;
}

export interface NamespaceIndex {
  readonly processes: ReadonlyMap<number, ProcessNamespaces>;
  /** By `namespaceKey`; pids in order. */
  readonly pids: ReadonlyMap<string, readonly number[]>;
  readonly problems: readonly Problem[];
}

/** Who is in which namespace, over all processes or these. */
export function indexNamespaces(
  host: ReadHost,
  pids: readonly number[] = listPids(host),
): NamespaceIndex {
  const processes = new Map<number, ProcessNamespaces>();
  const members = new Map<string, number[]>();
  const problems: Problem[] = [];
  for (const pid of pids) {
    const reading = readNamespaces(host, pid);
    if (reading === undefined) continue;
    processes.set(pid, reading.namespaces);
    problems.push(...reading.problems);
    for (const [type, inode] of namespacesOf(reading.namespaces.inodes)) {
      const key = namespaceKey(type, inode);
      const group = members.get(key);
      if (group === undefined) members.set(key, [pid]);
      else group.push(pid);
    }
  }
  return { processes, pids: members, problems };
}

/** The namespaces that are known, in the order of NAMESPACE_TYPES. */
export function namespacesOf(inodes: NamespaceInodes): [NamespaceType, string][] {
  return NAMESPACE_TYPES.flatMap((type) => {
    const inode = inodes[type];
    return inode === undefined ? [] : [[type, inode] as [NamespaceType, string]];
  });
}
