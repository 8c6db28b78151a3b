import { CutawayError } from '../oci/error.js';
import { readDuration } from '../oci/go-duration.js';

/** `--since` and `--until` as Docker takes them, in the form that records have. */
export function readLogTime(
  option: string,
  text: string | undefined,
  now: number,
): string | undefined {
  if (text === undefined) return undefined;
  const nanoseconds = readMoment(text, now);
  if (nanoseconds === undefined) {
    throw new CutawayError('INVALID_INPUT', `${option} "${text}" is no time`, {
      hint: 'a time (2026-01-31T12:00:00Z), a span back from now (10m), or seconds since 1970',
      data: { usage: true },
    });
  }
  const seconds = new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, 20);
  return `${seconds}${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}Z`;
}

function readMoment(text: string, now: number): bigint | undefined {
  const [, whole = '', fraction = ''] = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (whole !== '') return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  if (/^\d{4}-/.test(text)) return readDate(text);
  try {
    return BigInt(now) * 1_000_000n - BigInt(readDuration(text.replace(/^-/, '')));
  } catch {
    return undefined;
  }
}

/** RFC 3339; what has no zone is this machine's time. */
function readDate(text: string): bigint | undefined {
  const [, before = '', fraction = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d(?:T\d\d(?::\d\d(?::\d\d)?)?)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/.exec(
      text,
    ) ?? [];
  const full = `${before}${'0000-00-00T00:00:00'.slice(before.length)}${zone}`;
  const time = Date.parse(full);
  if (before === '' || Number.isNaN(time) || time < 0) return undefined;
  return BigInt(time) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
