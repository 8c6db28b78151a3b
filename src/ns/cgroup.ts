// Control groups: cgroups(7). A process has one path per v1 hierarchy and one in the v2 tree.
import type { ReadHost } from '../host/host.js';
import type { MountinfoLine } from './mountinfo.js';

/** One line of /proc/PID/cgroup. */
export interface CgroupLine {
  /** 0 is the v2 ("unified") hierarchy. */
  readonly hierarchy: number;
  /** Of a v1 hierarchy, also "name=systemd"; empty for v2. */
  readonly controllers: readonly string[];
  /** As our own cgroup namespace sees it. */
  readonly path: string;
}

export type CgroupMode = 'v1' | 'v2' | 'hybrid';

/** A path may contain colons: only the first two separate. */
export function parseCgroups(text: string): CgroupLine[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line);
    if (match === null) return [];
    const [, hierarchy, controllers, path] = match;
    return [
      {
        hierarchy: Number(hierarchy),
        controllers: (controllers ?? '').split(',').filter((name) => name !== ''),
        path: path ?? '/',
      },
    ];
  });
}

/** Undefined when no cgroup file system is mounted. */
export function cgroupMode(mounts: readonly MountinfoLine[]): CgroupMode | undefined {
  const v1 = mounts.some((mount) => mount.type === 'cgroup');
  const v2 = mounts.some((mount) => mount.type === 'cgroup2');
  if (v1 && v2) return 'hybrid';
  if (v2) return 'v2';
  return v1 ? 'v1' : undefined;
}

/** Whether `path` is one of `own` or below one of them. The root is nobody's own. */
export function isInCgroup(path: string, own: readonly string[]): boolean {
  return own.some((one) => one !== '/' && (path === one || path.startsWith(`${one}/`)));
}

/** The directory of a cgroup, where its hierarchy is mounted and its path lies in that mount. */
export function cgroupDirectory(
  mounts: readonly MountinfoLine[],
  line: CgroupLine,
): string | undefined {
  for (const mount of mounts) {
    if (!mountsHierarchy(mount, line)) continue;
    const root = mount.root === '/' ? '' : mount.root;
    if (line.path !== root && !line.path.startsWith(`${root}/`)) continue;
    // A path with ".." lies outside our cgroup namespace (cgroup_namespaces(7)).
    if (line.path.split('/').includes('..')) continue;
    return `${mount.mountPoint}${line.path.slice(root.length)}`.replace(/\/$/, '');
  }
  return undefined;
}

function mountsHierarchy(mount: MountinfoLine, line: CgroupLine): boolean {
  if (line.hierarchy === 0) return mount.type === 'cgroup2';
  if (mount.type !== 'cgroup') return false;
  const options = mount.superOptions.split(',');
  return line.controllers.every((controller) => options.includes(controller));
}

/** Each value is absent when its controller is not there; a limit also when there is none. */
export interface CgroupUsage {
  /** Bytes. */
  readonly memory?: number;
  readonly memoryPeak?: number;
  readonly memoryLimit?: number;
  readonly pids?: number;
  readonly pidsLimit?: number;
  readonly cpuNanoseconds?: number;
  /** In processors: 1.5 is one and a half of them. */
  readonly cpuLimit?: number;
}

/** Whoever has a v1 memory limit above this has none: PAGE_COUNTER_MAX rounded to pages. */
const NO_LIMIT = 2 ** 62;

/** What the cgroup of a process uses, over all its hierarchies. */
export function readCgroupUsage(
  host: ReadHost,
  mounts: readonly MountinfoLine[],
  lines: readonly CgroupLine[],
): CgroupUsage {
  const usage: { -readonly [Key in keyof CgroupUsage]: CgroupUsage[Key] } = {};
  for (const line of lines) {
    const directory = cgroupDirectory(mounts, line);
    if (directory === undefined) continue;
    const number = (name: string) => readNumber(host, `${directory}/${name}`);
    const values =
      line.hierarchy === 0
        ? { ...readUnified(number), ...readUnifiedCpu(host, directory) }
        : { ...readControllers(number, line.controllers), ...readCpuQuota(number, line) };
    for (const [key, value] of Object.entries(values) as [keyof CgroupUsage, number][]) {
      usage[key] ??= value;
    }
  }
  return usage;
}

type NumberReader = (name: string) => number | undefined;

function readUnified(number: NumberReader): CgroupUsage {
  return present({
    memory: number('memory.current'),
    memoryPeak: number('memory.peak'),
    memoryLimit: number('memory.max'),
    pids: number('pids.current'),
    pidsLimit: number('pids.max'),
  });
}

function readControllers(number: NumberReader, controllers: readonly string[]): CgroupUsage {
  return present({
    ...(controllers.includes('memory') && {
      memory: number('memory.usage_in_bytes'),
      memoryPeak: number('memory.max_usage_in_bytes'),
      memoryLimit: number('memory.limit_in_bytes'),
    }),
    ...(controllers.includes('pids') && {
      pids: number('pids.current'),
      pidsLimit: number('pids.max'),
    }),
    ...(controllers.includes('cpuacct') && { cpuNanoseconds: number('cpuacct.usage') }),
  });
}

/** A quota of -1 is none. */
function readCpuQuota(number: NumberReader, { controllers }: CgroupLine): CgroupUsage {
  if (!controllers.includes('cpu')) return {};
  const quota = number('cpu.cfs_quota_us');
  const period = number('cpu.cfs_period_us');
  return quota === undefined || period === undefined || period === 0
    ? {}
    : { cpuLimit: quota / period };
}

function readUnifiedCpu(host: ReadHost, directory: string): CgroupUsage {
  const used = /^usage_usec (\d+)$/m.exec(readOptional(host, `${directory}/cpu.stat`) ?? '');
  const limit = /^(\d+) (\d+)$/m.exec(readOptional(host, `${directory}/cpu.max`) ?? '');
  return {
    ...(used === null ? {} : { cpuNanoseconds: Number(used[1]) * 1000 }),
    ...(limit === null ? {} : { cpuLimit: Number(limit[1]) / Number(limit[2]) }),
  };
}

function present(values: Record<string, number | undefined>): CgroupUsage {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known);
}

/** "max" and what is as good as that is no number. */
function readNumber(host: ReadHost, path: string): number | undefined {
  const text = readOptional(host, path)?.trim() ?? '';
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= NO_LIMIT ? undefined : value;
}

function readOptional(host: ReadHost, path: string): string | undefined {
  try {
    return host.readText(path, 65536);
  } catch {
    // Which files are there depends on controllers, kernel and rights; absence is the answer.
    return undefined;
  }
}
