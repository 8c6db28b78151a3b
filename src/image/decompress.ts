// Compressed bytes in, plain bytes out. What the bytes say (their magic) counts for more than what
// a media type says of them: builders get the second wrong.
import * as zlib from 'node:zlib';
import { causeText, CutawayError } from '../oci/error.js';
import type { LayerCompression } from '../oci/media-type.js';
import type { Problem } from '../oci/problem.js';
import { checkLimit, withDefaults, type Limits } from './limits.js';
import { unzstd } from './unzstd.js';

export interface DecompressOptions {
  /** What the media type says; undefined when nobody does. */
  readonly declared?: LayerCompression | undefined;
  /** What is read, for messages. */
  readonly what?: string;
  readonly limits?: Partial<Limits>;
  readonly onProblem?: ((problem: Problem) => void) | undefined;
}

/** Bytes needed to tell a compression. */
export const MAGIC_LENGTH = 4;

const OUTPUT_CHUNK = 1 << 20;

/** RFC 1952 2.3.1; RFC 8878 3.1.1 and, for skippable frames, 3.1.2. */
export function detectCompression(head: Buffer): LayerCompression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length < MAGIC_LENGTH) return 'none';
  const magic = head.readUInt32LE(0);
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50 ? 'zstd' : 'none';
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
    let produced = 0;
    for await (const chunk of expand(compression, input, { what, limits, onProblem })) {
      produced += chunk.length;
      checkLimit(limits, 'totalBytes', produced, `decompress ${what}`);
      if (compression !== 'none' && produced > limits.ratioFloor) {
        checkLimit(limits, 'expansionRatio', produced / counter.bytes, `decompress ${what}`);
      }
      yield chunk;
    }
  } finally {
    await iterator.return?.();
  }
}

interface ExpandOptions {
  readonly what: string;
  readonly limits: Limits;
  readonly onProblem: ((problem: Problem) => void) | undefined;
}

function expand(
  compression: LayerCompression,
  source: AsyncIterable<Buffer>,
  options: ExpandOptions,
): AsyncIterable<Buffer> {
  if (compression === 'none') return source;
  const { what } = options;
  if (compression === 'gzip') {
    return throughZlib(source, zlib.createGunzip({ chunkSize: OUTPUT_CHUNK }), options);
  }
  const native = nativeZstd();
  if (native !== undefined) return throughZlib(source, native, options);
  return unzstd(source, what, options.limits);
}

/** Node 22.15 and later; the types are those of Node 20. */
function nativeZstd(): zlib.Gunzip | undefined {
  const { createZstdDecompress } = zlib as unknown as {
    createZstdDecompress?: (options: { chunkSize: number }) => zlib.Gunzip;
  };
  return createZstdDecompress?.({ chunkSize: OUTPUT_CHUNK });
}

async function* throughZlib(
  source: AsyncIterable<Buffer>,
  engine: zlib.Gunzip,
  { what, onProblem }: ExpandOptions,
): AsyncGenerator<Buffer> {
  const fed = feed(source, engine);
  try {
    for await (const chunk of engine as AsyncIterable<Buffer>) yield chunk;
    const given = await fed;
    // Node ends at zeros after the last member, and drops what comes after them.
    if (given > engine.bytesWritten) {
      const message = `${what}: ${given - engine.bytesWritten} bytes follow the compressed data`;
      onProblem?.({ code: 'compressed-trailing-data', message });
    }
  } catch (error) {
    if (error instanceof CutawayError) throw error;
    throw new CutawayError('CORRUPT', `decompress ${what}: ${causeText(error)}`, { cause: error });
  } finally {
    engine.destroy();
    await fed;
  }
}

/**
 * Writes the whole source, also what the engine wants no more: the source checks its digest at
 * its end. Never rejects: an error of the source destroys the engine, whose reader sees it.
 */
async function feed(source: AsyncIterable<Buffer>, engine: zlib.Gunzip): Promise<number> {
  let given = 0;
  try {
    for await (const chunk of source) {
      given += chunk.length;
      if (engine.readableEnded) continue;
      if (engine.destroyed) break;
      if (!engine.write(chunk)) await untilWritable(engine);
    }
    if (!engine.destroyed) engine.end();
  } catch (error) {
    engine.destroy(error as Error);
  }
  return given;
}

function untilWritable(engine: zlib.Gunzip): Promise<void> {
  const events = ['drain', 'end', 'close', 'error'] as const;
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) engine.off(event, done);
      resolve();
    };
    for (const event of events) engine.on(event, done);
  });
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
