import { CutawayError } from '../oci/error.js';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** A number of bytes from 1; k, M and G are powers of 1,024, as in `--limit`. */
export function parseByteSize(text: string, option: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,12})([kMG]?)$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (digits !== '' && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new CutawayError('INVALID_INPUT', `${option} ${JSON.stringify(text)}: not a size`, {
    hint: `bytes, with k, M or G: ${option} 10M`,
  });
}
