// Which rows of the layers a merged view shows: a byte for each row.
import type { Claim } from './directory-cursors.js';
import { FILE, findRow, SYMLINK, textOf, typeAt, type LayerColumns } from './layer-columns.js';
import type { MergedTree } from './merged-tree.js';

export interface VisibleRows {
  /** By layer, base first. */
  readonly layers: readonly Uint8Array[];
}

/** A file counts where its metadata comes from and where its content does. */
export function visibleRows(tree: MergedTree): VisibleRows {
  const layers = tree.sources.map(({ count }) => new Uint8Array(count));
  for (let row = 0; row < tree.count; row += 1) {
    const claim = tree.claim(row);
    mark(layers, claim);
    if (tree.sources[claim.rank]?.columns.rare.get(claim.row)?.metacopy !== true) continue;
    const { content } = tree.entry(row);
    if (content === undefined) continue;
    const rank = content.layer - 1;
    const columns = tree.sources[rank]?.columns;
    const source = columns === undefined ? -1 : findRow(columns, content.entry.path);
    if (source !== -1) mark(layers, { rank, row: source });
  }
  return { layers };
}

export function isVisible({ layers }: VisibleRows, { rank, row }: Claim): boolean {
  return layers[rank]?.[row] === 1;
}

/** The same, and the first name of each file of which any name is visible: its bytes are used. */
export function usedRows(tree: MergedTree): VisibleRows {
  const visible = visibleRows(tree);
  for (const [rank, { columns }] of tree.sources.entries()) {
    for (let row = 0; row < columns.count; row += 1) {
      if (!isVisible(visible, { rank, row })) continue;
      const first = firstName(columns, row);
      if (first !== undefined) mark(visible.layers, { rank, row: first });
    }
  }
  return visible;
}

function mark(layers: readonly Uint8Array[], { rank, row }: Claim): void {
  const rows = layers[rank];
  if (rows !== undefined) rows[row] = 1;
}

/** Of another name of a file: the row of the first; undefined for what is itself one. */
function firstName(columns: LayerColumns, row: number): number | undefined {
  if ((columns.text[row] ?? 0) === 0 || typeAt(columns, row) === SYMLINK) return undefined;
  const first = findRow(columns, textOf(columns, row) ?? '');
  return first === -1 ? undefined : first;
}

/** Bytes of a file where it has its first name; 0 for its other names and all that is no file. */
export function fileSize(columns: LayerColumns, row: number): number {
  if (typeAt(columns, row) !== FILE || (columns.text[row] ?? 0) !== 0) return 0;
  if (columns.rare.get(row)?.metacopy === true) return 0;
  return columns.size[row] ?? 0;
}
