// The kernel is the oracle: random stacks of layers, mounted for real, must look as we say.
import t from 'tap';
import { indexDirectory } from '../../src/overlay/index-directory.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { host, openBench, whyNoOverlay } from './oracle/bench.js';
import { compareTree } from './oracle/compare.js';
import { makeLayer, makeSocket } from './oracle/random-layer.js';
import { makeRandom } from './oracle/random.js';

const STACKS = Number(host.environment['CUTAWAY_STACKS'] ?? 60);
const SEED = Number(host.environment['CUTAWAY_SEED'] ?? 20261121);

/** One random stack; says what differs between our merge and the mount. */
async function tryStack(seed: number): Promise<{ differences: string[]; paths: number }> {
  const random = makeRandom(seed);
  const bench = openBench();
  try {
    const userxattr = random.chance(0.2);
    const prefix = userxattr ? 'user.' : 'trusted.';
    const xwhiteouts = random.chance(0.3);
    const directories: string[] = [];
    for (let at = 2 + random.below(11); at > 0; at -= 1) {
      const directory = bench.directory(`layer-${directories.length + 1}`);
      const socket = `${directory}.socket`;
      await makeSocket(socket);
      makeLayer({ random, prefix, xwhiteouts, socket }, directory);
      directories.push(directory);
    }
    const layers = directories.map((directory) =>
      indexDirectory(host, directory, { hash: true, xattrPrefixes: [prefix] }),
    );
    const problems = layers.flatMap((layer) => layer.problems.map((problem) => problem.message));
    const lower = directories.toReversed();
    const options = userxattr ? ['userxattr', 'index=off'] : undefined;
    const upper = random.chance(0.5) ? lower.shift() : undefined;
    const merged = bench.mount({
      lower,
      ...(upper === undefined ? {} : { upper, work: bench.directory('work') }),
      ...(options === undefined ? {} : { options }),
    });
    const tree = mergeLayers(layers);
    return { differences: [...problems, ...compareTree(tree, merged)], paths: tree.entries.length };
  } finally {
    bench.clear();
  }
}

const skip = whyNoOverlay() ?? false;

t.test('random stacks look in our merge as they do when mounted', { skip }, async (t) => {
  t.comment(`${STACKS} stacks from seed ${SEED}`);
  let paths = 0;
  for (let at = 0; at < STACKS; at += 1) {
    const result = await tryStack(SEED + at);
    paths += result.paths;
    if (result.differences.length > 0) {
      t.fail(`CUTAWAY_SEED=${SEED + at} CUTAWAY_STACKS=1 differs`, {
        differences: result.differences.slice(0, 20),
      });
    }
  }
  t.ok(paths > STACKS, `${paths} paths of ${STACKS} stacks compared`);
});
