// Which processes belong to a container. The kernel knows no containers: what holds one together
// is the pid namespace its init opened (pid_namespaces(7)) and the cgroup it was put in.
import type { ReadHost } from '../host/host.js';
import { isInCgroup } from './cgroup.js';
import { parseNamespaceLink, type NamespaceIndex } from './namespaces.js';
import type { Process } from './process.js';

export interface ContainerIdentity {
  readonly initPid?: number;
  /** Ticks since boot, to tell a process that got the same pid later. */
  readonly initStartTicks?: number;
  /**
   * The container's own cgroups, as in /proc/PID/cgroup. Without them: those of the init that
   * its parent does not share.
   */
  readonly cgroupPaths?: readonly string[];
  readonly supervisorPids?: readonly number[];
}

/** `descendant`: found by parentage, where there is neither a pid namespace nor a cgroup. */
export type Belonging = 'namespace' | 'cgroup' | 'descendant';

export interface Membership {
  /** The init, if it is running. */
  readonly init: Process | undefined;
  readonly belongings: ReadonlyMap<number, readonly Belonging[]>;
  /** Pids of what starts and watches the container, on top of the init; no members. */
  readonly supervisors: ReadonlySet<number>;
  /** Has a pid namespace that its init opened: neither the host's nor another container's. */
  readonly ownPidNamespace: boolean;
  readonly cgroupPaths: readonly string[];
}

/** With an `index` at hand, no link of /proc is read again. */
export function containerMembers(
  host: ReadHost,
  processes: readonly Process[],
  identity: ContainerIdentity,
  index?: NamespaceIndex,
): Membership {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const init = findInit(byPid, identity);
  const supervisors = findSupervisors(byPid, init, identity.supervisorPids);
  const cgroupPaths = usablePaths(identity.cgroupPaths ?? ownCgroups(byPid, init, host));
  const ownPidNamespace = init !== undefined && opensPidNamespace(init);
  const inNamespace = ownPidNamespace
    ? pidNamespaceMembers(host, byPid, init, index)
    : new Set<number>();
  const byParentage = !ownPidNamespace && cgroupPaths.length === 0 && init !== undefined;
  const belongings = new Map<number, Belonging[]>();
  for (const process of processes) {
    const ways: Belonging[] = [];
    if (inNamespace.has(process.pid)) ways.push('namespace');
    if (process.cgroups.some((line) => isInCgroup(line.path, cgroupPaths))) ways.push('cgroup');
    if (byParentage && descendsFrom(byPid, process, init.pid)) ways.push('descendant');
    const watches = supervisors.has(process.pid) && !ways.includes('namespace');
    if (ways.length > 0 && !watches) belongings.set(process.pid, ways);
  }
  return { init, belongings, supervisors, ownPidNamespace, cgroupPaths };
}

function findInit(
  byPid: ReadonlyMap<number, Process>,
  { initPid, initStartTicks }: ContainerIdentity,
): Process | undefined {
  const process = initPid === undefined ? undefined : byPid.get(initPid);
  const another = initStartTicks !== undefined && process?.startTicks !== initStartTicks;
  return another ? undefined : process;
}

/** Pid 1 of a namespace below ours: it opened it, and the namespace ends with it. */
function opensPidNamespace(init: Process): boolean {
  return init.pidInNamespaces.length > 1 && init.pidInNamespaces.at(-1) === 1;
}

function usablePaths(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter((path) => path.startsWith('/') && path !== '/');
}

function ownCgroups(
  byPid: ReadonlyMap<number, Process>,
  init: Process | undefined,
  host: ReadHost,
): string[] {
  if (init === undefined) return [];
  const parent = byPid.get(init.ppid) ?? byPid.get(host.processId);
  const shared = new Set(parent?.cgroups.map((line) => line.path));
  return init.cgroups.map((line) => line.path).filter((path) => !shared.has(path));
}

/**
 * The processes of the init's pid namespace and of those nested in it: where following the
 * parents of a namespace leads to the init's. Out of reach of that, descent from the init counts.
 */
function pidNamespaceMembers(
  host: ReadHost,
  byPid: ReadonlyMap<number, Process>,
  init: Process,
  index: NamespaceIndex | undefined,
): Set<number> {
  const depth = init.pidInNamespaces.length;
  const namespaceOf = (pid: number) =>
    index === undefined ? pidNamespace(host, pid) : index.processes.get(pid)?.inodes.pid;
  const own = namespaceOf(init.pid);
  // Each pid namespace adds one entry to NSpid, so most processes need no further look.
  const candidates = [...byPid.values()]
    .filter((process) => process.pidInNamespaces.length >= depth)
    .map((process) => ({ process, namespace: namespaceOf(process.pid) }));
  const isInside = nesting(host, own, new Map(candidates.map((one) => [one.namespace, one])));
  const members = candidates.filter(
    ({ process, namespace }) => isInside(namespace) ?? descendsFrom(byPid, process, init.pid),
  );
  return new Set(members.map(({ process }) => process.pid));
}

/** Whether a pid namespace is `own` or below it; undefined when the kernel does not say. */
function nesting(
  host: ReadHost,
  own: string | undefined,
  someIn: ReadonlyMap<string | undefined, { process: Process }>,
): (namespace: string | undefined) => boolean | undefined {
  const known = new Map<string, boolean | undefined>(own === undefined ? [] : [[own, true]]);
  const isInside = (namespace: string | undefined): boolean | undefined => {
    if (namespace === undefined || own === undefined) return undefined;
    if (known.has(namespace)) return known.get(namespace);
    const process = someIn.get(namespace)?.process;
    const topmost = process !== undefined && process.pidInNamespaces.length === 1;
    const parent = process === undefined || topmost ? undefined : parentOf(host, process.pid);
    const answer = topmost ? false : parent === undefined ? undefined : isBelow(parent);
    known.set(namespace, answer);
    return answer;
  };
  // A parent with none of the candidates in it lies above `own`, if all of them could be read.
  const isBelow = (parent: string) =>
    someIn.has(parent) ? isInside(parent) : someIn.has(undefined) ? undefined : false;
  return isInside;
}

function pidNamespace(host: ReadHost, pid: number): string | undefined {
  try {
    return parseNamespaceLink(host.readLink(`/proc/${pid}/ns/pid`));
  } catch {
    return undefined;
  }
}

function parentOf(host: ReadHost, pid: number): string | undefined {
  try {
    return host.parentNamespace(`/proc/${pid}/ns/pid`)?.inode.toString();
  } catch {
    return undefined;
  }
}

/** Whether `process` is `ancestor` or below it; a circle of reused pids ends the search. */
function descendsFrom(
  byPid: ReadonlyMap<number, Process>,
  process: Process,
  ancestor: number,
): boolean {
  const seen = new Set<number>();
  for (let at: Process | undefined = process; at !== undefined; at = byPid.get(at.ppid)) {
    if (at.pid === ancestor) return true;
    if (seen.has(at.pid)) return false;
    seen.add(at.pid);
  }
  return false;
}

/**
 * The named ones and all between them and the init; with no names the parent of the init,
 * unless that is the host's init, which adopts what nobody watches.
 */
function findSupervisors(
  byPid: ReadonlyMap<number, Process>,
  init: Process | undefined,
  named: readonly number[] | undefined,
): Set<number> {
  const found = new Set((named ?? []).filter((pid) => byPid.has(pid) && pid !== init?.pid));
  if (init === undefined) return found;
  if (named === undefined) {
    if (init.ppid > 1 && byPid.has(init.ppid)) found.add(init.ppid);
    return found;
  }
  const chain: number[] = [];
  for (let pid = init.ppid; pid > 1 && !chain.includes(pid); pid = byPid.get(pid)?.ppid ?? 0) {
    chain.push(pid);
  }
  const top = chain.findLastIndex((pid) => found.has(pid));
  for (const pid of chain.slice(0, top + 1)) found.add(pid);
  return found;
}
