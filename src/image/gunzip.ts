// gzip: one member after the other (RFC 1952 2.2), from the start or from a seek point.
import { createGunzip } from 'node:zlib';
import { openInflater, type Inflater, type InflateStep } from '../host/zlib.js';
import { CutawayError } from '../oci/error.js';
import {
  expandError,
  OutputChunks,
  trailingDataProblem,
  type ExpandOptions,
} from './expand-options.js';
import { throughNodeZlib } from './node-zlib.js';
import { readAhead } from './read-ahead.js';
import { seekWindow, type SeekPoint } from './seek-points.js';

const NODE_CHUNK = 1 << 20;
/** CRC-32 and size: RFC 1952 2.3.1. */
const TRAILER = 8;

/** Whether reading can start at a deflate block: not without the zlib of this Node. */
export function canResumeGzip(): boolean {
  const inflater = openInflater('raw');
  inflater?.end();
  return inflater !== undefined;
}

/** Reads the source to its end, also what follows the last member. */
export function gunzip(
  source: AsyncIterable<Buffer>,
  options: ExpandOptions,
): AsyncGenerator<Buffer> {
  const from = options.range?.from;
  const inflater = openInflater(from?.window === undefined ? 'gzip' : 'raw');
  if (inflater === undefined) {
    return throughNodeZlib(source, createGunzip({ chunkSize: NODE_CHUNK }), options);
  }
  const members = inflateMembers(source, inflater, options);
  return options.range === undefined ? readAhead(members) : members;
}

async function* inflateMembers(
  source: AsyncIterable<Buffer>,
  inflater: Inflater,
  options: ExpandOptions,
): AsyncGenerator<Buffer> {
  const decoder = new GzipDecoder(inflater, options);
  try {
    for await (const chunk of source) yield* decoder.push(chunk);
    yield decoder.finish();
  } finally {
    inflater.end();
  }
}

type Place = 'resuming' | 'member' | 'trailer' | 'between' | 'behind';

class GzipDecoder {
  readonly #inflater: Inflater;
  readonly #options: ExpandOptions;
  readonly #from: SeekPoint | undefined;
  readonly #output: OutputChunks;
  #place: Place;
  /** Bytes of a trailer that are still to come: inflate reads none where it began in the middle. */
  #trailer = 0;
  /** Bytes after the last member. */
  #trailing = 0;
  #consumed = 0;
  #produced = 0;
  #isRaw: boolean;

  constructor(inflater: Inflater, options: ExpandOptions) {
    this.#inflater = inflater;
    this.#options = options;
    this.#from = options.range?.from;
    this.#output = new OutputChunks(options);
    this.#isRaw = this.#from?.window !== undefined;
    this.#place = this.#isRaw ? 'resuming' : 'member';
  }

  async *push(chunk: Buffer): AsyncGenerator<Buffer> {
    let rest = this.#skip(chunk);
    // Once more with an empty rest: what was consumed may not all have come out.
    for (let isFull = false; this.#place === 'member' && (rest.length > 0 || isFull);) {
      const step = await this.#inflate(rest);
      rest = rest.subarray(step.consumed);
      const full = this.#output.add(step.produced);
      if (full !== undefined) yield full;
      isFull = full !== undefined;
      if (step.isEnd) {
        this.#endMember();
        rest = this.#skip(rest);
      }
    }
  }

  /** The last bytes; fails when there should be more. */
  finish(): Buffer {
    const { what, onProblem } = this.#options;
    if (this.#place !== 'between' && this.#place !== 'behind') {
      throw expandError(what, new Error('unexpected end of file'));
    }
    if (this.#trailing > 0) onProblem?.(trailingDataProblem(what, this.#trailing));
    return this.#output.rest();
  }

  async #inflate(input: Buffer): Promise<InflateStep> {
    const { what, collector } = this.#options;
    const stopAtBlock = collector?.wants(this.#produced) === true;
    const onThread = this.#output.onThread(input.length);
    const step = await this.#inflater
      .inflate(input, this.#output.room, { stopAtBlock, onThread })
      .catch((error: unknown) => {
        throw expandError(what, error);
      });
    this.#consumed += step.consumed;
    this.#produced += step.produced;
    if (step.blockBits !== undefined) {
      const window = this.#inflater.window();
      collector?.addBlock(this.#produced, this.#consumed, step.blockBits, window);
    }
    if (input.length > 0 && step.consumed + step.produced === 0 && !step.isEnd) {
      throw new CutawayError('INTERNAL', `decompress ${what}: zlib makes no progress`);
    }
    return step;
  }

  #endMember(): void {
    this.#place = this.#isRaw ? 'trailer' : 'between';
    this.#trailer = this.#isRaw ? TRAILER : 0;
    this.#isRaw = false;
  }

  /** What inflate is to read of these bytes: nothing outside of members. */
  #skip(chunk: Buffer): Buffer {
    let rest = chunk;
    if (this.#place === 'resuming' && rest.length > 0) rest = this.#resume(rest);
    if (this.#place === 'trailer') {
      const skipped = Math.min(this.#trailer, rest.length);
      this.#trailer -= skipped;
      this.#consumed += skipped;
      rest = rest.subarray(skipped);
      if (this.#trailer === 0) this.#place = 'between';
    }
    if (this.#place === 'between' && rest.length > 0) this.#startMember(rest);
    if (this.#place === 'behind') this.#trailing += rest.length;
    return this.#place === 'member' ? rest : rest.subarray(rest.length);
  }

  #resume(rest: Buffer): Buffer {
    const { bits = 0 } = this.#from ?? {};
    const window = this.#from === undefined ? rest.subarray(0, 0) : seekWindow(this.#from);
    this.#inflater.resumeAt(rest[0] ?? 0, bits, window);
    this.#place = 'member';
    return bits > 0 ? rest.subarray(1) : rest;
  }

  /** As gzip(1) has it: zeros are padding, anything else must be a member. */
  #startMember(rest: Buffer): void {
    if (rest[0] === 0) {
      this.#place = 'behind';
      return;
    }
    const { collector } = this.#options;
    if (collector?.wants(this.#produced) === true) {
      collector.addStart(this.#produced, this.#consumed);
    }
    this.#inflater.reset('gzip');
    this.#place = 'member';
  }
}
