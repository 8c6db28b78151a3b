// The rows of a tree that are there to be seen: by what is folded, filtered, and in which order.
// Only arrays of numbers, so that a key on a tree of 100,000 rows costs a pass over them at most.
import { ADDED, CHANGED, DELETED, type TreeView } from '../../inspect/tree-view.js';
import type { ListState } from './list.js';
import { AT_START } from './list.js';
import { FILTER_TYPES, type FilterFacts, type PathFilter } from './path-filter.js';

export type TreeSort = 'size' | 'name';

export interface TreeState {
  readonly view: TreeView;
  readonly sort: TreeSort;
  /** All rows, parents before children. */
  readonly order: Int32Array;
  /** 1 for a directory whose children are shown. */
  readonly unfolded: Uint8Array;
  readonly filter: PathFilter | undefined;
  /** 1 for what the filter found, 2 for the directories above. */
  readonly found: Uint8Array | undefined;
  /** How many it found. */
  readonly matches: number;
  /** The rows that are seen, from the top. */
  readonly rows: Int32Array;
  readonly list: ListState;
}

export function openTree(view: TreeView, sort: TreeSort): TreeState {
  const unfolded = new Uint8Array(view.count);
  unfolded[0] = 1;
  return seen({
    view,
    sort,
    order: sortRows(view, sort),
    unfolded,
    filter: undefined,
    found: undefined,
    matches: 0,
    rows: new Int32Array(),
    list: AT_START,
  });
}

/** Another tree in the place of this one: what is unfolded and where the cursor is stay. */
export function replaceTree(tree: TreeState, view: TreeView): TreeState {
  const unfolded = new Uint8Array(view.count);
  unfolded[0] = 1;
  const wasAll = tree.view.count > 1 && allUnfolded(tree);
  if (wasAll) unfolded.fill(1);
  else {
    for (let row = 1; row < tree.view.count; row += 1) {
      if (tree.unfolded[row] !== 1) continue;
      const now = view.find(tree.view.path(row));
      if (now !== -1) unfolded[now] = 1;
    }
  }
  const path = cursorRow(tree) === undefined ? '/' : tree.view.path(cursorRow(tree) ?? 0);
  const next = seen({
    ...tree,
    view,
    unfolded,
    order: sortRows(view, tree.sort),
    found: undefined,
  });
  return goToPath(filterTree(next, tree.filter), path);
}

export function sortTree(tree: TreeState, sort: TreeSort): TreeState {
  const row = cursorRow(tree);
  return goTo(seen({ ...tree, sort, order: sortRows(tree.view, sort) }), row ?? 0);
}

/** Folds or unfolds what the cursor is on. */
export function foldRow(tree: TreeState, row: number, open: boolean): TreeState {
  const unfolded = tree.unfolded.slice();
  unfolded[row] = open ? 1 : 0;
  return goTo(seen({ ...tree, unfolded }), row);
}

export function foldAll(tree: TreeState, open: boolean): TreeState {
  const unfolded = new Uint8Array(tree.view.count).fill(open ? 1 : 0);
  unfolded[0] = 1;
  let row = cursorRow(tree) ?? 0;
  const { parent, depth } = tree.view;
  while (!open && (depth[row] ?? 0) > 1) row = parent[row] ?? 0;
  return goTo(seen({ ...tree, unfolded }), row);
}

export function filterTree(tree: TreeState, filter: PathFilter | undefined): TreeState {
  const row = cursorRow(tree) ?? 0;
  if (filter === undefined) {
    return goTo(seen({ ...tree, filter, found: undefined, matches: 0 }), row);
  }
  const found = findRows(tree.view, filter);
  const matches = found.reduce((sum, one) => sum + (one === 1 ? 1 : 0), 0);
  const next = seen({ ...tree, filter, found, matches });
  return found[row] === 1 ? goTo(next, row) : nextMatch({ ...next, list: AT_START }, 1, true);
}

/** To the next row that the filter found, or the one before; round the ends. */
export function nextMatch(tree: TreeState, step: 1 | -1, fromHere = false): TreeState {
  const { rows, found, list } = tree;
  if (found === undefined || rows.length === 0) return tree;
  let at = list.cursor;
  for (let tried = 0; tried <= rows.length; tried += 1) {
    if ((tried > 0 || fromHere) && found[rows[at] ?? 0] === 1)
      return { ...tree, list: { ...list, cursor: at } };
    at = (at + step + rows.length) % rows.length;
  }
  return tree;
}

export function cursorRow({ rows, list }: TreeState): number | undefined {
  return rows[Math.min(list.cursor, rows.length - 1)];
}

export function isUnfolded({ unfolded, found }: TreeState, row: number): boolean {
  return found !== undefined || unfolded[row] === 1;
}

/** Whether anything of it is shown beneath it. */
export function hasChildren({ view }: TreeState, row: number): boolean {
  return (view.end[row] ?? 0) > row + 1;
}

/** The cursor on a row, or on what is nearest above it. */
export function goTo(tree: TreeState, row: number): TreeState {
  for (let at = row; at >= 0; at = tree.view.parent[at] ?? -1) {
    const cursor = tree.rows.indexOf(at);
    if (cursor !== -1) return { ...tree, list: { ...tree.list, cursor } };
  }
  return { ...tree, list: { ...tree.list, cursor: 0 } };
}

function goToPath(tree: TreeState, path: string): TreeState {
  for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const row = tree.view.find(at);
    if (row > 0) return goTo(tree, row);
  }
  return goTo(tree, 0);
}

function allUnfolded({ view, unfolded }: TreeState): boolean {
  for (let row = 1; row < view.count; row += 1) {
    if (unfolded[row] !== 1 && (view.end[row] ?? 0) > row + 1) return false;
  }
  return true;
}

/** The root itself is not shown: it is what the pane is about. */
function seen(tree: TreeState): TreeState {
  const { view, order, found } = tree;
  const rows = new Int32Array(order.length);
  let count = 0;
  for (let at = 1; at < order.length;) {
    const row = order[at] ?? 0;
    const isSeen = view.shown[row] === 1 && (found === undefined || found[row] !== 0);
    if (isSeen) {
      rows[count] = row;
      count += 1;
    }
    const goesOn = isSeen && isUnfolded(tree, row);
    at += goesOn ? 1 : (view.end[row] ?? row + 1) - row;
  }
  return { ...tree, rows: rows.subarray(0, count) };
}

/** Rows lie by name; by size the largest of siblings come first, what is deleted last. */
function sortRows(view: TreeView, sort: TreeSort): Int32Array {
  const order = new Int32Array(view.count);
  if (sort === 'name') {
    for (let row = 0; row < view.count; row += 1) order[row] = row;
    return order;
  }
  const { mark, size, end } = view;
  const isGone = (row: number) => (mark[row] === DELETED ? 1 : 0);
  const bySize = (a: number, b: number) =>
    isGone(a) - isGone(b) || (size[b] ?? 0) - (size[a] ?? 0) || a - b;
  /** Where each directory's children go: its own place is known before that of what is in it. */
  const places = new Int32Array(view.count);
  for (let row = 0; row < view.count; row += 1) {
    const stop = end[row] ?? 0;
    if (stop <= row + 1) continue;
    const children: number[] = [];
    for (let child = row + 1; child < stop; child = end[child] ?? stop) children.push(child);
    if (children.length > 1) children.sort(bySize);
    let place = (places[row] ?? 0) + 1;
    for (const child of children) {
      places[child] = place;
      place += (end[child] ?? child + 1) - child;
    }
  }
  for (let row = 0; row < view.count; row += 1) order[places[row] ?? 0] = row;
  return order;
}

function findRows(view: TreeView, filter: PathFilter): Uint8Array {
  const found = new Uint8Array(view.count);
  const prefixes: string[] = [];
  const facts = factsOf(view);
  for (let row = 0; row < view.count; row += 1) {
    const depth = view.depth[row] ?? 0;
    const path = row === 0 ? '/' : `${prefixes[depth - 1] ?? ''}/${view.name(row)}`;
    prefixes[depth] = row === 0 ? '' : path;
    if (row > 0 && view.shown[row] === 1 && filter.matches(facts(row, path))) found[row] = 1;
  }
  for (let row = view.count - 1; row > 0; row -= 1) {
    const above = view.parent[row] ?? 0;
    if (found[row] !== 0 && found[above] === 0) found[above] = 2;
  }
  return found;
}

const KINDS: Readonly<Record<number, string>> = {
  [ADDED]: 'added',
  [CHANGED]: 'changed',
  [DELETED]: 'deleted',
};

function factsOf(view: TreeView) {
  const { mark, type, size, layer, wasted } = view;
  return (row: number, path: string): FilterFacts => ({
    path,
    kind: KINDS[mark[row] ?? 0] ?? 'same',
    type: FILTER_TYPES[type[row] ?? 0] ?? '',
    size: size[row] ?? 0,
    layer: layer[row],
    wasted: (wasted[row] ?? 0) > 0,
  });
}
