// How much of the machine a container may use, with Docker's names.
import { CutawayError } from '../../oci/error.js';
import { present } from '../../oci/json-reader.js';
import { parseDockerSize, parseInteger } from '../../runtime/spec/docker-size.js';
import type { ResourceWishes, ThrottleWish } from '../../runtime/spec/resources.js';
import { parseUlimits } from '../../runtime/spec/ulimits.js';
import type { OptionSpecs, OptionValues } from '../command.js';

export const LIMIT_OPTIONS = {
  memory: { type: 'string', alias: 'm', value: 'SIZE', describe: 'most memory: 512m, 2g' },
  'memory-swap': {
    type: 'string',
    value: 'SIZE',
    describe: 'most memory and swap together; -1: any; else twice the memory',
  },
  'memory-reservation': {
    type: 'string',
    value: 'SIZE',
    describe: 'what it is held to when memory gets scarce',
  },
  'memory-swappiness': { type: 'string', value: '0-100', describe: 'how soon it is swapped' },
  'oom-kill-disable': {
    type: 'boolean',
    describe: 'let it wait at its memory limit instead of killing',
  },
  'oom-score-adj': {
    type: 'string',
    value: '-1000-1000',
    describe: 'the higher, the sooner it is killed when the host is out of memory',
  },
  cpus: { type: 'string', value: 'NUMBER', describe: 'as much time as so many processors: 1.5' },
  'cpu-period': { type: 'string', value: 'MICROSECONDS', describe: 'what --cpu-quota is of' },
  'cpu-quota': { type: 'string', value: 'MICROSECONDS', describe: 'time in each period' },
  'cpu-shares': {
    type: 'string',
    alias: 'c',
    value: 'WEIGHT',
    describe: 'against others, when time is scarce; 1024 is usual',
  },
  'cpuset-cpus': { type: 'string', value: 'LIST', describe: 'these processors only: 0-2,4' },
  'cpuset-mems': { type: 'string', value: 'LIST', describe: 'these memory nodes only' },
  'pids-limit': { type: 'string', value: 'NUMBER', describe: 'most processes; -1: any number' },
  'device-read-bps': { type: 'strings', value: 'DEVICE:SIZE', describe: 'most read in a second' },
  'device-write-bps': {
    type: 'strings',
    value: 'DEVICE:SIZE',
    describe: 'most written in a second',
  },
  'device-read-iops': { type: 'strings', value: 'DEVICE:NUMBER', describe: 'most reads a second' },
  'device-write-iops': {
    type: 'strings',
    value: 'DEVICE:NUMBER',
    describe: 'most writes a second',
  },
  'blkio-weight': { type: 'string', value: '10-1000', describe: 'against others, at the disk' },
  ulimit: {
    type: 'strings',
    value: 'NAME=SOFT[:HARD]',
    describe: 'a limit of each process: nofile=1024:2048',
  },
} as const satisfies OptionSpecs;

export function readLimits(options: OptionValues<typeof LIMIT_OPTIONS>): ResourceWishes {
  const number = (name: keyof typeof LIMIT_OPTIONS) => {
    const text = options[name];
    return typeof text === 'string' ? parseInteger(text, `--${name}`) : undefined;
  };
  const { cpus, ulimit } = options;
  const throttles = readThrottles(options);
  const ulimits = parseUlimits(ulimit);
  return present({
    memory: size(options.memory, '--memory'),
    memorySwap:
      options['memory-swap'] === '-1' ? -1 : size(options['memory-swap'], '--memory-swap'),
    memoryReservation: size(options['memory-reservation'], '--memory-reservation'),
    memorySwappiness: number('memory-swappiness'),
    oomKillDisable: options['oom-kill-disable'] ? true : undefined,
    oomScoreAdj: number('oom-score-adj'),
    nanoCpus: cpus === undefined ? undefined : parseCpus(cpus),
    cpuPeriod: number('cpu-period'),
    cpuQuota: number('cpu-quota'),
    cpuShares: number('cpu-shares'),
    cpusetCpus: options['cpuset-cpus'],
    cpusetMems: options['cpuset-mems'],
    pidsLimit: number('pids-limit'),
    blkioWeight: number('blkio-weight'),
    throttles: Object.keys(throttles).length === 0 ? undefined : throttles,
    ulimits: ulimits.length === 0 ? undefined : ulimits,
  });
}

function size(text: string | undefined, option: string): number | undefined {
  return text === undefined ? undefined : parseDockerSize(text, option);
}

function parseCpus(text: string): number {
  if (/^\d*\.?\d+$/.test(text)) return Math.round(Number(text) * 1e9);
  throw new CutawayError('INVALID_INPUT', `--cpus ${JSON.stringify(text)}: not a number`);
}

const THROTTLE_OPTIONS = [
  ['readBps', 'device-read-bps', parseDockerSize],
  ['writeBps', 'device-write-bps', parseDockerSize],
  ['readIops', 'device-read-iops', parseInteger],
  ['writeIops', 'device-write-iops', parseInteger],
] as const;

function readThrottles(
  options: OptionValues<typeof LIMIT_OPTIONS>,
): NonNullable<ResourceWishes['throttles']> {
  return Object.fromEntries(
    THROTTLE_OPTIONS.flatMap(([key, name, parse]) => {
      const wishes = options[name].map((text) => parseThrottle(text, `--${name}`, parse));
      return wishes.length === 0 ? [] : [[key, wishes]];
    }),
  );
}

function parseThrottle(
  text: string,
  option: string,
  parse: (text: string, option: string) => number,
): ThrottleWish {
  const [, path = '', rateText = ''] = /^(\/dev\/[^:]+):([^:]+)$/.exec(text) ?? [];
  if (path === '') {
    throw new CutawayError('INVALID_INPUT', `${option} ${JSON.stringify(text)}: no device`, {
      hint: `a device of the host and how much: ${option} /dev/sda:1mb`,
    });
  }
  const rate = parse(rateText, option);
  if (rate >= 0) return { path, rate };
  throw new CutawayError('INVALID_INPUT', `${option} ${JSON.stringify(text)}: less than nothing`);
}
