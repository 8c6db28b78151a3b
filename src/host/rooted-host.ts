// The reading half of the port for the disk of another machine, mounted or copied to a directory.
// A path is one of that machine: each is resolved by openat2(RESOLVE_IN_ROOT), so that no link leads
// out. Nothing is changed, access times included: root reads through a mount of its own that is
// read-only and `noatime` and that nobody else sees; others open with O_NOATIME where they may.
import * as fs from 'node:fs';
import { CutawayError } from '../oci/error.js';
import { readEntries } from './directory-entries.js';
import { errnoOf, guarded, systemError } from './errno.js';
import type { FileStatus, OpenFile, ReadHost } from './host.js';
import { checked, lastErrno, libc, SYSCALL } from './libc.js';
import { belowRoot, decodeLatin1, readDescriptor, toOpenFile, toStatus } from './linux-files.js';
import { cPath, nodePath } from './path-bytes.js';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = fs.constants;
const O_NOATIME = 0o1000000;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_IN_ROOT = 0x10;
const READ_LIMIT = 16 * 1024 * 1024;

/** The machine itself answers for the clock; of its processes, programs and settings there is none. */
export function rootedHost(host: ReadHost, root: string): ReadHost {
  const { effectiveUid, processId, architecture } = host;
  return {
    environment: {},
    effectiveUid,
    processId,
    architecture,
    now: () => host.now(),
    monotonic: () => host.monotonic(),
    hostName: () => host.hostName(),
    kernelRelease: () => host.kernelRelease(),
    ...rootedFiles(new Root(root)),
    ...noNamespaces(root),
    run: (argv) => Promise.reject(notOfDisk(`run "${argv[0] ?? ''}"`, root)),
    findProgram: () => undefined,
  };
}

function notOfDisk(what: string, root: string): CutawayError {
  return new CutawayError('UNSUPPORTED', `${what}: "${root}" is a disk, not a machine that runs`);
}

type Namespaces =
  | 'namespaceInode'
  | 'owningUserNamespace'
  | 'parentNamespace'
  | 'namespaceAncestors'
  | 'namespaceOwnerUid'
  | 'executableStatus'
  | 'openExecutable';

function noNamespaces(root: string): Pick<ReadHost, Namespaces> {
  const refuse = (path: string): never => {
    throw notOfDisk(`namespace "${path}"`, root);
  };
  const refuseProcess = (pid: number): never => {
    throw notOfDisk(`process ${pid}`, root);
  };
  return {
    namespaceInode: refuse,
    owningUserNamespace: refuse,
    parentNamespace: refuse,
    namespaceAncestors: refuse,
    namespaceOwnerUid: refuse,
    executableStatus: refuseProcess,
    openExecutable: refuseProcess,
  };
}

type Files = Omit<
  ReadHost,
  | Namespaces
  | 'environment'
  | 'effectiveUid'
  | 'processId'
  | 'architecture'
  | 'now'
  | 'monotonic'
  | 'hostName'
  | 'kernelRelease'
  | 'run'
  | 'findProgram'
>;

function rootedFiles(root: Root): Files {
  const readFile = (path: string, limit = READ_LIMIT) => {
    const { fd, size } = openRegular(root, path);
    try {
      return guarded('read', path, () => readDescriptor(fd, path, size, limit));
    } finally {
      fs.closeSync(fd);
    }
  };
  const linkAt = (path: string) => (fd: number) =>
    guarded('readlink', path, () => decodeLatin1(readLinkOf(fd)));
  return {
    readFile,
    readText: (path, limit) => readFile(path, limit).toString('utf8'),
    openFile: (path) => openAsFile(path, openRegular(root, path)),
    openBeneath: (top, path) =>
      root.use(top, O_PATH | O_DIRECTORY, (directory) => {
        const whole = `${top}/${path}`;
        const how = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
        const relative = path.replace(/^\/+/, '');
        const fd = openat2(directory, relative, { flags: O_PATH | O_NOFOLLOW, how }, whole);
        return openAsFile(whole, reopenRegular(fd, whole));
      }),
    readDirectory: (path) => {
      const fd = root.openQuietly(path, O_RDONLY | O_DIRECTORY);
      try {
        return readEntries(fd, path);
      } finally {
        fs.closeSync(fd);
      }
    },
    lstat: (path) => root.use(path, O_PATH | O_NOFOLLOW, (fd) => statusOf(fd)),
    findStatus: (path) => {
      const fd = root.find(path, O_PATH | O_NOFOLLOW);
      if (fd === undefined) return undefined;
      try {
        return statusOf(fd);
      } finally {
        fs.closeSync(fd);
      }
    },
    readLink: (path) => root.use(path, O_PATH | O_NOFOLLOW, linkAt(path)),
    realPath: (path) => root.use(path, O_PATH, (fd) => root.pathOf(fd)),
    listXattrs: (path) => root.use(path, O_PATH | O_NOFOLLOW, (fd) => listXattrs(fd, path)),
    readXattr: (path, name) =>
      root.use(path, O_PATH | O_NOFOLLOW, (fd) => readXattr(fd, path, name)),
    birthTime: () => undefined,
    resolveInRoot: (top, path) => resolveBelow(root, top, path),
  };
}

function resolveBelow(root: Root, top: string, path: string): string | undefined {
  return root.use(top, O_PATH | O_DIRECTORY, (directory) => {
    const relative = path === '' ? '.' : path;
    const fd = tryOpenat2(directory, relative, { flags: O_PATH, how: IN_ROOT });
    if (typeof fd === 'string') {
      if (ABSENT.includes(fd)) return undefined;
      throw systemError('openat2', `${top}:${path}`, fd);
    }
    try {
      return belowRoot(top, directory, fd);
    } finally {
      fs.closeSync(fd);
    }
  });
}

const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR', 'ELOOP'];

function statusOf(fd: number): FileStatus {
  return toStatus(fs.fstatSync(fd, { bigint: true }));
}

/** readlinkat(2) with an empty path, which Node has not: the descriptor's own name leads there. */
function readLinkOf(fd: number): string {
  const status = fs.fstatSync(fd);
  if (!status.isSymbolicLink()) throw systemError('readlink', `/proc/self/fd/${fd}`, 'EINVAL');
  const buffer = Buffer.alloc(4096);
  const length = checked(
    libc().readlinkat(fd, Buffer.from([0]), buffer, buffer.length),
    'readlinkat',
    `/proc/self/fd/${fd}`,
  );
  return buffer.toString('latin1', 0, length);
}

/** The directory that stands for "/", opened at the first question. */
class Root {
  readonly #path: string;
  #top: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  get top(): number {
    this.#top ??= openTop(this.#path);
    return this.#top;
  }

  /** As a path of that machine. */
  pathOf(fd: number): string {
    return belowRoot('/', this.top, fd);
  }

  find(path: string, flags: number): number | undefined {
    const opened = tryOpenat2(this.top, path, { flags, how: IN_ROOT });
    if (typeof opened === 'number') return opened;
    if (opened === 'ENOENT' || opened === 'ENOTDIR') return undefined;
    throw systemError('openat2', path, opened);
  }

  use<Value>(path: string, flags: number, read: (fd: number) => Value): Value {
    const fd = openat2(this.top, path, { flags, how: IN_ROOT }, path);
    try {
      return read(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  openQuietly(path: string, flags: number): number {
    const quiet = tryOpenat2(this.top, path, { flags: flags | O_NOATIME, how: IN_ROOT });
    if (typeof quiet === 'number') return quiet;
    if (quiet !== 'EPERM') throw systemError('open', path, quiet);
    return openat2(this.top, path, { flags, how: IN_ROOT }, path);
  }
}

const IN_ROOT = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
const OPEN_TREE_CLONE = 1;
const AT_FDCWD = -100;
const AT_RECURSIVE = 0x8000;
const AT_EMPTY_PATH = 0x1000;
/** RDONLY, NOSUID, NODEV, NOATIME of linux/mount.h. */
const MOUNT_ATTRIBUTES = 0x01n | 0x02n | 0x04n | 0x10n;
const MOUNT_ATTR_ATIME = 0x70n;
const MS_PRIVATE = 1n << 18n;

/** A read-only mount that only this process has, or else the directory as it is. */
function openTop(path: string): number {
  const plain = guarded('open', path, () =>
    fs.openSync(nodePath(path), O_PATH | O_DIRECTORY | O_CLOEXEC),
  );
  const flags = OPEN_TREE_CLONE | O_CLOEXEC | AT_RECURSIVE;
  const tree = libc().openTree(SYSCALL.openTree, AT_FDCWD, cPath(path), flags);
  if (tree < 0) return plain;
  // struct mount_attr: attr_set, attr_clr, propagation, userns_fd.
  const attributes = Buffer.alloc(32);
  attributes.writeBigUInt64LE(MOUNT_ATTRIBUTES, 0);
  attributes.writeBigUInt64LE(MOUNT_ATTR_ATIME, 8);
  attributes.writeBigUInt64LE(MS_PRIVATE, 16);
  const how = AT_EMPTY_PATH | AT_RECURSIVE;
  const set = libc().mountSetattr(
    ...([SYSCALL.mountSetattr, tree, cPath(''), how, attributes, attributes.length] as const),
  );
  fs.closeSync(set < 0 ? tree : plain);
  return set < 0 ? plain : tree;
}

interface Opening {
  readonly flags: number;
  readonly how: number;
}

/** The descriptor, or the name of the errno. */
function tryOpenat2(directory: number, path: string, { flags, how }: Opening): number | string {
  if (path.includes('\0')) return 'EINVAL';
  const request = Buffer.alloc(24);
  request.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  request.writeBigUInt64LE(BigInt(how), 16);
  const fd = libc().openat2(SYSCALL.openat2, directory, cPath(path), request, request.length);
  return fd < 0 ? lastErrno() : fd;
}

function openat2(directory: number, path: string, opening: Opening, name: string): number {
  const opened = tryOpenat2(directory, path, opening);
  if (typeof opened === 'number') return opened;
  throw systemError('open', name, opened);
}

function openRegular(root: Root, path: string): { fd: number; size: number } {
  return reopenRegular(
    openat2(root.top, path, { flags: O_PATH | O_NOFOLLOW, how: IN_ROOT }, path),
    path,
  );
}

/** Only what is known to be a regular file is opened to be read. Closes `fd`. */
function reopenRegular(fd: number, name: string): { fd: number; size: number } {
  try {
    const status = fs.fstatSync(fd);
    if (!status.isFile()) {
      throw new CutawayError('INVALID_INPUT', `open "${name}": not a regular file`, {
        data: { path: name },
      });
    }
    return { fd: openAgain(`/proc/self/fd/${fd}`, name), size: status.size };
  } finally {
    fs.closeSync(fd);
  }
}

function openAgain(path: string, name: string): number {
  try {
    return fs.openSync(path, O_RDONLY | O_NONBLOCK | O_NOATIME);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw systemError('open', name, errnoOf(error) ?? 'EIO', error);
  }
  return guarded('open', name, () => fs.openSync(path, O_RDONLY | O_NONBLOCK));
}

/** Another thread would open the path on this machine: it is not told. */
function openAsFile(name: string, opened: { fd: number; size: number }): OpenFile {
  const file = toOpenFile(name, opened);
  return {
    size: file.size,
    read: (position, length) => file.read(position, length),
    stream: (range) => file.stream(range),
    close: () => {
      file.close();
    },
  };
}

function listXattrs(fd: number, name: string): string[] {
  const path = cPath(`/proc/self/fd/${fd}`);
  const size = libc().listxattr(path, null, 0);
  if (size === 0) return [];
  if (size < 0 && lastErrno() === 'EOPNOTSUPP') return [];
  const list = Buffer.alloc(checked(size, 'listxattr', name));
  const length = checked(libc().listxattr(path, list, list.length), 'listxattr', name);
  return list.subarray(0, length).toString('latin1').split('\0').filter(Boolean).map(decodeLatin1);
}

function readXattr(fd: number, name: string, attribute: string): Buffer | undefined {
  const path = cPath(`/proc/self/fd/${fd}`);
  const size = libc().getxattr(path, attribute, null, 0);
  if (size < 0 && ['ENODATA', 'EOPNOTSUPP'].includes(lastErrno())) return undefined;
  const value = Buffer.alloc(checked(size, 'getxattr', name));
  if (value.length === 0) return value;
  return value.subarray(
    0,
    checked(libc().getxattr(path, attribute, value, value.length), 'getxattr', name),
  );
}
