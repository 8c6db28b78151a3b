import { Readable } from 'node:stream';
import type { OpenFile } from '../host/host.js';
import type { Problem } from '../oci/problem.js';
import { decompress } from './decompress.js';
import { checkLimit, withDefaults, type Limits } from './limits.js';

export interface InflateOptions {
  readonly limits?: Partial<Limits>;
  readonly onProblem?: (problem: Problem) => void;
}

/** The plain content of a compressed file, held in memory; closes `file`. */
export async function inflateFile(
  file: OpenFile,
  what: string,
  options: InflateOptions = {},
): Promise<OpenFile> {
  const limits = withDefaults(options.limits);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    const source = file.stream() as AsyncIterable<Buffer>;
    for await (const chunk of decompress(source, { what, limits, onProblem: options.onProblem })) {
      size += chunk.length;
      checkLimit(limits, 'compressedArchive', size, `decompress ${what}`);
      chunks.push(chunk);
    }
  } finally {
    file.close();
  }
  return memoryFile(chunks);
}

/** An open file whose content is these chunks. */
export function memoryFile(chunks: readonly Buffer[]): OpenFile {
  const starts: number[] = [];
  let size = 0;
  for (const chunk of chunks) {
    starts.push(size);
    size += chunk.length;
  }
  /** Views of what lies between the two positions. */
  function* slices(start: number, end: number): Generator<Buffer> {
    for (let index = chunkAt(starts, start); index < chunks.length; index += 1) {
      const from = starts[index] ?? 0;
      if (from >= end) return;
      const slice = chunks[index]?.subarray(Math.max(0, start - from), end - from);
      if (slice !== undefined && slice.length > 0) yield slice;
    }
  }
  return {
    size,
    read: (position, length) => Buffer.concat([...slices(position, position + length)]),
    stream: ({ start = 0, end = size } = {}) =>
      Readable.from(slices(start, end), { objectMode: false }),
    close: () => undefined,
  };
}

/** The last chunk that starts at or before `position`. */
function chunkAt(starts: readonly number[], position: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return Math.max(low, 0);
}
