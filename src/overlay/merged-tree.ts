// The merged view as rows: which row of which layer each path comes from. Entries are made when
// somebody looks at them.
import type { Problem } from '../oci/problem.js';
import type { Claim } from './directory-cursors.js';
import { compareName, entryOf, findRow, hardLinkOf, nameOf } from './layer-columns.js';
import type { OrdinaryEntry } from './layer-entry.js';
import type { LayerIndex } from './layer-index.js';
import { encodeName } from '../oci/byte-name.js';
import { comparePaths } from './path-order.js';

export interface MergedEntry {
  readonly entry: OrdinaryEntry;
  /** The layer the metadata (and a file's content) comes from; 1 is the base. */
  readonly layer: number;
  /** Of a metacopy: the layer that has its content, and where. */
  readonly content?: { readonly layer: number; readonly entry: OrdinaryEntry };
}

export interface MergedTree {
  /** Base first. */
  readonly sources: readonly LayerIndex[];
  /** How many layers were merged. */
  readonly layers: number;
  readonly count: number;
  /** Row of a path, or -1. Rows are in path order; row 0 is the root. */
  row(path: string): number;
  /** Row after the last one beneath it. */
  end(row: number): number;
  /** Components of the path; 0 for the root. */
  depth(row: number): number;
  /** Row of the directory that it is in; the root is its own. */
  parent(row: number): number;
  /** Of another name of a file: the path of the first one. */
  hardLinkTo(row: number): string | undefined;
  /** The row of a layer that it is; rank 0 is the base. */
  claim(row: number): Claim;
  entry(row: number): MergedEntry;
  find(path: string): MergedEntry | undefined;
  /** From `row` to the last one beneath it, or of the whole tree. */
  walk(row?: number): Generator<MergedEntry>;
  /** All of them, made anew: for small trees. */
  readonly entries: readonly MergedEntry[];
  /** Whether the two rows are the same row of the same layer, with nothing changed by merging. */
  isSame(row: number, other: MergedTree, otherRow: number): boolean;
  /** What merging came upon: a redirect that leads nowhere. */
  readonly problems: readonly Problem[];
}

/** The columns of a tree while it is merged. */
export class MergedRows {
  count = 0;
  readonly parent: Uint32Array;
  readonly end: Uint32Array;
  readonly rank: Uint16Array;
  readonly source: Uint32Array;
  readonly depth: Uint16Array;
  readonly contents = new Map<number, Claim>();

  /** A tree has no more rows than its layers have together. */
  constructor(
    layers: readonly LayerIndex[],
    most = layers.reduce((sum, { count }) => sum + count, 0),
  ) {
    this.parent = new Uint32Array(most);
    this.end = new Uint32Array(most);
    this.rank = new Uint16Array(most);
    this.source = new Uint32Array(most);
    this.depth = new Uint16Array(most);
  }

  append(parent: number, { rank, row: source }: Claim, content: Claim | undefined): number {
    const row = this.count;
    this.count += 1;
    this.parent[row] = parent;
    this.end[row] = row + 1;
    this.rank[row] = rank;
    this.source[row] = source;
    this.depth[row] = row === 0 ? 0 : (this.depth[parent] ?? 0) + 1;
    if (content !== undefined) this.contents.set(row, content);
    return row;
  }

  /** Everything beneath the directory is there. */
  close(row: number): void {
    this.end[row] = this.count;
  }
}

export function makeMergedTree(merge: {
  readonly layers: readonly LayerIndex[];
  readonly rows: MergedRows;
  readonly problems: readonly Problem[];
  readonly outside: readonly OutsideLink[];
}): MergedTree {
  const tree = new Tree(merge.layers, merge.rows, merge.problems);
  tree.regroupLinks(merge.outside);
  return tree;
}

/** A name that a file in a part of a tree has outside of it. */
export interface OutsideLink {
  readonly rank: number;
  /** Of the file's first name in its layer. */
  readonly row: number;
  readonly path: string;
}

class Tree implements MergedTree {
  readonly sources: readonly LayerIndex[];
  readonly problems: readonly Problem[];
  readonly #rows: MergedRows;
  /** First name of a hard link where it is another than its layer says; undefined for a first. */
  readonly #links = new Map<number, string | undefined>();
  readonly #isLinked = new Set<string>();

  constructor(sources: readonly LayerIndex[], rows: MergedRows, problems: readonly Problem[]) {
    this.sources = sources;
    this.#rows = rows;
    this.problems = problems;
  }

  get layers(): number {
    return this.sources.length;
  }

  get count(): number {
    return this.#rows.count;
  }

  get entries(): readonly MergedEntry[] {
    return [...this.walk()];
  }

  end(row: number): number {
    return this.#rows.end[row] ?? 0;
  }

  depth(row: number): number {
    return this.#rows.depth[row] ?? 0;
  }

  parent(row: number): number {
    return this.#rows.parent[row] ?? 0;
  }

  hardLinkTo(row: number): string | undefined {
    if (this.#links.has(row)) return this.#links.get(row);
    return this.#hardLinkTo(this.#rows.rank[row] ?? 0, this.#rows.source[row] ?? 0);
  }

  claim(row: number): Claim {
    return { rank: this.#rows.rank[row] ?? 0, row: this.#rows.source[row] ?? 0 };
  }

  row(path: string): number {
    if (this.count === 0) return -1;
    let row = 0;
    for (const name of path.split('/')) {
      if (name === '') continue;
      row = this.#child(row, encodeName(name));
      if (row === -1) return -1;
    }
    return row;
  }

  entry(row: number): MergedEntry {
    return this.#makeEntry(row, this.#path(row));
  }

  find(path: string): MergedEntry | undefined {
    const row = this.row(path);
    return row === -1 ? undefined : this.entry(row);
  }

  *walk(from = 0): Generator<MergedEntry> {
    const stop = this.count === 0 ? 0 : this.end(from);
    /** What the paths in each directory that we are in begin with. */
    const prefixes: string[] = [];
    for (let row = from; row < stop; row += 1) {
      const depth = this.depth(row);
      const above = row === from ? undefined : prefixes[depth - 1];
      const path = above === undefined ? this.#path(row) : above + this.#name(row);
      prefixes[depth] = path === '/' ? path : `${path}/`;
      yield this.#makeEntry(row, path);
    }
  }

  isSame(row: number, other: MergedTree, otherRow: number): boolean {
    const mine = this.claim(row);
    const theirs = other.claim(otherRow);
    if (mine.row !== theirs.row) return false;
    if (this.sources[mine.rank] !== other.sources[theirs.rank]) return false;
    if (!(other instanceof Tree)) return false;
    return this.#isAsItLies(row) && other.#isAsItLies(otherRow);
  }

  /**
   * A file lives on under its other names when a layer above takes its first one: copy-up breaks
   * hard links (overlayfs.rst, "non-standard behavior"). And a renamed directory may put another
   * name first. The first name in the tree is the file's.
   */
  regroupLinks(outside: readonly OutsideLink[]): void {
    const files = this.#linkedFiles();
    const elsewhere = new Map<string, string>();
    for (const { rank, row, path } of outside) {
      const file = fileKey(rank, row);
      const known = elsewhere.get(file);
      if (known === undefined || comparePaths(path, known) < 0) elsewhere.set(file, path);
      this.#isLinked.add(file);
    }
    if (this.#isLinked.size === 0) return;
    const firsts = new Map<string, string>();
    for (let row = 0; row < this.count; row += 1) {
      const { rank, row: source } = this.claim(row);
      const file = files.get(row) ?? fileKey(rank, source);
      if (!this.#isLinked.has(file)) continue;
      const first = firsts.get(file) ?? this.#firstElsewhere(elsewhere.get(file), row);
      firsts.set(file, first ?? this.#path(row));
      if (first !== this.#hardLinkTo(rank, source)) this.#links.set(row, first);
    }
  }

  #firstElsewhere(path: string | undefined, row: number): string | undefined {
    return path !== undefined && comparePaths(path, this.#path(row)) < 0 ? path : undefined;
  }

  /** Rows that are said to be another name of a file, and which file of their layer that is. */
  #linkedFiles(): Map<number, string> {
    const files = new Map<number, string>();
    for (let row = 0; row < this.count; row += 1) {
      const rank = this.#rows.rank[row] ?? 0;
      const target = this.#hardLinkTo(rank, this.#rows.source[row] ?? 0);
      const columns = this.sources[rank]?.columns;
      if (target === undefined || columns === undefined) continue;
      const first = findRow(columns, target);
      const file = first === -1 ? `${rank} ${target}` : fileKey(rank, first);
      files.set(row, file);
      this.#isLinked.add(file);
    }
    return files;
  }

  #hardLinkTo(rank: number, source: number): string | undefined {
    const columns = this.sources[rank]?.columns;
    return columns === undefined ? undefined : hardLinkOf(columns, source);
  }

  #isAsItLies(row: number): boolean {
    return !this.#links.has(row) && !this.#rows.contents.has(row);
  }

  #makeEntry(row: number, path: string): MergedEntry {
    const { rank, row: source } = this.claim(row);
    const layer = rank + 1;
    const own = this.#ordinary({ rank, row: source }, path);
    if (this.#isAsItLies(row)) return { entry: own, layer };
    const entry: { -readonly [Key in keyof OrdinaryEntry]: OrdinaryEntry[Key] } = { ...own };
    if (this.#links.has(row)) {
      const first = this.#links.get(row);
      if (first === undefined) delete entry.hardLinkTo;
      else entry.hardLinkTo = first;
    }
    const content = this.#rows.contents.get(row);
    if (content === undefined) return { entry, layer };
    // Metadata from above (the size too, which a copy-up repeats), bytes from below.
    const below = this.#ordinary(content);
    if (below.sha256 !== undefined) entry.sha256 = below.sha256;
    delete entry.offset;
    return { entry, layer, content: { layer: content.rank + 1, entry: below } };
  }

  #ordinary({ rank, row }: Claim, path?: string): OrdinaryEntry {
    const source = this.sources[rank];
    const entry = source === undefined ? undefined : entryOf(source.columns, row, path);
    if (entry?.marker === 'ordinary') return entry;
    throw new RangeError(`row ${row} of layer ${rank + 1} is no entry`);
  }

  #name(row: number): string {
    const { rank, row: source } = this.claim(row);
    const columns = this.sources[rank]?.columns;
    return columns === undefined ? '' : nameOf(columns, source);
  }

  /** By the names in the tree: a renamed directory has another one in the layers below. */
  #path(row: number): string {
    let path = '';
    for (let at = row; at !== 0; at = this.#rows.parent[at] ?? 0)
      path = `/${this.#name(at)}${path}`;
    return path === '' ? '/' : path;
  }

  #child(directory: number, name: Uint8Array): number {
    let low = directory + 1;
    let high = this.end(directory);
    while (low < high) {
      let child = (low + high) >>> 1;
      while (this.#rows.parent[child] !== directory) child = this.#rows.parent[child] ?? directory;
      const { rank, row } = this.claim(child);
      const columns = this.sources[rank]?.columns;
      const order = columns === undefined ? 0 : compareName(columns, row, name);
      if (order === 0) return child;
      if (order > 0) high = child;
      else low = this.end(child);
    }
    return -1;
  }
}

function fileKey(rank: number, row: number): string {
  return `${rank}:${row}`;
}
