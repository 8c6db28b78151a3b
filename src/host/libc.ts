// The system calls that Node has no verb for, through koffi. Loaded at the first call only:
// most commands never pay for it.
import type * as Koffi from 'koffi';
import { errnoName, systemError } from './errno.js';
import { loadKoffi } from './load-koffi.js';

type Pointer = Uint8Array | null;
type Text = string | Uint8Array;

interface Libc {
  llistxattr: Koffi.KoffiFunc<(path: Text, list: Pointer, size: number) => number>;
  lgetxattr: Koffi.KoffiFunc<(path: Text, name: string, value: Pointer, size: number) => number>;
  lsetxattr: Koffi.KoffiFunc<
    (path: Text, name: string, value: Uint8Array, size: number, flags: number) => number
  >;
  mount: Koffi.KoffiFunc<
    (
      source: string,
      target: Text,
      type: string | null,
      flags: number,
      options: string | null,
    ) => number
  >;
  umount2: Koffi.KoffiFunc<(target: Text, flags: number) => number>;
  flock: Koffi.KoffiFunc<(fd: number, operation: number) => number>;
  unshare: Koffi.KoffiFunc<(flags: number) => number>;
  setns: Koffi.KoffiFunc<(fd: number, type: number) => number>;
  socket: Koffi.KoffiFunc<(domain: number, type: number, protocol: number) => number>;
  close: Koffi.KoffiFunc<(fd: number) => number>;
  pipe2: Koffi.KoffiFunc<(ends: Int32Array, flags: number) => number>;
  fcntl: Koffi.KoffiFunc<(fd: number, command: number, argument: number) => number>;
  ioctlNumber: Koffi.KoffiFunc<(fd: number, request: number, argument: number) => number>;
  ioctlBuffer: Koffi.KoffiFunc<(fd: number, request: number, argument: Uint8Array) => number>;
  linkat: Koffi.KoffiFunc<
    (fromFd: number, from: Text, toFd: number, to: Text, flags: number) => number
  >;
  utimensat: Koffi.KoffiFunc<
    (directory: number, path: Text, times: Uint8Array, flags: number) => number
  >;
  statx: Koffi.KoffiFunc<
    (directory: number, path: Text, flags: number, mask: number, buffer: Uint8Array) => number
  >;
  mknodat: Koffi.KoffiFunc<
    (number: number, directory: number, path: Text, mode: number, device: number) => number
  >;
  openat2: Koffi.KoffiFunc<
    (number: number, directory: number, path: Text, how: Uint8Array, size: number) => number
  >;
  listxattr: Libc['llistxattr'];
  getxattr: Libc['lgetxattr'];
  readlinkat: Koffi.KoffiFunc<
    (directory: number, path: Text, buffer: Uint8Array, size: number) => number
  >;
  getdents64: Koffi.KoffiFunc<(fd: number, buffer: Uint8Array, size: number) => number>;
  openTree: Koffi.KoffiFunc<
    (number: number, directory: number, path: Text, flags: number) => number
  >;
  mountSetattr: Koffi.KoffiFunc<
    (
      number: number,
      fd: number,
      path: Text,
      flags: number,
      attributes: Uint8Array,
      size: number,
    ) => number
  >;
  fsopen: Koffi.KoffiFunc<(number: number, type: string, flags: number) => number>;
  fsconfig: Koffi.KoffiFunc<
    (
      number: number,
      fd: number,
      command: number,
      key: string | null,
      value: Text | null,
      auxiliary: number,
    ) => number
  >;
  fsmount: Koffi.KoffiFunc<
    (number: number, fd: number, flags: number, attributes: number) => number
  >;
  moveMount: Koffi.KoffiFunc<
    (number: number, fromFd: number, from: string, toFd: number, to: Text, flags: number) => number
  >;
  prctl: Koffi.KoffiFunc<(option: number, a: number, b: number, c: number, d: number) => number>;
  waitpid: Koffi.KoffiFunc<(pid: number, status: Uint8Array, options: number) => number>;
  bind: Koffi.KoffiFunc<(fd: number, address: Uint8Array, size: number) => number>;
  listen: Koffi.KoffiFunc<(fd: number, backlog: number) => number>;
  accept4: Koffi.KoffiFunc<(fd: number, address: null, size: null, flags: number) => number>;
  recvmsg: Koffi.KoffiFunc<(fd: number, message: Uint8Array, flags: number) => number>;
  address(buffer: Uint8Array): bigint;
  errno(): number;
}

/** System call numbers that differ between the two architectures we run on. */
const MKNODAT = process.arch === 'arm64' ? 33 : 259;
/** The same on every architecture: asm-generic/unistd.h. */
export const SYSCALL = {
  mknodat: MKNODAT,
  openTree: 428,
  moveMount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  openat2: 437,
  mountSetattr: 442,
} as const;

let loaded: Libc | undefined;

export function libc(): Libc {
  loaded ??= load();
  return loaded;
}

function load(): Libc {
  const koffi = loadKoffi();
  const library = koffi.load(null);
  const syscall = (types: string[]) => library.func('syscall', 'long', ['long', ...types]);
  const text = 'const void *';
  const buffer = 'void *';
  // Paths go as NUL-terminated buffers or strings; koffi takes both for `const char *`.
  return {
    llistxattr: library.func('llistxattr', 'long', [text, buffer, 'ulong']),
    lgetxattr: library.func('lgetxattr', 'long', [text, 'str', buffer, 'ulong']),
    lsetxattr: library.func('lsetxattr', 'int', [text, 'str', buffer, 'ulong', 'int']),
    mount: library.func('mount', 'int', ['str', text, 'str', 'ulong', 'str']),
    umount2: library.func('umount2', 'int', [text, 'int']),
    flock: library.func('flock', 'int', ['int', 'int']),
    unshare: library.func('unshare', 'int', ['int']),
    setns: library.func('setns', 'int', ['int', 'int']),
    socket: library.func('socket', 'int', ['int', 'int', 'int']),
    close: library.func('close', 'int', ['int']),
    pipe2: library.func('pipe2', 'int', [buffer, 'int']),
    fcntl: library.func('fcntl', 'int', ['int', 'int', 'long']),
    ioctlNumber: library.func('ioctl', 'int', ['int', 'ulong', 'long']),
    ioctlBuffer: library.func('ioctl', 'int', ['int', 'ulong', buffer]),
    linkat: library.func('linkat', 'int', ['int', text, 'int', text, 'int']),
    utimensat: library.func('utimensat', 'int', ['int', text, buffer, 'int']),
    statx: library.func('statx', 'int', ['int', text, 'int', 'uint', buffer]),
    mknodat: syscall(['int', text, 'uint', 'ulong']),
    openat2: syscall(['int', text, buffer, 'ulong']),
    listxattr: library.func('listxattr', 'long', [text, buffer, 'ulong']),
    getxattr: library.func('getxattr', 'long', [text, 'str', buffer, 'ulong']),
    readlinkat: library.func('readlinkat', 'long', ['int', text, buffer, 'ulong']),
    getdents64: library.func('getdents64', 'long', ['int', buffer, 'ulong']),
    openTree: syscall(['int', text, 'uint']),
    mountSetattr: syscall(['int', text, 'uint', buffer, 'ulong']),
    fsopen: syscall(['str', 'uint']),
    fsconfig: syscall(['int', 'uint', 'str', text, 'int']),
    fsmount: syscall(['int', 'uint', 'uint']),
    moveMount: syscall(['int', 'str', 'int', text, 'uint']),
    prctl: library.func('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']),
    waitpid: library.func('waitpid', 'int', ['int', buffer, 'int']),
    bind: library.func('bind', 'int', ['int', buffer, 'uint']),
    listen: library.func('listen', 'int', ['int', 'int']),
    accept4: library.func('accept4', 'int', ['int', buffer, buffer, 'int']),
    recvmsg: library.func('recvmsg', 'long', ['int', buffer, 'int']),
    address: (bytes) => koffi.address(bytes),
    errno: () => koffi.errno(),
  };
}

/** The result of a system call, or a CutawayError with its errno when it is negative. */
export function checked(result: number, syscall: string, operand: string): number {
  if (result >= 0) return result;
  throw systemError(syscall, operand, errnoName(libc().errno()));
}

/** errno of the call that just failed, by name. */
export function lastErrno(): string {
  return errnoName(libc().errno());
}

/** Where a buffer lies, for structures that point to others; keep it alive through the call. */
export function bufferAddress(buffer: Uint8Array): bigint {
  return libc().address(buffer);
}
