// One process as /proc shows it: proc_pid_stat(5), proc_pid_status(5), proc_pid_cmdline(5).
import { decodeName } from '../oci/byte-name.js';
import { hasCode } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import type { ReadHost } from '../host/host.js';
import { parseCgroups, type CgroupLine } from './cgroup.js';
import { parseProcessStat, TICKS_PER_SECOND, type ProcessStat } from './process-stat.js';
import { parseProcessStatus, type KnownMasks, type ProcessStatus } from './process-status.js';
import { parseTtyDrivers, ttyName, type TtyDriver } from './tty.js';
import { isGone, unreadable } from './unreadable.js';

export interface Process extends Omit<ProcessStat, 'cpuTicks'>, ProcessStatus {
  readonly tty?: string;
  /** RFC 3339, to the second: the boot time has no more. Absent when that is unknown. */
  readonly startedAt?: string;
  readonly cpuSeconds: number;
  /** Bytes with NUL after each argument; the process can overwrite it. */
  readonly cmdline: Buffer;
  /** More than 64 KiB of command line: the rest is not here. */
  readonly cmdlineTruncated: boolean;
  readonly cgroups: readonly CgroupLine[];
  /** Text of the link, in the process's own mount namespace, with " (deleted)" when unlinked. */
  readonly exe?: string;
  readonly root?: string;
}

export interface ProcessReading {
  /** Undefined when not even its stat could be read. */
  readonly process: Process | undefined;
  readonly problems: readonly Problem[];
}

/** What every process of one look has in common. */
export interface ProcessContext {
  /** Seconds since the epoch. */
  readonly bootTime: number | undefined;
  readonly ttyDrivers: readonly TtyDriver[];
  /** What was parsed before, by its text: of many processes it is the same. */
  readonly cgroups: Map<string, readonly CgroupLine[]>;
  readonly masks: KnownMasks;
}

const CMDLINE_LIMIT = 65536;
const EMPTY = Buffer.alloc(0);

export function readProcessContext(host: ReadHost): ProcessContext {
  const text = (path: string) => {
    try {
      return host.readText(path);
    } catch {
      return '';
    }
  };
  const bootTime = /^btime (\d+)$/m.exec(text('/proc/stat'))?.[1];
  return {
    bootTime: bootTime === undefined ? undefined : Number(bootTime),
    ttyDrivers: parseTtyDrivers(text('/proc/tty/drivers')),
    cgroups: new Map(),
    masks: new Map(),
  };
}

/** Every pid that /proc lists, in order. */
export function listPids(host: ReadHost): number[] {
  return host
    .readDirectory('/proc')
    .filter((entry) => /^[1-9]\d*$/.test(entry.name))
    .map((entry) => Number(entry.name))
    .sort((a, b) => a - b);
}

/** All processes in order of their pids; those that end meanwhile are left out. */
export function listProcesses(
  host: ReadHost,
  pids: readonly number[] = listPids(host),
): { processes: Process[]; problems: Problem[] } {
  const context = readProcessContext(host);
  const processes: Process[] = [];
  const problems: Problem[] = [];
  for (const pid of pids) {
    const reading = readProcess(host, pid, context);
    if (reading === undefined) continue;
    if (reading.process !== undefined) processes.push(reading.process);
    problems.push(...reading.problems);
  }
  return { processes, problems };
}

/** Undefined when there is no such process (any more). */
export function readProcess(
  host: ReadHost,
  pid: number,
  context: ProcessContext = readProcessContext(host),
): ProcessReading | undefined {
  const directory = `/proc/${pid}`;
  const problems: Problem[] = [];
  /** Undefined, and a problem unless the file is just not there, when `read` fails. */
  const attempt = <Value>(name: string, read: (path: string) => Value): Value | undefined => {
    try {
      return read(`${directory}/${name}`);
    } catch (error) {
      if (!isGone(error)) problems.push(unreadable(error, `${directory}/${name}`));
      return undefined;
    }
  };
  const stat = attempt('stat', (path) => parseProcessStat(host.readFile(path)));
  if (stat === undefined) return problems.length === 0 ? undefined : { process: stat, problems };
  const status = attempt('status', (path) =>
    parseProcessStatus(host.readText(path), context.masks),
  );
  const cgroups = attempt('cgroup', (path) => readCgroups(host, path, context));
  if (status === undefined && problems.length === 0) return undefined;
  // A kernel thread has neither arguments nor a program; asking would cost two failed calls.
  const cmdline = stat.kernelThread
    ? undefined
    : attempt('cmdline', (path) => readCmdline(host, path));
  const link = (name: string) =>
    stat.kernelThread ? undefined : attempt(name, (path) => host.readLink(path));
  const process = toProcess(stat, status ?? parseProcessStatus(''), context, {
    cmdline: cmdline ?? EMPTY,
    cgroups: cgroups ?? [],
    exe: link('exe'),
    root: link('root'),
  });
  return { process, problems };
}

function readCgroups(
  host: ReadHost,
  path: string,
  { cgroups }: ProcessContext,
): readonly CgroupLine[] {
  const text = decodeName(host.readFile(path));
  const lines = cgroups.get(text) ?? parseCgroups(text);
  cgroups.set(text, lines);
  return lines;
}

/** Of a longer one (ARG_MAX is megabytes) only the beginning, and a byte more to tell. */
function readCmdline(host: ReadHost, path: string): Buffer {
  try {
    return host.readFile(path, CMDLINE_LIMIT);
  } catch (error) {
    if (!hasCode(error, 'LIMIT_EXCEEDED')) throw error;
  }
  const file = host.openFile(path);
  try {
    return file.read(0, CMDLINE_LIMIT + 1);
  } finally {
    file.close();
  }
}

interface ProcessParts {
  readonly cmdline: Buffer;
  readonly cgroups: readonly CgroupLine[];
  readonly exe: string | undefined;
  readonly root: string | undefined;
}

function toProcess(
  { cpuTicks, ...stat }: ProcessStat,
  status: ProcessStatus,
  context: ProcessContext,
  parts: ProcessParts,
): Process {
  const tty = ttyName(context.ttyDrivers, stat.ttyNumber);
  const startedAt = startTime(context.bootTime, stat.startTicks);
  return {
    ...stat,
    ...status,
    pidInNamespaces: status.pidInNamespaces.length === 0 ? [stat.pid] : status.pidInNamespaces,
    ...(tty === undefined ? {} : { tty }),
    ...(startedAt === undefined ? {} : { startedAt }),
    cpuSeconds: cpuTicks / TICKS_PER_SECOND,
    cmdline: parts.cmdline.subarray(0, CMDLINE_LIMIT),
    cmdlineTruncated: parts.cmdline.length > CMDLINE_LIMIT,
    cgroups: parts.cgroups,
    ...(parts.exe === undefined ? {} : { exe: parts.exe }),
    ...(parts.root === undefined ? {} : { root: parts.root }),
  };
}

function startTime(bootTime: number | undefined, startTicks: number): string | undefined {
  if (bootTime === undefined) return undefined;
  const seconds = bootTime + Math.floor(startTicks / TICKS_PER_SECOND);
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** The arguments: each ends with NUL; a process that rewrote its own may lack the last one. */
export function parseCmdline(cmdline: Buffer): string[] {
  if (cmdline.length === 0) return [];
  const argv = decodeName(cmdline).split('\0');
  if (cmdline.at(-1) === 0) argv.pop();
  return argv;
}
