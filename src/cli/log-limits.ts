import { CutawayError } from '../oci/error.js';
import type { LogLimits } from '../runtime/store/container-store.js';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
};

/** `--log-opt` of Docker's json-file: max-size, and max-file, which needs it. */
export function readLogLimits(
  _driver: string | undefined,
  options: readonly string[],
): { logLimits?: LogLimits } {
  let maxSize: number | undefined;
  let maxFiles = 1;
  for (const option of options) {
    const [, name, value = ''] = /^([a-z-]+)=(.*)$/.exec(option) ?? [];
    if (name === 'max-size') maxSize = readSize(value);
    else if (name === 'max-file') maxFiles = readCount(value);
    else {
      throw new CutawayError(
        'INVALID_INPUT',
        `--log-opt takes max-size and max-file, not "${option}"`,
      );
    }
  }
  if (maxSize !== undefined) return { logLimits: { maxSize, maxFiles } };
  if (maxFiles === 1) return {};
  throw new CutawayError(
    'INVALID_INPUT',
    '--log-opt max-file needs max-size: else no file is ever full',
  );
}

function readSize(text: string): number {
  const [, number = '', unit = ''] = /^([0-9]{1,12})(b|[kmg]b?)?$/i.exec(text) ?? [];
  const size = Number(number) * (UNITS[unit.toLowerCase().slice(0, 1)] ?? 1);
  if (number !== '' && size > 0) return size;
  throw new CutawayError('INVALID_INPUT', `--log-opt max-size takes 500k or 10m, not "${text}"`);
}

function readCount(text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new CutawayError('INVALID_INPUT', `--log-opt max-file takes a number, not "${text}"`);
}
