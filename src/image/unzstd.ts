// zstd: one frame after the other (RFC 8878 3.1), by the fastest engine that is here.
import { createRequire } from 'node:module';
import type { Gunzip } from 'node:zlib';
import { openZstd, type ZstdStep, type ZstdStream } from '../host/zstd.js';
import { expandError, OutputChunks, type ExpandOptions } from './expand-options.js';
import { checkLimit } from './limits.js';
import { throughNodeZlib } from './node-zlib.js';
import { readAhead } from './read-ahead.js';
import { unzstdInJavaScript } from './unzstd-javascript.js';
import { parseZstdWindow } from './zstd-frame.js';

const NODE_CHUNK = 1 << 20;

/** Reads the source to its end. */
export function unzstd(
  source: AsyncIterable<Buffer>,
  options: ExpandOptions,
): AsyncGenerator<Buffer> {
  const stream = openZstd(options.limits.zstdWindow);
  if (stream !== undefined) {
    const frames = decompressFrames(source, stream, options);
    return options.range === undefined ? readAhead(frames) : frames;
  }
  const engine = nodeZstd();
  if (engine !== undefined) return throughNodeZlib(source, engine, options);
  return unzstdInJavaScript(source, options);
}

/** Node 22.15 and later; the types are those of Node 20. */
function nodeZstd(): Gunzip | undefined {
  const { createZstdDecompress } = createRequire(import.meta.url)('node:zlib') as {
    createZstdDecompress?: (options: { chunkSize: number }) => Gunzip;
  };
  return createZstdDecompress?.({ chunkSize: NODE_CHUNK });
}

async function* decompressFrames(
  source: AsyncIterable<Buffer>,
  stream: ZstdStream,
  options: ExpandOptions,
): AsyncGenerator<Buffer> {
  const decoder = new ZstdDecoder(stream, options);
  try {
    for await (const chunk of source) yield* decoder.push(chunk);
    yield decoder.finish();
  } finally {
    stream.end();
  }
}

class ZstdDecoder {
  readonly #stream: ZstdStream;
  readonly #options: ExpandOptions;
  readonly #output: OutputChunks;
  /** The start of a frame whose header is not whole yet. */
  #start: Buffer = Buffer.alloc(0);
  #isInFrame = false;
  #consumed = 0;
  #produced = 0;

  constructor(stream: ZstdStream, options: ExpandOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#output = new OutputChunks(options);
  }

  async *push(chunk: Buffer): AsyncGenerator<Buffer> {
    let rest = this.#start.length === 0 ? chunk : Buffer.concat([this.#start, chunk]);
    this.#start = rest.subarray(0, 0);
    // Once more with an empty rest: what was consumed may not all have come out.
    for (let isFull = false; rest.length > 0 || (this.#isInFrame && isFull);) {
      if (!this.#isInFrame && !this.#startFrame(rest)) {
        this.#start = rest;
        return;
      }
      const step = await this.#decompress(rest);
      rest = rest.subarray(step.consumed);
      const full = this.#output.add(step.produced);
      if (full !== undefined) yield full;
      isFull = full !== undefined;
    }
  }

  /** The last bytes; fails when there should be more. */
  finish(): Buffer {
    if (this.#isInFrame || this.#start.length > 0) {
      throw expandError(this.#options.what, new Error('unexpected end of file'));
    }
    return this.#output.rest();
  }

  /** False when its header is not whole yet. */
  #startFrame(rest: Buffer): boolean {
    const { what, limits, collector } = this.#options;
    const window = parseZstdWindow(rest);
    if (window === undefined) return false;
    if (window === 'invalid') throw expandError(what, new Error('no zstd frame starts here'));
    checkLimit(limits, 'zstdWindow', window, `decompress ${what}`);
    if (collector?.wants(this.#produced) === true) {
      collector.addStart(this.#produced, this.#consumed);
    }
    this.#isInFrame = true;
    return true;
  }

  async #decompress(input: Buffer): Promise<ZstdStep> {
    const { what } = this.#options;
    const onThread = this.#output.onThread(input.length);
    const step = await this.#stream
      .decompress(input, this.#output.room, { onThread })
      .catch((error: unknown) => {
        throw expandError(what, error);
      });
    this.#consumed += step.consumed;
    this.#produced += step.produced;
    if (step.isFrameEnd) this.#isInFrame = false;
    return step;
  }
}
