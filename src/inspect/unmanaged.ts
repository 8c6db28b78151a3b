// Processes in namespaces of their own that no engine claims: unshare, bubblewrap, systemd-nspawn, a
// sandbox, or a container of an engine that is not known here. Never hidden.
import type { EngineContainer } from '../engines/engine.js';
import type { ReadHost } from '../host/host.js';
import { isInCgroup } from '../ns/cgroup.js';
import { hostNamespaces, indexNamespaces, namespacesOf } from '../ns/namespaces.js';
import type { NamespaceInodes } from '../ns/namespaces.js';
import { listProcesses, type Process } from '../ns/process.js';
import { summarizeProblems } from '../ns/unreadable.js';
import type { Problem } from '../oci/problem.js';
import type { UnmanagedRow } from './documents/ls.js';
import { toCommand } from './process-record.js';

export function findUnmanaged(
  host: ReadHost,
  containers: readonly EngineContainer[],
): { rows: UnmanagedRow[]; problems: Problem[] } {
  const { processes } = listProcesses(host);
  const index = indexNamespaces(
    host,
    processes.map(({ pid }) => pid),
  );
  const own = hostNamespaces(host).inodes;
  const inodesOf = (pid: number) => index.processes.get(pid)?.inodes ?? {};
  const isClaimed = claimedBy(containers, processes, inodesOf);
  const groups = new Map<string, Process[]>();
  for (const process of processes) {
    // Kernel threads such as kdevtmpfs have a mount namespace of their own.
    if (process.kernelThread || isClaimed(process)) continue;
    const key = ownTypes(inodesOf(process.pid), own)
      .map(([type, inode]) => `${type}:${inode}`)
      .join(' ');
    if (key === '') continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [process]);
    else group.push(process);
  }
  const rows = [...groups.values()].map((group) => toRow(group, inodesOf, own));
  return { rows, problems: summarizeProblems(index.problems) };
}

/** Those in which it is not with the host. */
function ownTypes(inodes: NamespaceInodes, own: NamespaceInodes) {
  return namespacesOf(inodes).filter(([type, inode]) => own[type] !== inode);
}

/** By cgroup, by the namespaces of the container's init, or by descent from it. */
function claimedBy(
  containers: readonly EngineContainer[],
  processes: readonly Process[],
  inodesOf: (pid: number) => NamespaceInodes,
): (process: Process) => boolean {
  const running = containers.filter(({ init }) => init !== undefined);
  const paths = running.flatMap(({ cgroupPaths }) => cgroupPaths ?? []);
  const inits = new Set(running.map(({ init }) => init?.pid ?? 0));
  const supervisors = new Set(running.flatMap(({ supervisorPids }) => supervisorPids ?? []));
  const namespaces = new Set([...inits].flatMap((pid) => inodesOf(pid).mnt ?? []));
  const parents = new Map(processes.map(({ pid, ppid }) => [pid, ppid]));
  const descends = (pid: number) => {
    const seen = new Set<number>();
    for (let at = pid; at > 1 && !seen.has(at); at = parents.get(at) ?? 0) {
      if (inits.has(at)) return true;
      seen.add(at);
    }
    return false;
  };
  return ({ pid, cgroups }) =>
    supervisors.has(pid) ||
    namespaces.has(inodesOf(pid).mnt ?? '') ||
    cgroups.some(({ path }) => isInCgroup(path, paths)) ||
    descends(pid);
}

/** One for all that share the same namespaces, with the eldest of them. */
function toRow(
  group: readonly Process[],
  inodesOf: (pid: number) => NamespaceInodes,
  own: NamespaceInodes,
): UnmanagedRow {
  const pids = new Set(group.map(({ pid }) => pid));
  const first = group.find(({ ppid }) => !pids.has(ppid)) ?? group[0];
  if (first === undefined) throw new RangeError('a group without processes');
  return {
    pid: first.pid,
    processes: group.length,
    namespaces: ownTypes(inodesOf(first.pid), own).map(([type, inode]) => ({ type, inode })),
    command: toCommand(first),
    ...(first.startedAt === undefined ? {} : { startedAt: first.startedAt }),
  };
}
