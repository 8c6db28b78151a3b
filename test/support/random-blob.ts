import { decompress } from '../../src/image/decompress.js';
import { withDefaults } from '../../src/image/limits.js';
import { readTarRange, type RandomBlob } from '../../src/image/random-access.js';
import type { SeekPoint, SeekPoints } from '../../src/image/seek-points.js';
import { sha256Digest } from '../../src/oci/digest.js';
import { chunksOf } from './build-tar.js';
import { readAll } from './open-image.js';

/** A blob in memory; `taken` counts the bytes that somebody read of it. */
export function randomBlob(bytes: Buffer, chunk = 10_000): RandomBlob & { taken: number } {
  const blob = {
    what: 'blob',
    digest: sha256Digest(bytes),
    size: bytes.length,
    limits: withDefaults(),
    taken: 0,
    readHead: (length: number) => bytes.subarray(0, length),
    async *stream({ start, end }: { start: number; end?: number }): AsyncGenerator<Buffer> {
      for await (const part of chunksOf(bytes.subarray(start, end), chunk)) {
        blob.taken += part.length;
        yield part;
      }
    },
  };
  return blob;
}

/** What a whole reading notes. */
export async function seekPointsOf(bytes: Buffer, seekSpan: number): Promise<SeekPoints> {
  let points: readonly SeekPoint[] = [];
  const options = { onSeekPoints: (found: readonly SeekPoint[]) => (points = found), seekSpan };
  await readAll(decompress(chunksOf(bytes, 9973), options));
  return { digest: sha256Digest(bytes), points };
}

export async function readRange(
  blob: RandomBlob,
  offset: number,
  length: number,
  points?: SeekPoints,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of readTarRange(blob, { offset, length }, points)) parts.push(part);
  return Buffer.concat(parts);
}

/** The same numbers for the same seed (xorshift32). */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Text, repetition and noise by turns, so that deflate makes blocks of all its types. */
export function mixedContent(size: number, seed: number): Buffer {
  const next = seededNumbers(seed);
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size;) {
    const end = Math.min(size, at + 1000 + next(60_000));
    const kind = next(3);
    const range = kind === 0 ? 256 : kind === 1 ? 12 : 1;
    for (; at < end; at += 1) bytes[at] = 65 + next(range);
  }
  return bytes;
}
