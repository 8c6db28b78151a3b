// Whether the process that an engine wrote down is still that of the container: pids are used again.
import type { ReadHost } from '../host/host.js';
import { parseCgroups } from '../ns/cgroup.js';
import { readMountinfo } from '../ns/mountinfo.js';
import { parseProcessStat } from '../ns/process-stat.js';
import { decodeName } from '../oci/byte-name.js';

export interface LiveProcess {
  readonly pid: number;
  readonly startTicks: number;
  /** Of its cgroups those that are named after the container. */
  readonly cgroupPaths: readonly string[];
}

/**
 * `id` is in the path of the cgroup that the runtime makes; where it makes none, the root of the
 * process is the mount of the container's own upperdir.
 */
export function findLiveProcess(
  host: ReadHost,
  pid: number,
  { id, upper }: { id: string; upper: string | undefined },
): LiveProcess | undefined {
  if (!Number.isSafeInteger(pid) || pid < 2) return undefined;
  try {
    const { startTicks, state } = parseProcessStat(host.readFile(`/proc/${pid}/stat`));
    if (state === 'Z' || state === 'X') return undefined;
    const cgroups = parseCgroups(decodeName(host.readFile(`/proc/${pid}/cgroup`)));
    const cgroupPaths = [...new Set(cgroups.map(({ path }) => path))].filter((path) =>
      path.includes(id),
    );
    const isOurs = cgroupPaths.length > 0 || hasUpper(host, pid, upper);
    return isOurs ? { pid, startTicks, cgroupPaths } : undefined;
  } catch {
    return undefined;
  }
}

function hasUpper(host: ReadHost, pid: number, upper: string | undefined): boolean {
  if (upper === undefined) return false;
  const root = readMountinfo(host, pid).find(({ mountPoint }) => mountPoint === '/');
  return root?.superOptions.split(',').includes(`upperdir=${upper}`) === true;
}
