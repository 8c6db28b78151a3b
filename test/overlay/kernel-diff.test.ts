// The kernel is the oracle again: random writes to a mounted overlay, and our diff of its layers.
import t from 'tap';
import { host, whyNoOverlay } from './oracle/bench.js';
import { tryWrites } from './oracle/random-diff.js';

const STACKS = Number(host.environment['CUTAWAY_STACKS'] ?? 50);
const SEED = Number(host.environment['CUTAWAY_SEED'] ?? 20261121);

const skip = whyNoOverlay() ?? false;

t.test('random writes give the diff that the mount shows', { skip }, async (t) => {
  t.comment(`${STACKS} stacks from seed ${SEED}`);
  let changes = 0;
  for (let at = 0; at < STACKS; at += 1) {
    const { differences, compared } = await tryWrites(SEED + at);
    changes += compared;
    if (differences.length > 0) {
      t.fail(`CUTAWAY_SEED=${SEED + at} CUTAWAY_STACKS=1 differs`, {
        differences: differences.slice(0, 20),
      });
    }
  }
  t.ok(changes > STACKS, `${changes} changes of ${STACKS} stacks compared`);
});
