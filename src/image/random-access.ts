// Part of an uncompressed tar, without what comes before it where a seek point allows it.
import { CutawayError } from '../oci/error.js';
import type { Digest } from '../oci/digest.js';
import type { LayerCompression } from '../oci/media-type.js';
import { detectCompression, expand, MAGIC_LENGTH } from './decompress.js';
import { canResumeGzip } from './gunzip.js';
import { checkLimit, type Limits } from './limits.js';
import { findSeekPoint, type SeekPoint, type SeekPoints } from './seek-points.js';

/** A stored blob that can be read from any place. */
export interface RandomBlob {
  readonly what: string;
  readonly digest: Digest;
  readonly size: number;
  readonly limits: Limits;
  readHead(length: number): Buffer | Promise<Buffer>;
  stream(range: { readonly start: number; readonly end?: number }): AsyncIterable<Buffer>;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Exactly these bytes, or CORRUPT when there are fewer. They are not verified: digests are of
 * whole blobs, so who reads a part compares it with what the index says of it.
 */
export async function* readTarRange(
  blob: RandomBlob,
  range: ByteRange,
  points?: SeekPoints,
): AsyncGenerator<Buffer> {
  const { offset, length } = range;
  const end = offset + length;
  if (!(offset >= 0 && length >= 0 && Number.isSafeInteger(end))) {
    throw new CutawayError('INVALID_INPUT', `read ${blob.what}: no range: ${offset}, ${length}`);
  }
  checkLimit(blob.limits, 'totalBytes', end, `read ${blob.what}`);
  if (length === 0) return;
  const compression = detectCompression(await blob.readHead(MAGIC_LENGTH));
  if (compression === 'none') {
    yield* cut(blob, blob.stream({ start: offset, end: Math.min(end, blob.size) }), offset, range);
    return;
  }
  const from = points === undefined ? undefined : choosePoint(blob, points, compression, offset);
  const { input = 0, bits = 0, output = 0 } = from ?? {};
  const source = blob.stream({ start: input - (bits > 0 ? 1 : 0) });
  const { what, limits } = blob;
  yield* cut(blob, expand(compression, source, { what, limits, range: { from } }), output, range);
}

/** Points come from a cache, which may be damaged: each is checked before it is used. */
function choosePoint(
  blob: RandomBlob,
  points: SeekPoints,
  compression: LayerCompression,
  offset: number,
): SeekPoint | undefined {
  if (points.digest !== blob.digest) {
    throw wrongPoints(blob, `they are those of ${points.digest}`);
  }
  const point = findSeekPoint(points, offset);
  if (point === undefined) return undefined;
  const { input, output, bits, window } = point;
  const isPlace = isCount(input) && isCount(output) && input > 0 && input <= blob.size;
  const isState = isCount(bits) && bits <= 7 && (window === undefined || compression === 'gzip');
  if (!isPlace || !isState) throw wrongPoints(blob, `no place to start at: ${input}, ${bits}`);
  if (window === undefined || canResumeGzip()) return point;
  const starts = points.points.filter((one) => one.window === undefined);
  return findSeekPoint({ digest: points.digest, points: starts }, offset);
}

/** Of a stream whose first byte is at `at`, the bytes of a range. */
async function* cut(
  blob: RandomBlob,
  source: AsyncIterable<Buffer>,
  at: number,
  { offset, length }: ByteRange,
): AsyncGenerator<Buffer> {
  let position = at;
  for await (const chunk of source) {
    const part = chunk.subarray(
      Math.max(0, offset - position),
      Math.max(0, offset + length - position),
    );
    position += chunk.length;
    if (part.length > 0) yield part;
    if (position >= offset + length) return;
  }
  const message = `read ${blob.what}: it has ${position} bytes, and not ${length} at ${offset}`;
  throw new CutawayError('CORRUPT', message, { data: { digest: blob.digest, offset, length } });
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function wrongPoints(blob: RandomBlob, cause: string): CutawayError {
  return new CutawayError('CORRUPT', `read ${blob.what}: wrong seek points: ${cause}`, {
    data: { digest: blob.digest },
  });
}
