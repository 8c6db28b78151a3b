// Bytes that are stored and that nobody can see: by layer and by path.
import type { Claim } from './directory-cursors.js';
import { FILE, pathOf, typeAt } from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';
import { visitHidden } from './hidden-entries.js';
import type { MergedTree } from './merged-tree.js';
import { fileSize, isVisible, usedRows, type VisibleRows } from './visible-rows.js';
import type { Claims } from './union-walk.js';

export interface LayerWaste {
  /** Bytes of its files, each hard-linked file once. */
  readonly size: number;
  /** Of these, what no path of the merged view has. */
  readonly wasted: number;
}

export interface PathWaste {
  readonly path: string;
  /** Bytes of all versions of it that are not visible. */
  readonly wasted: number;
  /** The layers that have a file there, base first; 1 is the base. */
  readonly layers: readonly number[];
  /** The layer whose file is there at the end, if any. */
  readonly visible: number | undefined;
}

export interface Waste {
  /** Base first. */
  readonly layers: readonly LayerWaste[];
  /** Most bytes first, then by path. */
  readonly paths: readonly PathWaste[];
}

/** `tree` is the merge of `layers`. */
export function findWaste(layers: readonly LayerIndex[], tree: MergedTree): Waste {
  const used = usedRows(tree);
  return {
    layers: layers.map(({ columns }, rank) => {
      let size = 0;
      let wasted = 0;
      for (let row = 0; row < columns.count; row += 1) {
        const bytes = fileSize(columns, row);
        size += bytes;
        if (!isVisible(used, { rank, row })) wasted += bytes;
      }
      return { size, wasted };
    }),
    paths: wastedPaths(layers, tree, used),
  };
}

function wastedPaths(
  layers: readonly LayerIndex[],
  tree: MergedTree,
  used: VisibleRows,
): PathWaste[] {
  const bytes: { claims: Claims; wasted: number }[] = [];
  visitHidden(layers, tree, ({ claim, claims }) => {
    const columns = layers[claim.rank]?.columns;
    if (columns === undefined || isVisible(used, claim)) return;
    const size = fileSize(columns, claim.row);
    if (size === 0) return;
    const last = bytes.at(-1);
    if (last?.claims === claims) last.wasted += size;
    else bytes.push({ claims, wasted: size });
  });
  // The sort is stable, and they come in path order.
  bytes.sort((a, b) => b.wasted - a.wasted);
  return bytes.map(({ claims, wasted }) => describe(layers, tree, claims, wasted));
}

function describe(
  layers: readonly LayerIndex[],
  tree: MergedTree,
  claims: Claims,
  wasted: number,
): PathWaste {
  const files = claims.filter((claim) => isFile(layers, claim)).reverse();
  const [first] = files;
  const columns = first === undefined ? undefined : layers[first.rank]?.columns;
  const path = columns === undefined || first === undefined ? '/' : pathOf(columns, first.row);
  const row = tree.row(path);
  const claim = row === -1 ? undefined : tree.claim(row);
  return {
    path,
    wasted,
    layers: files.map(({ rank }) => rank + 1),
    visible: claim !== undefined && isFile(layers, claim) ? claim.rank + 1 : undefined,
  };
}

function isFile(layers: readonly LayerIndex[], { rank, row }: Claim): boolean {
  const columns = layers[rank]?.columns;
  return columns !== undefined && typeAt(columns, row) === FILE;
}

/** What of all stored bytes is visible: 0 to 1; of nothing all is. */
export function efficiencyOf(layers: readonly LayerWaste[]): number {
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const wasted = layers.reduce((sum, layer) => sum + layer.wasted, 0);
  return size === 0 ? 1 : (size - wasted) / size;
}
