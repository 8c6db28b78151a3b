// What stands at the start of a zstd frame: RFC 8878 3.1.1.1 and, for skippable frames, 3.1.2.

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const RESERVED_BIT = 0x08;
const DICTIONARY_ID_SIZES = [0, 1, 2, 4];
const CONTENT_SIZE_SIZES = [0, 2, 4, 8];

/** RFC 8878 3.1.1; the low four bits of a skippable frame's magic are free. */
export function isZstdMagic(magic: number): boolean {
  return magic === MAGIC || (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
}

/** The window that a frame asks for, 0 for a skippable one; undefined when bytes are missing. */
export function parseZstdWindow(bytes: Buffer): number | 'invalid' | undefined {
  if (bytes.length < 5) return undefined;
  const magic = bytes.readUInt32LE(0);
  if (!isZstdMagic(magic)) return 'invalid';
  if (magic !== MAGIC) return 0;
  const descriptor = bytes.readUInt8(4);
  if ((descriptor & RESERVED_BIT) !== 0) return 'invalid';
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if (isSingleSegment) return parseContentSize(bytes, descriptor);
  if (bytes.length < 6) return undefined;
  const window = bytes.readUInt8(5);
  const base = 2 ** (10 + (window >> 3));
  return base + (base / 8) * (window & 7);
}

/** Of a frame in a single segment, where it is the window as well. */
function parseContentSize(bytes: Buffer, descriptor: number): number | undefined {
  const size = CONTENT_SIZE_SIZES[descriptor >> 6] ?? 0;
  const at = 5 + (DICTIONARY_ID_SIZES[descriptor & 3] ?? 0);
  const length = Math.max(size, 1);
  if (bytes.length < at + length) return undefined;
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}
