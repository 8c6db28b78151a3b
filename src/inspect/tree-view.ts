// Two trees laid over one another as columns: what a person looks at who asks what a layer did.
// Names, paths and facts are made of those rows only that somebody sees.
import { compareEntries, type ChangeAspect } from '../overlay/compare-entries.js';
import { compareRows } from '../overlay/diff.js';
import { FILE, nameOf, typeAt } from '../overlay/layer-columns.js';
import type { MergedEntry, MergedTree } from '../overlay/merged-tree.js';
import { isVisible, type VisibleRows } from '../overlay/visible-rows.js';
import { entryRecord, type EntryRecord } from './entry-facts.js';
import { sumSizes } from './tree-sizes.js';

export const SAME = 0;
export const ADDED = 1;
export const CHANGED = 2;
export const DELETED = 3;

export interface TreeRowFacts extends EntryRecord {
  /** The layer it comes from; of what is deleted, the one that had it. */
  layer: number;
  /** Of what changed: in what. */
  aspects?: readonly ChangeAspect[];
}

/** Rows in path order; row 0 is the root. */
export interface TreeView {
  readonly count: number;
  /** Row of the directory that it is in; -1 for the root. */
  readonly parent: Int32Array;
  /** Row after the last one beneath it. */
  readonly end: Int32Array;
  readonly depth: Uint16Array;
  /** Number in `ENTRY_TYPES` of layer-columns. */
  readonly type: Uint8Array;
  /** 1 is the base. */
  readonly layer: Uint16Array;
  /** SAME, ADDED, CHANGED or DELETED. */
  readonly mark: Uint8Array;
  /** Bytes of the file, or of those beneath it: each once, deleted ones only of what is deleted. */
  readonly size: Float64Array;
  /** Bytes of the file that the final tree has no use for. */
  readonly wasted: Float64Array;
  /** 1 for what differs, and for the directories above it. */
  readonly touched: Uint8Array;
  /** 1 for what is shown; all of it, or what changed and the directories above. */
  readonly shown: Uint8Array;
  name(row: number): string;
  path(row: number): string;
  facts(row: number): TreeRowFacts;
  /** -1 when it is not there. */
  find(path: string): number;
}

export interface TreeViewOptions {
  /** Only what differs, and sizes of that alone. */
  readonly changesOnly: boolean;
  /** Rows of the layers that the final tree uses. */
  readonly used?: VisibleRows;
}

class Rows {
  count = 0;
  readonly parent: Int32Array;
  readonly end: Int32Array;
  readonly depth: Uint16Array;
  readonly type: Uint8Array;
  readonly layer: Uint16Array;
  readonly mark: Uint8Array;
  readonly size: Float64Array;
  readonly wasted: Float64Array;
  /** Rows of the two trees; -1 for none. */
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly links = new Map<number, string>();
  /** The row at each depth that we are in. */
  readonly #open: number[] = [];

  constructor(most: number) {
    this.parent = new Int32Array(most);
    this.end = new Int32Array(most);
    this.depth = new Uint16Array(most);
    this.type = new Uint8Array(most);
    this.layer = new Uint16Array(most);
    this.mark = new Uint8Array(most);
    this.size = new Float64Array(most);
    this.wasted = new Float64Array(most);
    this.before = new Int32Array(most);
    this.after = new Int32Array(most);
  }

  append(tree: MergedTree, source: number, mark: number): number {
    const row = this.count;
    const depth = tree.depth(source);
    const { rank, row: layerRow } = tree.claim(source);
    const columns = tree.sources[rank]?.columns;
    this.#closeTo(depth);
    this.parent[row] = this.#open[depth - 1] ?? -1;
    this.#open[depth] = row;
    this.depth[row] = depth;
    this.type[row] = columns === undefined ? FILE : typeAt(columns, layerRow);
    this.layer[row] = rank + 1;
    this.mark[row] = mark;
    this.size[row] = columns?.size[layerRow] ?? 0;
    const link = tree.hardLinkTo(source);
    if (link !== undefined) this.links.set(row, link);
    this.count += 1;
    return row;
  }

  /** What is as deep as `depth` or deeper ends here. */
  #closeTo(depth: number): void {
    for (const row of this.#open.splice(depth)) this.end[row] = this.count;
  }

  close(): void {
    this.#closeTo(0);
  }
}

/** `before` and `after` of one stack: what `after` is, and what of `before` it has no more. */
export function viewTrees(
  before: MergedTree | undefined,
  after: MergedTree,
  { changesOnly, used }: TreeViewOptions,
): TreeView {
  const rows = new Rows((before?.count ?? 0) + after.count);
  if (before === undefined) takeAll(rows, after, SAME);
  else pairRows(rows, before, after);
  rows.close();
  if (used !== undefined) noteWaste(rows, after, used);
  const counts = (at: number) =>
    rows.mark[at] !== DELETED && (!changesOnly || rows.mark[at] !== SAME);
  const find = (path: string) => findPath(rows, path, nameAt);
  const nameAt = (row: number) => rowName(rows, before, after, row);
  const sized = { ...columnsOf(rows), links: rows.links, find };
  const size = sumSizes(sized, counts);
  addDeleted(rows, size);
  const touched = touchedRows(rows);
  return {
    ...columnsOf(rows),
    size,
    touched,
    shown: changesOnly ? touched : new Uint8Array(rows.count).fill(1),
    name: nameAt,
    path: (row) => pathAt(rows, row, nameAt),
    facts: (row) => factsAt(rows, before, after, row),
    find,
  };
}

function columnsOf(rows: Rows) {
  const { count, parent, end, depth, type, layer, mark, size, wasted } = rows;
  return { count, parent, end, depth, type, layer, mark, size, wasted };
}

function takeAll(rows: Rows, tree: MergedTree, mark: number): void {
  for (let source = 0; source < tree.count; source += 1) {
    const row = rows.append(tree, source, mark);
    rows.before[row] = -1;
    rows.after[row] = source;
  }
}

function pairRows(rows: Rows, before: MergedTree, after: MergedTree): void {
  let [left, right] = [0, 0];
  while (left < before.count || right < after.count) {
    const order = compareRows(before, left, after, right);
    const mark =
      order < 0
        ? DELETED
        : order > 0
          ? ADDED
          : before.isSame(left, after, right) || isAlike(before.entry(left), after.entry(right))
            ? SAME
            : CHANGED;
    const row = rows.append(order < 0 ? before : after, order < 0 ? left : right, mark);
    rows.before[row] = order <= 0 ? left : -1;
    rows.after[row] = order >= 0 ? right : -1;
    if (order <= 0) left += 1;
    if (order >= 0) right += 1;
  }
}

/** A layer that ships a directory again to put something into it has not changed it. */
function isAlike({ entry: old }: MergedEntry, { entry: now }: MergedEntry): boolean {
  return compareEntries(old, now).length === 0;
}

function noteWaste(rows: Rows, after: MergedTree, used: VisibleRows): void {
  for (let row = 0; row < rows.count; row += 1) {
    const source = rows.after[row] ?? -1;
    if (source === -1 || rows.type[row] !== FILE) continue;
    if (!isVisible(used, after.claim(source))) rows.wasted[row] = rows.size[row] ?? 0;
  }
}

/** Directories that are gone have the size of what is gone with them. */
function addDeleted({ count, parent, mark, type, size: own }: Rows, size: Float64Array): void {
  for (let row = count - 1; row > 0; row -= 1) {
    if (mark[row] !== DELETED) continue;
    if (type[row] === FILE) size[row] = own[row] ?? 0;
    const above = parent[row] ?? -1;
    if (mark[above] === DELETED) size[above] = (size[above] ?? 0) + (size[row] ?? 0);
  }
}

function touchedRows({ count, parent, mark }: Rows): Uint8Array {
  const touched = new Uint8Array(count);
  touched[0] = 1;
  for (let row = count - 1; row > 0; row -= 1) {
    if (mark[row] === SAME && touched[row] !== 1) continue;
    touched[row] = 1;
    touched[parent[row] ?? 0] = 1;
  }
  return touched;
}

function sourceOf(
  rows: Rows,
  before: MergedTree | undefined,
  after: MergedTree,
  row: number,
): { tree: MergedTree; source: number } {
  const source = rows.after[row] ?? -1;
  if (source !== -1 || before === undefined) return { tree: after, source };
  return { tree: before, source: rows.before[row] ?? 0 };
}

function rowName(
  rows: Rows,
  before: MergedTree | undefined,
  after: MergedTree,
  row: number,
): string {
  if (row === 0) return '/';
  const { tree, source } = sourceOf(rows, before, after, row);
  const { rank, row: layerRow } = tree.claim(source);
  const columns = tree.sources[rank]?.columns;
  return columns === undefined ? '' : nameOf(columns, layerRow);
}

function pathAt(rows: Rows, row: number, nameAt: (row: number) => string): string {
  let path = '';
  for (let at = row; at > 0; at = rows.parent[at] ?? 0) path = `/${nameAt(at)}${path}`;
  return path === '' ? '/' : path;
}

/** Rows are few beneath one directory, and seldom looked for. */
function findPath(rows: Rows, path: string, nameAt: (row: number) => string): number {
  let row = 0;
  for (const name of path.split('/')) {
    if (name === '') continue;
    const stop = rows.end[row] ?? 0;
    let child = row + 1;
    while (child < stop && nameAt(child) !== name) child = rows.end[child] ?? stop;
    if (child >= stop) return -1;
    row = child;
  }
  return row < rows.count ? row : -1;
}

function factsAt(
  rows: Rows,
  before: MergedTree | undefined,
  after: MergedTree,
  row: number,
): TreeRowFacts {
  const { tree, source } = sourceOf(rows, before, after, row);
  const { entry, layer } = tree.entry(source);
  const old = rows.mark[row] === CHANGED ? before?.entry(rows.before[row] ?? 0).entry : undefined;
  const aspects = old === undefined ? {} : { aspects: compareEntries(old, entry) };
  return { ...entryRecord(entry), layer, ...aspects };
}
