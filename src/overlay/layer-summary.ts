import type { Problem } from '../oci/problem.js';
import {
  FILE,
  hasFlag,
  IMPLICIT,
  SYMLINK,
  typeAt,
  WHITEOUT,
  type LayerColumns,
} from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';

export interface LayerSummary {
  /** Of the tar; for a directory the sum of its files. */
  readonly uncompressedSize: number;
  readonly contentSize: number;
  readonly entries: number;
  readonly whiteouts: number;
  /** What is odd about it. */
  readonly problems: readonly Problem[];
}

export function summarizeLayer({ columns, size, problems }: LayerIndex): LayerSummary {
  let entries = 0;
  let whiteouts = 0;
  for (let row = 0; row < columns.count; row += 1) {
    if (typeAt(columns, row) === WHITEOUT) whiteouts += 1;
    if (!hasFlag(columns, row, IMPLICIT)) entries += 1;
  }
  const bytes = contentSize(columns);
  return { uncompressedSize: size, contentSize: bytes, entries, whiteouts, problems };
}

/**
 * Bytes of files, each hard-linked file once, and of the texts of symlinks: what Docker calls
 * the size of a layer (moby pkg/directory Size).
 */
export function contentSize(columns: LayerColumns): number {
  let total = 0;
  for (let row = 0; row < columns.count; row += 1) total += ownSize(columns, row);
  return total;
}

/** 0 for a second name of a file. */
function ownSize(columns: LayerColumns, row: number): number {
  const type = typeAt(columns, row);
  const text = columns.text[row] ?? 0;
  if (type === FILE) return text === 0 ? (columns.size[row] ?? 0) : 0;
  if (type !== SYMLINK || columns.rare.get(row)?.hardLinkTo !== undefined) return 0;
  return (columns.textAt[text] ?? 0) - (columns.textAt[text - 1] ?? 0);
}
