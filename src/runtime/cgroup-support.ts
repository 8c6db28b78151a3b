// What the cgroups of this host can limit. Docker leaves out what they cannot, with a warning, and
// runs the container all the same.
import type { ReadHost } from '../host/host.js';
import { readMountinfo } from '../ns/mountinfo.js';
import { CutawayError } from '../oci/error.js';
import type { ResourceWishes } from './spec/resources.js';

export interface FittedResources {
  readonly wishes: ResourceWishes;
  /** What had to be left out, and why. */
  readonly warnings: readonly string[];
}

/** The wishes without those that the kernel has no knob for. Throws for processors it has not. */
export function fitResources(host: ReadHost, wishes: ResourceWishes): FittedResources {
  if (Object.keys(wishes).length === 0) return { wishes, warnings: [] };
  const cgroups = findCgroups(host);
  checkSet('--cpuset-cpus', wishes.cpusetCpus, readSet(host, cgroups, 'cpus'));
  checkSet('--cpuset-mems', wishes.cpusetMems, readSet(host, cgroups, 'mems'));
  const lacking = KNOBS.filter(
    ([key, , isThere]) => wishes[key] !== undefined && !isThere(host, cgroups),
  );
  const keys = new Set<string>(lacking.map(([key]) => key));
  const fitted: ResourceWishes = Object.fromEntries(
    Object.entries(wishes).filter(([key]) => !keys.has(key)),
  );
  const warnings = lacking.map(
    ([, option]) => `${option} is left out: the cgroups of this host do not have it`,
  );
  if (fitted.oomKillDisable === true && fitted.memory === undefined) {
    warnings.push('--oom-kill-disable without --memory: it may use up the memory of the host');
  }
  return { wishes: fitted, warnings };
}

/** Where controllers are: of version 1 each has a directory, of version 2 all have one. */
interface Cgroups {
  readonly v1: ReadonlyMap<string, string>;
  /** Of version 2 where it has the controllers; undefined beside version 1. */
  readonly unified: string | undefined;
}

/** As the runtime decides: version 2 when it is what is mounted on /sys/fs/cgroup. */
function findCgroups(host: ReadHost): Cgroups {
  const mounts = readMountinfo(host, 'self');
  const top = mounts.findLast(({ mountPoint }) => mountPoint === '/sys/fs/cgroup');
  const v1 = mounts
    .filter(({ type }) => type === 'cgroup')
    .flatMap(({ superOptions, mountPoint }) =>
      superOptions.split(',').map((controller) => [controller, mountPoint] as const),
    );
  return { v1: new Map(v1), unified: top?.type === 'cgroup2' ? top.mountPoint : undefined };
}

type Knob = (host: ReadHost, cgroups: Cgroups) => boolean;

/** `v1`: the file of the controller, in any spelling. `v2`: undefined where there is nothing like it. */
function knob(controller: string, v1: readonly string[], v2: boolean): Knob {
  return (host, { v1: directories, unified }) => {
    if (unified !== undefined) return v2 && hasController(host, unified, v2Name(controller));
    const directory = directories.get(controller);
    return directory !== undefined && v1.some((file) => isFile(host, `${directory}/${file}`));
  };
}

function v2Name(controller: string): string {
  return controller === 'blkio' ? 'io' : controller;
}

const THROTTLE_FILE = 'blkio.throttle.read_bps_device';

const KNOBS: readonly (readonly [keyof ResourceWishes, string, Knob])[] = [
  ['memory', '--memory', knob('memory', ['memory.limit_in_bytes'], true)],
  ['memorySwap', '--memory-swap', knob('memory', ['memory.memsw.limit_in_bytes'], true)],
  [
    'memoryReservation',
    '--memory-reservation',
    knob('memory', ['memory.soft_limit_in_bytes'], true),
  ],
  ['memorySwappiness', '--memory-swappiness', knob('memory', ['memory.swappiness'], false)],
  ['oomKillDisable', '--oom-kill-disable', knob('memory', ['memory.oom_control'], false)],
  ['cpuShares', '--cpu-shares', knob('cpu', ['cpu.shares'], true)],
  ['nanoCpus', '--cpus', knob('cpu', ['cpu.cfs_quota_us'], true)],
  ['cpuPeriod', '--cpu-period', knob('cpu', ['cpu.cfs_period_us'], true)],
  ['cpuQuota', '--cpu-quota', knob('cpu', ['cpu.cfs_quota_us'], true)],
  ['cpusetCpus', '--cpuset-cpus', knob('cpuset', ['cpuset.cpus'], true)],
  ['cpusetMems', '--cpuset-mems', knob('cpuset', ['cpuset.mems'], true)],
  // The root of the hierarchy has no limit of processes: that it is there has to be enough.
  ['pidsLimit', '--pids-limit', knob('pids', ['cgroup.procs'], true)],
  ['blkioWeight', '--blkio-weight', knob('blkio', ['blkio.weight', 'blkio.bfq.weight'], true)],
  ['throttles', '--device-read-bps and its like', knob('blkio', [THROTTLE_FILE], true)],
];

function hasController(host: ReadHost, unified: string, controller: string): boolean {
  return readWords(host, `${unified}/cgroup.controllers`).split(' ').includes(controller);
}

function isFile(host: ReadHost, path: string): boolean {
  return host.findStatus(path) !== undefined;
}

/** "0-3,8" of what there is; empty when it cannot be told. */
function readSet(host: ReadHost, { v1, unified }: Cgroups, kind: 'cpus' | 'mems'): string {
  if (unified !== undefined) return readWords(host, `${unified}/cpuset.${kind}.effective`);
  const directory = v1.get('cpuset');
  return directory === undefined ? '' : readWords(host, `${directory}/cpuset.${kind}`);
}

function readWords(host: ReadHost, path: string): string {
  return host.findStatus(path) === undefined ? '' : host.readText(path).trim();
}

function checkSet(option: string, wanted: string | undefined, available: string): void {
  if (wanted === undefined) return;
  const numbers = parseSet(wanted);
  if (numbers === undefined) {
    throw new CutawayError('INVALID_INPUT', `${option} ${JSON.stringify(wanted)}: no list`, {
      hint: `numbers and ranges: ${option} 0-2,4`,
    });
  }
  const there = parseSet(available);
  if (there === undefined || numbers.every((number) => there.includes(number))) return;
  throw new CutawayError('INVALID_INPUT', `${option} ${wanted}: there are ${available}`);
}

const MOST = 8192;

/** cpuset(7), "List format". */
function parseSet(text: string): number[] | undefined {
  const numbers: number[] = [];
  for (const part of text.split(',')) {
    const [, from = '', to = from] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? [];
    if (from === '' || Number(to) < Number(from) || numbers.length > MOST) return undefined;
    for (let number = Number(from); number <= Number(to); number += 1) numbers.push(number);
  }
  return numbers;
}
