// All paths that any layer names, also those that a later layer took away, in path order. Nothing is
// held but the directories that the walk is in.
import { openCursors, type Claim, type DirectoryCursors } from './directory-cursors.js';
import { DIRECTORY, typeAt } from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';

/** What the layers say of one name, top first. */
export type Claims = readonly Claim[];

export interface UnionVisitor<State> {
  /** Of the root's parent, as it were. */
  readonly start: State;
  /** `state` is that of the directory it is in; the answer goes to what is beneath it. */
  readonly enter: (claims: Claims, state: State) => State;
  /** Everything beneath the name has been seen; `state` is what `enter` answered. */
  readonly leave?: (state: State) => void;
}

interface Frame<State> {
  readonly cursors: DirectoryCursors;
  readonly state: State;
}

/** `layers`: base first. By the paths as they stand in each layer: renamed directories are not followed. */
export function walkUnion<State>(
  layers: readonly LayerIndex[],
  { start, enter, leave }: UnionVisitor<State>,
): void {
  const frames: Frame<State>[] = [];
  const visit = (claims: Claims, around: State): void => {
    const state = enter(claims, around);
    const directories = claims.filter(({ rank, row }) => isDirectory(layers[rank], row));
    if (directories.length > 0) frames.push({ cursors: openCursors(layers, directories), state });
    else leave?.(state);
  };
  const roots = layers.flatMap(({ count }, rank) => (count > 0 ? [{ rank, row: 0 }] : []));
  if (roots.length > 0) visit(roots.reverse(), start);
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const claims = frame.cursors.next();
    if (claims !== undefined) {
      visit(claims, frame.state);
      continue;
    }
    frames.pop();
    leave?.(frame.state);
  }
}

function isDirectory(layer: LayerIndex | undefined, row: number): boolean {
  return layer !== undefined && typeAt(layer.columns, row) === DIRECTORY;
}
