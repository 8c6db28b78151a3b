// Places in a compressed blob where decompressing can start in the middle: collected on a first
// pass, kept in a file, used to read one file of a layer without what comes before it.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { DEFLATE_WINDOW } from '../host/zlib.js';
import type { Digest } from '../oci/digest.js';
import { causeText, CutawayError } from '../oci/error.js';

export interface SeekPoint {
  /** Uncompressed bytes before it. */
  readonly output: number;
  /** Compressed bytes before it. */
  readonly input: number;
  /** Of the byte before `input`: how many of its high bits are still to be read, 0 to 7. */
  readonly bits: number;
  /**
   * The last 32 KiB before it (RFC 1951), deflated in turn. Undefined where a gzip member or a
   * zstd frame starts, which refers to nothing before it.
   */
  readonly window: Buffer | undefined;
}

/** Of one blob, in their order. None: it can be read from its start only. */
export interface SeekPoints {
  /** Of the blob. */
  readonly digest: Digest;
  readonly points: readonly SeekPoint[];
}

/** Uncompressed bytes from one point to the next, or a few more. */
export const SEEK_SPAN = 4 << 20;

/** Notes places that are at least a span apart. */
export class SeekPointCollector {
  readonly #points: SeekPoint[] = [];
  readonly #span: number;
  #next: number;

  constructor(span = SEEK_SPAN) {
    this.#span = span;
    this.#next = span;
  }

  /** Whether the next place that will do is wanted, `output` bytes having come out. */
  wants(output: number): boolean {
    return output >= this.#next;
  }

  /** A gzip member or a zstd frame starts here. */
  addStart(output: number, input: number): void {
    this.#add({ output, input, bits: 0, window: undefined });
  }

  /** A deflate block starts here. */
  addBlock(output: number, input: number, bits: number, window: Buffer): void {
    this.#add({ output, input, bits, window: deflateRawSync(window, { level: 1 }) });
  }

  get points(): readonly SeekPoint[] {
    return this.#points;
  }

  #add(point: SeekPoint): void {
    this.#points.push(point);
    this.#next = point.output + this.#span;
  }
}

/** The last point at or before an uncompressed position; undefined when none is. */
export function findSeekPoint(points: SeekPoints, position: number): SeekPoint | undefined {
  return points.points.findLast(({ output }) => output <= position);
}

/** What deflate needs to go on at a point; CORRUPT when it is none. */
export function seekWindow(point: SeekPoint): Buffer {
  if (point.window === undefined) return Buffer.alloc(0);
  try {
    return inflateRawSync(point.window, { maxOutputLength: DEFLATE_WINDOW });
  } catch (error) {
    throw new CutawayError('CORRUPT', `read seek point: its window: ${causeText(error)}`, {
      cause: error,
    });
  }
}
