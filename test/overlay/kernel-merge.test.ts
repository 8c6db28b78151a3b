// The kernel is the oracle: random stacks of layers, mounted for real, must look as we say.
import t from 'tap';
import { host, whyNoOverlay } from './oracle/bench.js';
import { tryStack } from './oracle/random-stack.js';

// Fifty more are in kernel-diff.test.ts; `npm run oracle` tries as many as one has time for.
const STACKS = Number(host.environment['CUTAWAY_STACKS'] ?? 250);
const SEED = Number(host.environment['CUTAWAY_SEED'] ?? 20261121);

const skip = whyNoOverlay() ?? false;

t.test('random stacks look in our merge as they do when mounted', { skip }, async (t) => {
  t.comment(`${STACKS} stacks from seed ${SEED}`);
  let paths = 0;
  for (let at = 0; at < STACKS; at += 1) {
    const { differences, compared } = await tryStack(SEED + at);
    paths += compared;
    if (differences.length > 0) {
      t.fail(`CUTAWAY_SEED=${SEED + at} CUTAWAY_STACKS=1 differs`, {
        differences: differences.slice(0, 20),
      });
    }
  }
  t.ok(paths > STACKS, `${paths} paths of ${STACKS} stacks compared`);
});
