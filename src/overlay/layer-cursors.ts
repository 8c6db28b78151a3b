// Reads several sorted layers as one sequence, in path order: a binary heap of cursors.
import type { LayerEntry } from './layer-index.js';
import { orderPaths } from './path-order.js';

export interface LayerCursor {
  /** The entry that stands next in this layer. */
  entry: LayerEntry;
  /** 0 is the base. */
  readonly rank: number;
  position: number;
  readonly entries: readonly LayerEntry[];
}

export interface LayerCursors {
  /** The next path; where layers share it, the top layer first. Undefined at the end. */
  first(): LayerCursor | undefined;
  /** Takes the first away and puts the next in its place. */
  advance(): void;
}

export function openCursors(layers: readonly (readonly LayerEntry[])[]): LayerCursors {
  const heap: LayerCursor[] = [];
  layers.forEach((entries, rank) => {
    const entry = entries[0];
    if (entry === undefined) return;
    heap.push({ entry, rank, position: 0, entries });
  });
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(heap, at);
  return {
    first: () => heap[0],
    advance() {
      const top = heap[0];
      if (top === undefined) return;
      top.position += 1;
      const next = top.entries[top.position];
      if (next !== undefined) top.entry = next;
      else {
        const last = heap.pop();
        if (last === undefined || last === top) return;
        heap[0] = last;
      }
      sink(heap, 0);
    },
  };
}

function before(a: LayerCursor, b: LayerCursor): boolean {
  const order = orderPaths(a.entry.path, b.entry.path);
  return order < 0 || (order === 0 && a.rank > b.rank);
}

function sink(heap: LayerCursor[], from: number): void {
  let at = from;
  for (;;) {
    const left = heap[2 * at + 1];
    if (left === undefined) return;
    const right = heap[2 * at + 2];
    const useRight = right !== undefined && before(right, left);
    const child = useRight ? right : left;
    const here = heap[at];
    if (here === undefined || !before(child, here)) return;
    const place = 2 * at + (useRight ? 2 : 1);
    heap[at] = child;
    heap[place] = here;
    at = place;
  }
}
