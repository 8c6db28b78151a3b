// What is still in the layers and in no merged view: each entry that a later layer deleted, hid,
// replaced or overwrote, and which row of which layer did it.
import type { Claim } from './directory-cursors.js';
import { DIRECTORY, hasFlag, IMPLICIT, OPAQUE, typeAt, WHITEOUT } from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';
import type { MergedTree } from './merged-tree.js';
import { walkUnion, type Claims } from './union-walk.js';
import { isVisible, visibleRows } from './visible-rows.js';

export type Fate =
  /** A whiteout of it or of a directory that it was in. */
  | 'deleted'
  /** A directory that it was in was made anew: opaque, or renamed to there. */
  | 'hidden'
  /** Something of another type has its place, or that of a directory that it was in. */
  | 'replaced'
  /** Something of the same type has its place. */
  | 'overwritten';

export interface HiddenEntry {
  readonly claim: Claim;
  readonly fate: Fate;
  /** The first one above it that took it away. */
  readonly by: Claim;
  /** Everything that layers say of its path, top first. */
  readonly claims: Claims;
}

/**
 * In path order, of one path the lowest first. `tree` is the merge of `layers`. A directory is among
 * them when it is gone, not when a later layer only says it again.
 */
export function visitHidden(
  layers: readonly LayerIndex[],
  tree: MergedTree,
  visit: (entry: HiddenEntry) => void,
): void {
  const visible = visibleRows(tree);
  walkUnion<Takers>(layers, {
    start: [],
    enter: (claims, takers) => {
      for (let at = claims.length - 1; at >= 0; at -= 1) {
        const claim = claims[at];
        if (claim === undefined || isVisible(visible, claim) || !isEntry(layers, claim)) continue;
        const taken = firstOf(takeAt(layers, claims, at), takers, claim.rank);
        if (taken !== undefined) visit({ claim, claims, fate: taken.fate, by: taken.by });
      }
      return takersBeneath(layers, claims, takers);
    },
  });
}

/** Something that takes away what lower layers have. */
interface Taker {
  readonly fate: Fate;
  readonly by: Claim;
}

/** Of what is beneath a directory; the lowest first. */
type Takers = readonly Taker[];

function kindOf(layers: readonly LayerIndex[], { rank, row }: Claim): number {
  const columns = layers[rank]?.columns;
  return columns === undefined ? WHITEOUT : typeAt(columns, row);
}

function has(layers: readonly LayerIndex[], { rank, row }: Claim, flag: number): boolean {
  const columns = layers[rank]?.columns;
  return columns !== undefined && hasFlag(columns, row, flag);
}

/** Whiteouts and directories that a tar only implies are not there to be found. */
function isEntry(layers: readonly LayerIndex[], claim: Claim): boolean {
  return kindOf(layers, claim) !== WHITEOUT && !has(layers, claim, IMPLICIT);
}

/** What another layer says of the very path. A directory goes on living in those above it. */
function takeAt(layers: readonly LayerIndex[], claims: Claims, at: number): Taker | undefined {
  const claim = claims[at];
  const kind = claim === undefined ? WHITEOUT : kindOf(layers, claim);
  for (let higher = at - 1; higher >= 0; higher -= 1) {
    const by = claims[higher];
    if (by === undefined) continue;
    const above = kindOf(layers, by);
    if (above === WHITEOUT) return { fate: 'deleted', by };
    if (above !== kind) return { fate: 'replaced', by };
    if (above !== DIRECTORY) return { fate: 'overwritten', by };
  }
  return undefined;
}

/** Of the two that come first in time. */
function firstOf(own: Taker | undefined, takers: Takers, rank: number): Taker | undefined {
  const around = takers.find(({ by }) => by.rank > rank);
  if (own === undefined || around === undefined) return own ?? around;
  return around.by.rank < own.by.rank ? around : own;
}

function takersBeneath(layers: readonly LayerIndex[], claims: Claims, around: Takers): Takers {
  const own = claims.flatMap((by): Taker[] => {
    const fate = fateBeneath(layers, by);
    return fate === undefined || by.rank === 0 ? [] : [{ fate, by }];
  });
  if (own.length === 0) return around;
  return [...around, ...own].sort((a, b) => a.by.rank - b.by.rank);
}

/** What becomes of all that lower layers have beneath a path. */
function fateBeneath(layers: readonly LayerIndex[], by: Claim): Fate | undefined {
  const kind = kindOf(layers, by);
  if (kind === WHITEOUT) return 'deleted';
  if (kind !== DIRECTORY) return 'replaced';
  // The kernel never looks at the opaque mark of a layer's top directory (see merge.ts).
  if (by.row === 0) return undefined;
  const isMoved = layers[by.rank]?.columns.rare.get(by.row)?.redirect !== undefined;
  return isMoved || has(layers, by, OPAQUE) ? 'hidden' : undefined;
}
