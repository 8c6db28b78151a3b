// Where the layers below have what was renamed above them, looked up as the kernel does: overlayfs.rst,
// "redirect_dir" and "metadata only copy up"; `ovl_lookup` in fs/overlayfs/namei.c.
import type { Claim } from './directory-cursors.js';
import type { FILE } from './layer-columns.js';
import {
  DIRECTORY,
  findChild,
  hasFlag,
  OPAQUE,
  typeAt,
  WHITEOUT,
  type LayerColumns,
} from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';

/** Where a search may start: directories, top first. */
export interface SearchPlaces {
  /** The top directories of all layers, for a path from the root. */
  readonly roots: readonly Claim[];
  /** The directories merged around what was renamed, for a name. */
  readonly around: readonly Claim[];
}

export interface Found {
  /** Top first: the directories to merge, or files until one has the content. */
  readonly claims: readonly Claim[];
  /** A redirect on the way that the kernel does not take: it refuses the whole path. */
  readonly refused: string | undefined;
}

interface Search {
  readonly wanted: typeof DIRECTORY | typeof FILE;
  /** The name that the next layer is asked for; a redirect in a layer changes it for those below. */
  names: readonly string[];
  isAbsolute: boolean;
  isOver: boolean;
  refused: string | undefined;
}

/** What the layers below `claim`, which has this `redirect`, have of it. */
export function searchBelow(
  layers: readonly LayerIndex[],
  claim: Claim,
  redirect: string,
  wanted: Search['wanted'],
  { roots, around }: SearchPlaces,
): Found {
  const search: Search = {
    wanted,
    names: [],
    isAbsolute: false,
    isOver: false,
    refused: undefined,
  };
  rename(search, redirect, [], []);
  const claims: Claim[] = [];
  let { rank } = claim;
  while (!search.isOver) {
    const from = search.isAbsolute ? roots : around;
    const next = from.find((directory) => directory.rank < rank);
    if (next === undefined) break;
    rank = next.rank;
    const columns = layers[rank]?.columns;
    const row = columns === undefined ? -1 : walk(search, columns, next);
    if (row !== -1) claims.push({ rank, row });
  }
  return { claims, refused: search.refused };
}

/** The row that one layer has under the name, or -1; says also whether and how to go on below. */
function walk(search: Search, columns: LayerColumns, { rank, row: top }: Claim): number {
  const { names } = search;
  let row = top;
  for (const [at, name] of names.entries()) {
    const isLast = at === names.length - 1;
    row = findChild(columns, row, name);
    if (row === -1) return -1;
    if (!isPassable(search, columns, row, isLast)) {
      search.isOver = true;
      return -1;
    }
    const isDirectory = typeAt(columns, row) === DIRECTORY;
    const rare = columns.rare.get(row);
    if (!isDirectory) search.isOver = rare?.metacopy !== true;
    // Nothing below an opaque directory counts, not even where it was renamed from.
    else if (hasFlag(columns, row, OPAQUE)) {
      search.isOver = true;
      continue;
    }
    // In the lowest layer the kernel looks at no redirect.
    if (rank === 0 || rare?.redirect === undefined || (!isDirectory && search.isOver)) continue;
    const after = names.slice(at + 1);
    const before = search.names.slice(0, search.names.length - after.length - 1);
    rename(search, rare.redirect, before, after);
    if (search.refused !== undefined) return -1;
  }
  return row;
}

/** Directories lead on, and at the end there is what was looked for. */
function isPassable(search: Search, columns: LayerColumns, row: number, isLast: boolean): boolean {
  const type = typeAt(columns, row);
  if (type === WHITEOUT) return false;
  return type === (isLast ? search.wanted : DIRECTORY);
}

/** A part of the name between `before` and `after` is another one in the layers below. */
function rename(
  search: Search,
  redirect: string,
  before: readonly string[],
  after: readonly string[],
): void {
  const isAbsolute = redirect.startsWith('/');
  const parts = (isAbsolute ? redirect.slice(1) : redirect).split('/');
  if ((!isAbsolute && parts.length > 1) || parts.some((part) => NO_NAMES.has(part))) {
    search.refused = redirect;
    search.isOver = true;
    return;
  }
  search.names = isAbsolute ? [...parts, ...after] : [...before, ...parts, ...after];
  if (!isAbsolute) return;
  search.isAbsolute = true;
  // What was moved out of an opaque directory is still beneath it in the layers below.
  search.isOver = false;
}

const NO_NAMES: ReadonlySet<string> = new Set(['', '.', '..']);
