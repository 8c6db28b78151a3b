// What a container sees: layers put on top of each other by the rules of overlayfs.rst
// ("merging", "whiteouts and opaque directories"), in one pass over all of them.
import type { LayerEntry, LayerIndex, OrdinaryEntry } from './layer-index.js';
import { openCursors, type LayerCursors } from './layer-cursors.js';
import { prefixBeneath, searchPath } from './path-order.js';

export interface MergedEntry {
  readonly entry: OrdinaryEntry;
  /** The layer the metadata (and a file's content) comes from; 1 is the base. */
  readonly layer: number;
}

export interface MergedTree {
  /** How many layers were merged. */
  readonly layers: number;
  /** Sorted by path (`comparePaths`). */
  readonly entries: readonly MergedEntry[];
  find(path: string): MergedEntry | undefined;
}

/** Base first. */
export function mergeLayers(layers: readonly LayerIndex[]): MergedTree {
  const entries = mergeEntries(
    layers.map((layer) => layer.entries),
    (rank, _position, entry) => ({ entry, layer: rank + 1 }),
  );
  return makeTree(layers.length, entries);
}

/** One more layer on top of a tree; the same as merging all of its layers anew. */
export function mergeUpper(lower: MergedTree, upper: LayerIndex): MergedTree {
  const entries = mergeEntries(
    [lower.entries.map(({ entry }) => entry), upper.entries],
    (rank, position, entry) =>
      (rank === 0 ? lower.entries[position] : undefined) ?? { entry, layer: lower.layers + 1 },
  );
  return makeTree(lower.layers + 1, entries);
}

type Take = (rank: number, position: number, entry: OrdinaryEntry) => MergedEntry;

function mergeEntries(layers: readonly (readonly LayerEntry[])[], take: Take): MergedEntry[] {
  const cursors = openCursors(layers);
  const floors = trackFloors();
  const merged: MergedEntry[] = [];
  for (let first = cursors.first(); first !== undefined; first = cursors.first()) {
    const { path } = first.entry;
    const floor = floors.enter(path);
    const claims = takeClaims(cursors, path, floor);
    const chosen = chooseClaim(claims);
    if (chosen !== undefined) merged.push(take(chosen.rank, chosen.position, chosen.entry));
    const beneath = floorBeneath(claims, floor);
    if (beneath > floor) floors.leave(path, beneath);
  }
  return merged;
}

/** What one layer says of a path. */
interface Claim<Entry extends LayerEntry = LayerEntry> {
  readonly entry: Entry;
  readonly rank: number;
  readonly position: number;
}

/** What the layers say of `path`, top first; layers under the floor are not heard. */
function takeClaims(cursors: LayerCursors, path: string, floor: number): Claim[] {
  const claims: Claim[] = [];
  for (let cursor = cursors.first(); cursor?.entry.path === path; cursor = cursors.first()) {
    const { entry, rank, position } = cursor;
    if (rank >= floor) claims.push({ entry, rank, position });
    cursors.advance();
  }
  return claims;
}

/** The claim that gives the metadata; undefined when nothing is there. */
function chooseClaim(claims: readonly Claim[]): Claim<OrdinaryEntry> | undefined {
  let chosen: Claim<OrdinaryEntry> | undefined;
  for (const { entry, rank, position } of claims) {
    if (entry.marker === 'whiteout') break;
    if (chosen !== undefined && entry.type !== 'directory') break;
    const claim = { entry, rank, position };
    // A directory that the tar only implies has the metadata of the one below it, if any.
    if (entry.type !== 'directory' || entry.implicit !== true) return claim;
    chosen ??= claim;
  }
  return chosen;
}

/** The lowest layer that still counts beneath the path. */
function floorBeneath(claims: readonly Claim[], floor: number): number {
  for (const { entry, rank } of claims) {
    if (entry.type !== 'directory') return rank + 1;
    // The kernel never looks at this mark on the top directory of a layer (seen on Linux 6.18).
    if (entry.opaque === true && entry.path !== '/') return rank;
  }
  return floor;
}

interface Floors {
  /** The lowest layer that counts for `path`, by the directories above it. */
  enter(path: string): number;
  /** Beneath `path` only layers from `floor` up count. */
  leave(path: string, floor: number): void;
}

/** Paths come in order, so the directories that matter are a stack. */
function trackFloors(): Floors {
  const stack: { readonly prefix: string; readonly floor: number }[] = [];
  return {
    enter(path) {
      for (;;) {
        const top = stack.at(-1);
        if (top === undefined) return 0;
        if (path.startsWith(top.prefix)) return top.floor;
        stack.pop();
      }
    },
    leave(path, floor) {
      stack.push({ prefix: prefixBeneath(path), floor });
    },
  };
}

function makeTree(layers: number, merged: readonly MergedEntry[]): MergedTree {
  const find = (entries: readonly MergedEntry[], path: string): MergedEntry | undefined =>
    entries[searchPath(entries, path, (item) => item.entry.path)];
  const entries = regroupLinks(merged, (path) => find(merged, path));
  return { layers, entries, find: (path) => find(entries, path) };
}

/**
 * A file lives on under its other names when a layer above takes its first one: copy-up breaks
 * hard links (overlayfs.rst, "non-standard behavior"), so the first name left is the file's.
 */
function regroupLinks(
  entries: readonly MergedEntry[],
  find: (path: string) => MergedEntry | undefined,
): readonly MergedEntry[] {
  let regrouped: MergedEntry[] | undefined;
  const firstNames = new Map<string, string>();
  for (const [at, { entry, layer }] of entries.entries()) {
    if (entry.hardLinkTo === undefined || find(entry.hardLinkTo)?.layer === layer) continue;
    const file = `${layer} ${entry.hardLinkTo}`;
    const first = firstNames.get(file);
    regrouped ??= [...entries];
    if (first === undefined) firstNames.set(file, entry.path);
    regrouped[at] = { entry: linkTo(entry, first), layer };
  }
  return regrouped ?? entries;
}

function linkTo(entry: OrdinaryEntry, first: string | undefined): OrdinaryEntry {
  const copy: { -readonly [Key in keyof OrdinaryEntry]: OrdinaryEntry[Key] } = { ...entry };
  if (first === undefined) delete copy.hardLinkTo;
  else copy.hardLinkTo = first;
  return copy;
}
