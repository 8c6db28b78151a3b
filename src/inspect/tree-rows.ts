// What there is from a path on, as columns: what chooses, sorts and sums needs no entries, of which
// there may be a million.
import { FILE, findRow, hardLinkOf, typeAt, WHITEOUT } from '../overlay/layer-columns.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import type { LayerIndex } from '../overlay/layer-index.js';
import type { MergedTree } from '../overlay/merged-tree.js';

/** In path order, so that what is beneath a directory follows it. */
export interface TreeRows {
  readonly count: number;
  /** Position of the directory that it is in; -1 for the first. */
  readonly parent: Int32Array;
  /** The layer it comes from; 1 is the base. */
  readonly layer: Uint16Array;
  /** Number in `ENTRY_TYPES` of layer-columns. */
  readonly type: Uint8Array;
  readonly size: Float64Array;
  /** Of other names of files: the path of the first name. */
  readonly links: ReadonlyMap<number, string>;
  /** Position of a path; -1 when it is not among them. */
  find(path: string): number;
  /** Made anew at each call. */
  entries(): Iterable<OrdinaryEntry>;
}

function makeColumns(count: number) {
  return {
    count,
    parent: new Int32Array(count),
    layer: new Uint16Array(count),
    type: new Uint8Array(count),
    size: new Float64Array(count),
    links: new Map<number, string>(),
  };
}

/** From a row of the merged tree to the last one beneath it. */
export function mergedRows(tree: MergedTree, first: number): TreeRows {
  const count = tree.end(first) - first;
  const columns = makeColumns(count);
  for (let at = 0; at < count; at += 1) {
    const row = first + at;
    const { rank, row: source } = tree.claim(row);
    const from = tree.sources[rank]?.columns;
    columns.parent[at] = at === 0 ? -1 : tree.parent(row) - first;
    columns.layer[at] = rank + 1;
    columns.type[at] = from === undefined ? FILE : typeAt(from, source);
    columns.size[at] = from?.size[source] ?? 0;
    const link = tree.hardLinkTo(row);
    if (link !== undefined) columns.links.set(at, link);
  }
  return {
    ...columns,
    find: (path) => positionOf(tree.row(path), first, count),
    *entries() {
      for (const { entry } of tree.walk(first)) yield entry;
    },
  };
}

/** A layer as it lies, without what it deletes. */
export function layerRows(index: LayerIndex, path: string, layer: number): TreeRows {
  const { columns: from } = index;
  const first = findRow(from, path);
  const stop = first === -1 ? -1 : (from.end[first] ?? 0);
  const rows: number[] = [];
  const positions = new Int32Array(stop === -1 ? 0 : stop - first).fill(-1);
  for (let row = first; row < stop; row += 1) {
    if (typeAt(from, row) === WHITEOUT) continue;
    positions[row - first] = rows.length;
    rows.push(row);
  }
  const columns = makeColumns(rows.length);
  for (const [at, row] of rows.entries()) {
    columns.parent[at] = at === 0 ? -1 : (positions[(from.parent[row] ?? 0) - first] ?? -1);
    columns.layer[at] = layer;
    columns.type[at] = typeAt(from, row);
    columns.size[at] = from.size[row] ?? 0;
    const link = hardLinkOf(from, row);
    if (link !== undefined) columns.links.set(at, link);
  }
  return {
    ...columns,
    find: (wanted) => positions[findRow(from, wanted) - first] ?? -1,
    *entries() {
      for (const row of rows) {
        const entry = index.entry(row);
        if (entry.marker === 'ordinary') yield entry;
      }
    },
  };
}

function positionOf(row: number, first: number, count: number): number {
  return row >= first && row < first + count ? row - first : -1;
}
