// Decompression through the streams of node:zlib: where nothing faster can be called.
import type { Gunzip } from 'node:zlib';
import { causeText, CutawayError } from '../oci/error.js';
import { trailingDataProblem, type ExpandOptions } from './expand-options.js';

/** For its members read one after the other; takes over `engine`. */
export async function* throughNodeZlib(
  source: AsyncIterable<Buffer>,
  engine: Gunzip,
  { what, onProblem }: ExpandOptions,
): AsyncGenerator<Buffer> {
  const fed = feed(source, engine);
  try {
    for await (const chunk of engine as AsyncIterable<Buffer>) yield chunk;
    const given = await fed;
    // Node ends at zeros after the last member, and drops what comes after them.
    if (given > engine.bytesWritten) {
      onProblem?.(trailingDataProblem(what, given - engine.bytesWritten));
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
async function feed(source: AsyncIterable<Buffer>, engine: Gunzip): Promise<number> {
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

function untilWritable(engine: Gunzip): Promise<void> {
  const events = ['drain', 'end', 'close', 'error'] as const;
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) engine.off(event, done);
      resolve();
    };
    for (const event of events) engine.on(event, done);
  });
}
