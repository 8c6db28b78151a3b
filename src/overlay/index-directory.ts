// A LayerIndex from an unpacked `diff/` directory or a live upperdir. Only lstat(2) and friends:
// no link is followed, and nothing but a regular file is ever opened.
import { createHash } from 'node:crypto';
import type { FileStatus, ReadHost } from '../host/host.js';
import { baseName } from '../image/tar-path.js';
import { decodeName } from '../oci/byte-name.js';
import { CutawayError, causeText } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { ColumnWriter } from './column-writer.js';
import type { EntryType, LayerEntry, OrdinaryEntry } from './layer-entry.js';
import { makeLayerIndex, type LayerIndex } from './layer-index.js';
import type { PathChoice } from './path-choice.js';
import { comparePaths, prefixBeneath } from './path-order.js';
import { sortColumns } from './sort-columns.js';
import {
  isKernelWhiteout,
  METACOPY_XATTR,
  OPAQUE_XATTR,
  OVERLAY_XATTR_PREFIXES,
  parseOverlayXattr,
  REDIRECT_XATTR,
  WHITEOUT_XATTR,
} from './whiteout.js';

export interface IndexDirectoryOptions {
  /** Read every regular file for its sha256; default false. */
  readonly hash?: boolean;
  /** Whose `overlay.` attributes are machinery; default `trusted.` and `user.`. */
  readonly xattrPrefixes?: readonly string[];
  /** Only these paths and the directories above them; default all. */
  readonly only?: PathChoice;
}

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };
type NewEntry = Writable<OrdinaryEntry>;

interface Walk {
  readonly host: ReadHost;
  readonly directory: string;
  readonly hash: boolean;
  readonly prefixes: readonly string[];
  readonly rows: ColumnWriter;
  readonly problems: Problem[];
  /** First name of each file that has several, by device and inode. */
  readonly firstNames: Map<string, OrdinaryEntry>;
  size: number;
}

/** What cannot be read is listed in `problems`; only a missing or unreadable top throws. */
export function indexDirectory(
  host: ReadHost,
  directory: string,
  options: IndexDirectoryOptions = {},
): LayerIndex {
  const { hash = false, xattrPrefixes = OVERLAY_XATTR_PREFIXES, only } = options;
  const top = host.lstat(directory);
  if (top.type !== 'directory') {
    throw new CutawayError('INVALID_INPUT', `index "${directory}": not a directory`);
  }
  const walk: Walk = {
    host,
    directory: directory === '/' ? '' : directory,
    hash,
    prefixes: xattrPrefixes,
    rows: new ColumnWriter(),
    problems: [],
    firstNames: new Map(),
    size: 0,
  };
  addEntry(walk, { path: '/', parent: 0, only }, top);
  const { rows, problems, size } = walk;
  return makeLayerIndex(sortColumns(rows), { diffID: undefined, size, problems });
}

function hostPath(walk: Walk, path: string): string {
  return path === '/' ? walk.directory || '/' : walk.directory + path;
}

/** The operation's value, or undefined and a problem that names the path in the layer. */
function attempt<Value>(walk: Walk, path: string, operation: () => Value): Value | undefined {
  try {
    return operation();
  } catch (error) {
    const errno = error instanceof CutawayError ? error.data['errno'] : undefined;
    const code = typeof errno === 'string' ? errno : 'read-failed';
    walk.problems.push({ code, message: causeText(error), path });
    return undefined;
  }
}

/** Where an entry goes: its path, and the row of the directory it is in. */
interface Place {
  readonly path: string;
  readonly parent: number;
  /** What is wanted beneath it; undefined for all. */
  readonly only?: PathChoice | undefined;
}

function append(walk: Walk, { path, parent }: Place, entry: LayerEntry): number {
  return walk.rows.append(parent, baseName(path), entry);
}

function addChildren(walk: Walk, { path, only }: Place, row: number): void {
  if (only?.whole === false) {
    addChosen(walk, path, row, only);
    return;
  }
  const listed = attempt(walk, path, () => walk.host.readDirectory(hostPath(walk, path)));
  if (listed === undefined) return;
  const prefix = prefixBeneath(path);
  // In order, so that the first name of a file is the same in every reading.
  const names = listed.map(({ name }) => name).sort(comparePaths);
  for (const name of names) {
    const child = prefix + name;
    const status = attempt(walk, child, () => walk.host.lstat(hostPath(walk, child)));
    if (status !== undefined) addEntry(walk, { path: child, parent: row }, status);
  }
}

function addChosen(walk: Walk, path: string, row: number, { children }: PathChoice): void {
  const prefix = prefixBeneath(path);
  for (const name of [...children.keys()].sort(comparePaths)) {
    const child = prefix + name;
    const status = attempt(walk, child, () => walk.host.findStatus(hostPath(walk, child)));
    const place = { path: child, parent: row, only: children.get(name) };
    if (status !== undefined) addEntry(walk, place, status);
  }
}

function addEntry(walk: Walk, place: Place, status: FileStatus): void {
  const { path } = place;
  const { type } = status;
  if (type === 'unknown') {
    walk.problems.push({ code: 'unknown-file-type', message: 'not a known type of file', path });
  } else if (isKernelWhiteout(status)) append(walk, place, whiteoutOf(path));
  else if (type === 'directory') addDirectory(walk, place, status);
  else addFile(walk, place, type, status);
}

function whiteoutOf(path: string): LayerEntry {
  return { marker: 'whiteout', path, type: 'whiteout' };
}

function addFile(
  walk: Walk,
  place: Place,
  type: Exclude<EntryType, 'directory'>,
  status: FileStatus,
): void {
  const { path } = place;
  const inode = status.links > 1 ? `${status.device}:${status.inode}` : undefined;
  const first = inode === undefined ? undefined : walk.firstNames.get(inode);
  if (first !== undefined) {
    append(walk, place, { ...first, path, hardLinkTo: first.path });
    return;
  }
  const attributes = readAttributes(walk, path);
  if (isXattrWhiteout(status, attributes)) {
    append(walk, place, whiteoutOf(path));
    return;
  }
  const entry = makeEntry(path, type, status, attributes);
  addContent(walk, entry, attributes);
  if (inode !== undefined) walk.firstNames.set(inode, entry);
  append(walk, place, entry);
}

/**
 * overlayfs.rst wants its directory marked with `overlay.opaque` = `x`, but that only keeps the
 * name out of readdir(3): lookup finds nothing there with or without it (seen on Linux 6.18).
 */
function isXattrWhiteout(status: FileStatus, attributes: Attributes): boolean {
  return status.type === 'file' && status.size === 0 && attributes.overlay.has(WHITEOUT_XATTR);
}

function addDirectory(walk: Walk, place: Place, status: FileStatus): void {
  const { path } = place;
  const attributes = readAttributes(walk, path);
  const entry = makeEntry(path, 'directory', status, attributes);
  const opaque = machinery(walk, path, attributes, OPAQUE_XATTR);
  if (opaque?.toString('latin1') === 'y') entry.opaque = true;
  const redirect = machinery(walk, path, attributes, REDIRECT_XATTR);
  if (redirect !== undefined) entry.redirect = decodeName(redirect);
  addChildren(walk, place, append(walk, place, entry));
}

function makeEntry(
  path: string,
  type: EntryType,
  status: FileStatus,
  attributes: Attributes,
): NewEntry {
  const entry: NewEntry = {
    marker: 'ordinary',
    path,
    type,
    mode: status.mode,
    uid: status.uid,
    gid: status.gid,
    size: type === 'file' ? status.size : 0,
    mtime: status.mtime.toString(),
  };
  if (type === 'char' || type === 'block') {
    entry.major = status.major;
    entry.minor = status.minor;
  }
  if (attributes.own !== undefined) entry.xattrs = attributes.own;
  return entry;
}

function addContent(walk: Walk, entry: NewEntry, attributes: Attributes): void {
  const { path } = entry;
  if (entry.type === 'symlink') {
    const target = attempt(walk, path, () => walk.host.readLink(hostPath(walk, path)));
    if (target !== undefined) entry.linkTarget = target;
    return;
  }
  if (entry.type !== 'file') return;
  walk.size += entry.size;
  if (attributes.overlay.has(METACOPY_XATTR)) {
    // The bytes are those of a file in a lower layer; here are only holes.
    entry.metacopy = true;
    const redirect = machinery(walk, path, attributes, REDIRECT_XATTR);
    if (redirect !== undefined) entry.redirect = decodeName(redirect);
    return;
  }
  if (!walk.hash) return;
  const content = attempt(walk, path, () => hashFile(walk.host, hostPath(walk, path)));
  if (content === undefined) return;
  entry.sha256 = content.sha256;
  if (content.size !== entry.size) {
    const message = `size changed from ${entry.size} to ${content.size} bytes while it was read`;
    walk.problems.push({ code: 'changed-while-read', message, path });
  }
}

const HASH_CHUNK = 1 << 20;

function hashFile(host: ReadHost, path: string): { sha256: string; size: number } {
  const file = host.openFile(path);
  try {
    const hash = createHash('sha256');
    let size = 0;
    while (size < file.size) {
      const chunk = file.read(size, Math.min(HASH_CHUNK, file.size - size));
      if (chunk.length === 0) break;
      hash.update(chunk);
      size += chunk.length;
    }
    return { sha256: hash.digest('hex'), size };
  } finally {
    file.close();
  }
}

interface Attributes {
  readonly own: Record<string, string> | undefined;
  /** overlayfs's own names that are present, without the prefix. */
  readonly overlay: ReadonlySet<string>;
  /** The same names as they are stored. */
  readonly stored: readonly string[];
}

const NO_ATTRIBUTES: Attributes = { own: undefined, overlay: new Set(), stored: [] };

function readAttributes(walk: Walk, path: string): Attributes {
  const target = hostPath(walk, path);
  const stored = attempt(walk, path, () => walk.host.listXattrs(target));
  if (stored === undefined || stored.length === 0) return NO_ATTRIBUTES;
  const overlay = new Set<string>();
  const own: Record<string, string> = {};
  for (const name of stored.sort()) {
    const meaning = parseOverlayXattr(name, walk.prefixes);
    if (meaning?.kind === 'machinery') {
      overlay.add(meaning.name);
      continue;
    }
    const value = attempt(walk, path, () => walk.host.readXattr(target, name));
    if (value !== undefined) own[meaning?.name ?? name] = value.toString('base64');
  }
  return { own: Object.keys(own).length > 0 ? own : undefined, overlay, stored };
}

/** The value of one of overlayfs's own attributes; undefined when it is not there. */
function machinery(
  walk: Walk,
  path: string,
  attributes: Attributes,
  name: string,
): Buffer | undefined {
  if (!attributes.overlay.has(name)) return undefined;
  const stored = walk.prefixes
    .map((prefix) => prefix + name)
    .find((candidate) => attributes.stored.includes(candidate));
  if (stored === undefined) return undefined;
  return attempt(walk, path, () => walk.host.readXattr(hostPath(walk, path), stored));
}
