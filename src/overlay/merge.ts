// What a container sees: layers put on top of each other by the rules of overlayfs.rst ("merging",
// "whiteouts and opaque directories", "redirect_dir", "metadata only copy up"), without a mount.
// Directories are merged as the kernel merges them, one at a time from the top, so that a part of
// the tree costs no more than that part.
import type { Problem } from '../oci/problem.js';
import { openCursors, type Claim } from './directory-cursors.js';
import {
  DIRECTORY,
  FILE,
  findChild,
  findRow,
  hardLinkOf,
  hasFlag,
  IMPLICIT,
  nameOf,
  OPAQUE,
  pathOf,
  typeAt,
  WHITEOUT,
} from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';
import { makeMergedTree, MergedRows, type MergedTree, type OutsideLink } from './merged-tree.js';
import { prefixBeneath } from './path-order.js';
import { searchBelow, type SearchPlaces } from './redirect.js';

export interface MergeOptions {
  /**
   * Enough of the tree for this path and what is beneath it: cheap for a part of a large one;
   * default "/".
   */
  readonly root?: string;
  /** Nothing beneath it either: to look one path up. */
  readonly shallow?: boolean;
}

/** Base first. */
export function mergeLayers(layers: readonly LayerIndex[], options: MergeOptions = {}): MergedTree {
  const { shallow = false } = options;
  // A renamed directory has its hard links under other names: their first ones take a whole tree.
  const top = !shallow && layers.some(hasRedirect) ? '/' : (options.root ?? '/');
  const names = top.split('/').filter((name) => name !== '');
  const rows = new MergedRows(layers, shallow ? names.length + 1 : undefined);
  const pointing = shallow ? new Set<number>() : findPointing(layers);
  const merge: Merge = { layers, rows, problems: [], names, shallow, pointing };
  const all = layers
    .map((layer, rank) => ({ rank, row: layer.count > 0 ? 0 : -1 }))
    .filter(({ row }) => row === 0)
    .reverse();
  // The kernel never looks at the opaque mark of a layer's top directory (seen on Linux 6.18).
  const root = settle(merge, all, { isRoot: true, row: 0, roots: all, around: all });
  const finish = () => makeMergedTree({ ...merge, outside: linksOutside(merge, top) });
  if (root.chosen === undefined) return finish();
  const frames: Frame[] = [];
  enterDirectory(merge, frames, root);
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const claims = frame.cursors.next();
    if (claims === undefined) {
      merge.rows.close(frame.row);
      frames.pop();
      continue;
    }
    const { row, sources } = frame;
    const place = { isRoot: false, row, roots: all, around: sources };
    const settled = settle(merge, claims, place);
    if (settled.chosen !== undefined) enterDirectory(merge, frames, settled);
  }
  return finish();
}

/** One more layer on top of a tree. */
export function mergeUpper(lower: MergedTree, upper: LayerIndex): MergedTree {
  return mergeLayers([...lower.sources, upper]);
}

interface Merge {
  readonly layers: readonly LayerIndex[];
  readonly rows: MergedRows;
  readonly problems: Problem[];
  /** The way to what is wanted, from the root. */
  readonly names: readonly string[];
  readonly shallow: boolean;
  readonly pointing: ReadonlySet<number>;
}

/** A directory whose children are being merged. */
interface Frame {
  readonly row: number;
  readonly sources: readonly Claim[];
  readonly cursors: { next(): readonly Claim[] | undefined };
}

interface Settled {
  /** Whose metadata (and content) it is; undefined when nothing is there. */
  readonly chosen: Claim | undefined;
  /** Where the content of a metacopy comes from. */
  readonly content: Claim | undefined;
  /** The directories that are merged beneath it, top first; none for what is no directory. */
  readonly beneath: readonly Claim[];
}

function enterDirectory(merge: Merge, frames: Frame[], settled: Settled): void {
  const { chosen, content, beneath } = settled;
  if (chosen === undefined) return;
  const row = merge.rows.append(frames.at(-1)?.row ?? 0, chosen, content);
  const [only] = beneath;
  if (only === undefined) return;
  const wanted = merge.names[frames.length];
  if (wanted === undefined && merge.shallow) return;
  if (wanted === undefined && beneath.length === 1 && !merge.pointing.has(only.rank)) {
    copyTree(merge, row, only);
    return;
  }
  const cursors =
    wanted === undefined ? openCursors(merge.layers, beneath) : onlyChild(merge, beneath, wanted);
  frames.push({ row, sources: beneath, cursors });
}

/** Of all that is in the directories, what they say of one name. */
function onlyChild(merge: Merge, directories: readonly Claim[], name: string): Frame['cursors'] {
  const claims = directories.flatMap(({ rank, row }) => {
    const child = findChild(columnsOf(merge, { rank, row }), row, name);
    return child === -1 ? [] : [{ rank, row: child }];
  });
  const rest = claims.length === 0 ? [] : [claims];
  return { next: () => rest.pop() };
}

function hasRedirect({ columns }: LayerIndex): boolean {
  for (const { redirect } of columns.rare.values()) if (redirect !== undefined) return true;
  return false;
}

/** Names of files in a part of the tree that these files have elsewhere. */
function linksOutside(merge: Merge, root: string): OutsideLink[] {
  if (merge.names.length === 0 || merge.shallow) return [];
  const beneath = prefixBeneath(root);
  const isInside = (path: string) => path === root || path.startsWith(beneath);
  return merge.layers.flatMap(({ columns }, rank) =>
    [...linkedFiles(columns)].flatMap(([first, others]) => {
      const names = [first, ...others].map((row) => ({ row, path: pathOf(columns, row) }));
      const outside = names.filter(({ path }) => !isInside(path));
      if (outside.length === names.length) return [];
      return outside
        .filter(({ row, path }) => isThere(merge, path, { rank, row }))
        .map(({ path }) => ({ rank, row: first, path }));
    }),
  );
}

/** The other names of files by the row of the first. */
function linkedFiles(columns: LayerIndex['columns']): Map<number, number[]> {
  const files = new Map<number, number[]>();
  for (let row = 0; row < columns.count; row += 1) {
    const target = hardLinkOf(columns, row);
    const first = target === undefined ? -1 : findRow(columns, target);
    if (first === -1) continue;
    const others = files.get(first) ?? [];
    files.set(first, others);
    others.push(row);
  }
  return files;
}

function isThere({ layers }: Merge, path: string, claim: Claim): boolean {
  const tree = mergeLayers(layers, { root: path, shallow: true });
  const row = tree.row(path);
  if (row === -1) return false;
  const found = tree.claim(row);
  return found.rank === claim.rank && found.row === claim.row;
}

/** Layers that have a part of something in another one: a redirect or a metacopy. */
function findPointing(layers: readonly LayerIndex[]): ReadonlySet<number> {
  const pointing = new Set<number>();
  for (const [rank, { columns }] of layers.entries()) {
    for (const { redirect, metacopy } of columns.rare.values()) {
      if (redirect !== undefined || metacopy === true) pointing.add(rank);
    }
  }
  return pointing;
}

/** A directory of one layer alone is as it lies there, but for its whiteouts of nothing. */
function copyTree(merge: Merge, merged: number, { rank, row: top }: Claim): void {
  const columns = columnsOf(merge, { rank, row: top });
  const stop = columns.end[top] ?? 0;
  const open: { readonly row: number; readonly stop: number }[] = [{ row: merged, stop }];
  for (let row = top + 1; row < stop; row += 1) {
    let directory = open.at(-1);
    while (directory !== undefined && row >= directory.stop) {
      merge.rows.close(directory.row);
      open.pop();
      directory = open.at(-1);
    }
    if (directory === undefined || typeAt(columns, row) === WHITEOUT) continue;
    const copied = merge.rows.append(directory.row, { rank, row }, undefined);
    const end = columns.end[row] ?? 0;
    if (end > row + 1) open.push({ row: copied, stop: end });
  }
  for (const { row } of open) merge.rows.close(row);
}

interface Surroundings extends SearchPlaces {
  readonly isRoot: boolean;
  /** Of the directory around, in the tree. */
  readonly row: number;
}

/** What the layers say of one name, top first, taken together. */
function settle(merge: Merge, claims: readonly Claim[], place: Surroundings): Settled {
  const [top] = claims;
  if (top === undefined) return NOTHING;
  const type = typeAt(columnsOf(merge, top), top.row);
  if (type === WHITEOUT) return NOTHING;
  if (type === DIRECTORY) return settleDirectory(merge, claims, place);
  const content = findContent(merge, top, claims.slice(1), place);
  return { chosen: top, content, beneath: [] };
}

const NOTHING: Settled = { chosen: undefined, content: undefined, beneath: [] };

/** The top claim is a directory; those beneath count until one hides the rest. */
function settleDirectory(merge: Merge, claims: readonly Claim[], place: Surroundings): Settled {
  const beneath: Claim[] = [];
  let chosen: Claim | undefined;
  let isOpen = true;
  for (const claim of claims) {
    const columns = columnsOf(merge, claim);
    if (typeAt(columns, claim.row) !== DIRECTORY) break;
    if (isOpen) beneath.push(claim);
    if (!place.isRoot && hasFlag(columns, claim.row, OPAQUE)) isOpen = false;
    // A directory that the tar only implies has the metadata of the one below it, if any.
    const isImplicit = hasFlag(columns, claim.row, IMPLICIT);
    if (chosen === undefined || (!isImplicit && isImplicitClaim(merge, chosen))) chosen = claim;
    const redirect = isOpen && !place.isRoot ? redirectOf(merge, claim) : undefined;
    if (redirect !== undefined) {
      beneath.push(...followRedirect(merge, claim, redirect, place));
      break;
    }
    if (!isOpen && !isImplicitClaim(merge, chosen)) break;
  }
  return { chosen, content: undefined, beneath };
}

function columnsOf(merge: Merge, { rank }: Claim): LayerIndex['columns'] {
  const layer = merge.layers[rank];
  if (layer === undefined) throw new RangeError(`no layer of rank ${rank}`);
  return layer.columns;
}

function isImplicitClaim(merge: Merge, claim: Claim): boolean {
  return hasFlag(columnsOf(merge, claim), claim.row, IMPLICIT);
}

/** The first layer below that has the bytes of a file of which `top` is only the metadata. */
function findContent(
  merge: Merge,
  top: Claim,
  below: readonly Claim[],
  place: Surroundings,
): Claim | undefined {
  if (!isMetacopy(merge, top)) return undefined;
  let claim = top;
  let redirect = redirectOf(merge, top);
  for (const next of below) {
    if (redirect !== undefined) break;
    if (typeAt(columnsOf(merge, next), next.row) !== FILE) break;
    if (!isMetacopy(merge, next)) return next;
    claim = next;
    redirect = redirectOf(merge, next);
  }
  if (redirect !== undefined) {
    const { claims, refused } = searchBelow(merge.layers, claim, redirect, FILE, place);
    const last = claims.at(-1);
    if (refused !== undefined) reportRefused(merge, top, place, refused);
    else if (last !== undefined && !isMetacopy(merge, last)) return last;
  }
  const message = 'only its metadata is here, and no layer has its content';
  report(merge, top, place, 'overlay-metacopy', message);
  return undefined;
}

function isMetacopy(merge: Merge, claim: Claim): boolean {
  return columnsOf(merge, claim).rare.get(claim.row)?.metacopy === true;
}

function redirectOf(merge: Merge, claim: Claim): string | undefined {
  return columnsOf(merge, claim).rare.get(claim.row)?.redirect;
}

/** The directories of layers below that a renamed one is merged with. */
function followRedirect(
  merge: Merge,
  claim: Claim,
  redirect: string,
  place: Surroundings,
): readonly Claim[] {
  const { claims, refused } = searchBelow(merge.layers, claim, redirect, DIRECTORY, place);
  if (refused !== undefined) reportRefused(merge, claim, place, refused);
  else if (claims.length === 0) {
    const message = `renamed from ${JSON.stringify(redirect)}, which no layer below has`;
    report(merge, claim, place, 'overlay-redirect', message);
  }
  return claims;
}

function reportRefused(merge: Merge, claim: Claim, place: Surroundings, redirect: string): void {
  const message = `renamed from ${JSON.stringify(redirect)}, which the kernel does not take`;
  report(merge, claim, place, 'overlay-redirect', message);
}

/** At the path that the tree shows, which in a renamed directory is another than the layer's. */
function report(
  merge: Merge,
  claim: Claim,
  { row }: Surroundings,
  code: string,
  message: string,
): void {
  const { rows } = merge;
  let path = `/${nameOf(columnsOf(merge, claim), claim.row)}`;
  for (let at = row; at !== 0; at = rows.parent[at] ?? 0) {
    const above = { rank: rows.rank[at] ?? 0, row: rows.source[at] ?? 0 };
    path = `/${nameOf(columnsOf(merge, above), above.row)}${path}`;
  }
  merge.problems.push({ code, message, path });
}
