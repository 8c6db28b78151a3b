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

export function takeSnapshot(root: string): Snapshot {
  const seen: Snapshot = new Map();
  const firstNames = new Map<string, string>();
  look(root, '/', seen, firstNames);
  return seen;
}

function look(root: string, path: string, seen: Snapshot, firstNames: Map<string, string>): void {
  const full = path === '/' ? root : root + path;
  const bytes = encodeName(full);
  // A directory of one layer shows its whiteouts by name (overlayfs.rst says nothing of it);
  // no system call finds a file there.
  const status = fs.lstatSync(bytes, { bigint: true, throwIfNoEntry: false });
  if (status === undefined) return;
  const inode = String(status.ino);
  if (!status.isDirectory() && !firstNames.has(inode)) firstNames.set(inode, path);
  seen.set(path, describe(full, bytes, status, firstNames.get(inode) ?? path));
  if (!status.isDirectory()) return;
  const names = fs
    .readdirSync(bytes, { encoding: 'buffer' })
    .map((name) => decodeName(name))
    .sort(comparePaths);
  for (const name of names)
    look(root, path === '/' ? `/${name}` : `${path}/${name}`, seen, firstNames);
}

function describe(full: string, bytes: Buffer, status: fs.BigIntStats, first: string): Seen {
  const isNode = status.isCharacterDevice() || status.isBlockDevice();
  const { type } = host.lstat(full);
  return {
    type,
    mode: Number(status.mode & 0o7777n),
    uid: Number(status.uid),
    gid: Number(status.gid),
    mtime: status.mtimeNs.toString(),
    size: status.isFile() ? Number(status.size) : 0,
    linkTarget: status.isSymbolicLink()
      ? decodeName(fs.readlinkSync(bytes, { encoding: 'buffer' }))
      : undefined,
    device: isNode ? status.rdev.toString() : undefined,
    sha256: status.isFile()
      ? createHash('sha256').update(fs.readFileSync(bytes)).digest('hex')
      : undefined,
    xattrs: readXattrs(full),
    sameFileAs: first,
  };
}

function readXattrs(full: string): string {
  return host
    .listXattrs(full)
    .sort()
    .map((name) => `${name}=${host.readXattr(full, name)?.toString('base64') ?? 'gone'}`)
    .join(' ');
}
