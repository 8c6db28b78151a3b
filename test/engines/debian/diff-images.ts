// `cutaway diff` of images beside brute force: every path of two mounts by the kernel, compared.
import type { Test } from 'tap';
import type { DiffDocument } from '../../../src/inspect/documents/diff.js';
import type { LayersDocument } from '../../../src/inspect/documents/layers.js';
import { BASE, GIT, LAYERS } from '../../support/debian-image.js';
import type { Seen, Snapshot } from '../../overlay/oracle/snapshot.js';
import { firstOf, snapshotUpTo, type World } from './world.js';

export async function testImageDiff(t: Test, world: World): Promise<void> {
  const snapshots = await snapshotEach(world);
  const { archive } = world.images;
  const upTo = (count: number): Snapshot => snapshots[count] ?? new Map<string, Seen>();
  const pairs: readonly (readonly [string, string, Snapshot, Snapshot])[] = [
    [BASE, LAYERS, upTo(1), upTo(snapshots.length - 1)],
    [LAYERS, BASE, upTo(snapshots.length - 1), upTo(1)],
    [GIT, GIT, upTo(2), upTo(2)],
    [`${LAYERS}@4`, `${LAYERS}@9`, upTo(4), upTo(9)],
    [`docker-archive:${archive}:${GIT}`, LAYERS, upTo(2), upTo(snapshots.length - 1)],
  ];
  for (const [one, other, before, after] of pairs) {
    await t.test(`from ${one} to ${other}`, async (t) => {
      await compare(t, world, [one, other], { before, after, time: false });
      await compare(t, world, [one, other], { before, after, time: true });
    });
  }
  await t.test('each layer against those below it', async (t) => {
    for (let count = 2; count < snapshots.length; count += 1) {
      const sides = { before: upTo(count - 1), after: upTo(count), time: false };
      await compare(t, world, [`${LAYERS}@${count}`], sides);
    }
  });
}

/** What the kernel shows of the first layers: of the base alone at 1, of all of them at the end. */
async function snapshotEach(world: World): Promise<Snapshot[]> {
  const { layers } = (await world.cutaway.json('layers', LAYERS)) as LayersDocument;
  const snapshots: Snapshot[] = [new Map()];
  for (const { index } of layers) snapshots.push(await snapshotUpTo(world, index));
  return snapshots;
}

interface Sides {
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly time: boolean;
}

async function compare(
  t: Test,
  { cutaway }: World,
  targets: readonly string[],
  { before, after, time }: Sides,
): Promise<void> {
  const options = time ? ['--time'] : [];
  const document = (await cutaway.json('diff', ...options, ...targets)) as DiffDocument;
  t.same(document.problems, [], 'no problems');
  const ours = document.changes.flatMap(({ kind, path, aspects }) => {
    const seen = seenAspects(aspects);
    if (kind === 'C' && seen.length === 0) return [];
    return [[kind, JSON.stringify(path), ...seen].join(' ')];
  });
  const brute = bruteForce(before, after, time);
  const [left, right] = [new Set(ours), new Set(brute)];
  t.equal(left.size, ours.length, 'no path twice');
  const differences = [
    ...ours.filter((line) => !right.has(line)).map((line) => `ours: ${line}`),
    ...brute.filter((line) => !left.has(line)).map((line) => `brute force: ${line}`),
  ];
  const name = [...options, ...targets].join(' ');
  t.same(firstOf(differences), [], `${name}: ${brute.length} changes`);
}

/** A snapshot has capabilities among the attributes, and does not know which names are linked. */
function seenAspects(aspects: readonly string[]): string[] {
  const names = aspects.map((aspect) => (aspect === 'capabilities' ? 'xattrs' : aspect));
  return [...new Set(names)].filter((aspect) => aspect !== 'hardLink').sort();
}

function bruteForce(before: Snapshot, after: Snapshot, time: boolean): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].flatMap((path) => {
    const name = JSON.stringify(path);
    const [old, now] = [before.get(path), after.get(path)];
    if (old === undefined) return [`A ${name}`];
    if (now === undefined) return [`D ${name}`];
    const aspects = differingAspects(old, now, time);
    return aspects.length === 0 ? [] : [['C', name, ...aspects.sort()].join(' ')];
  });
}

function differingAspects(old: Seen, now: Seen, time: boolean): string[] {
  const always = [
    ...(old.mode === now.mode ? [] : ['mode']),
    ...(old.uid === now.uid && old.gid === now.gid ? [] : ['owner']),
    ...(old.xattrs === now.xattrs ? [] : ['xattrs']),
    ...(time && old.mtime !== now.mtime ? ['mtime'] : []),
  ];
  if (old.type !== now.type) return ['type', ...always];
  return [
    ...always,
    ...(old.sha256 === now.sha256 ? [] : ['content']),
    ...(old.size === now.size ? [] : ['size']),
    ...(old.linkTarget === now.linkTarget ? [] : ['link']),
    ...(old.device === now.device ? [] : ['device']),
  ];
}
