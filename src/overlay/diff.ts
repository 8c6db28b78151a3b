// What changed: between any two trees, and in a container as `docker diff` says it.
import {
  compareEntries,
  differsForDocker,
  type ChangeAspect,
  type CompareOptions,
} from './compare-entries.js';
import type { OrdinaryEntry } from './layer-entry.js';
import type { LayerIndex } from './layer-index.js';
import { mergeUpper } from './merge.js';
import type { MergedTree } from './merged-tree.js';
import { compareNames } from './layer-columns.js';
import { comparePaths, prefixBeneath } from './path-order.js';

export interface Change {
  /** Added, changed, deleted. */
  readonly kind: 'A' | 'C' | 'D';
  readonly path: string;
  readonly before?: OrdinaryEntry;
  readonly after?: OrdinaryEntry;
  /** Of a C: what differs; empty when only something beneath the path changed. */
  readonly aspects: readonly ChangeAspect[];
}

export interface DiffOptions extends CompareOptions {
  /**
   * Also say, as `hardLink`, when a path became or is no longer another name of the same file as a
   * path that is in both trees.
   */
  readonly linkedNames?: boolean;
}

/** Every path that is not the same in both trees, sorted; deleted trees path by path. */
export function diffTrees(
  before: MergedTree,
  after: MergedTree,
  options: DiffOptions = {},
): Change[] {
  const changes: Change[] = [];
  for (const [old, now] of pairPaths(before, after)) {
    if (old === undefined || now === undefined) {
      if (old !== undefined) changes.push(deleted(old));
      if (now !== undefined) changes.push(added(now));
      continue;
    }
    const aspects = compareEntries(old, now, options);
    if (options.linkedNames === true && isLinkedAnew({ old, now, before, after })) {
      aspects.push('hardLink');
    }
    if (aspects.length > 0) changes.push(changed(old, now, aspects));
  }
  return changes;
}

interface LinkedPair {
  readonly old: OrdinaryEntry;
  readonly now: OrdinaryEntry;
  readonly before: MergedTree;
  readonly after: MergedTree;
}

/** A first name that came or went is a change of its own: what is left is linked as it was. */
function isLinkedAnew({ old, now, before, after }: LinkedPair): boolean {
  if (old.hardLinkTo === now.hardLinkTo || old.type !== now.type) return false;
  const isLost = old.hardLinkTo !== undefined && after.row(old.hardLinkTo) === -1;
  const isNew = now.hardLinkTo !== undefined && before.row(now.hardLinkTo) === -1;
  return !isLost && !isNew;
}

/**
 * What a container changed, as `docker diff` lists it: `lower` is the image with Docker's init
 * layer, `upper` the container's own directory. docs/overlay.md says where other tools differ.
 */
export function diffUpper(lower: MergedTree, upper: LayerIndex): Change[] {
  const after = mergeUpper(lower, upper);
  const changes: Change[] = [];
  // A deleted tree is one D; what a file took the place of is only the C of the path itself.
  let gone: string | undefined;
  for (const [old, now] of pairPaths(lower, after)) {
    if (now === undefined) {
      if (old === undefined || (gone !== undefined && old.path.startsWith(gone))) continue;
      changes.push(deleted(old));
      gone = prefixBeneath(old.path);
    } else if (old === undefined) changes.push(added(now));
    else if (now.path !== '/' && differsForDocker(old, now)) {
      changes.push(changed(old, now, compareEntries(old, now, { time: true })));
      if (now.type !== 'directory') gone = prefixBeneath(old.path);
    }
  }
  return addParents(changes, lower, after);
}

function deleted(before: OrdinaryEntry): Change {
  return { kind: 'D', path: before.path, before, aspects: [] };
}

function added(after: OrdinaryEntry): Change {
  return { kind: 'A', path: after.path, after, aspects: [] };
}

function changed(
  before: OrdinaryEntry,
  after: OrdinaryEntry,
  aspects: readonly ChangeAspect[],
): Change {
  return { kind: 'C', path: after.path, before, after, aspects };
}

/** A directory counts as changed when anything beneath it is (moby `addChanges`). */
function addParents(changes: readonly Change[], before: MergedTree, after: MergedTree): Change[] {
  const known = new Set(changes.map((change) => change.path));
  const parents: Change[] = [];
  for (const { path } of changes) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      if (known.has(parent)) break;
      known.add(parent);
      const old = before.find(parent)?.entry;
      const now = after.find(parent)?.entry;
      if (old === undefined || now === undefined) continue;
      parents.push(changed(old, now, compareEntries(old, now, { time: true })));
    }
  }
  if (parents.length === 0) return [...changes];
  return [...changes, ...parents].sort((a, b) => comparePaths(a.path, b.path));
}

type Pair = readonly [before: OrdinaryEntry | undefined, after: OrdinaryEntry | undefined];

/** Both trees side by side; paths that are the same row of the same layer are left out. */
function* pairPaths(before: MergedTree, after: MergedTree): Generator<Pair> {
  let left = 0;
  let right = 0;
  while (left < before.count || right < after.count) {
    const order = compareRows(before, left, after, right);
    if (order === 0 && before.isSame(left, after, right)) {
      left += 1;
      right += 1;
      continue;
    }
    const old = order <= 0 ? before.entry(left).entry : undefined;
    const now = order >= 0 ? after.entry(right).entry : undefined;
    if (order <= 0) left += 1;
    if (order >= 0) right += 1;
    yield [old, now];
  }
}

/**
 * Which of the two stands first. All that is above them is alike: the deeper one is still beneath
 * what the other has left behind.
 */
export function compareRows(a: MergedTree, rowA: number, b: MergedTree, rowB: number): number {
  if (rowA >= a.count) return 1;
  if (rowB >= b.count) return -1;
  const depth = b.depth(rowB) - a.depth(rowA);
  if (depth !== 0) return depth;
  const left = a.claim(rowA);
  const right = b.claim(rowB);
  const columnsA = a.sources[left.rank]?.columns;
  const columnsB = b.sources[right.rank]?.columns;
  if (columnsA === undefined || columnsB === undefined) return 0;
  return compareNames(columnsA, left.row, columnsB, right.row);
}
