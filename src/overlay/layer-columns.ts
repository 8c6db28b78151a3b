// The entries of a layer as columns of numbers: a million of them are a hundred megabytes, not a
// million objects, and a file of them is usable as it lies. Rows are in path order, so that what is
// beneath a directory follows it: `end` leads past it.
import { decodeName, encodeName } from '../oci/byte-name.js';
import type { EntryType, LayerEntry, OrdinaryEntry } from './layer-entry.js';

export const ENTRY_TYPES: readonly (EntryType | 'whiteout')[] = [
  'whiteout',
  'file',
  'directory',
  'symlink',
  'fifo',
  'socket',
  'char',
  'block',
];
export const WHITEOUT = 0;
export const FILE = 1;
export const DIRECTORY = 2;
export const SYMLINK = 3;

/** Bits of `kind`. */
export const TYPE_BITS = 0x0f;
export const OPAQUE = 0x10;
export const IMPLICIT = 0x20;
export const HAS_OFFSET = 0x40;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly userName?: string;
  readonly groupName?: string;
}

/** What so few entries have that it gets no column. */
export type RareFields = Partial<
  Pick<
    OrdinaryEntry,
    'major' | 'minor' | 'xattrs' | 'mtime' | 'redirect' | 'metacopy' | 'hardLinkTo'
  >
>;

export interface LayerColumns {
  readonly count: number;
  /** Row of the directory it is in; the root is row 0 and its own parent. */
  readonly parent: Uint32Array;
  /** Row after the last one beneath it. */
  readonly end: Uint32Array;
  /** Where each name starts in `names`; one more than there are rows. */
  readonly nameAt: Uint32Array;
  readonly names: Uint8Array;
  readonly kind: Uint8Array;
  readonly mode: Uint16Array;
  /** Number in `owners`. */
  readonly owner: Uint32Array;
  readonly owners: readonly Owner[];
  readonly size: Float64Array;
  readonly offset: Float64Array;
  readonly mtime: BigInt64Array;
  /** 32 bytes each; `digest` counts them from 1, 0 is none. */
  readonly digest: Uint32Array;
  readonly digests: Uint8Array;
  /** Target of a symlink, first name of another hard link; `text` counts them from 1, 0 is none. */
  readonly text: Uint32Array;
  readonly textAt: Uint32Array;
  readonly texts: Uint8Array;
  readonly rare: ReadonlyMap<number, RareFields>;
}

export function typeAt(columns: LayerColumns, row: number): number {
  return (columns.kind[row] ?? 0) & TYPE_BITS;
}

export function hasFlag(columns: LayerColumns, row: number, flag: number): boolean {
  return ((columns.kind[row] ?? 0) & flag) !== 0;
}

export function nameOf(columns: LayerColumns, row: number): string {
  const { nameAt, names } = columns;
  return decodeName(names.subarray(nameAt[row], nameAt[row + 1]));
}

export function pathOf(columns: LayerColumns, row: number): string {
  if (row === 0) return '/';
  let path = '';
  for (let at = row; at !== 0; at = columns.parent[at] ?? 0)
    path = `/${nameOf(columns, at)}${path}`;
  return path;
}

export function textOf(columns: LayerColumns, row: number): string | undefined {
  const number = columns.text[row] ?? 0;
  if (number === 0) return undefined;
  const { textAt, texts } = columns;
  return decodeName(texts.subarray(textAt[number - 1], textAt[number]));
}

/** The first name of the same file, where this is another. */
export function hardLinkOf(columns: LayerColumns, row: number): string | undefined {
  if ((columns.text[row] ?? 0) === 0) return undefined;
  if (typeAt(columns, row) !== SYMLINK) return textOf(columns, row);
  return columns.rare.get(row)?.hardLinkTo;
}

export function digestOf(columns: LayerColumns, row: number): string | undefined {
  const number = columns.digest[row] ?? 0;
  if (number === 0) return undefined;
  const { buffer, byteOffset } = columns.digests;
  return Buffer.from(buffer, byteOffset + (number - 1) * 32, 32).toString('hex');
}

/** `path`: where it is known already. */
export function entryOf(columns: LayerColumns, row: number, path?: string): LayerEntry {
  const where = path ?? pathOf(columns, row);
  const kind = columns.kind[row] ?? 0;
  const type = ENTRY_TYPES[kind & TYPE_BITS] ?? 'whiteout';
  if (type === 'whiteout') return { marker: 'whiteout', path: where, type };
  const { uid, gid, userName, groupName } = columns.owners[columns.owner[row] ?? 0] ?? NOBODY;
  // Written to one after the other, for this is done a million times and copying is slow.
  const entry: { -readonly [Key in keyof OrdinaryEntry]: OrdinaryEntry[Key] } = {
    marker: 'ordinary',
    path: where,
    type,
    mode: columns.mode[row] ?? 0,
    uid,
    gid,
    size: columns.size[row] ?? 0,
    mtime: String(columns.mtime[row]),
  };
  if (userName !== undefined) entry.userName = userName;
  if (groupName !== undefined) entry.groupName = groupName;
  addReferences(columns, row, entry);
  if ((kind & OPAQUE) !== 0) entry.opaque = true;
  if ((kind & IMPLICIT) !== 0) entry.implicit = true;
  const rare = columns.rare.get(row);
  if (rare !== undefined) Object.assign(entry, rare);
  return entry;
}

function addReferences(
  columns: LayerColumns,
  row: number,
  entry: { -readonly [Key in keyof OrdinaryEntry]: OrdinaryEntry[Key] },
): void {
  const text = textOf(columns, row);
  if (text !== undefined && entry.type === 'symlink') entry.linkTarget = text;
  else if (text !== undefined) entry.hardLinkTo = text;
  const sha256 = digestOf(columns, row);
  if (sha256 !== undefined) entry.sha256 = sha256;
  if (hasFlag(columns, row, HAS_OFFSET)) entry.offset = columns.offset[row] ?? 0;
}

const NOBODY: Owner = { uid: 0, gid: 0 };

/** Row of a path, or -1. */
export function findRow(columns: LayerColumns, path: string): number {
  if (columns.count === 0) return -1;
  let row = 0;
  for (const name of path.split('/')) {
    if (name === '') continue;
    row = findChild(columns, row, name);
    if (row === -1) return -1;
  }
  return row;
}

/** Row of the child of this name, or -1: a binary search, for siblings stand in order. */
export function findChild(columns: LayerColumns, directory: number, name: string): number {
  const wanted = encodeName(name);
  let low = directory + 1;
  let high = columns.end[directory] ?? 0;
  while (low < high) {
    const child = childAround(columns, directory, (low + high) >>> 1);
    const order = compareName(columns, child, wanted);
    if (order === 0) return child;
    if (order > 0) high = child;
    else low = columns.end[child] ?? high;
  }
  return -1;
}

/** The child of `directory` that a row beneath it belongs to. */
function childAround(columns: LayerColumns, directory: number, row: number): number {
  let at = row;
  for (;;) {
    const parent = columns.parent[at] ?? directory;
    if (parent === directory) return at;
    at = parent;
  }
}

/** Order of names: that of their bytes. */
export function compareName(columns: LayerColumns, row: number, name: Uint8Array): number {
  const { names, nameAt } = columns;
  return compareSpans(names, nameAt[row] ?? 0, nameAt[row + 1] ?? 0, name, 0, name.length);
}

/** The order of the names of two rows, of one layer or of two. */
export function compareNames(a: LayerColumns, rowA: number, b: LayerColumns, rowB: number): number {
  return compareSpans(
    a.names,
    a.nameAt[rowA] ?? 0,
    a.nameAt[rowA + 1] ?? 0,
    b.names,
    b.nameAt[rowB] ?? 0,
    b.nameAt[rowB + 1] ?? 0,
  );
}

export function compareSpans(
  a: Uint8Array,
  fromA: number,
  toA: number,
  b: Uint8Array,
  fromB: number,
  toB: number,
): number {
  const shared = Math.min(toA - fromA, toB - fromB);
  for (let at = 0; at < shared; at += 1) {
    const difference = (a[fromA + at] ?? 0) - (b[fromB + at] ?? 0);
    if (difference !== 0) return difference;
  }
  return toA - fromA - (toB - fromB);
}
