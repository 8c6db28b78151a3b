// What the engines of decompression have in common.
import { causeText, CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import type { Limits } from './limits.js';
import type { SeekPoint, SeekPointCollector } from './seek-points.js';

export interface ExpandOptions {
  /** What is read, for messages. */
  readonly what: string;
  readonly limits: Limits;
  readonly onProblem?: ((problem: Problem) => void) | undefined;
  /** Is told where reading could start; an engine that cannot know tells nothing. */
  readonly collector?: SeekPointCollector | undefined;
  /**
   * For a short read: small chunks, and no thread, whose start takes longer than they do.
   * The source starts at `from`, with the byte before it when that has bits left.
   */
  readonly range?: { readonly from: SeekPoint | undefined } | undefined;
}

/** As the streams of files: small enough to be hashed from the cache. */
const WHOLE_CHUNK = 512 << 10;
const RANGE_CHUNK = 128 << 10;
/** Steps that make less than this take less time than their way to another thread and back. */
const THREAD_STEP = 64 << 10;

/** A buffer that is filled chunk by chunk, each handed out once and never touched again. */
export class OutputChunks {
  readonly #size: number;
  readonly #mayThread: boolean;
  #chunk: Buffer;
  #filled = 0;
  #lastStep = THREAD_STEP;

  constructor({ range }: ExpandOptions) {
    this.#size = range === undefined ? WHOLE_CHUNK : RANGE_CHUNK;
    this.#mayThread = range === undefined;
    this.#chunk = Buffer.allocUnsafeSlow(this.#size);
  }

  /** Where the next bytes go. */
  get room(): Buffer {
    return this.#chunk.subarray(this.#filled);
  }

  /** Whether a step from `input` bytes will be worth a thread. */
  onThread(input: number): boolean {
    return this.#mayThread && input >= THREAD_STEP && this.#lastStep >= THREAD_STEP;
  }

  /** The chunk when these bytes have filled it. */
  add(produced: number): Buffer | undefined {
    this.#filled += produced;
    if (this.#filled < this.#size) {
      this.#lastStep = produced;
      return undefined;
    }
    const full = this.#chunk;
    this.#chunk = Buffer.allocUnsafeSlow(this.#size);
    this.#filled = 0;
    return full;
  }

  /** What is left at the end. */
  rest(): Buffer {
    return this.#chunk.subarray(0, this.#filled);
  }
}

export function trailingDataProblem(what: string, bytes: number): Problem {
  const message = `${what}: ${bytes} bytes follow the compressed data`;
  return { code: 'compressed-trailing-data', message };
}

/** What an engine complains of, with the name of what it reads. */
export function expandError(what: string, error: unknown): CutawayError {
  if (error instanceof CutawayError && error.code !== 'CORRUPT') return error;
  return new CutawayError('CORRUPT', `decompress ${what}: ${causeText(error)}`, { cause: error });
}
