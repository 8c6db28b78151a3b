import { encodeName } from '../oci/byte-name.js';
import type { LayerEntry, LayerIndex } from './layer-index.js';

export interface LayerSummary {
  /** Of the tar; for a directory the sum of its files. */
  readonly uncompressedSize: number;
  readonly contentSize: number;
  readonly entries: number;
  readonly whiteouts: number;
}

export function summarizeLayer(index: LayerIndex): LayerSummary {
  const named = index.entries.filter((entry) => entry.marker === 'whiteout' || !entry.implicit);
  return {
    uncompressedSize: index.size,
    contentSize: contentSize(index.entries),
    entries: named.length,
    whiteouts: named.filter((entry) => entry.marker === 'whiteout').length,
  };
}

/**
 * Bytes of files, each hard-linked file once, and of the texts of symlinks: what Docker calls
 * the size of a layer (moby pkg/directory Size).
 */
export function contentSize(entries: Iterable<LayerEntry>): number {
  let total = 0;
  for (const entry of entries) {
    if (entry.marker === 'whiteout' || entry.hardLinkTo !== undefined) continue;
    if (entry.type === 'file') total += entry.size;
    else if (entry.linkTarget !== undefined) total += encodeName(entry.linkTarget).length;
  }
  return total;
}
