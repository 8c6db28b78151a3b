// What the rows of the image page are called on the command line.
import { DELETED } from '../../../inspect/tree-view.js';
import type { ImageState } from './image-drawing.js';

/** The image as it stood after a layer. */
function layerTarget(target: string, layer: number): string {
  return `${target.replace(/@\d{1,4}$/, '')}@${layer}`;
}

/** What d marks: the tree that is shown. */
export function shownTarget({ target, look, mode, layers }: ImageState): string {
  const isWhole = mode === 'whole' || layers.cursor + 1 === look?.layers.length;
  return isWhole || look?.subject.kind === 'container'
    ? target
    : layerTarget(target, layers.cursor + 1);
}

/** Which words name what a row is, and the layer where that is a version of its own. */
export function rowSource(
  { target, mode, look, tree, layers }: ImageState,
  row: number,
): { target: string; layer: string | undefined } {
  const view = tree?.view;
  if (mode === 'whole' || view === undefined) return { target, layer: undefined };
  const isDirectory = (view.end[row] ?? 0) > row + 1;
  if (!isDirectory || mode === 'layer' || look?.subject.kind === 'container') {
    return { target, layer: String(view.layer[row]) };
  }
  // A directory as it was: of what the layer deletes, before it.
  const upTo = layers.cursor + (view.mark[row] === DELETED ? 0 : 1);
  return { target: layerTarget(target, upTo), layer: undefined };
}
