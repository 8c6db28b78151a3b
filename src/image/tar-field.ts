// The fields of a tar header block: POSIX pax(1) "ustar Interchange Format", GNU tar "Standard".
// A number is octal text, or base-256 when the first byte has its high bit set.

export const BLOCK_SIZE = 512;
const ZERO_BLOCK = Buffer.alloc(BLOCK_SIZE);
const CHECKSUM_AT = 148;
const CHECKSUM_LENGTH = 8;
const SPACE = 0x20;

/** NaN when the field holds no number, or one that a double does not hold exactly. */
export function readNumber(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0;
  return (first & 0x80) === 0 ? readOctal(block, at, length) : readBase256(block, at, length);
}

/** GNU tar refuses a number of nothing but spaces, others read it as 0. */
export function isBlank(block: Buffer, at: number, length: number): boolean {
  for (let index = at; index < at + length; index += 1) if (block[index] !== SPACE) return false;
  return true;
}

/** The bytes of a text field up to its NUL. */
export function readText(block: Buffer, at: number, length: number): Buffer {
  const end = block.indexOf(0, at);
  return block.subarray(at, end === -1 || end > at + length ? at + length : end);
}

/** `odd` fits too, but some readers refuse it: a sum of signed bytes, or one that is not octal. */
export type Checksum = 'right' | 'odd' | 'wrong';

/**
 * How the stored checksum fits the block. Old implementations summed signed bytes
 * (POSIX pax(1), Rationale), so either sum will do.
 */
export function checkChecksum(block: Buffer): Checksum {
  let sum = 0;
  let high = 0;
  for (let at = 0; at < BLOCK_SIZE; at += 1) {
    const byte = block[at] ?? 0;
    sum += byte;
    high += byte >> 7;
  }
  for (let at = CHECKSUM_AT; at < CHECKSUM_AT + CHECKSUM_LENGTH; at += 1) {
    const byte = block[at] ?? 0;
    sum += SPACE - byte;
    high -= byte >> 7;
  }
  const stored = readNumber(block, CHECKSUM_AT, CHECKSUM_LENGTH);
  if (stored !== sum && stored !== sum - 256 * high) return 'wrong';
  const isOctal = ((block[CHECKSUM_AT] ?? 0) & 0x80) === 0;
  return stored === sum && isOctal ? 'right' : 'odd';
}

/** Writes the checksum that `checkChecksum` calls right. */
export function writeChecksum(block: Buffer): void {
  block.fill(SPACE, CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_LENGTH);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT, 'latin1');
}

export function isZeroBlock(block: Buffer): boolean {
  return block[0] === 0 && block.equals(ZERO_BLOCK);
}

/** Whether all of these bytes, any number of them, are zero. */
export function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
    const end = Math.min(at + BLOCK_SIZE, bytes.length);
    if (bytes.compare(ZERO_BLOCK, 0, end - at, at, end) !== 0) return false;
  }
  return true;
}

/** Bytes from `size` to the end of its last block. */
export function paddingOf(size: number): number {
  const beyond = size % BLOCK_SIZE;
  return beyond === 0 ? 0 : BLOCK_SIZE - beyond;
}

function readOctal(block: Buffer, from: number, length: number): number {
  const end = from + length;
  let at = from;
  while (at < end && (block[at] === SPACE || block[at] === 0)) at += 1;
  let value = 0;
  for (; at < end; at += 1) {
    const byte = block[at] ?? 0;
    if (byte === 0 || byte === SPACE) return value;
    if (byte < 0x30 || byte > 0x37) return Number.NaN;
    value = value * 8 + (byte - 0x30);
  }
  return value;
}

/** Two's complement, big-endian, without the mark bit. */
function readBase256(block: Buffer, from: number, length: number): number {
  const negative = ((block[from] ?? 0) & 0x40) !== 0;
  const flip = negative ? 0xff : 0;
  let value = ((block[from] ?? 0) ^ flip) & 0x7f;
  for (let at = from + 1; at < from + length; at += 1) {
    value = value * 256 + ((block[at] ?? 0) ^ flip);
  }
  const result = negative ? -value - 1 : value;
  return Number.isSafeInteger(result) ? result : Number.NaN;
}
