// Reading files of this machine or of a disk mounted on it. Nothing here changes anything.
import * as fs from 'node:fs';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { decodeName } from '../oci/byte-name.js';
import { CutawayError } from '../oci/error.js';
import { errnoOf, guarded, systemError } from './errno.js';
import { checked, lastErrno, libc, SYSCALL } from './libc.js';
import { cPath, nodePath } from './path-bytes.js';
import type { DirectoryEntry, FileStatus, FileType, OpenFile } from './host.js';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = fs.constants;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;
const DEFAULT_READ_LIMIT = 16 * 1024 * 1024;

export function lstat(path: string): FileStatus {
  return guarded('lstat', path, () => toStatus(fs.lstatSync(nodePath(path), { bigint: true })));
}

export function findStatus(path: string): FileStatus | undefined {
  try {
    const status = fs.lstatSync(nodePath(path), { bigint: true, throwIfNoEntry: false });
    return status === undefined ? undefined : toStatus(status);
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw systemError('lstat', path, errnoOf(error) ?? 'EIO', error);
  }
}

export function toStatus(status: fs.BigIntStats): FileStatus {
  return {
    type: typeOf(status),
    mode: Number(status.mode) & 0o7777,
    uid: Number(status.uid),
    gid: Number(status.gid),
    size: Number(status.size),
    links: Number(status.nlink),
    device: status.dev,
    inode: status.ino,
    major: deviceMajor(status.rdev),
    minor: deviceMinor(status.rdev),
    mtime: status.mtimeNs,
    ctime: status.ctimeNs,
  };
}

/** dev_t as glibc packs it: makedev(3). */
function deviceMajor(device: bigint): number {
  return Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n));
}

function deviceMinor(device: bigint): number {
  return Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n));
}

interface Typed {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isCharacterDevice(): boolean;
  isBlockDevice(): boolean;
}

function typeOf(status: Typed): FileType {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'directory';
  if (status.isSymbolicLink()) return 'symlink';
  if (status.isFIFO()) return 'fifo';
  if (status.isSocket()) return 'socket';
  if (status.isCharacterDevice()) return 'char';
  if (status.isBlockDevice()) return 'block';
  return 'unknown';
}

/** O_NOFOLLOW: no link is followed; O_NONBLOCK: a FIFO does not hang the opening. */
function openRegular(path: string, name = path): { fd: number; size: number } {
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  const fd = guarded('open', name, () => fs.openSync(nodePath(path), flags));
  const status = fs.fstatSync(fd);
  if (status.isFile()) return { fd, size: status.size };
  fs.closeSync(fd);
  throw new CutawayError('INVALID_INPUT', `open "${name}": not a regular file`, {
    data: { path: name },
  });
}

export function readFile(path: string, limit = DEFAULT_READ_LIMIT): Buffer {
  const { fd, size } = openRegular(path);
  try {
    return guarded('read', path, () => readDescriptor(fd, path, size, limit));
  } finally {
    fs.closeSync(fd);
  }
}

/** What the first read of a small file goes through: of /proc thousands are read in one look. */
const SCRATCH = Buffer.allocUnsafeSlow(16 << 10);

/** Files of /proc say size 0: read on until nothing comes. */
export function readDescriptor(fd: number, path: string, size: number, limit: number): Buffer {
  const parts: Buffer[] = [];
  let total = 0;
  for (;;) {
    const left = size - total + 1;
    const isSmall = left <= SCRATCH.length;
    const part = isSmall ? SCRATCH : Buffer.allocUnsafe(Math.min(left, 1 << 20));
    const count = fs.readSync(fd, part, 0, part.length, null);
    if (count === 0) break;
    parts.push(isSmall ? Buffer.from(part.subarray(0, count)) : part.subarray(0, count));
    total += count;
    if (total > limit) {
      throw new CutawayError('LIMIT_EXCEEDED', `read "${path}": more than ${limit} bytes`);
    }
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

export function openFile(path: string): OpenFile {
  return toOpenFile(path, openRegular(path));
}

export function executableStatus(pid: number): FileStatus {
  const path = `/proc/${pid}/exe`;
  return guarded('stat', path, () => toStatus(fs.statSync(path, { bigint: true })));
}

/** The one link that is followed: the kernel's own, to the file itself (proc_pid_exe(5)). */
export function openExecutable(pid: number): OpenFile {
  const path = `/proc/${pid}/exe`;
  const fd = guarded('open', path, () => fs.openSync(path, O_RDONLY | O_NONBLOCK));
  const status = fs.fstatSync(fd);
  if (status.isFile()) return toOpenFile(path, { fd, size: status.size });
  fs.closeSync(fd);
  throw new CutawayError('INVALID_INPUT', `open "${path}": not a regular file`, { data: { path } });
}

/** Each directory is held while the next name is opened in it, as openat(2) would. */
export function openBeneath(root: string, path: string): OpenFile {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw systemError('open', `${root}/${path}`, 'EINVAL');
  const last = names.pop() ?? '';
  let directory = openDirectory(root, root);
  try {
    for (const name of names) {
      const next = openDirectory(`/proc/self/fd/${directory}/${name}`, `${root}/${path}`);
      fs.closeSync(directory);
      directory = next;
    }
    const whole = `${root}/${[...names, last].join('/')}`;
    return toOpenFile(whole, openRegular(`/proc/self/fd/${directory}/${last}`, whole));
  } finally {
    fs.closeSync(directory);
  }
}

/** `name`: what it is called in messages. */
export function openDirectory(path: string, name: string): number {
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  return guarded('open', name, () => fs.openSync(nodePath(path), flags));
}

export function toOpenFile(path: string, { fd, size }: { fd: number; size: number }): OpenFile {
  let isClosed = false;
  // After closing, the number may stand for another file already.
  const checkOpen = () => {
    if (isClosed) throw new CutawayError('INTERNAL', `read "${path}": it is closed`);
  };
  return {
    size,
    path,
    read: (position, length) =>
      guarded('read', path, () => {
        checkOpen();
        const target = Buffer.allocUnsafe(length);
        let filled = 0;
        while (filled < length) {
          const count = fs.readSync(fd, target, filled, length - filled, position + filled);
          if (count === 0) break;
          filled += count;
        }
        return target.subarray(0, filled);
      }),
    stream: ({ start = 0, end = size } = {}) =>
      streamDescriptor({ fd, path, start, end, checkOpen }),
    lend: ({ start = 0, end = size } = {}) => lendDescriptor({ fd, path, start, end, checkOpen }),
    close: () => {
      checkOpen();
      isClosed = true;
      fs.closeSync(fd);
    },
  };
}

/** Half of what a second-level cache has: what comes next, the hash, finds it there. */
const STREAM_CHUNK = 512 << 10;

interface Stretch {
  readonly fd: number;
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly checkOpen: () => void;
}

/** Positional reads, so that several streams over one descriptor do not disturb each other. */
function streamDescriptor({ fd, path, start, end, checkOpen }: Stretch): Readable {
  let position = start;
  return new Readable({
    // One chunk ahead: with more, a reader would get two joined, which is a copy.
    highWaterMark: STREAM_CHUNK,
    read() {
      const wanted = Math.min(STREAM_CHUNK, end - position);
      if (wanted <= 0) {
        this.push(null);
        return;
      }
      checkOpen();
      const chunk = Buffer.allocUnsafeSlow(wanted);
      fs.read(fd, chunk, 0, wanted, position, (error, count) => {
        if (error !== null) {
          this.destroy(systemError('read', path, errnoOf(error) ?? 'EIO', error));
          return;
        }
        position += count;
        this.push(count === 0 ? null : chunk.subarray(0, count));
      });
    },
  });
}

/** Bytes after which others in this thread get their turn. */
const TURN = 16 << 20;

/** Reads in this thread: it has nothing else to do, and the kernel reads ahead. */
async function* lendDescriptor({ fd, path, start, end, checkOpen }: Stretch) {
  const chunk = Buffer.allocUnsafeSlow(Math.min(STREAM_CHUNK, Math.max(0, end - start)));
  for (let position = start, turn = 0; position < end;) {
    checkOpen();
    const wanted = Math.min(chunk.length, end - position);
    const at = position;
    const count = guarded('read', path, () => fs.readSync(fd, chunk, 0, wanted, at));
    if (count === 0) return;
    position += count;
    turn += count;
    yield count === chunk.length ? chunk : chunk.subarray(0, count);
    if (turn < TURN) continue;
    turn = 0;
    await setImmediate();
  }
}

/** Names come as latin1, one character a byte; only names with high bytes need a second look. */
export function readDirectory(path: string): DirectoryEntry[] {
  return guarded('readdir', path, () => {
    const entries = listEntries(path);
    return entries.map((entry) => ({ name: decodeLatin1(entry.name), type: typeOf(entry) }));
  });
}

const MOST_TRIES = 10;

/**
 * Of what ends while /proc is listed the kernel tells no type (proc_fill_cache in fs/proc/base.c), so
 * that Node asks for it and fails over all: the directory itself is still there then.
 */
function listEntries(path: string): fs.Dirent[] {
  const options = { withFileTypes: true, encoding: 'latin1' } as const;
  for (let tries = 1; ; tries += 1) {
    try {
      return fs.readdirSync(nodePath(path), options);
    } catch (error) {
      const isGone = errnoOf(error) === 'ENOENT' && fs.existsSync(nodePath(path));
      if (!isGone || tries === MOST_TRIES) throw error;
    }
  }
}

const HIGH_BYTE = /[\u0080-\u00ff]/;

export function decodeLatin1(name: string): string {
  return HIGH_BYTE.test(name) ? decodeName(Buffer.from(name, 'latin1')) : name;
}

export function readLink(path: string): string {
  return guarded('readlink', path, () =>
    decodeLatin1(fs.readlinkSync(nodePath(path), { encoding: 'latin1' })),
  );
}

export function realPath(path: string): string {
  return guarded('realpath', path, () =>
    decodeLatin1(fs.realpathSync.native(nodePath(path), { encoding: 'latin1' })),
  );
}

export function listXattrs(path: string): string[] {
  const target = cPath(path);
  const size = libc().llistxattr(target, null, 0);
  if (size === 0) return [];
  if (size < 0) {
    if (lastErrno() === 'EOPNOTSUPP') return [];
    checked(size, 'llistxattr', path);
  }
  const list = Buffer.alloc(size);
  const length = checked(libc().llistxattr(target, list, size), 'llistxattr', path);
  return list.subarray(0, length).toString('latin1').split('\0').filter(Boolean).map(decodeLatin1);
}

export function readXattr(path: string, name: string): Buffer | undefined {
  const target = cPath(path);
  const size = libc().lgetxattr(target, name, null, 0);
  if (size < 0) {
    const errno = lastErrno();
    if (errno === 'ENODATA' || errno === 'EOPNOTSUPP') return undefined;
    checked(size, 'lgetxattr', path);
  }
  const value = Buffer.alloc(size);
  if (size === 0) return value;
  return value.subarray(0, checked(libc().lgetxattr(target, name, value, size), 'lgetxattr', path));
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BTIME = 0x800;

/** struct statx of linux/stat.h: stx_mask at 0, stx_btime (seconds, nanoseconds) at 80. */
export function birthTime(path: string): bigint | undefined {
  const buffer = Buffer.alloc(256);
  const result = libc().statx(AT_FDCWD, cPath(path), AT_SYMLINK_NOFOLLOW, STATX_BTIME, buffer);
  checked(result, 'statx', path);
  if ((buffer.readUInt32LE(0) & STATX_BTIME) === 0) return undefined;
  return buffer.readBigInt64LE(80) * 1_000_000_000n + BigInt(buffer.readUInt32LE(88));
}

/** openat2(2): what a process chrooted into `root` would reach, links and all, and no further. */
export function resolveInRoot(root: string, path: string): string | undefined {
  const directory = guarded('open', root, () =>
    fs.openSync(nodePath(root), O_PATH | O_DIRECTORY | O_CLOEXEC),
  );
  try {
    const how = Buffer.alloc(24);
    how.writeBigUInt64LE(BigInt(O_PATH | O_CLOEXEC), 0);
    how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), 16);
    const relative = cPath(path === '' ? '.' : path);
    const fd = libc().openat2(SYSCALL.openat2, directory, relative, how, how.length);
    if (fd < 0) {
      const errno = lastErrno();
      if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP') return undefined;
      throw systemError('openat2', `${root}:${path}`, errno);
    }
    try {
      return belowRoot(root, directory, fd);
    } finally {
      fs.closeSync(fd);
    }
  } finally {
    fs.closeSync(directory);
  }
}

/**
 * The kernel names both descriptors from the root of their mount namespace, which need not be
 * ours (`/proc/PID/root`): what the second has beyond the first goes behind `root`.
 */
export function belowRoot(root: string, directory: number, fd: number): string {
  const top = readLink(`/proc/self/fd/${directory}`);
  const found = readLink(`/proc/self/fd/${fd}`);
  const beneath = top === '/' ? found : found.slice(top.length);
  return beneath === '/' || beneath === '' ? root : `${root === '/' ? '' : root}${beneath}`;
}
