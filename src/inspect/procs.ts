// Which processes does the host see of a container, or at all?
import { encodeName, isUtf8Name } from '../oci/byte-name.js';
import type { Problem } from '../oci/problem.js';
import type { ReadHost } from '../host/host.js';
import type { CgroupLine } from '../ns/cgroup.js';
import { insideUserReader, type InsideUser } from '../ns/inside-users.js';
import { containerMembers, type Membership } from '../ns/membership.js';
import { readMountinfo } from '../ns/mountinfo.js';
import { listProcesses, parseCmdline, type Process } from '../ns/process.js';
import { summarizeProblems } from '../ns/unreadable.js';
import { readHostUserNames } from '../ns/user-names.js';
import { makeDocument } from './document.js';
import type { Subject } from './documents/common.js';
import type { ProcessRecord, ProcsDocument, ProcsFinding } from './documents/procs.js';

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
}

export function inspectProcesses(host: ReadHost, subject: ProcessSubject): ProcsDocument {
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
  const answer = {
    ...(membership?.init === undefined ? {} : { init: membership.init.pid }),
    processes: recordProcesses(host, inTreeOrder(shown), membership),
    findings: membership === undefined ? [] : findStrays(shown, membership),
  };
  return makeDocument(host, 'procs', subject.subject, answer, [
    ...membershipProblems(subject, membership),
    ...summarizeProblems(problems.filter((problem) => concerns(pids, problem))),
    ...hiddenProblems(host),
  ]);
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

function recordProcesses(
  host: ReadHost,
  processes: readonly Process[],
  membership: Membership | undefined,
): ProcessRecord[] {
  const names = readHostUserNames(host);
  const readInsideUser = insideUserReader(host);
  return processes.map((process) => {
    const name = names.get(process.uid.effective);
    return toRecord(process, {
      user: { uid: process.uid.effective, ...(name === undefined ? {} : { name }) },
      userInside: readInsideUser(process),
      supervisor: membership?.supervisors.has(process.pid) ?? false,
      belongsBy: [...(membership?.belongings.get(process.pid) ?? [])],
    });
  });
}

interface RecordParts extends Pick<ProcessRecord, 'user' | 'supervisor' | 'belongsBy'> {
  readonly userInside: InsideUser | undefined;
}

function toRecord(process: Process, { userInside, ...parts }: RecordParts): ProcessRecord {
  return {
    pid: process.pid,
    pidInNamespaces: [...process.pidInNamespaces],
    ppid: process.ppid,
    supervisor: parts.supervisor,
    belongsBy: parts.belongsBy,
    user: parts.user,
    ...(userInside === undefined ? {} : { userInside: toInsideRecord(userInside) }),
    ...(process.tty === undefined ? {} : { tty: process.tty }),
    state: process.state,
    processGroup: process.processGroup,
    session: process.session,
    foreground: process.foreground,
    nice: process.nice,
    threads: process.threads,
    startTicks: process.startTicks,
    ...(process.startedAt === undefined ? {} : { startedAt: process.startedAt }),
    cpuSeconds: process.cpuSeconds,
    rss: process.rss,
    virtualSize: process.virtualSize,
    cgroups: groupCgroups(process.cgroups),
    command: toCommand(process),
    ...(process.exe === undefined
      ? {}
      : { exe: process.exe, ...bytesOf('exeBase64', process.exe) }),
    kernelThread: process.kernelThread,
  };
}

function toInsideRecord({ uid, name }: InsideUser): NonNullable<ProcessRecord['userInside']> {
  return { ...(uid === undefined ? {} : { uid }), ...(name === undefined ? {} : { name }) };
}

/** The command line as documents hold it. */
export function toCommand(process: Process): ProcessRecord['command'] {
  const argv = parseCmdline(process.cmdline);
  return {
    comm: process.comm,
    argv,
    ...(process.cmdlineTruncated ? { argvTruncated: true } : {}),
    ...bytesOf('commBase64', process.comm),
    ...(argv.every(isUtf8Name) ? {} : { argvBase64: process.cmdline.toString('base64') }),
  };
}

function bytesOf<Key extends string>(key: Key, name: string): Partial<Record<Key, string>> {
  if (isUtf8Name(name)) return {};
  return { [key]: encodeName(name).toString('base64') } as Record<Key, string>;
}

/** Most processes have one path in all hierarchies. */
function groupCgroups(lines: readonly CgroupLine[]): ProcessRecord['cgroups'] {
  const groups = new Map<string, string[]>();
  for (const line of lines) {
    const controllers = line.hierarchy === 0 ? ['unified'] : line.controllers;
    groups.set(line.path, [...(groups.get(line.path) ?? []), ...controllers]);
  }
  return [...groups].map(([path, controllers]) => ({ path, controllers }));
}

/** A process that has only one of the two things that hold a container together. */
function findStrays(shown: readonly Process[], membership: Membership): ProcsFinding[] {
  if (!membership.ownPidNamespace || membership.cgroupPaths.length === 0) return [];
  return shown.flatMap(({ pid, comm }): ProcsFinding[] => {
    const ways = membership.belongings.get(pid) ?? [];
    if (ways.length !== 1) return [];
    const inNamespace = ways[0] === 'namespace';
    const [there, missing] = inNamespace
      ? ['pid namespace', 'cgroup']
      : ['cgroup', 'pid namespace'];
    return [
      {
        code: inNamespace ? 'outside-cgroup' : 'outside-namespace',
        message: `process ${pid} (${comm}) is in the ${there} of the container but not in its ${missing}`,
        pid,
      },
    ];
  });
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
