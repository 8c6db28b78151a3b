// Values in containerd's databases: what Go's encoding/binary, time and protobuf write.
import { CutawayError } from '../../oci/error.js';

/** binary.PutUvarint: seven bits a byte, lowest first. */
export function parseUvarint(bytes: Uint8Array, what: string): number {
  return Number(readUvarint(bytes, 0, what).value);
}

/** binary.PutVarint: the same with the sign in the lowest bit. */
export function parseVarint(bytes: Uint8Array, what: string): number {
  const { value } = readUvarint(bytes, 0, what);
  return Number((value & 1n) === 0n ? value >> 1n : -(value >> 1n) - 1n);
}

function readUvarint(
  bytes: Uint8Array,
  start: number,
  what: string,
): { value: bigint; end: number } {
  let value = 0n;
  for (let at = start; at < bytes.length && at < start + 10; at += 1) {
    const byte = bytes[at] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new CutawayError('CORRUPT', `read ${what}: not a number`);
}

/** Seconds from the year 1, where Go's clock starts, to 1970. */
const GO_EPOCH = 62_135_596_800n;

/** Time.MarshalBinary: version, seconds, nanoseconds, zone; RFC 3339 in UTC. */
export function parseGoTime(bytes: Buffer, what: string): string {
  const [version] = bytes;
  if (bytes.length < 15 || (version !== 1 && version !== 2)) {
    throw new CutawayError('CORRUPT', `read ${what}: not a time`);
  }
  const seconds = bytes.readBigInt64BE(1) - GO_EPOCH;
  return formatNanoseconds(seconds * 1_000_000_000n + BigInt(bytes.readUInt32BE(9)), what);
}

/** Nanoseconds since 1970 as RFC 3339 in UTC, without zeros at its end. */
export function formatNanoseconds(time: bigint, what: string): string {
  const fraction = ((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const date = new Date(Number((time - fraction) / 1_000_000n));
  const year = Number.isNaN(date.getTime()) ? -1 : date.getUTCFullYear();
  if (year < 0 || year > 9999) throw new CutawayError('CORRUPT', `read ${what}: not a time`);
  const digits = fraction.toString().padStart(9, '0').replace(/0+$/, '');
  return date.toISOString().replace(/\.000Z$/, digits === '' ? 'Z' : `.${digits}Z`);
}

/** google.protobuf.Any: a type, and bytes that are of it. */
export interface ProtobufAny {
  readonly type: string;
  readonly value: Buffer;
}

const LENGTH_DELIMITED = 2;

export function parseAny(bytes: Buffer, what: string): ProtobufAny {
  let type = '';
  let value: Buffer = Buffer.alloc(0);
  for (let at = 0; at < bytes.length;) {
    const key = readUvarint(bytes, at, what);
    const length = readUvarint(bytes, key.end, what);
    const end = length.end + Number(length.value);
    if (Number(key.value & 7n) !== LENGTH_DELIMITED || end > bytes.length) {
      throw new CutawayError('CORRUPT', `read ${what}: not a protobuf Any`);
    }
    const field = bytes.subarray(length.end, end);
    if (key.value >> 3n === 1n) type = field.toString('utf8');
    if (key.value >> 3n === 2n) value = field;
    at = end;
  }
  return { type, value };
}
