// Which processes does the host see of a container, or at all?
import type { ReadHost } from '../host/host.js';
import { decodeCapabilities } from '../ns/capability.js';
import { cgroupAccountReader } from '../ns/cgroup-limits.js';
import { containerMembers, type Membership } from '../ns/membership.js';
import { readMountinfo } from '../ns/mountinfo.js';
import { listProcesses, type Process } from '../ns/process.js';
import { summarizeProblems } from '../ns/unreadable.js';
import type { Problem } from '../oci/problem.js';
import { makeDocument } from './document.js';
import type { Subject } from './documents/common.js';
import type { ControlGroup } from './documents/process-details.js';
import type { ProcessRecord, ProcsDocument } from './documents/procs.js';
import { processDetailReader } from './process-details.js';
import { findOddPrograms, findStrays } from './process-findings.js';
import { groupCgroups, recordProcesses } from './process-record.js';
import type { ContainerFiles } from './same-content.js';

/** What is known of the subject's processes. Subject kind `host` asks for all of the machine. */
export interface ProcessSubject {
  readonly subject: Subject;
  readonly initPid?: number;
  /** Ticks since boot of the init: a process with its pid but another start is not it. */
  readonly initStartTicks?: number;
  /** The container's own cgroups, as in /proc/PID/cgroup. */
  readonly cgroupPaths?: readonly string[];
  /** The shim or CLI above the init; by default the parent of the init. */
  readonly supervisorPids?: readonly number[];
  /** What its root file system is made of. */
  readonly files?: ContainerFiles;
}

export interface ProcessOptions {
  /**
   * Look closely at each process that is shown: its program, libraries, sockets, cgroup. Default for
   * all but a whole host, where it costs some seconds for thousands of them.
   */
  readonly details?: boolean;
}

export function inspectProcesses(
  host: ReadHost,
  subject: ProcessSubject,
  options: ProcessOptions = {},
): ProcsDocument {
  const { processes, problems } = listProcesses(host);
  const whole = subject.subject.kind === 'host';
  const membership = whole ? undefined : containerMembers(host, processes, subject);
  const shown =
    membership === undefined
      ? processes
      : processes.filter(
          ({ pid }) => membership.belongings.has(pid) || membership.supervisors.has(pid),
        );
  const pids = new Set(shown.map(({ pid }) => pid));
  const ordered = inTreeOrder(shown);
  const closer = (options.details ?? !whole) && ordered.length > 0;
  const groups = closer ? readControlGroups(host, ordered) : undefined;
  const initPid = membership?.init?.pid;
  const detailsOf = closer
    ? processDetailReader(host, withInit(subject, initPid), problems)
    : () => ({});
  const records = recordProcesses(host, ordered, membership, (process) => ({
    ...detailsOf(process),
    ...groups?.numberOf(process),
  }));
  const answer = {
    ...(initPid === undefined ? {} : { init: initPid }),
    processes: records,
    capabilitySets: nameCapabilities(records),
    ...(groups === undefined ? {} : { controlGroups: groups.list }),
    findings:
      membership === undefined
        ? []
        : [...findStrays(shown, membership), ...findOddPrograms(records, initOf(records, initPid))],
  };
  return makeDocument(host, 'procs', subject.subject, answer, [
    ...membershipProblems(subject, membership),
    ...summarizeProblems(problems.filter((problem) => concerns(pids, problem))),
    ...hiddenProblems(host),
  ]);
}

function withInit({ files }: ProcessSubject, initPid: number | undefined) {
  return {
    ...(files === undefined ? {} : { files }),
    ...(initPid === undefined ? {} : { initPid }),
  };
}

function initOf(
  records: readonly ProcessRecord[],
  pid: number | undefined,
): ProcessRecord | undefined {
  return pid === undefined ? undefined : records.find((record) => record.pid === pid);
}

/** A few masks are all that thousands of processes have. */
function nameCapabilities(records: readonly ProcessRecord[]): Record<string, string[]> {
  const masks = new Set<string>();
  for (const { capabilities } of records) {
    for (const mask of Object.values(capabilities ?? {})) masks.add(mask);
  }
  return Object.fromEntries([...masks].sort().map((mask) => [mask, decodeCapabilities(mask)]));
}

interface ControlGroups {
  readonly list: ControlGroup[];
  numberOf(process: Process): { controlGroup: number };
}

/** The cgroups of these processes in the order in which they come. */
function readControlGroups(host: ReadHost, processes: readonly Process[]): ControlGroups {
  const members = new Map<string, Process[]>();
  const keyOf = ({ cgroups }: Process) => cgroups.map((line) => line.path).join('\0');
  for (const process of processes) {
    const key = keyOf(process);
    const group = members.get(key);
    if (group === undefined) members.set(key, [process]);
    else group.push(process);
  }
  const readAccount = cgroupAccountReader(host, ownMounts(host));
  const list = [...members.values()].map((group, number): ControlGroup => {
    const lines = group[0]?.cgroups ?? [];
    const { limitedBy, ...usage } = readAccount(lines);
    return {
      number,
      cgroups: groupCgroups(lines),
      processes: group.length,
      ...usage,
      ...(Object.keys(limitedBy).length === 0 ? {} : { limitedBy }),
    };
  });
  const numbers = new Map([...members.keys()].map((key, number) => [key, number]));
  return { list, numberOf: (process) => ({ controlGroup: numbers.get(keyOf(process)) ?? 0 }) };
}

function ownMounts(host: ReadHost) {
  try {
    return readMountinfo(host, 'self');
  } catch {
    // Without /proc/self there is nothing to say where cgroups are mounted.
    return [];
  }
}

/** Of a process without a readable stat nobody knows whether it belongs here. */
function concerns(pids: ReadonlySet<number>, { path = '' }: Problem): boolean {
  const [, pid, name] = /^\/proc\/(\d+)\/(.*)$/.exec(path) ?? [];
  return name === 'stat' || pids.has(Number(pid));
}

/** Roots by pid, each followed by its children by pid; a circle of parents loses nobody. */
export function inTreeOrder<Node extends { readonly pid: number; readonly ppid: number }>(
  nodes: readonly Node[],
): Node[] {
  const sorted = [...nodes].sort((a, b) => a.pid - b.pid);
  const pids = new Set(sorted.map(({ pid }) => pid));
  const children = groupByParent(sorted);
  const ordered = new Set<Node>();
  const visit = (root: Node) => {
    // A stack of our own: a chain of forks can be deeper than the one of JavaScript.
    const stack = [root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (ordered.has(node)) continue;
      ordered.add(node);
      stack.push(...[...(children.get(node.pid) ?? [])].reverse());
    }
  };
  for (const node of sorted) if (!pids.has(node.ppid)) visit(node);
  for (const node of sorted) visit(node);
  return [...ordered];
}

function groupByParent<Node extends { readonly ppid: number }>(
  nodes: readonly Node[],
): Map<number, Node[]> {
  const children = new Map<number, Node[]>();
  for (const node of nodes) {
    const siblings = children.get(node.ppid);
    if (siblings === undefined) children.set(node.ppid, [node]);
    else siblings.push(node);
  }
  return children;
}

function membershipProblems(
  { subject, initPid }: ProcessSubject,
  membership: Membership | undefined,
): Problem[] {
  if (membership === undefined) return [];
  if (membership.init === undefined) {
    const which = initPid === undefined ? 'no init process' : `no process ${initPid}`;
    return [{ code: 'not-running', message: `${subject.target} is not running: ${which}` }];
  }
  if (membership.ownPidNamespace || membership.cgroupPaths.length > 0) return [];
  return [
    {
      code: 'members-by-descent',
      message: `${subject.target} has no pid namespace and no cgroup of its own: only what descends from process ${membership.init.pid} is shown`,
    },
  ];
}

/** proc(5), hidepid: /proc may leave out what belongs to other users. */
function hiddenProblems(host: ReadHost): Problem[] {
  if (host.effectiveUid === 0) return [];
  try {
    const proc = readMountinfo(host, 'self').findLast((mount) => mount.mountPoint === '/proc');
    const option = /(?:^|,)(hidepid=(?!0|off)[^,]+)/.exec(proc?.superOptions ?? '')?.[1];
    if (option === undefined) return [];
    const message = `/proc is mounted with ${option}: processes of other users are not shown`;
    return [{ code: 'processes-hidden', message, path: '/proc' }];
  } catch {
    return [];
  }
}
