// Records of a PAX extended header, POSIX pax(1): "%d %s=%s\n", the length counting itself.
// Values stay bytes: SCHILY.xattr.security.capability is binary.
import { decodeName, encodeName } from '../oci/byte-name.js';

export interface PaxRecord {
  readonly key: string;
  readonly value: Buffer;
}

export interface PaxRecords {
  /** In their order, repetitions kept: GNU.sparse 0.0 repeats its keys. */
  readonly records: readonly PaxRecord[];
  /** Why reading stopped before the end. */
  readonly damage: string | undefined;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const MAXIMUM_LENGTH_DIGITS = 8;

export function parsePax(bytes: Buffer): PaxRecords {
  const records: PaxRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = recordLength(bytes, at);
    const end = at + length;
    const start = bytes.indexOf(SPACE, at) + 1;
    if (length === 0 || end > bytes.length || start >= end) {
      return { records, damage: `record ${records.length + 1} has no valid length` };
    }
    const equals = bytes.indexOf(EQUALS, start);
    if (bytes[end - 1] !== NEWLINE || equals <= start || equals >= end) {
      return { records, damage: `record ${records.length + 1} is not KEY=VALUE with a newline` };
    }
    records.push({
      key: decodeName(bytes.subarray(start, equals)),
      value: bytes.subarray(equals + 1, end - 1),
    });
    at = end;
  }
  return { records, damage: undefined };
}

/** The body of an extended header with these records. */
export function formatPax(records: readonly PaxRecord[]): Buffer {
  return Buffer.concat(records.map(formatRecord));
}

/** A whole number of seconds with an optional fraction, in nanoseconds; more digits are cut. */
export function parsePaxTime(value: Buffer): bigint | undefined {
  const match = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(value.toString('latin1'));
  if (match === null) return undefined;
  const [, sign, seconds = '0', fraction = ''] = match;
  const nanoseconds = BigInt(seconds + fraction.slice(0, 9).padEnd(9, '0'));
  return sign === '-' ? -nanoseconds : nanoseconds;
}

/** The text `parsePaxTime` reads back. */
export function formatPaxTime(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const digits = size.toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  const sign = nanoseconds < 0n ? '-' : '';
  return `${sign}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** A decimal number that a double holds exactly. */
export function parsePaxNumber(value: Buffer): number | undefined {
  const text = value.toString('latin1');
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** 0 when no decimal number and a space stand at `at`. */
function recordLength(bytes: Buffer, at: number): number {
  let length = 0;
  for (let digit = 0; digit <= MAXIMUM_LENGTH_DIGITS; digit += 1) {
    const byte = bytes[at + digit] ?? 0;
    if (byte === SPACE) return length;
    if (byte < 0x30 || byte > 0x39) return 0;
    length = length * 10 + (byte - 0x30);
  }
  return 0;
}

function formatRecord({ key, value }: PaxRecord): Buffer {
  const content = Buffer.concat([Buffer.from(' '), encodeName(key), Buffer.from('='), value]);
  let length = content.length + 1;
  // The length counts its own digits; one more digit can make it one longer again.
  while (String(length).length + content.length + 1 !== length) {
    length = String(length).length + content.length + 1;
  }
  return Buffer.concat([Buffer.from(String(length)), content, Buffer.from('\n')]);
}
