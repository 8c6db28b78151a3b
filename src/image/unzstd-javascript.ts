import { Decompress } from 'fzstd';
import { CutawayError } from '../oci/error.js';
import { expandError, type ExpandOptions } from './expand-options.js';
import { checkLimit } from './limits.js';

// A block of four bytes can make 128 KiB (RFC 8878 3.1.1.2.2): little at a time keeps the
// output of one push small enough to hold.
const INPUT_SLICE = 4096;
const MAXIMUM_BLOCK = 128 * 1024;

/** zstd in JavaScript, where there is no other. Reads several and skippable frames. */
export async function* unzstdInJavaScript(
  source: AsyncIterable<Buffer>,
  { what, limits }: ExpandOptions,
): AsyncGenerator<Buffer> {
  let output: Buffer[] = [];
  const decoder = new Decompress((bytes) => {
    checkLimit(limits, 'zstdWindow', windowOf(decoder), `decompress ${what}`);
    if (bytes.length > MAXIMUM_BLOCK) throw new Error('a block is larger than the format allows');
    // The library keeps no hold of what it hands out.
    if (bytes.length > 0) output.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  });
  const push = (bytes: Buffer, isLast: boolean): Buffer[] => {
    output = [];
    try {
      decoder.push(bytes, isLast);
    } catch (error) {
      if (error instanceof CutawayError) throw error;
      throw expandError(what, error);
    }
    return output;
  };
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += INPUT_SLICE) {
      yield* push(chunk.subarray(at, at + INPUT_SLICE), false);
    }
  }
  yield* push(Buffer.alloc(0), true);
}

/** The window of the current frame, which the library keeps to itself. */
function windowOf(decoder: Decompress): number {
  const { s } = decoder as unknown as { s?: { w?: Uint8Array } };
  return s?.w?.length ?? 0;
}
