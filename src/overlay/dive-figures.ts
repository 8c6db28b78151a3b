// The figures of dive (github.com/wagoodman/dive, dive/filetree/efficiency.go and
// dive/image/analysis.go), by its definitions, so that thresholds that were set for it carry over.
// They are not ours: docs/blame.md says what each counts.
import { DIRECTORY, FILE, hasFlag, IMPLICIT, typeAt, WHITEOUT } from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';
import { walkUnion, type Claims } from './union-walk.js';
import type { Claim } from './directory-cursors.js';

export interface DiveFigures {
  /** The smallest size of each path, summed, to all sizes of each path; 1 when there are none. */
  readonly efficiency: number;
  /** All sizes of the paths that occur more than once. */
  readonly wastedBytes: number;
  /** `wastedBytes` to the sizes of all layers but the base, 0 to 1 and more; Infinity to none. */
  readonly userWastedPercent: number;
  readonly sizeBytes: number;
  /** Without the base layer. */
  readonly userSizeBytes: number;
}

/** `layers`: base first, those of an image. */
export function diveFigures(layers: readonly LayerIndex[]): DiveFigures {
  const sizes = layers.map(({ columns }) => {
    let sum = 0;
    for (let row = 0; row < columns.count; row += 1) sum += sizeAt({ columns }, row);
    return sum;
  });
  const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
  const userSizeBytes = sizeBytes - (sizes[0] ?? 0);
  const { least, all, repeated } = countPaths(layers);
  return {
    efficiency: all === 0 ? 1 : least / all,
    wastedBytes: repeated,
    // 0 to 0 is no number; dive shows it as 0 % and lets it pass.
    userWastedPercent: repeated === 0 ? 0 : repeated / userSizeBytes,
    sizeBytes,
    userSizeBytes,
  };
}

/** As a tar header has it: another name of a file has none. */
function sizeAt({ columns }: Pick<LayerIndex, 'columns'>, row: number): number {
  if (typeAt(columns, row) !== FILE || (columns.text[row] ?? 0) !== 0) return 0;
  return columns.size[row] ?? 0;
}

interface Sums {
  least: number;
  all: number;
  repeated: number;
}

/** A whiteout, with the sizes of all that it takes away: known when the walk has been beneath it. */
interface Removal {
  readonly rank: number;
  readonly isDirectory: boolean;
  size: number;
}

interface Place {
  /** Of this path and of the directories that it is in; lowest first. */
  readonly removals: readonly Removal[];
  readonly own: readonly Removal[];
  /** What is known already of the path itself. */
  readonly sizes: readonly number[];
}

function countPaths(layers: readonly LayerIndex[]): Sums {
  const sums: Sums = { least: 0, all: 0, repeated: 0 };
  walkUnion<Place>(layers, {
    start: { removals: [], own: [], sizes: [] },
    enter: (claims, around) => enter(layers, claims, around),
    leave: ({ own, sizes }) => {
      addPath(sums, [...sizes, ...own.map(({ isDirectory, size }) => (isDirectory ? size : 0))]);
    },
  });
  return sums;
}

function addPath(sums: Sums, sizes: readonly number[]): void {
  if (sizes.length === 0) return;
  const all = sizes.reduce((sum, size) => sum + size, 0);
  sums.all += all;
  sums.least += sizes.reduce((least, size) => Math.min(least, size));
  if (sizes.length > 1) sums.repeated += all;
}

function enter(layers: readonly LayerIndex[], claims: Claims, around: Place): Place {
  const own: Removal[] = [];
  const sizes: number[] = [];
  // Lowest first; what dive has at the path before each layer.
  let before: Claim | undefined;
  for (let at = claims.length - 1; at >= 0; at -= 1) {
    const claim = claims[at];
    const columns = layers[claim?.rank ?? 0]?.columns;
    if (claim === undefined || columns === undefined) continue;
    const { rank, row } = claim;
    if (typeAt(columns, row) === WHITEOUT) {
      const isThere = before !== undefined && !isRemoved(around, before.rank, rank);
      own.push({ rank, isDirectory: isThere && isKnownDirectory(layers, before), size: 0 });
      before = undefined;
      continue;
    }
    before = claim;
    // The root is no path to dive, and it looks at nothing but leaves.
    if (row !== 0 && columns.end[row] === row + 1) sizes.push(sizeAt({ columns }, row));
    const next = claims[at - 1]?.rank ?? Infinity;
    addToRemoval(around, rank, next, sizeAt({ columns }, row));
  }
  if (own.length === 0) return { removals: around.removals, own, sizes };
  const removals = [...around.removals, ...own].sort((a, b) => a.rank - b.rank);
  return { removals, own, sizes };
}

/** Whether a directory around it was deleted after layer `from`, before layer `to`. */
function isRemoved({ removals }: Place, from: number, to: number): boolean {
  return removals.some(({ rank }) => rank > from && rank < to);
}

/** Of a directory that a tar only implies dive knows no type. */
function isKnownDirectory(layers: readonly LayerIndex[], claim: Claim | undefined): boolean {
  const columns = layers[claim?.rank ?? 0]?.columns;
  if (columns === undefined || claim === undefined) return false;
  return typeAt(columns, claim.row) === DIRECTORY && !hasFlag(columns, claim.row, IMPLICIT);
}

/** The next layer that deletes a directory around it takes it away, if it is still there then. */
function addToRemoval({ removals }: Place, rank: number, next: number, size: number): void {
  if (size === 0) return;
  const first = removals.find((removal) => removal.rank > rank)?.rank;
  if (first === undefined || first > next) return;
  for (const removal of removals) if (removal.rank === first) removal.size += size;
}
