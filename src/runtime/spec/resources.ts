// What a container may use: from what was asked for to `linux.resources` of config.json. The runtime
// writes it into the cgroup; it converts memory, shares and block I/O where that is version 2.
import { CutawayError } from '../../oci/error.js';
import type {
  BlockIoResources,
  CpuResources,
  MemoryResources,
  ResourceLimit,
  Resources,
} from '../../oci/runtime-config.js';

/** A device of the host and how much of it a second allows: bytes or operations. */
export interface ThrottleWish {
  readonly path: string;
  readonly rate: number;
}

export const THROTTLES = ['readBps', 'writeBps', 'readIops', 'writeIops'] as const;
export type ThrottleName = (typeof THROTTLES)[number];

/** What was asked for, numbers read; memory in bytes, times in microseconds, -1 without limit. */
export interface ResourceWishes {
  readonly memory?: number;
  /** Memory and swap together. */
  readonly memorySwap?: number;
  readonly memoryReservation?: number;
  readonly memorySwappiness?: number;
  readonly oomKillDisable?: boolean;
  readonly oomScoreAdj?: number;
  /** Processors, in billionths. */
  readonly nanoCpus?: number;
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** Nought or less: without limit. */
  readonly pidsLimit?: number;
  readonly blkioWeight?: number;
  readonly throttles?: Readonly<Partial<Record<ThrottleName, readonly ThrottleWish[]>>>;
  readonly ulimits?: readonly ResourceLimit[];
}

/** Device numbers of the block device at a path of the host. */
export type FindDevice = (path: string) => { readonly major: number; readonly minor: number };

const CPU_PERIOD = 100_000;

export function makeResources(
  wishes: ResourceWishes,
  findDevice: FindDevice,
): Pick<Resources, 'memory' | 'cpu' | 'pids' | 'blockIO'> {
  const { pidsLimit = 0 } = wishes;
  return withoutEmpty({
    memory: makeMemory(wishes),
    cpu: makeCpu(wishes),
    ...(pidsLimit > 0 ? { pids: { limit: pidsLimit } } : {}),
    blockIO: makeBlockIo(wishes, findDevice),
  });
}

/** As Docker: with a limit and nothing said of swap, there may be as much swap as memory. */
function makeMemory(wishes: ResourceWishes): MemoryResources {
  const { memory = 0, memorySwap = 0, memoryReservation = 0, memorySwappiness } = wishes;
  const swap = memory > 0 && memorySwap === 0 ? memory * 2 : memorySwap;
  return {
    ...(memory > 0 ? { limit: memory } : {}),
    ...(swap > 0 ? { swap } : {}),
    ...(memoryReservation > 0 ? { reservation: memoryReservation } : {}),
    ...(memorySwappiness === undefined || memorySwappiness < 0
      ? {}
      : { swappiness: memorySwappiness }),
    ...(wishes.oomKillDisable === true ? { disableOOMKiller: true } : {}),
  };
}

function makeCpu(wishes: ResourceWishes): CpuResources {
  const { nanoCpus = 0, cpuPeriod = 0, cpuQuota = 0, cpuShares = 0 } = wishes;
  const { cpusetCpus = '', cpusetMems = '' } = wishes;
  const share =
    nanoCpus > 0
      ? { period: CPU_PERIOD, quota: Math.floor((nanoCpus * CPU_PERIOD) / 1e9) }
      : {
          ...(cpuPeriod > 0 ? { period: cpuPeriod } : {}),
          ...(cpuQuota === 0 ? {} : { quota: cpuQuota }),
        };
  return {
    ...share,
    ...(cpuShares > 0 ? { shares: cpuShares } : {}),
    ...(cpusetCpus === '' ? {} : { cpus: cpusetCpus }),
    ...(cpusetMems === '' ? {} : { mems: cpusetMems }),
  };
}

function makeBlockIo(wishes: ResourceWishes, findDevice: FindDevice): BlockIoResources {
  const { blkioWeight = 0, throttles = {} } = wishes;
  const devices = (name: ThrottleName) =>
    (throttles[name] ?? []).map(({ path, rate }) => ({ ...findDevice(path), rate }));
  return withoutEmpty({
    ...(blkioWeight > 0 ? { weight: blkioWeight } : {}),
    throttleReadBpsDevice: devices('readBps'),
    throttleWriteBpsDevice: devices('writeBps'),
    throttleReadIOPSDevice: devices('readIops'),
    throttleWriteIOPSDevice: devices('writeIops'),
  });
}

/** Only what says something. */
function withoutEmpty<Value extends object>(value: Value): Value {
  const kept = Object.entries(value).filter(
    ([, part]) => typeof part !== 'object' || Object.keys(part as object).length > 0,
  );
  return Object.fromEntries(kept) as Value;
}

const LEAST_MEMORY = 6 * 1024 * 1024;

/** What no kernel takes, or what Docker refuses, before anything is made. */
export function checkResources(wishes: ResourceWishes, processors: number): void {
  checkMemory(wishes);
  checkCpu(wishes, processors);
  const { oomScoreAdj = 0, memorySwappiness = -1, blkioWeight = 0 } = wishes;
  inRange('--oom-score-adj', oomScoreAdj, [-1000, 1000]);
  inRange('--memory-swappiness', memorySwappiness, [0, 100], -1);
  inRange('--blkio-weight', blkioWeight, [10, 1000], 0);
}

function checkCpu(wishes: ResourceWishes, processors: number): void {
  const { nanoCpus = 0, cpuPeriod = 0, cpuQuota = 0 } = wishes;
  if (nanoCpus !== 0 && (cpuPeriod !== 0 || cpuQuota !== 0)) {
    refuse('--cpus', 'it says the same as --cpu-period and --cpu-quota: give one or the other');
  }
  if (nanoCpus < 0 || (nanoCpus > 0 && nanoCpus < 1e7) || nanoCpus > processors * 1e9) {
    refuse('--cpus', `from 0.01 to ${processors}, as many as there are processors`);
  }
  inRange('--cpu-period', cpuPeriod, [1000, 1_000_000], 0);
  if (cpuQuota > 0 && cpuQuota < 1000) refuse('--cpu-quota', 'at least 1000 microseconds');
}

function checkMemory(wishes: ResourceWishes): void {
  const { memory = 0, memorySwap = 0, memoryReservation = 0 } = wishes;
  if (memory !== 0 && memory < LEAST_MEMORY) refuse('--memory', 'at least 6 MB');
  if (memorySwap > 0 && memory === 0) {
    refuse('--memory-swap', 'it counts memory and swap together: give --memory too');
  }
  if (memorySwap > 0 && memorySwap < memory) {
    refuse('--memory-swap', 'it counts memory and swap together: not less than --memory');
  }
  if (memoryReservation > 0 && memoryReservation < LEAST_MEMORY) {
    refuse('--memory-reservation', 'at least 6 MB');
  }
  if (memory > 0 && memoryReservation > memory) {
    refuse('--memory-reservation', 'not more than --memory');
  }
}

/** `unset` is what stands for nothing having been said. */
function inRange(option: string, value: number, range: [number, number], unset?: number): void {
  const [least, most] = range;
  if (value === unset || (value >= least && value <= most)) return;
  refuse(option, `from ${least} to ${most}`);
}

function refuse(option: string, reason: string): never {
  throw new CutawayError('INVALID_INPUT', `${option}: ${reason}`);
}
