// The entries of one layer as they arrive, in any order: parents are made, later ones replace
// earlier ones, whiteouts are settled at the end, for they speak of the layers below whatever
// their place in the tar (image-spec layer.md#whiteouts).
import { baseName, parentPath } from '../image/tar-path.js';
import { encodeName } from '../oci/byte-name.js';
import type { Problem } from '../oci/problem.js';
import { ChildTable } from './child-table.js';
import { ColumnWriter } from './column-writer.js';
import {
  DIRECTORY,
  entryOf,
  OPAQUE,
  SYMLINK,
  TYPE_BITS,
  type LayerColumns,
} from './layer-columns.js';
import type { OrdinaryEntry } from './layer-entry.js';
import { sortColumns } from './sort-columns.js';

export type EntryDraft = { -readonly [Key in keyof OrdinaryEntry]: OrdinaryEntry[Key] };

const IMPLICIT_MODE = 0o755;
const NONE = -1;
const ROOT = { path: '', row: 0 };

/** What is known of a row beside what it says. */
const REPLACED = 1;
const HAS_CHILDREN = 2;
/** Who unpacks the tar entry by entry with GNU tar does not get this here. */
const BLOCKED = 4;

/** Entries are known by their rows. */
export class LayerBuilder {
  readonly problems: Problem[] = [];
  readonly #rows = new ColumnWriter();
  readonly #children = new ChildTable(this.#rows);
  #states = new Uint8Array(1024);
  /** Of a second name of a file: the row of the first. */
  readonly #firsts = new Map<number, number>();
  readonly #whiteouts = new Set<string>();
  readonly #opaque = new Set<string>();
  /** The directory that was found last. */
  #latest = ROOT;

  /** The entry at `path`, as things stand; undefined when there is none. */
  find(path: string): number | undefined {
    const row = this.#find(path);
    return row === NONE ? undefined : row;
  }

  isDirectory(row: number): boolean {
    return this.#type(row) === DIRECTORY;
  }

  isBlocked(row: number): boolean {
    return this.#is(row, BLOCKED);
  }

  /** What the row says, of which `path` is the path. */
  describe(row: number, path: string): OrdinaryEntry {
    const entry = entryOf(this.#rows.view(), row, path);
    if (entry.marker === 'ordinary') return entry;
    throw new RangeError(`row ${row} is a whiteout`);
  }

  setDigest(row: number, sha256: string): void {
    this.#rows.setDigest(row, sha256);
  }

  /**
   * Undefined when the entry has no place: a parent is no directory in this very layer, so that
   * whoever unpacks would write through a link.
   */
  add(entry: EntryDraft): number | undefined {
    return this.#place(entry.path, entry.type === 'directory', entry);
  }

  /** Another name of the file in row `target`: it has nothing of its own. */
  addLink(path: string, target: number): number | undefined {
    const first = this.#firsts.get(target) ?? target;
    const row = this.#place(path, false, first);
    if (row !== undefined) this.#firsts.set(row, first);
    return row;
  }

  addWhiteout(path: string): void {
    this.#whiteouts.add(path);
  }

  addOpaque(directory: string): void {
    this.#opaque.add(directory);
  }

  /** In path order; nothing can be added any more. */
  finish(): LayerColumns {
    for (const path of this.#opaque) this.#settleOpaque(path);
    const whiteouts = [...this.#whiteouts].sort((a, b) => a.length - b.length);
    for (const path of whiteouts.filter((path) => this.#settleWhiteout(path))) {
      const parent = this.#find(parentPath(path));
      this.#rows.append(parent, baseName(path), { marker: 'whiteout', type: 'whiteout', path });
    }
    this.#settleHardLinks();
    return sortColumns(this.#rows, (row) => !this.#is(row, REPLACED));
  }

  #place(path: string, isDirectory: boolean, content: EntryDraft | number): number | undefined {
    const parent = path === '/' ? 0 : this.#getParent(path);
    if (parent === undefined) {
      this.#report('tar-parent-not-directory', 'a parent is no directory in this layer', path);
      return undefined;
    }
    const before = this.#find(path);
    if (before === NONE) return this.#put(path, parent, content, false);
    const isMerged = isDirectory && this.isDirectory(before);
    if (!isMerged) {
      this.#report('tar-duplicate-path', 'named more than once: the last entry counts', path);
    }
    if (typeof content !== 'number' && (isMerged || this.#isSameSymlink(before, content))) {
      // The children stay, what the first entry said goes.
      this.#rows.set(before, content);
      return before;
    }
    const isBlocked = this.#isObstacle(before);
    this.#mark(before, REPLACED);
    this.#latest = ROOT;
    return this.#put(path, parent, content, isBlocked);
  }

  /** The directory that `path` stands in, made when no entry has named it. */
  #getParent(path: string): number | undefined {
    const missing: string[] = [];
    let at = path;
    let row = NONE;
    while (at !== '/' && row === NONE) {
      at = parentPath(at);
      row = this.#find(at);
      if (row === NONE) missing.push(at);
    }
    if (row !== NONE && !this.isDirectory(row)) return undefined;
    for (const directory of missing.reverse()) {
      row = this.#put(directory, Math.max(row, 0), implicitDirectory(directory), false);
    }
    return row;
  }

  #put(path: string, parent: number, content: EntryDraft | number, isBlocked: boolean): number {
    const name = baseName(path);
    const row =
      typeof content === 'number'
        ? this.#rows.appendLink(parent, name, content)
        : this.#rows.append(parent, name, content);
    if (isBlocked || (row !== 0 && this.#is(parent, BLOCKED))) this.#mark(row, BLOCKED);
    if (row === 0) return row;
    this.#mark(parent, HAS_CHILDREN);
    this.#children.set(row);
    return row;
  }

  /** Rows that were replaced are no longer found, nor is what was beneath them. */
  #find(path: string): number {
    if (this.#rows.count === 0) return NONE;
    if (path === '/') return 0;
    const slash = path.lastIndexOf('/');
    const directory = this.#findDirectory(path.slice(0, slash));
    if (directory === NONE) return NONE;
    return this.#children.find(directory, encodeName(path.slice(slash + 1)));
  }

  /** `path`: '' for the root. One entry after the other is in the same directory. */
  #findDirectory(path: string): number {
    if (path === this.#latest.path) return this.#latest.row;
    let row = 0;
    let from = 1;
    while (from < path.length) {
      const slash = path.indexOf('/', from);
      const to = slash === -1 ? path.length : slash;
      row = this.#children.find(row, encodeName(path.slice(from, to)));
      if (row === NONE) return NONE;
      from = to + 1;
    }
    this.#latest = { path, row };
    return row;
  }

  #settleOpaque(path: string): void {
    const row = this.find(path) ?? this.add(implicitDirectory(path));
    if (row !== undefined && this.isDirectory(row)) this.#setOpaque(row);
    else {
      const message = 'the opaque marker is in what is no directory in this layer: ignored';
      this.#report('opaque-not-directory', message, path);
    }
  }

  /** Whether a whiteout entry remains. */
  #settleWhiteout(path: string): boolean {
    const row = this.find(path);
    if (row !== undefined) {
      // Deleted below and made anew here: nothing of the old directory shows through.
      if (this.isDirectory(row)) this.#setOpaque(row);
      return false;
    }
    if (this.#isHiddenAlready(path)) return false;
    if (this.#getParent(path) !== undefined) return true;
    const message = `the whiteout of ${JSON.stringify(baseName(path))} is in what is no directory`;
    this.#report('tar-parent-not-directory', message, path);
    return false;
  }

  /**
   * A parent that is gone takes its children along, and an opaque one hides them. A kernel
   * whiteout in an opaque directory would even show up as a name that cannot be opened.
   */
  #isHiddenAlready(path: string): boolean {
    for (let at = path; at !== '/';) {
      at = parentPath(at);
      const row = this.find(at);
      if (row === undefined ? this.#whiteouts.has(at) : this.#hasKind(row, OPAQUE)) return true;
    }
    return false;
  }

  /** When the first name of a file is gone, the next one takes its place. */
  #settleHardLinks(): void {
    const heirs = new Map<number, number>();
    for (const [row, original] of this.#firsts) {
      if (!this.#isAlive(row)) continue;
      const first = this.#isAlive(original) ? original : heirs.get(original);
      if (first === undefined) heirs.set(original, row);
      this.#rows.setHardLink(row, first === undefined ? undefined : this.#pathOf(first));
    }
  }

  #isAlive(row: number): boolean {
    for (let at = row; ; at = this.#rows.numbers.parent[at] ?? 0) {
      if (this.#is(at, REPLACED)) return false;
      if (at === 0) return true;
    }
  }

  #pathOf(row: number): string {
    let path = '';
    for (let at = row; at !== 0; at = this.#rows.numbers.parent[at] ?? 0) {
      path = `/${this.#rows.name(at)}${path}`;
    }
    return path === '' ? '/' : path;
  }

  #isSameSymlink(before: number, entry: EntryDraft): boolean {
    if (entry.type !== 'symlink' || this.#type(before) !== SYMLINK) return false;
    return this.#rows.findText(before) === entry.linkTarget;
  }

  /**
   * GNU tar removes no directory that has children to make room. It makes symlinks that lead out
   * last of all, in place of an empty file that it knows by its inode number, which may by then
   * belong to what replaced that file.
   */
  #isObstacle(before: number): boolean {
    return this.#is(before, HAS_CHILDREN | BLOCKED) || this.#type(before) === SYMLINK;
  }

  #type(row: number): number {
    return (this.#rows.numbers.kind[row] ?? 0) & TYPE_BITS;
  }

  #hasKind(row: number, flag: number): boolean {
    return ((this.#rows.numbers.kind[row] ?? 0) & flag) !== 0;
  }

  #setOpaque(row: number): void {
    this.#rows.numbers.kind[row] = (this.#rows.numbers.kind[row] ?? 0) | OPAQUE;
  }

  #is(row: number, state: number): boolean {
    return ((this.#states[row] ?? 0) & state) !== 0;
  }

  #mark(row: number, state: number): void {
    if (row >= this.#states.length) {
      const larger = new Uint8Array(Math.max(row + 1, this.#states.length * 2));
      larger.set(this.#states);
      this.#states = larger;
    }
    this.#states[row] = (this.#states[row] ?? 0) | state;
  }

  #report(code: string, message: string, path: string): void {
    this.problems.push({ code, message, path });
  }
}

function implicitDirectory(path: string): EntryDraft {
  return {
    marker: 'ordinary',
    path,
    type: 'directory',
    mode: IMPLICIT_MODE,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: '0',
    implicit: true,
  };
}
