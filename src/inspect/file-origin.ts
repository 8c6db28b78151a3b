// Where a file that a process runs comes from: a layer of its image, the upper layer, a mount.
import type { FileStatus, ReadHost } from '../host/host.js';
import type { MappedFile } from '../ns/mapped-files.js';
import { formatDevice, type MountinfoLine } from '../ns/mountinfo.js';
import { parseOverlayOptions } from '../overlay/mount-options.js';
import { isKernelWhiteout } from '../overlay/whiteout.js';
import { bytesOf } from './bytes-of.js';
import type { FileOrigin } from './documents/process-details.js';

/** A directory that an overlay is made of. */
export interface LayerDirectory {
  readonly role: 'layer' | 'init' | 'upper';
  readonly directory: string;
  /** Of the image, 1 the base; absent where nobody knows which it is. */
  readonly layer?: number;
}

/** The mounts of a process, with what its own root file system is made of. */
export interface FileView {
  /** Mount points from the root of the mount namespace. */
  readonly mounts: readonly MountinfoLine[];
  /** Top first, of the overlay that is the container's root; undefined for no container. */
  readonly directories: readonly LayerDirectory[] | undefined;
  /** The mount namespace is the host's. */
  readonly isHost: boolean;
}

export function findFileOrigin(host: ReadHost, view: FileView, file: MappedFile): FileOrigin {
  if (isInMemory(view, file)) return { kind: 'memory' };
  const mount = mountOf(view.mounts, file.path);
  if (mount === undefined) return elsewhere(host, file);
  const isRoot = mount.mountPoint === '/';
  if (isRoot && view.isHost) return { kind: 'host' };
  if (mount.type === 'overlay' && isRoot) return findInOverlay(host, view, mount, file);
  // btrfs gives each subvolume a device of its own: st_dev says nothing there.
  if (mount.device !== file.device && mount.type !== 'btrfs') return elsewhere(host, file);
  if (isRoot) return { kind: 'root' };
  const { mountPoint, type, source, root } = mount;
  const bytes = bytesOf('mountPointBase64', mountPoint);
  return { kind: 'mount', mountPoint, ...bytes, fileSystem: type, source, root };
}

/** memfd_create(2) and its like live on a tmpfs of the kernel's own that nobody mounts. */
function isInMemory({ mounts }: FileView, { path, deleted, device }: MappedFile): boolean {
  if (!/^\/(?:memfd:|SYSV|dev\/zero$|anon_hugepage|\[aio\])/.test(path)) return false;
  return deleted && !mounts.some((mount) => mount.device === device);
}

/** The mount with the longest mount point above `path`; of several at one place the last. */
function mountOf(mounts: readonly MountinfoLine[], path: string): MountinfoLine | undefined {
  let best: MountinfoLine | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const isAbove = mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (!isAbove || !path.startsWith('/')) continue;
    if (best === undefined || mountPoint.length >= best.mountPoint.length) best = mount;
  }
  return best;
}

/** A process that entered from outside still runs the program that it came with. */
function elsewhere(host: ReadHost, file: MappedFile): FileOrigin {
  const found = tryStatus(host, file.path);
  const same = found?.inode === file.inode && formatDevice(found.device) === file.device;
  return { kind: same ? 'host' : 'unknown' };
}

function findInOverlay(
  host: ReadHost,
  view: FileView,
  mount: MountinfoLine,
  file: MappedFile,
): FileOrigin {
  const directories = view.directories ?? mountedDirectories(mount);
  const isOurs = isOnOverlay(host, mount, directories, file.device);
  for (const one of directories) {
    const status = lookBeneath(host, one.directory, file.path);
    if (status === 'hidden' && !file.deleted) break;
    if (status === 'hidden' || status?.type !== 'file') continue;
    const isSame = status.inode === file.inode;
    if (file.deleted ? isSame : isSame || isOurs) return toOrigin(one);
  }
  if (!isOurs) return elsewhere(host, file);
  const hasUpper = directories.some(({ role }) => role === 'upper');
  // What was deleted and is in no layer was made after the start: layers do not change.
  return { kind: file.deleted && hasUpper ? 'upper' : 'unknown' };
}

function toOrigin({ role, layer }: LayerDirectory): FileOrigin {
  return { kind: role, ...(layer === undefined ? {} : { layer }) };
}

/** Relative ones are short links in a directory that the kernel does not tell. */
function mountedDirectories(mount: MountinfoLine): LayerDirectory[] {
  const { upperdir, lowerdir } = parseOverlayOptions(mount.rawSuperOptions);
  const all: LayerDirectory[] = lowerdir.map((directory) => ({ role: 'layer', directory }));
  if (upperdir !== undefined) all.unshift({ role: 'upper', directory: upperdir });
  return all.filter(({ directory }) => directory.startsWith('/'));
}

/**
 * overlayfs.rst, "Inode properties": a file has the device of the overlay where all layers are on
 * one file system, else that of the upper file system or one of the kernel's making.
 */
function isOnOverlay(
  host: ReadHost,
  mount: MountinfoLine,
  directories: readonly LayerDirectory[],
  device: string,
): boolean {
  if (device === mount.device) return true;
  return directories.some(({ directory }) => {
    const status = tryStatus(host, directory);
    return status !== undefined && formatDevice(status.device) === device;
  });
}

/**
 * What a layer says of a path, without following any link in it: "hidden" when it takes away what
 * the layers below have there.
 */
export function lookBeneath(
  host: ReadHost,
  directory: string,
  path: string,
): FileStatus | 'hidden' | undefined {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.length === 0 || names.includes('..')) return undefined;
  let at = directory;
  for (const [index, name] of names.entries()) {
    at = `${at}/${name}`;
    const status = tryStatus(host, at);
    if (status === undefined) return undefined;
    if (isKernelWhiteout(status)) return 'hidden';
    if (index === names.length - 1) return status;
    if (status.type !== 'directory') return 'hidden';
  }
  return undefined;
}

function tryStatus(host: ReadHost, path: string): FileStatus | undefined {
  try {
    return host.findStatus(path);
  } catch {
    // Not ours to look at: then it is not what answers.
    return undefined;
  }
}
