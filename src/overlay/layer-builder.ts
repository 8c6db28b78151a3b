// The entries of one layer as they arrive, in any order: parents are made, later ones replace
// earlier ones, whiteouts are settled at the end, for they speak of the layers below whatever
// their place in the tar (image-spec layer.md#whiteouts).
import { baseName, parentPath } from '../image/tar-path.js';
import type { Problem } from '../oci/problem.js';
import type { LayerEntry, OrdinaryEntry } from './layer-index.js';

export type EntryDraft = { -readonly [Key in keyof OrdinaryEntry]: OrdinaryEntry[Key] };

/** One path as long as its entry is the last of that name and its parents stay directories. */
export interface LayerNode {
  entry: EntryDraft;
  readonly parent: LayerNode | undefined;
  /** Of a second name: the node of the first. */
  readonly first: LayerNode | undefined;
  isReplaced: boolean;
  hasChildren: boolean;
  /** Who unpacks the tar entry by entry with GNU tar does not get this here. */
  readonly isBlocked: boolean;
}

const IMPLICIT_MODE = 0o755;

export class LayerBuilder {
  readonly problems: Problem[] = [];
  readonly #nodes = new Map<string, LayerNode>();
  readonly #whiteouts = new Set<string>();
  readonly #opaque = new Set<string>();

  /** The entry at `path`, as things stand. */
  find(path: string): LayerNode | undefined {
    const node = this.#nodes.get(path);
    return node !== undefined && isAlive(node) ? node : undefined;
  }

  /**
   * Undefined when the entry has no place: a parent is no directory in this very layer, so that
   * whoever unpacks would write through a link.
   */
  add(entry: EntryDraft, first?: LayerNode): LayerNode | undefined {
    const parent = entry.path === '/' ? undefined : this.#getParent(entry.path);
    if (parent === undefined && entry.path !== '/') {
      this.#report('tar-parent-not-directory', 'a parent is no directory in this layer', entry);
      return undefined;
    }
    const before = this.find(entry.path);
    if (before !== undefined) {
      const isDirectory = before.entry.type === 'directory' && entry.type === 'directory';
      if (!isDirectory) {
        this.#report('tar-duplicate-path', 'named more than once: the last entry counts', entry);
      }
      if (isDirectory || isSameSymlink(before.entry, entry)) {
        // The children stay, what the first entry said goes.
        before.entry = entry;
        return before;
      }
      before.isReplaced = true;
    }
    return this.#put(entry, parent, { first, isBlocked: isObstacle(before) });
  }

  addWhiteout(path: string): void {
    this.#whiteouts.add(path);
  }

  addOpaque(directory: string): void {
    this.#opaque.add(directory);
  }

  /** Sorted entries; nothing can be added any more. */
  finish(): LayerEntry[] {
    for (const path of this.#opaque) this.#settleOpaque(path);
    const whiteouts = [...this.#whiteouts].sort((a, b) => a.length - b.length);
    const kept = whiteouts.filter((path) => this.#settleWhiteout(path));
    const alive = [...this.#nodes.values()].filter(isAlive);
    settleHardLinks(alive);
    const entries: LayerEntry[] = alive.map((node) => node.entry);
    for (const path of kept) entries.push({ marker: 'whiteout', type: 'whiteout', path });
    return sortEntries(entries);
  }

  /** The directory that `path` stands in, made when no entry has named it. */
  #getParent(path: string): LayerNode | undefined {
    const missing: string[] = [];
    let at = path;
    let node: LayerNode | undefined;
    while (at !== '/' && node === undefined) {
      at = parentPath(at);
      node = this.find(at);
      if (node === undefined) missing.push(at);
    }
    if (node !== undefined && node.entry.type !== 'directory') return undefined;
    for (const directory of missing.reverse()) {
      node = this.#put(implicitDirectory(directory), node);
    }
    return node;
  }

  #put(
    entry: EntryDraft,
    parent: LayerNode | undefined,
    { first, isBlocked = false }: { first?: LayerNode | undefined; isBlocked?: boolean } = {},
  ): LayerNode {
    const node: LayerNode = {
      entry,
      parent,
      first,
      isReplaced: false,
      hasChildren: false,
      isBlocked: isBlocked || parent?.isBlocked === true,
    };
    if (parent !== undefined) parent.hasChildren = true;
    this.#nodes.set(entry.path, node);
    return node;
  }

  #settleOpaque(path: string): void {
    const node = this.find(path) ?? this.#addImplicit(path);
    if (node?.entry.type === 'directory') node.entry.opaque = true;
    else {
      const message = 'the opaque marker is in what is no directory in this layer: ignored';
      this.problems.push({ code: 'opaque-not-directory', message, path });
    }
  }

  #addImplicit(path: string): LayerNode | undefined {
    return this.add(implicitDirectory(path));
  }

  /** Whether a whiteout entry remains. */
  #settleWhiteout(path: string): boolean {
    const node = this.find(path);
    if (node !== undefined) {
      // Deleted below and made anew here: nothing of the old directory shows through.
      if (node.entry.type === 'directory') node.entry.opaque = true;
      return false;
    }
    if (this.#isHiddenAlready(path)) return false;
    if (this.#getParent(path) !== undefined) return true;
    const message = `the whiteout of ${JSON.stringify(baseName(path))} is in what is no directory`;
    this.problems.push({ code: 'tar-parent-not-directory', message, path });
    return false;
  }

  /**
   * A parent that is gone takes its children along, and an opaque one hides them. A kernel
   * whiteout in an opaque directory would even show up as a name that cannot be opened.
   */
  #isHiddenAlready(path: string): boolean {
    for (let at = path; at !== '/';) {
      at = parentPath(at);
      const node = this.find(at);
      if (node === undefined ? this.#whiteouts.has(at) : node.entry.opaque === true) return true;
    }
    return false;
  }

  #report(code: string, message: string, { path }: EntryDraft): void {
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

function isSameSymlink(a: EntryDraft, b: EntryDraft): boolean {
  return a.type === 'symlink' && b.type === 'symlink' && a.linkTarget === b.linkTarget;
}

/**
 * GNU tar removes no directory that has children to make room. It makes symlinks that lead out
 * last of all, in place of an empty file that it knows by its inode number, which may by then
 * belong to what replaced that file.
 */
function isObstacle(before: LayerNode | undefined): boolean {
  if (before === undefined) return false;
  return before.hasChildren || before.entry.type === 'symlink' || before.isBlocked;
}

function isAlive(node: LayerNode): boolean {
  for (let at: LayerNode | undefined = node; at !== undefined; at = at.parent) {
    if (at.isReplaced) return false;
  }
  return true;
}

/** When the first name of a file is gone, the next one takes its place. */
function settleHardLinks(nodes: readonly LayerNode[]): void {
  const firsts = new Map<LayerNode, LayerNode>();
  for (const node of nodes) {
    if (node.first === undefined) continue;
    const first = isAlive(node.first) ? node.first : firsts.get(node.first);
    if (first !== undefined) {
      node.entry.hardLinkTo = first.entry.path;
    } else {
      firsts.set(node.first, node);
      delete node.entry.hardLinkTo;
    }
  }
}

/** By `comparePaths`, with each key made once. */
function sortEntries(entries: readonly LayerEntry[]): LayerEntry[] {
  return entries
    .map((entry) => ({ key: entry.path.replaceAll('/', '\0'), entry }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ entry }) => entry);
}
