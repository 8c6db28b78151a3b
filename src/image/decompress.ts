// Compressed bytes in, plain bytes out. What the bytes say (their magic) counts for more than what
// a media type says of them: builders get the second wrong.
import type { LayerCompression } from '../oci/media-type.js';
import type { Problem } from '../oci/problem.js';
import type { ExpandOptions } from './expand-options.js';
import { gunzip } from './gunzip.js';
import { checkLimit, withDefaults, type Limits } from './limits.js';
import { SeekPointCollector, type SeekPoint } from './seek-points.js';
import { unzstd } from './unzstd.js';
import { isZstdMagic } from './zstd-frame.js';

export interface DecompressOptions {
  /** What the media type says; undefined when nobody does. */
  readonly declared?: LayerCompression | undefined;
  /** What is read, for messages. */
  readonly what?: string;
  readonly limits?: Partial<Limits>;
  readonly onProblem?: ((problem: Problem) => void) | undefined;
  /** Is given, at the end of what is compressed, the places where reading it could start. */
  readonly onSeekPoints?: ((points: readonly SeekPoint[]) => void) | undefined;
  /** Uncompressed bytes between those; default SEEK_SPAN. */
  readonly seekSpan?: number | undefined;
}

/** Bytes needed to tell a compression. */
export const MAGIC_LENGTH = 4;

/** RFC 1952 2.3.1; RFC 8878 3.1.1 and, for skippable frames, 3.1.2. */
export function detectCompression(head: Buffer): LayerCompression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length < MAGIC_LENGTH) return 'none';
  return isZstdMagic(head.readUInt32LE(0)) ? 'zstd' : 'none';
}

/** A problem when a media type promises another compression than the bytes have. */
export function compressionProblem(
  declared: LayerCompression | undefined,
  actual: LayerCompression,
  what: string,
): Problem | undefined {
  if (declared === undefined || declared === actual) return undefined;
  const name = { none: 'no compression', gzip: 'gzip', zstd: 'zstd' };
  const message = `${what}: its media type says ${name[declared]}, its bytes say ${name[actual]}`;
  return { code: 'compression-mismatch', message };
}

/** Fails with CORRUPT on damage and with LIMIT_EXCEEDED on what blows up. */
export async function* decompress(
  source: AsyncIterable<Buffer>,
  options: DecompressOptions = {},
): AsyncGenerator<Buffer> {
  const { what = 'compressed data', onProblem } = options;
  const limits = withDefaults(options.limits);
  const iterator = source[Symbol.asyncIterator]();
  try {
    const head = await readHead(iterator);
    const compression = detectCompression(head);
    const problem = compressionProblem(options.declared, compression, what);
    if (problem !== undefined) onProblem?.(problem);
    const counter = { bytes: 0 };
    const input = counted(head, iterator, counter);
    const { onSeekPoints, seekSpan } = options;
    const collector = onSeekPoints === undefined ? undefined : new SeekPointCollector(seekSpan);
    let produced = 0;
    const expanded = expand(compression, input, { what, limits, onProblem, collector });
    for await (const chunk of expanded) {
      if (chunk.length === 0) continue;
      produced += chunk.length;
      checkLimit(limits, 'totalBytes', produced, `decompress ${what}`);
      if (compression !== 'none' && produced > limits.ratioFloor) {
        checkLimit(limits, 'expansionRatio', produced / counter.bytes, `decompress ${what}`);
      }
      yield chunk;
    }
    if (compression !== 'none') onSeekPoints?.(collector?.points ?? []);
  } finally {
    await iterator.return?.();
  }
}

/** Without the checks that only a whole reading can make. */
export function expand(
  compression: LayerCompression,
  source: AsyncIterable<Buffer>,
  options: ExpandOptions,
): AsyncIterable<Buffer> {
  if (compression === 'none') return source;
  return compression === 'gzip' ? gunzip(source, options) : unzstd(source, options);
}

/** The first chunks joined until the magic is whole. */
async function readHead(iterator: AsyncIterator<Buffer>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC_LENGTH) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* counted(
  head: Buffer,
  iterator: AsyncIterator<Buffer>,
  counter: { bytes: number },
): AsyncGenerator<Buffer> {
  counter.bytes = head.length;
  if (head.length > 0) yield head;
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return;
    counter.bytes += next.value.length;
    yield next.value;
  }
}
