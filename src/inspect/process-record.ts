// One process as documents hold it.
import type { ReadHost } from '../host/host.js';
import type { CgroupLine } from '../ns/cgroup.js';
import { insideUserReader, type InsideUser } from '../ns/inside-users.js';
import type { Membership } from '../ns/membership.js';
import { parseCmdline, type Process } from '../ns/process.js';
import { readHostUserNames } from '../ns/user-names.js';
import { isUtf8Name } from '../oci/byte-name.js';
import { bytesOf } from './bytes-of.js';
import type { ProcessRecord } from './documents/procs.js';

/** What was found out besides, by a closer look. */
export type ProcessDetails = Partial<ProcessRecord>;

export function recordProcesses(
  host: ReadHost,
  processes: readonly Process[],
  membership: Membership | undefined,
  detailsOf: (process: Process) => ProcessDetails,
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
      details: detailsOf(process),
    });
  });
}

interface RecordParts extends Pick<ProcessRecord, 'user' | 'supervisor' | 'belongsBy'> {
  readonly userInside: InsideUser | undefined;
  readonly details: ProcessDetails;
}

function toRecord(process: Process, { userInside, details, ...parts }: RecordParts): ProcessRecord {
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
    ...confinementOf(process),
    ...details,
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

const SECCOMP_MODES = ['disabled', 'strict', 'filter'] as const;

function confinementOf(
  process: Process,
): Pick<ProcessRecord, 'capabilities' | 'seccomp' | 'noNewPrivs'> {
  const { capabilities, seccomp, seccompFilters, noNewPrivs } = process;
  const mode = seccomp === undefined ? undefined : SECCOMP_MODES[seccomp];
  return {
    ...(capabilities === undefined ? {} : { capabilities: { ...capabilities } }),
    ...(mode === undefined
      ? {}
      : {
          seccomp: { mode, ...(seccompFilters === undefined ? {} : { filters: seccompFilters }) },
        }),
    ...(noNewPrivs === undefined ? {} : { noNewPrivs }),
  };
}

/** Most processes have one path in all hierarchies. */
export function groupCgroups(lines: readonly CgroupLine[]): ProcessRecord['cgroups'] {
  const groups = new Map<string, string[]>();
  for (const line of lines) {
    const controllers = line.hierarchy === 0 ? ['unified'] : line.controllers;
    groups.set(line.path, [...(groups.get(line.path) ?? []), ...controllers]);
  }
  return [...groups].map(([path, controllers]) => ({ path, controllers }));
}
