// `--health-*` of `run` and `create`, over what the image says.
import { CutawayError } from '../oci/error.js';
import { readDuration } from '../oci/go-duration.js';
import type { HealthChoice } from '../runtime/health/choose-check.js';
import type { OptionSpecs, OptionValues } from './command.js';

export const HEALTH_OPTIONS = {
  'health-cmd': {
    type: 'string',
    value: 'COMMAND',
    describe: 'run it by a shell to check its health',
  },
  'health-interval': { type: 'string', value: 'SPAN', describe: 'between checks; default 30s' },
  'health-timeout': { type: 'string', value: 'SPAN', describe: 'for one check; default 30s' },
  'health-start-period': {
    type: 'string',
    value: 'SPAN',
    describe: 'in which failures do not count, at first; default 0s',
  },
  'health-retries': { type: 'string', value: 'N', describe: 'failures to be unhealthy; default 3' },
  'no-healthcheck': { type: 'boolean', describe: "not even the image's" },
} as const satisfies OptionSpecs;

export function readHealthChoice(options: OptionValues<typeof HEALTH_OPTIONS>): HealthChoice {
  const command = options['health-cmd'];
  const retries = options['health-retries'];
  if (retries !== undefined && !/^[0-9]{1,6}$/.test(retries)) {
    throw new CutawayError('INVALID_INPUT', `--health-retries takes a number, not "${retries}"`);
  }
  const span = (name: 'interval' | 'timeout' | 'start-period') => {
    const text = options[`health-${name}`];
    return text === undefined ? undefined : readDuration(text);
  };
  const given = {
    test: command === undefined ? undefined : ['CMD-SHELL', command],
    interval: span('interval'),
    timeout: span('timeout'),
    startPeriod: span('start-period'),
    retries: retries === undefined ? undefined : Number(retries),
  };
  const isGiven = Object.values(given).some((value) => value !== undefined);
  if (options['no-healthcheck'] && isGiven) {
    throw new CutawayError('INVALID_INPUT', '--no-healthcheck and --health-* exclude each other');
  }
  return { ...given, isOff: options['no-healthcheck'] };
}
