// Stacks of random layers on the disk, and the comparison of our merge of them with the mount.
import { indexDirectory } from '../../../src/overlay/index-directory.js';
import type { LayerIndex } from '../../../src/overlay/layer-index.js';
import { mergeLayers } from '../../../src/overlay/merge.js';
import { host, openBench, type Bench } from './bench.js';
import { compareTree } from './compare.js';
import { FEW_NAMES, makeLayer, makeSocket, NAMES, type LayerPlan } from './random-layer.js';
import { makeRandom, type Random } from './random.js';

export type StackPlan = Pick<LayerPlan, 'prefix' | 'xwhiteouts' | 'redirects'> &
  Partial<Pick<LayerPlan, 'names'>>;

/** Directories of 1 to `most` layers, base first; most stacks are small. */
export async function makeStack(
  bench: Bench,
  random: Random,
  plan: StackPlan,
  most = 40,
): Promise<string[]> {
  const count = 1 + random.below(random.chance(0.8) ? Math.min(12, most) : most);
  const names = plan.names ?? (plan.redirects ? FEW_NAMES : NAMES);
  const width = count > 12 ? 4 : 8;
  const directories: string[] = [];
  for (let at = 1; at <= count; at += 1) {
    const directory = bench.directory(`layer-${at}`);
    const socket = `${directory}.socket`;
    await makeSocket(socket);
    makeLayer({ ...plan, random, names, width, socket }, directory);
    directories.push(directory);
  }
  return directories;
}

export function indexStack(directories: readonly string[], prefix: string): LayerIndex[] {
  return directories.map((directory) =>
    indexDirectory(host, directory, { hash: true, xattrPrefixes: [prefix] }),
  );
}

export interface Outcome {
  /** Empty when all is well. */
  readonly differences: readonly string[];
  /** Paths or changes that were compared. */
  readonly compared: number;
}

const FOLLOWING = ['index=off', 'metacopy=on', 'redirect_dir=on'];

/** One random stack: what differs between our merge and the mount. */
export async function tryStack(seed: number): Promise<Outcome> {
  const random = makeRandom(seed);
  const bench = openBench();
  try {
    const redirects = random.chance(0.25);
    // A mount that follows redirects reads no `user.` attributes: overlayfs.rst, "userxattr".
    const userxattr = !redirects && random.chance(0.2);
    const prefix = userxattr ? 'user.' : 'trusted.';
    const xwhiteouts = random.chance(0.3);
    const directories = await makeStack(bench, random, { prefix, xwhiteouts, redirects });
    // The kernel mounts no single directory.
    if (directories.length === 1) directories.unshift(bench.directory('layer-0'));
    const layers = indexStack(directories, prefix);
    const lower = directories.toReversed();
    // In a writable mount that follows redirects two names for one lower directory are ESTALE.
    const upper = !redirects && random.chance(0.5) ? lower.shift() : undefined;
    const options = redirects ? FOLLOWING : userxattr ? ['userxattr', 'index=off'] : undefined;
    const merged = bench.mount({
      lower,
      ...(upper === undefined ? {} : { upper, work: bench.directory('work') }),
      ...(options === undefined ? {} : { options }),
    });
    const problems = layers.flatMap((layer) => layer.problems.map(({ message }) => message));
    const tree = mergeLayers(layers);
    return { differences: [...problems, ...compareTree(tree, merged)], compared: tree.count };
  } finally {
    bench.clear();
  }
}
