// The only door to the machine. `ReadHost` has no verb that changes anything: every question
// is asked through it. `Host` adds the verbs that act, for the store and the runtime.
// Paths and names are in the form of oci/byte-name (bytes that are not UTF-8 survive).
import type { Duplex, Readable, Writable } from 'node:stream';

export type FileType =
  'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'char' | 'block' | 'unknown';

/** lstat(2) of one path; times in nanoseconds since the epoch. */
export interface FileStatus {
  readonly type: FileType;
  /** Permission bits with setuid, setgid and sticky: 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly links: number;
  readonly device: bigint;
  readonly inode: bigint;
  /** The device a char or block node stands for. */
  readonly major: number;
  readonly minor: number;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

/** An open regular file. The holder closes it. */
export interface OpenFile {
  readonly size: number;
  /** Where another thread can open the same file; absent for what is not on a disk. */
  readonly path?: string;
  /** Reads up to `length` bytes at `position`; fewer only at the end of the file. */
  read(position: number, length: number): Buffer;
  /** A stream of the bytes from `start` to `end` (exclusive; default the whole file). */
  stream(range?: { start?: number; end?: number }): Readable;
  /**
   * The same bytes in one buffer: a chunk is good until the next one is asked for.
   * For who reads a gigabyte: new memory for each chunk costs as much as reading it.
   */
  lend?(range?: { start?: number; end?: number }): AsyncIterable<Buffer>;
  close(): void;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly type: FileType;
}

export interface ChildResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Default 30,000. */
  readonly timeoutMilliseconds?: number;
  /** Bytes kept of each stream; default 16 MiB. More is an error. */
  readonly outputLimit?: number;
  readonly input?: Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The types a process belongs to one namespace of: namespaces(7). */
export const NAMESPACE_TYPES = [
  'mnt',
  'pid',
  'net',
  'ipc',
  'uts',
  'user',
  'cgroup',
  'time',
] as const;
export type NamespaceType = (typeof NAMESPACE_TYPES)[number];

/** An inode on nsfs, from an ioctl of ioctl_ns(2). */
export interface NamespaceRelation {
  readonly inode: bigint;
}

export interface AncestorNamespace extends NamespaceRelation {
  /** Of a user namespace: who made it. */
  readonly ownerUid?: number;
}

export interface ReadHost {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly effectiveUid: number;
  readonly processId: number;
  readonly architecture: string;

  /** Milliseconds since the epoch. */
  now(): number;
  /** Nanoseconds of a clock that never goes back. */
  monotonic(): bigint;
  hostName(): string;
  kernelRelease(): string;

  /** The whole of a small file. Refuses what is not a regular file (or a /proc, /sys file). */
  readFile(path: string, limit?: number): Buffer;
  readText(path: string, limit?: number): string;
  /** Opens a regular file with O_NOFOLLOW and O_NONBLOCK; anything else is refused. */
  openFile(path: string): OpenFile;
  /**
   * The same for `path` beneath `root`, one directory after the other: a link on the way is refused
   * too, also one that somebody puts there meanwhile.
   */
  openBeneath(root: string, path: string): OpenFile;
  readDirectory(path: string): DirectoryEntry[];
  lstat(path: string): FileStatus;
  findStatus(path: string): FileStatus | undefined;
  readLink(path: string): string;
  /** realpath(3), following links of the live host: never for evidence. */
  realPath(path: string): string;
  listXattrs(path: string): string[];
  readXattr(path: string, name: string): Buffer | undefined;
  /** Birth time in nanoseconds by statx(2), when the file system keeps one. */
  birthTime(path: string): bigint | undefined;
  /**
   * The host path of `path` as a process whose root is `root` would reach it, by
   * openat2(RESOLVE_IN_ROOT): no link leads out. Undefined when nothing is there.
   */
  resolveInRoot(root: string, path: string): string | undefined;

  /** Inode of the namespace `path` (a /proc/PID/ns file or an nsfs mount) refers to. */
  namespaceInode(path: string): bigint;
  /** NS_GET_USERNS: the user namespace that owns this one; undefined out of our reach. */
  owningUserNamespace(path: string): NamespaceRelation | undefined;
  /** NS_GET_PARENT, for pid and user namespaces; undefined at the top or out of our reach. */
  parentNamespace(path: string): NamespaceRelation | undefined;
  /** NS_GET_PARENT again and again, nearest first: also those that nobody is in. */
  namespaceAncestors(path: string): readonly AncestorNamespace[];
  /** NS_GET_OWNER_UID: who made this user namespace, as our own user namespace sees it. */
  namespaceOwnerUid(path: string): number | undefined;

  /** stat(2) of the program of a process, which may have no name any more. */
  executableStatus(pid: number): FileStatus;
  /** Opens the program of a process, also when it is deleted or in memory only. */
  openExecutable(pid: number): OpenFile;

  /** Runs a program to its end. `argv` only, never a shell. Not found is an error. */
  run(argv: readonly string[], options?: RunOptions): Promise<ChildResult>;
  /** The full path of a program in PATH and the usual sbin directories. */
  findProgram(name: string): string | undefined;
}

export interface SpawnOptions {
  /**
   * `fifo`: a pipe(7). What Node calls a pipe is a socket, which nobody can open again as /dev/stdout.
   * `wide-pipe`: one for many bytes, which another thread writes while this one goes on.
   */
  readonly stdin: 'ignore' | 'inherit' | 'pipe' | 'fifo' | 'wide-pipe' | number;
  readonly stdout: 'ignore' | 'inherit' | 'pipe' | 'fifo' | number;
  readonly stderr: 'ignore' | 'inherit' | 'pipe' | 'fifo' | number;
  /** A session of its own (setsid): terminal signals do not reach it by themselves. */
  readonly detached?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** The child has the other end of a socket pair as its descriptor 3. */
  readonly channel?: boolean;
}

export interface ChildProcess {
  readonly pid: number;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  kill(signal: string): void;
  /** One end of a socket pair, where it was asked for. */
  readonly channel: Duplex | undefined;
  /** Lets this process end while the child goes on. */
  unref(): void;
  /** Its end, and that of all who write to its pipes. */
  readonly ended: Promise<ChildEnd>;
  /** Its end alone. */
  readonly exited: Promise<ChildEnd>;
}

export interface ChildEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

export interface LocalServer {
  /** Nobody can connect any more; who has goes on. */
  close(): void;
}

/** Where an OCI runtime sends the terminal that it has made. */
export interface ConsoleSocket {
  /** The descriptor of its master side; call it when the runtime has ended well. */
  receive(): number;
  close(): void;
}

export interface TerminalSize {
  readonly height: number;
  readonly width: number;
}

/** The master side of a terminal; closed with its stream. */
export interface Terminal {
  /** What is written on the terminal. It does not end by itself. */
  readonly stream: Readable;
  /**
   * The program has ended: what it wrote last goes through the stream, which is then closed. Somebody
   * else who still has the terminal open is waited for a while.
   */
  drain(): Promise<void>;
  /** Resolves when all of it has been typed. */
  write(chunk: Buffer): Promise<void>;
  resize(size: TerminalSize): void;
}

export interface Lock {
  release(): void;
}

export interface OverlayMount {
  /** Top first, as in lowerdir=. */
  readonly lower: readonly string[];
  readonly upper?: string;
  readonly work?: string;
  readonly target: string;
  readonly readOnly?: boolean;
  /** Flag or key=value options beside the directories. */
  readonly options?: readonly string[];
  /** Directory that relative lower paths start from (short links keep mount(2) within a page). */
  readonly directory?: string;
}

/** A file that has no name until it is whole: what dies before leaves nothing. */
export interface UnnamedFile {
  readonly stream: Writable;
  /** Once the stream has ended: the file `path` is this one, instead of what was there. */
  place(path: string): void;
  /** Lets it go; after `place` too. */
  close(): void;
}

/** A directory that stays the same one whatever becomes of its name. The holder closes it. */
export interface HeldDirectory {
  /** Reaches it, for as long as it is held; for a name in it, put a slash and the name behind. */
  readonly path: string;
  close(): void;
}

export interface Host extends ReadHost {
  /** Opens a directory with O_NOFOLLOW: a link in its place is refused. */
  holdDirectory(path: string): HeldDirectory;
  /** link(2): another name for a file; a link is not followed. */
  createHardLink(from: string, path: string): void;
  createDirectory(path: string, options?: { mode?: number; parents?: boolean }): void;
  /** Temp file in the same directory, fsync, rename: the old or the new content, never a part. */
  writeFileAtomic(path: string, content: string | Uint8Array, mode?: number): void;
  /** Plain write, for what nobody else can see yet. */
  writeFile(path: string, content: string | Uint8Array, mode?: number): void;
  /** A stream into a new file; `path` must not exist. */
  createFile(path: string, mode?: number): Writable;
  /** A file to be that of `path`, on the same file system. */
  createUnnamedFile(path: string, mode?: number): UnnamedFile;
  /** A stream behind the end of a file, which is made when it is missing; a link is refused. */
  extendFile(path: string, mode?: number): Writable;
  appendFile(path: string, content: string | Uint8Array): void;
  rename(from: string, to: string): void;
  /** Fails with ALREADY_EXISTS when `path` is taken: that makes it a claim on a name. */
  createSymlink(target: string, path: string): void;
  removeFile(path: string): void;
  /** Removes a tree without following links and without leaving its file system. */
  removeTree(path: string): void;
  makeNode(
    path: string,
    type: 'char' | 'block' | 'fifo',
    major: number,
    minor: number,
    mode: number,
  ): void;
  setMode(path: string, mode: number): void;
  setOwner(path: string, uid: number, gid: number): void;
  /** Of the link itself; nanoseconds. */
  setModifiedTime(path: string, mtime: bigint): void;
  setXattr(path: string, name: string, value: Uint8Array): void;
  /** fsync of a file or a directory. */
  sync(path: string): void;

  mountOverlay(mount: OverlayMount): void;
  bindMount(source: string, target: string): void;
  /** A tmpfs without programs, devices and setuid; `options` as tmpfs(5) has them. */
  mountTmpfs(target: string, options: string): void;
  /** MNT_DETACH, so that a busy mount goes when its last user does. */
  unmount(target: string): void;
  /** A new network namespace with `lo` up, held by an nsfs bind mount on the file `target`. */
  createNetworkNamespace(target: string): void;

  /** flock(2) on a file made when missing; waits. The kernel drops it when the process dies. */
  lock(path: string, mode: 'shared' | 'exclusive'): Lock;
  /** The same without waiting: undefined when somebody else holds it. */
  tryLock(path: string, mode: 'shared' | 'exclusive'): Lock | undefined;

  spawn(argv: readonly string[], options: SpawnOptions): ChildProcess;
  /** prctl(2): orphans of our children become our children. */
  adoptOrphans(): void;
  /** The exit status of an adopted child, 128+n for a signal. */
  waitForOrphan(pid: number): Promise<number>;
  listenLocal(path: string, onConnection: (connection: Duplex) => void): Promise<LocalServer>;
  connectLocal(path: string): Promise<Duplex>;
  /** The socket that this process was given as a descriptor, if it was. */
  inheritedChannel(fd: number): Promise<Duplex | undefined>;
  openConsoleSocket(path: string): Promise<ConsoleSocket>;
  openTerminal(fd: number): Promise<Terminal>;
  /** termios(3), OPOST off, on a terminal of our own: what is written to it is not changed. */
  stopOutputProcessing(fd: number): void;
  sendSignal(pid: number, signal: number | string): void;
}
