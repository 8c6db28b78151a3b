// Random writes to a mounted overlay: our diff of the layers beside a brute-force comparison of what
// the mount showed before and after.
import { diffTrees } from '../../../src/overlay/diff.js';
import { indexDirectory } from '../../../src/overlay/index-directory.js';
import { mergeLayers, mergeUpper } from '../../../src/overlay/merge.js';
import { host, openBench, PLAIN } from './bench.js';
import { compareTree } from './compare.js';
import { makeStack, type Outcome } from './random-stack.js';
import { makeRandom } from './random.js';
import { writeAtRandom } from './random-writes.js';
import { takeSnapshot, type Seen, type Snapshot } from './snapshot.js';

const WRITES = 80;

/** `kind path aspects` of every difference between two looks at the mount. */
function bruteForce(before: Snapshot, after: Snapshot): string[] {
  const lines: string[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(path);
    const now = after.get(path);
    if (old === undefined || now === undefined)
      lines.push(`${old === undefined ? 'A' : 'D'} ${path}`);
    else {
      const aspects = seenAspects(old, now);
      if (aspects.length > 0) lines.push(`C ${path} ${aspects.join()}`);
    }
  }
  return lines.sort();
}

const isCapability = (attribute: string) => attribute.startsWith('security.capability=');

function capability({ xattrs }: Seen): string {
  return xattrs.split(' ').find(isCapability) ?? '';
}

function withoutCapability({ xattrs }: Seen): string {
  return xattrs
    .split(' ')
    .filter((attribute) => !isCapability(attribute))
    .join(' ');
}

function seenAspects(old: Seen, now: Seen): string[] {
  const sameType = old.type === now.type;
  const differs: Readonly<Record<string, boolean>> = {
    type: !sameType,
    content: sameType && old.sha256 !== now.sha256,
    mode: old.mode !== now.mode,
    owner: old.uid !== now.uid || old.gid !== now.gid,
    size: sameType && old.size !== now.size,
    link: sameType && (old.linkTarget !== now.linkTarget || old.sameFileAs !== now.sameFileAs),
    device: sameType && old.device !== now.device,
    capabilities: capability(old) !== capability(now),
    xattrs: withoutCapability(old) !== withoutCapability(now),
    mtime: old.mtime !== now.mtime,
  };
  return Object.keys(differs).filter((aspect) => differs[aspect] === true);
}

const RENAMES = ['redirect_dir=on', 'metacopy=on', 'index=off'];

/**
 * What is wrong with the diff and the merge after random writes; empty when nothing is. Some
 * mounts rename directories and copy up metadata alone, and what was written becomes a lower layer
 * of the next mount.
 */
export async function tryWrites(seed: number): Promise<Outcome> {
  const random = makeRandom(seed);
  const bench = openBench();
  try {
    const plan = { prefix: 'trusted.', xwhiteouts: false, redirects: false };
    const directories = await makeStack(bench, random, plan, 4);
    const index = (directory: string) =>
      indexDirectory(host, directory, { hash: true, xattrPrefixes: ['trusted.'] });
    const options = random.chance(0.5) ? RENAMES : PLAIN;
    const found: string[] = [];
    let count = 0;
    for (let round = options === PLAIN ? 1 : 1 + random.below(3); round > 0; round -= 1) {
      const lower = mergeLayers(directories.map(index));
      const upper = bench.directory(`upper-${round}`);
      const work = bench.directory(`work-${round}`);
      const parts = { lower: directories.toReversed(), upper, work, options };
      const fresh = mergeUpper(lower, index(upper));
      const mounted = bench.mount(parts);
      const before = takeSnapshot(mounted);
      writeAtRandom(random, mounted, WRITES);
      bench.unmount(mounted);
      const again = bench.mount(parts);
      const expected = bruteForce(before, takeSnapshot(again));
      const after = mergeUpper(lower, index(upper));
      const changes = diffTrees(fresh, after, { time: true, hardLinks: true }).map(
        ({ kind, path, aspects }) =>
          kind === 'C' ? `C ${path} ${aspects.join()}` : `${kind} ${path}`,
      );
      found.push(...compareTree(after, again), ...unequal(changes.sort(), expected));
      count += expected.length;
      bench.unmount(again);
      directories.push(upper);
    }
    return { differences: found, compared: count };
  } finally {
    bench.clear();
  }
}

function unequal(ours: readonly string[], theirs: readonly string[]): string[] {
  return [
    ...ours.filter((line) => !theirs.includes(line)).map((line) => `ours alone: ${line}`),
    ...theirs.filter((line) => !ours.includes(line)).map((line) => `kernel alone: ${line}`),
  ].map((line) => line.replaceAll(/n{254}/g, 'n…'));
}
