import { CutawayError } from '../../oci/error.js';

const UNITS = 'bkmgtp';

/**
 * A size as Docker's options have it: "64m", "1.5G", "512kb", "1GiB", plain bytes. The units are
 * powers of 1,024, whatever they are called.
 */
export function parseDockerSize(text: string, option: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s?([bkmgtp]?)i?b?$/i.exec(text.trim()) ?? [];
  const power = unit === '' ? 0 : UNITS.indexOf(unit.toLowerCase());
  const bytes = Math.floor(Number(digits) * 1024 ** power);
  if (digits !== '' && Number.isSafeInteger(bytes)) return bytes;
  throw new CutawayError('INVALID_INPUT', `${option} ${JSON.stringify(text)}: not a size`, {
    hint: `bytes, or with b, k, m or g behind: ${option} 64m`,
  });
}

/** A whole number, also below zero. */
export function parseInteger(text: string, option: string): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new CutawayError('INVALID_INPUT', `${option} ${JSON.stringify(text)}: not a whole number`);
}
