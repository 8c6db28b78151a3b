// The children of one directory in several layers as one sequence of names: a binary heap.
import { compareNames, type LayerColumns } from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';

/** A row of a layer; rank 0 is the base. */
export interface Claim {
  readonly rank: number;
  readonly row: number;
}

interface Cursor {
  readonly rank: number;
  readonly columns: LayerColumns;
  row: number;
  readonly stop: number;
}

export interface DirectoryCursors {
  /** What the layers say of the next name, top first; undefined at the end. */
  next(): readonly Claim[] | undefined;
}

/** `directories`: rows of directories, top first. */
export function openCursors(
  layers: readonly LayerIndex[],
  directories: readonly Claim[],
): DirectoryCursors {
  const heap: Cursor[] = [];
  for (const { rank, row } of directories) {
    const columns = layers[rank]?.columns;
    const stop = columns?.end[row] ?? 0;
    if (columns !== undefined && row + 1 < stop) heap.push({ rank, columns, row: row + 1, stop });
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(heap, at);
  return {
    next() {
      const first = heap[0];
      if (first === undefined) return undefined;
      const { columns, row } = first;
      const claims: Claim[] = [];
      for (let top = heap[0]; top !== undefined; top = heap[0]) {
        if (claims.length > 0 && compareNames(top.columns, top.row, columns, row) !== 0) break;
        claims.push({ rank: top.rank, row: top.row });
        advance(heap, top);
      }
      return claims;
    },
  };
}

function advance(heap: Cursor[], top: Cursor): void {
  top.row = top.columns.end[top.row] ?? top.stop;
  if (top.row >= top.stop) {
    const last = heap.pop();
    if (last === undefined || last === top) return;
    heap[0] = last;
  }
  sink(heap, 0);
}

function isBefore(a: Cursor, b: Cursor): boolean {
  const order = compareNames(a.columns, a.row, b.columns, b.row);
  return order < 0 || (order === 0 && a.rank > b.rank);
}

function sink(heap: Cursor[], from: number): void {
  let at = from;
  for (;;) {
    const left = heap[2 * at + 1];
    if (left === undefined) return;
    const right = heap[2 * at + 2];
    const useRight = right !== undefined && isBefore(right, left);
    const child = useRight ? right : left;
    const here = heap[at];
    if (here === undefined || !isBefore(child, here)) return;
    heap[at] = child;
    at = 2 * at + (useRight ? 2 : 1);
    heap[at] = here;
  }
}
