// Whether a directory is still what a layer says: what differs, path by path. A consequence is not told
// twice: beneath what is missing nothing is missing, and a directory whose entries changed has a new
// time anyway.
import { parentPath } from '../image/tar-path.js';
import type { LayerEntry, OrdinaryEntry } from './layer-entry.js';
import type { LayerIndex } from './layer-index.js';
import { linkLeaders } from './link-leaders.js';
import { comparePaths } from './path-order.js';
import { sameLayerTime, sameXattrs } from './same-metadata.js';

export type LayerDifferenceKind =
  | 'type'
  | 'size'
  | 'content'
  | 'link'
  | 'device'
  | 'hardLink'
  | 'mode'
  | 'owner'
  | 'xattrs'
  | 'mtime'
  | 'missing'
  | 'added'
  | 'whiteout'
  | 'opaque';

export interface LayerDifference {
  readonly kind: LayerDifferenceKind;
  readonly path: string;
  readonly expected?: LayerEntry;
  readonly found?: LayerEntry;
  /** Entries beneath a directory that is missing or was added. */
  readonly beneath?: number;
}

export interface CompareLayersOptions {
  /** Paths of files that have other bytes, of the same number: they were read. */
  readonly changed: ReadonlySet<string>;
  /** What a directory without an entry of its own looks like, where layers below have it. */
  readonly below?: (path: string) => OrdinaryEntry | undefined;
  /** Ids on the disk for those in the layer; default the same. */
  readonly ids?: IdShift;
  /** No tar has sockets: those that whoever made the layer left behind are no addition. */
  readonly allowsSockets?: boolean;
}

/** An engine of an ordinary user stores other ids than a layer has. */
export interface IdShift {
  uid(id: number): number;
  gid(id: number): number;
}

/** In path order. */
export function compareLayers(
  expected: LayerIndex,
  found: LayerIndex,
  options: CompareLayersOptions,
): LayerDifference[] {
  const comparison = new Comparison(expected, found, options);
  for (let [i, j] = [0, 0]; i < expected.count || j < found.count;) {
    const [e, f] = [rowAt(expected, i), rowAt(found, j)];
    const order = orderOf(e, f);
    if (order < 0) comparison.missing(e, i);
    else if (order > 0) comparison.added(f, j);
    const isGoneInto = order === 0 && comparison.both(e, f);
    if (order <= 0) i = isGoneInto ? i + 1 : (expected.columns.end[i] ?? expected.count);
    if (order >= 0) j = isGoneInto ? j + 1 : (found.columns.end[j] ?? found.count);
  }
  return comparison.finish();
}

function rowAt(index: LayerIndex, row: number): LayerEntry | undefined {
  return row < index.count ? index.entry(row) : undefined;
}

function orderOf(e: LayerEntry | undefined, f: LayerEntry | undefined): number {
  if (e === undefined) return 1;
  return f === undefined ? -1 : comparePaths(e.path, f.path);
}

/** Of what these say of a child, the directory around it has got a new time. */
const MOVES_TIME: ReadonlySet<LayerDifferenceKind> = new Set([
  ...(['type', 'size', 'content', 'link', 'device', 'hardLink'] as const),
  ...(['missing', 'added', 'whiteout'] as const),
]);

class Comparison {
  readonly #expected: LayerIndex;
  readonly #found: LayerIndex;
  readonly #options: CompareLayersOptions;
  readonly #differences: LayerDifference[] = [];
  readonly #leaders: { readonly expected: Leaders; readonly found: Leaders };

  constructor(expected: LayerIndex, found: LayerIndex, options: CompareLayersOptions) {
    this.#expected = expected;
    this.#found = found;
    this.#options = options;
    this.#leaders = {
      expected: linkLeaders(expected, found),
      found: linkLeaders(found, expected),
    };
  }

  missing(entry: LayerEntry | undefined, row: number): void {
    if (entry === undefined) return;
    const beneath = beneathOf(this.#expected, row);
    const kind = entry.marker === 'whiteout' ? 'whiteout' : 'missing';
    this.#differences.push({ kind, path: entry.path, expected: entry, ...beneath });
  }

  added(entry: LayerEntry | undefined, row: number): void {
    if (entry === undefined) return;
    if (entry.type === 'socket' && this.#options.allowsSockets === true) return;
    const beneath = beneathOf(this.#found, row);
    const kind = entry.marker === 'whiteout' ? 'whiteout' : 'added';
    this.#differences.push({ kind, path: entry.path, found: entry, ...beneath });
  }

  /** Whether what is beneath them is to be compared as well. */
  both(expected: LayerEntry | undefined, found: LayerEntry | undefined): boolean {
    if (expected === undefined || found === undefined) return false;
    const add = (kind: LayerDifferenceKind) => {
      this.#differences.push({ kind, path: expected.path, expected, found });
    };
    if (expected.marker === 'whiteout' || found.marker === 'whiteout') {
      if (expected.marker !== found.marker) add('whiteout');
      return false;
    }
    if (expected.type !== found.type) {
      add('type');
      return false;
    }
    const content = this.#contentKind(expected, found);
    if (content !== undefined) add(content);
    if (this.#isComparedElsewhere(expected, content)) return true;
    this.#compareMetadata(expected, found, content === undefined, add);
    return true;
  }

  #contentKind(expected: OrdinaryEntry, found: OrdinaryEntry): LayerDifferenceKind | undefined {
    const { path } = expected;
    if (expected.size !== found.size) return 'size';
    if (this.#options.changed.has(path)) return 'content';
    if (expected.linkTarget !== found.linkTarget) return 'link';
    if (expected.major !== found.major || expected.minor !== found.minor) return 'device';
    const { expected: wanted, found: actual } = this.#leaders;
    return wanted.leaderOf(expected) === actual.leaderOf(found) ? undefined : 'hardLink';
  }

  /** A second name of a file that is one still: its first name says it all. */
  #isComparedElsewhere(
    { hardLinkTo }: OrdinaryEntry,
    content: LayerDifferenceKind | undefined,
  ): boolean {
    if (hardLinkTo === undefined || content !== undefined) return false;
    return this.#found.find(hardLinkTo)?.marker === 'ordinary';
  }

  #compareMetadata(
    expected: OrdinaryEntry,
    found: OrdinaryEntry,
    hasTime: boolean,
    add: (kind: LayerDifferenceKind) => void,
  ): void {
    const { ids = SAME_IDS, below } = this.#options;
    const known = expected.implicit === true ? below?.(expected.path) : expected;
    // The top is there before anything is unpacked: containers-storage leaves it as it is.
    const isImplied = expected.implicit === true || expected.path === '/';
    if ((expected.opaque === true) !== (found.opaque === true)) add('opaque');
    if (!isImplied || !isAsMade(found, ids)) compareOwner(known ?? MADE, found, ids, add);
    if (!this.#hasSameXattrs(known, found, isImplied)) add('xattrs');
    const isTimed = hasTime && !isImplied;
    if (isTimed && !sameLayerTime(expected.mtime, found.mtime)) add('mtime');
  }

  #hasSameXattrs(
    known: OrdinaryEntry | undefined,
    found: OrdinaryEntry,
    isImplied: boolean,
  ): boolean {
    // No tar can say that a directory or a content is elsewhere (overlayfs.rst, "redirect_dir").
    if (found.redirect !== undefined || found.metacopy === true) return false;
    // What an unpacker made itself has none, also where the layers below have some.
    if (isImplied && found.xattrs === undefined) return true;
    return sameXattrs(known?.xattrs, found.xattrs, this.#options.ids !== undefined);
  }

  finish(): LayerDifference[] {
    const moved = new Set(
      this.#differences
        .filter(({ kind }) => MOVES_TIME.has(kind))
        .map(({ path }) => parentPath(path)),
    );
    return this.#differences.filter(
      ({ kind, path, found }) =>
        kind !== 'mtime' || found?.type !== 'directory' || !moved.has(path),
    );
  }
}

function compareOwner(
  { mode, uid, gid }: Pick<OrdinaryEntry, 'mode' | 'uid' | 'gid'>,
  found: OrdinaryEntry,
  ids: IdShift,
  add: (kind: LayerDifferenceKind) => void,
): void {
  if (found.mode !== mode) add('mode');
  if (found.uid !== ids.uid(uid) || found.gid !== ids.gid(gid)) add('owner');
}

type Leaders = ReturnType<typeof linkLeaders>;

const SAME_IDS: IdShift = { uid: (id) => id, gid: (id) => id };
/** What unpackers make where the tar implies a directory: image-spec layer.md has no rule for it. */
const MADE = { mode: 0o755, uid: 0, gid: 0 } as const;

/** Nobody but its owner, root, may write in it, and nothing special is about it. */
function isAsMade(found: OrdinaryEntry, ids: IdShift): boolean {
  const isRoots = found.uid === ids.uid(MADE.uid) && found.gid === ids.gid(MADE.gid);
  return isRoots && (found.mode & ~MADE.mode) === 0;
}

function beneathOf({ columns, count }: LayerIndex, row: number): { beneath?: number } {
  const beneath = (columns.end[row] ?? count) - row - 1;
  return beneath === 0 ? {} : { beneath };
}
