// A LayerIndex from an unpacked `diff/` directory or a live upperdir. Only lstat(2) and friends:
// no link is followed, and nothing but a regular file is ever opened.
import { createHash } from 'node:crypto';
import type { FileStatus, ReadHost } from '../host/host.js';
import { CutawayError, causeText } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import type { EntryType, LayerEntry, LayerIndex, OrdinaryEntry } from './layer-index.js';
import { prefixBeneath } from './path-order.js';
import {
  isKernelWhiteout,
  OPAQUE_XATTR,
  OVERLAY_XATTR_PREFIXES,
  parseOverlayXattr,
  WHITEOUT_XATTR,
} from './whiteout.js';

export interface IndexDirectoryOptions {
  /** Read every regular file for its sha256; default false. */
  readonly hash?: boolean;
  /** Whose `overlay.` attributes are machinery; default `trusted.` and `user.`. */
  readonly xattrPrefixes?: readonly string[];
}

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };
type NewEntry = Writable<OrdinaryEntry>;

interface Walk {
  readonly host: ReadHost;
  readonly directory: string;
  readonly hash: boolean;
  readonly prefixes: readonly string[];
  readonly entries: LayerEntry[];
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
  const { hash = false, xattrPrefixes = OVERLAY_XATTR_PREFIXES } = options;
  const top = host.lstat(directory);
  if (top.type !== 'directory') {
    throw new CutawayError('INVALID_INPUT', `index "${directory}": not a directory`);
  }
  const walk: Walk = {
    host,
    directory: directory === '/' ? '' : directory,
    hash,
    prefixes: xattrPrefixes,
    entries: [],
    problems: [],
    firstNames: new Map(),
    size: 0,
  };
  addEntry(walk, '/', top);
  const { entries, problems, size } = walk;
  return { diffID: undefined, size, entries, problems };
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

/** Children in the order of `comparePaths`: siblings by text, each tree right after its top. */
function addChildren(walk: Walk, path: string): void {
  const listed = attempt(walk, path, () => walk.host.readDirectory(hostPath(walk, path)));
  if (listed === undefined) return;
  const prefix = prefixBeneath(path);
  for (const name of listed.map((entry) => entry.name).sort()) {
    const child = prefix + name;
    const status = attempt(walk, child, () => walk.host.lstat(hostPath(walk, child)));
    if (status !== undefined) addEntry(walk, child, status);
  }
}

function addEntry(walk: Walk, path: string, status: FileStatus): void {
  const { type } = status;
  if (type === 'unknown') {
    walk.problems.push({ code: 'unknown-file-type', message: 'not a known type of file', path });
  } else if (isKernelWhiteout(status)) {
    walk.entries.push({ marker: 'whiteout', path, type: 'whiteout' });
  } else if (type === 'directory') addDirectory(walk, path, status);
  else addFile(walk, path, type, status);
}

function addFile(
  walk: Walk,
  path: string,
  type: Exclude<EntryType, 'directory'>,
  status: FileStatus,
): void {
  const inode = status.links > 1 ? `${status.device}:${status.inode}` : undefined;
  const first = inode === undefined ? undefined : walk.firstNames.get(inode);
  if (first !== undefined) {
    walk.entries.push({ ...first, path, hardLinkTo: first.path });
    return;
  }
  const attributes = readAttributes(walk, path);
  if (isXattrWhiteout(status, attributes)) {
    walk.entries.push({ marker: 'whiteout', path, type: 'whiteout' });
    return;
  }
  const entry = makeEntry(path, type, status, attributes);
  addContent(walk, entry, attributes);
  if (inode !== undefined) walk.firstNames.set(inode, entry);
  walk.entries.push(entry);
}

/**
 * overlayfs.rst wants its directory marked with `overlay.opaque` = `x`, but that only keeps the
 * name out of readdir(3): lookup finds nothing there with or without it (seen on Linux 6.18).
 */
function isXattrWhiteout(status: FileStatus, attributes: Attributes): boolean {
  return status.type === 'file' && status.size === 0 && attributes.overlay.has(WHITEOUT_XATTR);
}

function addDirectory(walk: Walk, path: string, status: FileStatus): void {
  const attributes = readAttributes(walk, path);
  const entry = makeEntry(path, 'directory', status, attributes);
  if (attributes.overlay.has(OPAQUE_XATTR)) {
    const opaque = attempt(walk, path, () => readMachinery(walk, path, attributes, OPAQUE_XATTR));
    if (opaque === 'y') entry.opaque = true;
  }
  noteUnsupported(walk, path, attributes);
  walk.entries.push(entry);
  addChildren(walk, path);
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
  noteUnsupported(walk, path, attributes);
  // With metacopy the bytes are those of a file in a lower layer; here are only holes.
  if (!walk.hash || attributes.overlay.has('overlay.metacopy')) return;
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

function readMachinery(
  walk: Walk,
  path: string,
  attributes: Attributes,
  name: string,
): string | undefined {
  const target = hostPath(walk, path);
  for (const prefix of walk.prefixes) {
    if (!attributes.stored.includes(prefix + name)) continue;
    const value = walk.host.readXattr(target, prefix + name);
    if (value !== undefined) return value.toString('latin1');
  }
  return undefined;
}

/** What points into a lower layer: seen and said, not followed. */
function noteUnsupported(walk: Walk, path: string, attributes: Attributes): void {
  if (attributes.overlay.has('overlay.redirect')) {
    const target = attempt(walk, path, () =>
      readMachinery(walk, path, attributes, 'overlay.redirect'),
    );
    const message = `renamed in this layer: lower content comes from "${target ?? '?'}"`;
    walk.problems.push({ code: 'overlay-redirect', message, path });
  }
  if (attributes.overlay.has('overlay.metacopy')) {
    const message = 'only the metadata is in this layer, the content is in a lower one';
    walk.problems.push({ code: 'overlay-metacopy', message, path });
  }
}
