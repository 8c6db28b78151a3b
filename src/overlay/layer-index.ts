// All that a layer says. Layers are made by `indexTar` and `indexDirectory`, and read from a cache.
import type { Problem } from '../oci/problem.js';
import { ColumnWriter } from './column-writer.js';
import { entryOf, findRow, type LayerColumns } from './layer-columns.js';
import type { LayerEntry } from './layer-entry.js';
import { sortColumns } from './sort-columns.js';

/** All entries of one layer in path order (`comparePaths`), each path once. */
export interface LayerIndex {
  /** Of the uncompressed tar; undefined for a directory on a disk. */
  readonly diffID: string | undefined;
  /** Of the uncompressed tar, in bytes; for a directory the sum of the file sizes. */
  readonly size: number;
  readonly problems: readonly Problem[];
  readonly columns: LayerColumns;
  readonly count: number;
  /** The entry in a row, 0 to `count` - 1; row 0 is the root. Made anew at each call. */
  entry(row: number): LayerEntry;
  find(path: string): LayerEntry | undefined;
  /** The path and what is beneath it, in path order. */
  entriesBeneath(path: string): Generator<LayerEntry>;
  /** All of them, made anew: for small layers. */
  readonly entries: readonly LayerEntry[];
}

export interface LayerFacts {
  readonly diffID: string | undefined;
  readonly size: number;
  readonly problems: readonly Problem[];
}

export function makeLayerIndex(columns: LayerColumns, facts: LayerFacts): LayerIndex {
  return {
    ...facts,
    columns,
    count: columns.count,
    entry: (row) => entryOf(columns, row),
    find: (path) => {
      const row = findRow(columns, path);
      return row === -1 ? undefined : entryOf(columns, row);
    },
    *entriesBeneath(path) {
      const first = findRow(columns, path);
      if (first === -1) return;
      const stop = columns.end[first] ?? 0;
      for (let row = first; row < stop; row += 1) yield entryOf(columns, row);
    },
    get entries() {
      return Array.from({ length: columns.count }, (_, row) => entryOf(columns, row));
    },
  };
}

/** The same layer, of which something more is odd. */
export function withProblems(index: LayerIndex, more: readonly Problem[]): LayerIndex {
  if (more.length === 0) return index;
  const { diffID, size, problems, columns } = index;
  return makeLayerIndex(columns, { diffID, size, problems: [...more, ...problems] });
}

/** A layer that says nothing, such as the upperdir of a container that never ran. */
export function emptyLayer(problems: readonly Problem[] = []): LayerIndex {
  return makeLayerIndex(sortColumns(new ColumnWriter()), { diffID: undefined, size: 0, problems });
}
