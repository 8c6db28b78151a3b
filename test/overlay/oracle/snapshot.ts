// What the kernel shows of a directory, read the plain way: none of the code under test.
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { decodeName, encodeName } from '../../../src/oci/byte-name.js';
import { comparePaths } from '../../../src/overlay/path-order.js';
import { host } from './bench.js';

export interface Seen {
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: string;
  readonly size: number;
  readonly linkTarget: string | undefined;
  readonly device: string | undefined;
  readonly sha256: string | undefined;
  readonly xattrs: string;
  /** The first name of the same file. */
  readonly sameFileAs: string;
}

export type Snapshot = Map<string, Seen>;

/**
 * The `type` of a path that readdir(3) lists and the kernel then refuses, before its errno. With a
 * slash at its end the path is that of a directory whose names cannot be listed.
 */
export const REFUSED = 'refused with ';

/** The sha256 of files that were read before: by inode, times and size, in whatever mount. */
export type KnownSums = Map<string, string>;

/**
 * With `sums`, a file is read once for all snapshots that share them: for files that stay as they
 * are and lie on one file system.
 */
export function takeSnapshot(root: string, sums?: KnownSums): Snapshot {
  const looking = { root, seen: new Map(), firstNames: new Map(), sums };
  look(looking, '/');
  return looking.seen;
}

interface Looking {
  readonly root: string;
  readonly seen: Snapshot;
  readonly firstNames: Map<string, string>;
  readonly sums: KnownSums | undefined;
}

function look(looking: Looking, path: string): void {
  const { root, seen, firstNames } = looking;
  const full = path === '/' ? root : root + path;
  const bytes = encodeName(full);
  // A directory of one layer shows its whiteouts by name (overlayfs.rst says nothing of it);
  // no system call finds a file there.
  const status = statusOf(bytes);
  if (status === undefined) return;
  if (typeof status === 'string') {
    seen.set(path, refusal(path, status));
    return;
  }
  const inode = String(status.ino);
  // Beneath two directories that were renamed from one the same file stands twice: no hard link.
  const isLinked = !status.isDirectory() && status.nlink > 1n;
  if (isLinked && !firstNames.has(inode)) firstNames.set(inode, path);
  const first = isLinked ? (firstNames.get(inode) ?? path) : path;
  seen.set(path, describe(full, bytes, status, first, looking.sums));
  if (!status.isDirectory()) return;
  const names = namesIn(bytes);
  if (typeof names === 'string') {
    seen.set(`${path}/`, refusal(path, names));
    return;
  }
  for (const name of names) look(looking, path === '/' ? `/${name}` : `${path}/${name}`);
}

const NOTHING = {
  mode: 0,
  uid: 0,
  gid: 0,
  mtime: '',
  size: 0,
  linkTarget: undefined,
  device: undefined,
  sha256: undefined,
  xattrs: '',
};

function refusal(path: string, errno: string): Seen {
  return { ...NOTHING, type: REFUSED + errno, sameFileAs: path };
}

/** With xattr whiteouts about, a name that is refused may be missing from the list. */
export function findRefusal(root: string, path: string): Seen | undefined {
  const status = statusOf(encodeName(root + path));
  return typeof status === 'string' ? refusal(path, status) : undefined;
}

/** An errno where lstat(2) fails otherwise than with ENOENT. */
function statusOf(bytes: Buffer): fs.BigIntStats | string | undefined {
  try {
    return fs.lstatSync(bytes, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    return errnoOf(error);
  }
}

/** Node has no name for ESTALE. */
function errnoOf(error: unknown): string {
  const { errno, code } = error as NodeJS.ErrnoException;
  return errno === -116 ? 'ESTALE' : String(code);
}

function namesIn(bytes: Buffer): string[] | string {
  try {
    const names = fs.readdirSync(bytes, { encoding: 'buffer' });
    return names.map((name) => decodeName(name)).sort(comparePaths);
  } catch (error) {
    return errnoOf(error);
  }
}

function describe(
  full: string,
  bytes: Buffer,
  status: fs.BigIntStats,
  first: string,
  sums: KnownSums | undefined,
): Seen {
  const isNode = status.isCharacterDevice() || status.isBlockDevice();
  return {
    type: typeOf(status),
    mode: Number(status.mode & 0o7777n),
    uid: Number(status.uid),
    gid: Number(status.gid),
    mtime: status.mtimeNs.toString(),
    size: status.isFile() ? Number(status.size) : 0,
    linkTarget: status.isSymbolicLink()
      ? decodeName(fs.readlinkSync(bytes, { encoding: 'buffer' }))
      : undefined,
    device: isNode ? status.rdev.toString() : undefined,
    sha256: status.isFile() ? sumOf(bytes, status, sums) : undefined,
    xattrs: readXattrs(full),
    sameFileAs: first,
  };
}

function typeOf(status: fs.BigIntStats): string {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'directory';
  if (status.isSymbolicLink()) return 'symlink';
  if (status.isFIFO()) return 'fifo';
  if (status.isSocket()) return 'socket';
  return status.isCharacterDevice() ? 'char' : 'block';
}

function sumOf(path: Buffer, status: fs.BigIntStats, sums: KnownSums | undefined): string {
  const key = [status.ino, status.ctimeNs, status.mtimeNs, status.size].join(' ');
  const known = sums?.get(key);
  if (known !== undefined) return known;
  const sum = createHash('sha256').update(fs.readFileSync(path)).digest('hex');
  sums?.set(key, sum);
  return sum;
}

function readXattrs(full: string): string {
  return host
    .listXattrs(full)
    .sort()
    .map((name) => `${name}=${host.readXattr(full, name)?.toString('base64') ?? 'gone'}`)
    .join(' ');
}
