// What a container has changed, as the entries of a layer. Where its upperdir only points at layers
// below it (a renamed directory, a file of which only the metadata was copied up) the layer says it all
// by itself: it is to be true on top of any other layers, and a tar has no word for pointing.
import type { OpenFile } from '../host/host.js';
import type { LayerEntry, OrdinaryEntry } from './layer-entry.js';
import type { LayerItem } from './layer-tar.js';
import type { LayerIndex } from './layer-index.js';
import { mergeUpper } from './merge.js';
import type { MergedTree } from './merged-tree.js';
import { pathOf } from './layer-columns.js';

export interface UpperSource {
  readonly upper: LayerIndex;
  /** All below it merged; asked for only when the upperdir points down. */
  readonly lower: () => MergedTree;
  /** Opens a file of a layer: rank 0 is the base, the upperdir comes last. */
  readonly open: (rank: number, path: string) => OpenFile;
  /** How many layers are below. */
  readonly below: number;
}

/** In path order, without the top directory. */
export function* upperItems(source: UpperSource): Generator<LayerItem> {
  const { upper, below, open } = source;
  let merged: MergedTree | undefined;
  const view = () => (merged ??= mergeUpper(source.lower(), upper));
  for (let row = 1; row < upper.count; row += 1) {
    const entry = upper.entry(row);
    if (entry.marker === 'whiteout') {
      yield { entry };
    } else if (entry.type === 'directory' && entry.redirect !== undefined) {
      yield* wholeTree(source, view(), entry);
      row = (upper.columns.end[row] ?? row + 1) - 1;
    } else if (entry.metacopy === true) {
      const found = view().row(entry.path);
      if (found !== -1) yield mergedItem(source, view(), found);
    } else {
      yield entry.type === 'file' ? { entry, open: () => open(below, entry.path) } : { entry };
    }
  }
}

/** A renamed directory with everything in it; opaque, for nothing below has it under this name. */
function* wholeTree(
  source: UpperSource,
  view: MergedTree,
  { path }: OrdinaryEntry,
): Generator<LayerItem> {
  const top = view.row(path);
  if (top === -1) return;
  const stop = view.end(top);
  for (let row = top; row < stop; row += 1) {
    const item = mergedItem(source, view, row);
    yield row === top ? { entry: { ...item.entry, opaque: true } as LayerEntry } : item;
  }
}

function mergedItem(source: UpperSource, view: MergedTree, row: number): LayerItem {
  const { entry, content } = view.entry(row);
  const plain = withoutMachinery(entry);
  if (plain.type !== 'file') return { entry: plain };
  if (content !== undefined) {
    return { entry: plain, open: () => source.open(content.layer - 1, content.entry.path) };
  }
  const { rank, row: own } = view.claim(row);
  const columns = view.sources[rank]?.columns;
  const path = columns === undefined ? entry.path : pathOf(columns, own);
  return { entry: plain, open: () => source.open(rank, path) };
}

function withoutMachinery(entry: OrdinaryEntry): OrdinaryEntry {
  const plain: { -readonly [Key in keyof OrdinaryEntry]: OrdinaryEntry[Key] } = { ...entry };
  delete plain.opaque;
  delete plain.redirect;
  delete plain.metacopy;
  return plain;
}
