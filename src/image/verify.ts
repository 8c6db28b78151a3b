import { createHash } from 'node:crypto';
import { digestAlgorithm, digestHex, type Digest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';

/** What bytes must be. */
export interface ExpectedBytes {
  readonly digest: Digest;
  /** Of all bytes; undefined where nobody declared it (a diffID says nothing of the size). */
  readonly size?: number | undefined;
  /** What is read, for messages: `layer 3 "sha256:ab…"`. */
  readonly what: string;
}

/** The same chunks; fails with CORRUPT at the first byte too many or at the end. */
export async function* verified(
  source: AsyncIterable<Buffer>,
  expected: ExpectedBytes,
): AsyncGenerator<Buffer> {
  const hash = createHash(digestAlgorithm(expected.digest));
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (expected.size !== undefined && size > expected.size) {
      throw wrongSize(expected, `more than ${expected.size}`);
    }
    hash.update(chunk);
    yield chunk;
  }
  if (expected.size !== undefined && size !== expected.size) {
    throw wrongSize(expected, String(size));
  }
  checkHex(hash.digest('hex'), expected);
}

/** The same of bytes in memory. */
export function verifyBytes(bytes: Buffer, expected: ExpectedBytes): Buffer {
  if (expected.size !== undefined && bytes.length !== expected.size) {
    throw wrongSize(expected, String(bytes.length));
  }
  checkHex(createHash(digestAlgorithm(expected.digest)).update(bytes).digest('hex'), expected);
  return bytes;
}

function checkHex(hex: string, { digest, what }: ExpectedBytes): void {
  if (hex === digestHex(digest)) return;
  const actual = `${digestAlgorithm(digest)}:${hex}`;
  throw new CutawayError('CORRUPT', `read ${what}: its content has the digest ${actual}`, {
    data: { digest, expected: digest, actual },
  });
}

function wrongSize({ digest, size, what }: ExpectedBytes, actual: string): CutawayError {
  return new CutawayError('CORRUPT', `read ${what}: ${actual} bytes instead of ${size ?? '?'}`, {
    data: { digest, expected: size, actual },
  });
}
