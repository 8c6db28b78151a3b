// How many bytes are beneath each directory, a file with several names there counted once.
import { FILE } from '../overlay/layer-columns.js';
import type { TreeRows } from './tree-rows.js';

/** What the rows of a tree have that this needs. */
export type SizedRows = Pick<
  TreeRows,
  'count' | 'parent' | 'type' | 'size' | 'layer' | 'links' | 'find'
>;

/**
 * Of each row: bytes of the files that count, itself and what is beneath it. Each name adds its
 * size to all directories above it; where two names of a file have a directory in common it was
 * added twice there, so it is taken away again from the lowest common one on. Rows are in path
 * order, for which pairs of neighbours are enough.
 */
export function sumSizes(rows: SizedRows, counts: (at: number) => boolean): Float64Array {
  const { count, parent, type, size } = rows;
  const sums = new Float64Array(count);
  for (let at = 0; at < count; at += 1) {
    if (type[at] === FILE && counts(at)) sums[at] = size[at] ?? 0;
  }
  takeAwayRepeats(rows, counts, sums);
  for (let at = count - 1; at > 0; at -= 1) {
    const above = parent[at] ?? -1;
    if (above >= 0) sums[above] = (sums[above] ?? 0) + (sums[at] ?? 0);
  }
  return sums;
}

function takeAwayRepeats(
  rows: SizedRows,
  counts: (at: number) => boolean,
  sums: Float64Array,
): void {
  for (const names of filesOf(rows, counts).values()) {
    names.sort((a, b) => a - b);
    for (const [index, at] of names.entries()) {
      const before = names[index - 1];
      const shared = before === undefined ? -1 : commonParent(rows.parent, before, at);
      if (shared >= 0) sums[shared] = (sums[shared] ?? 0) - (rows.size[at] ?? 0);
    }
  }
}

/** The rows of each file that has several names; by its layer and first name, which may be elsewhere. */
function filesOf(rows: SizedRows, counts: (at: number) => boolean): Map<string, number[]> {
  const { type, layer, links } = rows;
  const files = new Map<string, number[]>();
  for (const [at, path] of links) {
    if (type[at] !== FILE || !counts(at)) continue;
    const file = `${layer[at] ?? 0} ${path}`;
    let names = files.get(file);
    if (names === undefined) {
      const first = rows.find(path);
      const isOne = first !== -1 && layer[first] === layer[at] && counts(first);
      names = isOne ? [first] : [];
      files.set(file, names);
    }
    names.push(at);
  }
  return files;
}

/** The later one of two rows is nowhere above the other: parents come first. */
function commonParent(parent: Int32Array, one: number, other: number): number {
  let [a, b] = [one, other];
  while (a !== b) {
    if (a > b) a = parent[a] ?? -1;
    else b = parent[b] ?? -1;
    if (a < 0 || b < 0) return -1;
  }
  return a;
}
