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

export function makeLayerIndex<Facts extends LayerFacts>(
  columns: LayerColumns,
  { diffID, size, problems }: Facts,
): LayerIndex & { readonly diffID: Facts['diffID'] } {
  return new ColumnLayer(columns, { diffID, size, problems });
}

/** A class, so that no spread makes all entries by the way. */
class ColumnLayer implements LayerIndex {
  readonly diffID: string | undefined;
  readonly size: number;
  readonly problems: readonly Problem[];
  readonly columns: LayerColumns;

  constructor(columns: LayerColumns, { diffID, size, problems }: LayerFacts) {
    this.columns = columns;
    this.diffID = diffID;
    this.size = size;
    this.problems = problems;
  }

  get count(): number {
    return this.columns.count;
  }

  get entries(): readonly LayerEntry[] {
    return Array.from({ length: this.count }, (_, row) => this.entry(row));
  }

  entry(row: number): LayerEntry {
    return entryOf(this.columns, row);
  }

  find(path: string): LayerEntry | undefined {
    const row = findRow(this.columns, path);
    return row === -1 ? undefined : this.entry(row);
  }

  *entriesBeneath(path: string): Generator<LayerEntry> {
    const first = findRow(this.columns, path);
    if (first === -1) return;
    const stop = this.columns.end[first] ?? 0;
    for (let row = first; row < stop; row += 1) yield this.entry(row);
  }
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
