// What a control group uses, and the limits that count for it: its own or, where one above it is
// lower, that one (cgroups(7): limits hold for everything beneath).
import type { ReadHost } from '../host/host.js';
import { readCgroupUsage, type CgroupLine, type CgroupUsage } from './cgroup.js';
import type { MountinfoLine } from './mountinfo.js';

const LIMITS = ['memoryLimit', 'pidsLimit', 'cpuLimit'] as const;
export type LimitName = (typeof LIMITS)[number];

export interface CgroupAccount extends CgroupUsage {
  /** For each limit that is set above: the path of the cgroup that sets it. */
  readonly limitedBy: Readonly<Partial<Record<LimitName, string>>>;
}

/** A reader with a memory, so that what many containers are beneath is read once. */
export function cgroupAccountReader(
  host: ReadHost,
  mounts: readonly MountinfoLine[],
): (lines: readonly CgroupLine[]) => CgroupAccount {
  const known = new Map<string, CgroupUsage>();
  const usageOf = (line: CgroupLine) => {
    const key = `${line.hierarchy} ${line.path}`;
    const usage = known.get(key) ?? readCgroupUsage(host, mounts, [line]);
    known.set(key, usage);
    return usage;
  };
  return (lines) => {
    const account: { -readonly [Key in keyof CgroupUsage]: CgroupUsage[Key] } = {};
    const limitedBy: Partial<Record<LimitName, string>> = {};
    for (const line of lines) {
      for (const [key, value] of Object.entries(usageOf(line)) as [keyof CgroupUsage, number][]) {
        account[key] ??= value;
      }
    }
    for (const line of lines.flatMap(linesAbove)) {
      const above = usageOf(line);
      for (const name of LIMITS) {
        const limit = above[name];
        if (limit === undefined || limit >= (account[name] ?? Infinity)) continue;
        account[name] = limit;
        limitedBy[name] = line.path;
      }
    }
    return { ...account, limitedBy };
  };
}

/** Nearest first, without the root, which has no limits. */
function linesAbove(line: CgroupLine): CgroupLine[] {
  const above: CgroupLine[] = [];
  for (let end = line.path.lastIndexOf('/'); end > 0; end = line.path.lastIndexOf('/', end - 1)) {
    above.push({ ...line, path: line.path.slice(0, end) });
  }
  return above;
}
