// The reading half of the port, answered from a plain object: what a machine was, without the
// machine. For tests without privilege and for recordings of real hosts.
import { Readable } from 'node:stream';
import { encodeName } from '../oci/byte-name.js';
import { CutawayError } from '../oci/error.js';
import { systemError } from './errno.js';
import type { ChildResult, DirectoryEntry, FileStatus, OpenFile, ReadHost } from './host.js';

/** Paths are absolute and canonical; directories above them are implied. All of it fits JSON. */
export interface HostRecord {
  /** Content as text in byte-name form, or as bytes. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly links?: Readonly<Record<string, string>>;
  /** Directories that nothing else implies. */
  readonly directories?: readonly string[];
  /** Any read of these paths fails with this errno name: EACCES, ESRCH. */
  readonly failures?: Readonly<Record<string, string>>;
  readonly statuses?: Readonly<Record<string, Partial<FileStatus>>>;
  /** Values in base64. */
  readonly xattrs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By the path of the nsfs link or mount; inodes as decimal text. */
  readonly namespaces?: Readonly<Record<string, RecordedNamespace>>;
  /** By the argv joined with spaces. */
  readonly programs?: Readonly<Record<string, ChildResult>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly effectiveUid?: number;
  readonly processId?: number;
  readonly architecture?: string;
  /** Milliseconds since the epoch. */
  readonly now?: number;
  readonly hostName?: string;
  readonly kernelRelease?: string;
}

export interface RecordedNamespace {
  readonly inode?: string;
  readonly owner?: string;
  readonly parent?: string;
  readonly ownerUid?: number;
  /** Nearest first; default only `parent`. */
  readonly ancestors?: readonly { readonly inode: string; readonly ownerUid?: number }[];
}

const LINKS_FOLLOWED = 40;

export function recordedHost(record: HostRecord): ReadHost {
  return {
    ...machineOf(record),
    ...filesOf(record),
    ...namespacesOf(record),
    run: (argv) => {
      const result = record.programs?.[argv.join(' ')];
      if (result !== undefined) return Promise.resolve(result);
      return Promise.reject(systemError('run', argv[0] ?? '', 'ENOENT'));
    },
    findProgram: (name) => {
      const known = Object.keys(record.programs ?? {}).some((key) => key.split(' ')[0] === name);
      return known ? name : undefined;
    },
  };
}

type Machine =
  | 'environment'
  | 'effectiveUid'
  | 'processId'
  | 'architecture'
  | 'now'
  | 'monotonic'
  | 'hostName'
  | 'kernelRelease';

function machineOf(record: HostRecord): Pick<ReadHost, Machine> {
  const now = record.now ?? 0;
  return {
    environment: record.environment ?? {},
    effectiveUid: record.effectiveUid ?? 0,
    processId: record.processId ?? 1,
    architecture: record.architecture ?? 'x64',
    now: () => now,
    monotonic: () => BigInt(now) * 1_000_000n,
    hostName: () => record.hostName ?? 'recorded',
    kernelRelease: () => record.kernelRelease ?? '0',
  };
}

type Files =
  | 'readFile'
  | 'readText'
  | 'openFile'
  | 'openBeneath'
  | 'readDirectory'
  | 'lstat'
  | 'findStatus'
  | 'readLink'
  | 'realPath'
  | 'listXattrs'
  | 'readXattr'
  | 'birthTime'
  | 'resolveInRoot'
  | 'executableStatus'
  | 'openExecutable';

function filesOf(record: HostRecord): Pick<ReadHost, Files> {
  const tree = treeOf(record);
  const content = (path: string, limit = Infinity): Buffer => {
    const found = reached(record, 'open', path).files?.[path];
    if (found === undefined) throw systemError('open', path, tree.has(path) ? 'EINVAL' : 'ENOENT');
    const bytes = typeof found === 'string' ? encodeName(found) : Buffer.from(found);
    if (bytes.length <= limit) return bytes;
    throw new CutawayError('LIMIT_EXCEEDED', `read "${path}": more than ${limit} bytes`);
  };
  const findStatus = (path: string) => {
    reached(record, 'lstat', path);
    return statusOf(record, tree, path);
  };
  return {
    readFile: content,
    readText: (path, limit) => content(path, limit).toString('utf8'),
    openFile: (path) => openBytes(content(path)),
    openBeneath: (root, path) => openBytes(content(`${root}/${path.replace(/^\/+/, '')}`)),
    readDirectory: (path) => {
      reached(record, 'readdir', path);
      const names = tree.get(path);
      if (names === undefined) throw systemError('readdir', path, 'ENOENT');
      return [...names].sort().map((name) => entryOf(record, tree, join(path, name), name));
    },
    lstat: (path) => {
      const status = findStatus(path);
      if (status === undefined) throw systemError('lstat', path, 'ENOENT');
      return status;
    },
    findStatus,
    readLink: (path) => {
      const target = reached(record, 'readlink', path).links?.[path];
      if (target !== undefined) return target;
      throw systemError('readlink', path, statusOf(record, tree, path) ? 'EINVAL' : 'ENOENT');
    },
    realPath: (path) => {
      const found = resolve(record, '', path);
      if (statusOf(record, tree, found) === undefined)
        throw systemError('realpath', path, 'ENOENT');
      return found;
    },
    listXattrs: (path) => Object.keys(record.xattrs?.[path] ?? {}),
    readXattr: (path, name) => {
      const value = record.xattrs?.[path]?.[name];
      return value === undefined ? undefined : Buffer.from(value, 'base64');
    },
    birthTime: () => undefined,
    // A record has the content of a program under the name of the link.
    executableStatus: (pid) => {
      const path = `/proc/${pid}/exe`;
      const { files, statuses } = reached(record, 'stat', path);
      return { ...fileStatus(files?.[path]?.length ?? 0), ...statuses?.[path] };
    },
    openExecutable: (pid) => openBytes(content(`/proc/${pid}/exe`)),
    resolveInRoot: (root, path) => {
      const found = resolve(record, root === '/' ? '' : root, path);
      return statusOf(record, tree, found) === undefined ? undefined : found;
    },
  };
}

type Namespaces =
  | 'namespaceInode'
  | 'owningUserNamespace'
  | 'parentNamespace'
  | 'namespaceAncestors'
  | 'namespaceOwnerUid';

function namespacesOf(record: HostRecord): Pick<ReadHost, Namespaces> {
  const relation = (path: string, key: 'owner' | 'parent') => {
    reached(record, 'open', path);
    const inode = record.namespaces?.[path]?.[key];
    return inode === undefined ? undefined : { inode: BigInt(inode) };
  };
  return {
    namespaceInode: (path) => {
      reached(record, 'stat', path);
      const link = /\[(\d+)\]$/.exec(record.links?.[path] ?? '')?.[1];
      const inode = record.namespaces?.[path]?.inode ?? link;
      if (inode === undefined) throw systemError('stat', path, 'ENOENT');
      return BigInt(inode);
    },
    owningUserNamespace: (path) => relation(path, 'owner'),
    parentNamespace: (path) => relation(path, 'parent'),
    namespaceAncestors: (path) => {
      const { ancestors, parent } = reached(record, 'open', path).namespaces?.[path] ?? {};
      const chain = ancestors ?? (parent === undefined ? [] : [{ inode: parent }]);
      return chain.map((one) => ({ ...one, inode: BigInt(one.inode) }));
    },
    namespaceOwnerUid: (path) => reached(record, 'open', path).namespaces?.[path]?.ownerUid,
  };
}

/** The record, unless it says that this path, or a directory above it, cannot be read. */
function reached(record: HostRecord, syscall: string, path: string): HostRecord {
  for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const errno = record.failures?.[at];
    if (errno !== undefined) throw systemError(syscall, path, errno);
  }
  return record;
}

/** The names in each directory. */
type Tree = ReadonlyMap<string, ReadonlySet<string>>;

function treeOf(record: HostRecord): Tree {
  const tree = new Map<string, Set<string>>([['/', new Set()]]);
  const add = (path: string, directory: boolean) => {
    if (directory && !tree.has(path)) tree.set(path, new Set());
    if (path === '/') return;
    const parent = path.slice(0, path.lastIndexOf('/')) || '/';
    add(parent, true);
    tree.get(parent)?.add(path.slice(path.lastIndexOf('/') + 1));
  };
  for (const path of Object.keys(record.files ?? {})) add(path, false);
  for (const path of Object.keys(record.links ?? {})) add(path, false);
  for (const path of Object.keys(record.failures ?? {})) add(path, false);
  for (const path of Object.keys(record.statuses ?? {})) add(path, false);
  for (const path of record.directories ?? []) add(path, true);
  return tree;
}

function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

function entryOf(record: HostRecord, tree: Tree, path: string, name: string): DirectoryEntry {
  return { name, type: statusOf(record, tree, path)?.type ?? 'unknown' };
}

function statusOf(record: HostRecord, tree: Tree, path: string): FileStatus | undefined {
  const link = record.links?.[path];
  const file = record.files?.[path];
  const said = record.statuses?.[path];
  const directory = tree.has(path);
  if (link === undefined && file === undefined && said === undefined && !directory)
    return undefined;
  const type = link !== undefined ? 'symlink' : directory ? 'directory' : 'file';
  const mode = type === 'directory' ? 0o755 : type === 'symlink' ? 0o777 : 0o644;
  return { ...fileStatus((link ?? file ?? '').length), type, mode, ...said };
}

function fileStatus(size: number): FileStatus {
  return {
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    links: 1,
    device: 0n,
    inode: 0n,
    major: 0,
    minor: 0,
    mtime: 0n,
    ctime: 0n,
  };
}

/** Follows every link of `path` below `root`, where ".." and absolute targets stay inside. */
function resolve(record: HostRecord, root: string, path: string): string {
  const todo = path.split('/');
  let at = '';
  let followed = 0;
  while (todo.length > 0) {
    const name = todo.shift() ?? '';
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      continue;
    }
    const target = record.links?.[`${root}${at}/${name}`];
    if (target === undefined) {
      at = `${at}/${name}`;
      continue;
    }
    followed += 1;
    if (followed > LINKS_FOLLOWED) throw systemError('openat2', path, 'ELOOP');
    if (target.startsWith('/')) at = '';
    todo.unshift(...target.split('/'));
  }
  const found = `${root}${at}`;
  return found === '' ? '/' : found;
}

function openBytes(bytes: Buffer): OpenFile {
  return {
    size: bytes.length,
    read: (position, length) => bytes.subarray(position, position + length),
    stream: ({ start = 0, end = bytes.length } = {}) => Readable.from([bytes.subarray(start, end)]),
    close: () => undefined,
  };
}
