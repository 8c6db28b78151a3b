// The verbs that change the machine: for the store and the runtime, never for a question.
import * as fs from 'node:fs';
import type { Writable } from 'node:stream';
import { randomBytes } from 'node:crypto';
import { CutawayError, hasCode } from '../oci/error.js';
import { errnoOf, guarded } from './errno.js';
import { checked, lastErrno, libc, SYSCALL } from './libc.js';
import { findStatus, lstat, openDirectory, readDirectory } from './linux-files.js';
import { cPath, nodePath } from './path-bytes.js';
import type { HeldDirectory, Lock } from './host.js';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const UTIME_OMIT = 0x3ffffffen;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;
const S_IFIFO = 0o010000;
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

export function createDirectory(
  path: string,
  options: { mode?: number; parents?: boolean } = {},
): void {
  const { mode = 0o755, parents = false } = options;
  const make = () => {
    guarded('mkdir', path, () => {
      fs.mkdirSync(nodePath(path), mode);
    });
  };
  if (parents) makeWithParents(path, mode, make);
  else make();
}

/** Node's own way never comes back from below /proc, where each mkdir(2) is ENOENT. */
function makeWithParents(path: string, mode: number, make: () => void): void {
  try {
    make();
  } catch (error) {
    if (hasCode(error, 'ALREADY_EXISTS')) {
      requireDirectory(path);
      return;
    }
    const slash = path.replace(/\/+$/, '').lastIndexOf('/');
    if (!hasCode(error, 'NOT_FOUND') || slash <= 0) throw error;
    createDirectory(path.slice(0, slash), { mode, parents: true });
    try {
      make();
    } catch (again) {
      // Somebody else makes the same at the same time.
      if (!hasCode(again, 'ALREADY_EXISTS')) throw again;
      requireDirectory(path);
    }
  }
}

/** What is there already must be a directory, be it through a link. */
function requireDirectory(path: string): void {
  guarded('mkdir', path, () => {
    fs.accessSync(nodePath(`${path}/.`));
  });
}

export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  guarded('write', path, () => {
    const fd = fs.openSync(nodePath(temporary), 'wx', mode);
    try {
      try {
        fs.writeFileSync(fd, content);
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
      fs.renameSync(nodePath(temporary), nodePath(path));
    } catch (error) {
      fs.rmSync(nodePath(temporary), { force: true });
      throw error;
    }
  });
}

export function writeFile(path: string, content: string | Uint8Array, mode = 0o644): void {
  guarded('write', path, () => {
    fs.writeFileSync(nodePath(path), content, { mode });
  });
}

export function createFile(path: string, mode = 0o644): Writable {
  const fd = guarded('open', path, () => fs.openSync(nodePath(path), 'wx', mode));
  return fs.createWriteStream('', { fd, highWaterMark: 1 << 20 });
}

export function extendFile(path: string, mode = 0o644): Writable {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = fs.constants;
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW;
  const fd = guarded('open', path, () => fs.openSync(nodePath(path), flags, mode));
  return fs.createWriteStream('', { fd, highWaterMark: 1 << 20 });
}

export function appendFile(path: string, content: string | Uint8Array): void {
  guarded('append', path, () => {
    fs.appendFileSync(nodePath(path), content);
  });
}

export function rename(from: string, to: string): void {
  guarded('rename', from, () => {
    fs.renameSync(nodePath(from), nodePath(to));
  });
}

export function createSymlink(target: string, path: string): void {
  guarded('symlink', path, () => {
    fs.symlinkSync(nodePath(target), nodePath(path));
  });
}

export function createHardLink(from: string, path: string): void {
  guarded('link', path, () => {
    fs.linkSync(nodePath(from), nodePath(path));
  });
}

export function holdDirectory(path: string): HeldDirectory {
  const fd = openDirectory(path, path);
  return {
    path: `/proc/self/fd/${fd}`,
    close: () => {
      fs.closeSync(fd);
    },
  };
}

export function removeFile(path: string): void {
  guarded('unlink', path, () => {
    fs.unlinkSync(nodePath(path));
  });
}

/** Stays on one file system, so that a mount left inside is an error and not a disaster. */
export function removeTree(path: string): void {
  const top = findStatus(path);
  if (top === undefined) return;
  if (top.type !== 'directory') removeFile(path);
  else {
    emptyDirectory(path, path, top.device);
    removeDirectory(path);
  }
}

/** `path` reaches the directory now; `name` is what it is called in messages. */
function emptyDirectory(path: string, name: string, device: bigint): void {
  if (path.length < MOST_PATH) {
    emptyEntries(path, name, device);
    return;
  }
  // A container can nest deeper than a path is long (PATH_MAX): go on from a descriptor.
  const fd = guarded('open', name, () => fs.openSync(nodePath(path), DIRECTORY_FLAGS));
  try {
    emptyEntries(`/proc/self/fd/${fd}`, name, device);
  } finally {
    fs.closeSync(fd);
  }
}

const MOST_PATH = 2048;
const DIRECTORY_FLAGS = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;

function emptyEntries(path: string, name: string, device: bigint): void {
  for (const entry of readDirectory(path)) {
    const child = `${path}/${entry.name}`;
    const childName = `${name}/${entry.name}`;
    if (entry.type !== 'directory') removeFile(child);
    else if (lstat(child).device === device) {
      emptyDirectory(child, childName, device);
      removeDirectory(child);
    } else throw new CutawayError('IN_USE', `remove "${childName}": something is mounted there`);
  }
}

function removeDirectory(path: string): void {
  guarded('rmdir', path, () => {
    fs.rmdirSync(nodePath(path));
  });
}

export function makeNode(
  path: string,
  type: 'char' | 'block' | 'fifo',
  major: number,
  minor: number,
  mode: number,
): void {
  const format = type === 'char' ? S_IFCHR : type === 'block' ? S_IFBLK : S_IFIFO;
  // makedev(3): 32 bits of it are what mknod(2) takes.
  const device = (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12);
  const call = libc().mknodat(SYSCALL.mknodat, AT_FDCWD, cPath(path), format | mode, device >>> 0);
  checked(call, 'mknod', path);
}

export function setMode(path: string, mode: number): void {
  guarded('chmod', path, () => {
    fs.chmodSync(nodePath(path), mode);
  });
}

export function setOwner(path: string, uid: number, gid: number): void {
  guarded('lchown', path, () => {
    fs.lchownSync(nodePath(path), uid, gid);
  });
}

/** utimensat(2) with nanoseconds; Node's own verb takes seconds as a double and rounds. */
export function setModifiedTime(path: string, mtime: bigint): void {
  const times = Buffer.alloc(32);
  times.writeBigInt64LE(UTIME_OMIT, 8);
  const seconds = mtime >= 0n ? mtime / 1_000_000_000n : (mtime - 999_999_999n) / 1_000_000_000n;
  times.writeBigInt64LE(seconds, 16);
  times.writeBigInt64LE(mtime - seconds * 1_000_000_000n, 24);
  checked(libc().utimensat(AT_FDCWD, cPath(path), times, AT_SYMLINK_NOFOLLOW), 'utimensat', path);
}

export function setXattr(path: string, name: string, value: Uint8Array): void {
  checked(libc().lsetxattr(cPath(path), name, value, value.length, 0), 'lsetxattr', path);
}

export function sync(path: string): void {
  guarded('fsync', path, () => {
    const fd = fs.openSync(nodePath(path), 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  });
}

export function lock(path: string, mode: 'shared' | 'exclusive'): Lock {
  for (;;) {
    const held = takeLock(path, mode, true);
    if (held !== undefined) return held;
  }
}

export function tryLock(path: string, mode: 'shared' | 'exclusive'): Lock | undefined {
  return takeLock(path, mode, false);
}

/**
 * Undefined when somebody else has it, or when the file lost its name between its opening and its
 * locking: a lock on a file that nobody can find any more keeps nobody out.
 */
function takeLock(path: string, mode: 'shared' | 'exclusive', wait: boolean): Lock | undefined {
  const fd = guarded('open', path, () => fs.openSync(nodePath(path), 'a', 0o600));
  const release = () => {
    fs.closeSync(fd);
  };
  const operation = (mode === 'shared' ? LOCK_SH : LOCK_EX) | (wait ? 0 : LOCK_NB);
  if (libc().flock(fd, operation) < 0) {
    const errno = lastErrno();
    release();
    if (errno === 'EINTR' || errno === 'EWOULDBLOCK' || errno === 'EAGAIN') return undefined;
    throw new CutawayError('UNAVAILABLE', `flock "${path}": ${errno}`);
  }
  if (isNamed(fd, path)) return { release };
  release();
  return undefined;
}

function isNamed(fd: number, path: string): boolean {
  const held = fs.fstatSync(fd, { bigint: true });
  const named = fs.statSync(nodePath(path), { bigint: true, throwIfNoEntry: false });
  return named?.ino === held.ino && named.dev === held.dev;
}

export function sendSignal(pid: number, signal: number | string): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // The process ended by itself meanwhile: what was asked for has happened.
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
