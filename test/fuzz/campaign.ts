// Runs one trial after the other until the time is up; each has a seed that repeats it alone.
import type { Test } from 'tap';
import { CutawayError } from '../../src/oci/error.js';
import { makeRandom, type Random } from './random.js';

export interface Campaign {
  readonly name: string;
  /** Throws what is wrong; a CutawayError is an answer. */
  readonly trial: (random: Random) => Promise<void>;
}

const SECONDS = Number(process.env['CUTAWAY_FUZZ_SECONDS'] ?? 30);
const GIVEN_SEED = process.env['FUZZ_SEED'];
const SLOW = 5000;

/** One trial with FUZZ_SEED, else as many as CUTAWAY_FUZZ_SECONDS allow. */
export async function runCampaign(t: Test, { name, trial }: Campaign): Promise<void> {
  t.setTimeout((SECONDS + 60) * 1000);
  const first = GIVEN_SEED === undefined ? Date.now() % 2 ** 31 : Number(GIVEN_SEED);
  const deadline = performance.now() + SECONDS * 1000;
  let count = 0;
  let answered = 0;
  do {
    const seed = (first + count) >>> 0;
    count += 1;
    const started = performance.now();
    try {
      await trial(makeRandom(seed));
      answered += 1;
    } catch (error) {
      if (!(error instanceof CutawayError)) {
        const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
        t.fail(`${name}: repeat with FUZZ_SEED=${seed}: ${stack}`);
      } else if (/undefined|NaN|\[object/.test(error.message)) {
        t.fail(`${name}: not in words, FUZZ_SEED=${seed}: ${error.message}`);
      }
    }
    const took = performance.now() - started;
    if (took > SLOW) t.fail(`${name}: ${Math.round(took)} ms with FUZZ_SEED=${seed}`);
  } while (GIVEN_SEED === undefined && performance.now() < deadline && t.passing());
  t.comment(`${name}: ${count} trials from seed ${first}, ${answered} read to the end`);
  t.ok(count > 0, `${name}: ${count} trials from seed ${first}`);
}
