// Mounting: overlay through the new mount API where the kernel has it (one call a layer, so that
// neither a page of options nor a comma in a path is a limit), else mount(2).
import * as fs from 'node:fs';
import { CutawayError } from '../oci/error.js';
import { guarded, systemError } from './errno.js';
import { checked, lastErrno, libc, SYSCALL } from './libc.js';
import { cPath } from './path-bytes.js';
import type { OverlayMount } from './host.js';

const MS_BIND = 0x1000;
const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;
const MNT_DETACH = 2;
const AT_FDCWD = -100;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOUNT_ATTR_RDONLY = 1;
const CLOEXEC = 1;

export function bindMount(source: string, target: string): void {
  checked(libc().mount(source, cPath(target), null, MS_BIND, null), 'mount', target);
}

export function mountTmpfs(target: string, options: string): void {
  const flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  checked(libc().mount('shm', cPath(target), 'tmpfs', flags, options), 'mount', target);
}

export function unmount(target: string): void {
  checked(libc().umount2(cPath(target), MNT_DETACH), 'umount', target);
}

export function mountOverlay(mount: OverlayMount): void {
  inDirectory(mount.directory, () => {
    const fd = libc().fsopen(SYSCALL.fsopen, 'overlay', CLOEXEC);
    if (fd >= 0) mountByDescriptor(fd, mount);
    else if (lastErrno() === 'ENOSYS') mountByOptions(mount);
    else checked(fd, 'fsopen', 'overlay');
  });
}

/** Relative lower paths are resolved by the kernel against the caller's directory. */
function inDirectory(directory: string | undefined, action: () => void): void {
  if (directory === undefined) {
    action();
    return;
  }
  const before = process.cwd();
  guarded('chdir', directory, () => {
    process.chdir(directory);
  });
  try {
    action();
  } finally {
    process.chdir(before);
  }
}

function mountByDescriptor(fd: number, mount: OverlayMount): void {
  let appended = true;
  try {
    appended = appendLower(fd, mount);
    if (appended) create(fd, mount);
  } finally {
    fs.closeSync(fd);
  }
  if (!appended) mountByOptions(mount);
}

/** Before Linux 6.5 there is no `lowerdir+`: false, and nothing has been set. */
function appendLower(fd: number, mount: OverlayMount): boolean {
  for (const [index, lower] of mount.lower.entries()) {
    if (setString(fd, 'lowerdir+', lower)) continue;
    if (index === 0 && lastErrno() === 'EINVAL') return false;
    throw configError(fd, `lowerdir ${lower}`, mount.target);
  }
  return true;
}

function create(fd: number, mount: OverlayMount): void {
  for (const [key, value] of [['source', 'overlay'] as const, ...overlayPairs(mount)]) {
    const set =
      value === undefined
        ? libc().fsconfig(SYSCALL.fsconfig, fd, FSCONFIG_SET_FLAG, key, null, 0) >= 0
        : setString(fd, key, value);
    if (!set) throw configError(fd, key, mount.target);
  }
  const created = libc().fsconfig(SYSCALL.fsconfig, fd, FSCONFIG_CMD_CREATE, null, null, 0);
  if (created < 0) throw configError(fd, 'create', mount.target);
  attach(fd, mount);
}

function attach(fd: number, mount: OverlayMount): void {
  const attributes = mount.readOnly === true ? MOUNT_ATTR_RDONLY : 0;
  const tree = checked(
    libc().fsmount(SYSCALL.fsmount, fd, CLOEXEC, attributes),
    'fsmount',
    mount.target,
  );
  try {
    const moved = libc().moveMount(
      SYSCALL.moveMount,
      tree,
      '',
      AT_FDCWD,
      cPath(mount.target),
      MOVE_MOUNT_F_EMPTY_PATH,
    );
    checked(moved, 'move_mount', mount.target);
  } finally {
    fs.closeSync(tree);
  }
}

function setString(fd: number, key: string, value: string): boolean {
  const bytes = cPath(value);
  return libc().fsconfig(SYSCALL.fsconfig, fd, FSCONFIG_SET_STRING, key, bytes, 0) >= 0;
}

function overlayPairs(mount: OverlayMount): [string, string | undefined][] {
  const pairs: [string, string | undefined][] = [];
  if (mount.upper !== undefined) pairs.push(['upperdir', escapeBackslash(mount.upper)]);
  if (mount.work !== undefined) pairs.push(['workdir', escapeBackslash(mount.work)]);
  for (const option of mount.options ?? []) {
    const equals = option.indexOf('=');
    if (equals < 0) pairs.push([option, undefined]);
    else pairs.push([option.slice(0, equals), option.slice(equals + 1)]);
  }
  return pairs;
}

/** The kernel takes a backslash out of these two, also through fsconfig (ovl_unescape). */
function escapeBackslash(path: string): string {
  return path.replaceAll('\\', '\\\\');
}

/** The kernel leaves its reason in the descriptor: fsopen(2), "message retrieval". */
function configError(fd: number, key: string, target: string): CutawayError {
  const errno = lastErrno();
  let reason = '';
  try {
    const message = Buffer.alloc(1024);
    reason = message.subarray(0, fs.readSync(fd, message)).toString('utf8').trim();
  } catch {
    // ENODATA: the kernel said no more than the errno.
  }
  const error = systemError('fsconfig', `${key} of overlay on ${target}`, errno);
  if (reason === '') return error;
  return new CutawayError(error.code, `${error.message} (${reason.replace(/^e /, '')})`, {
    data: error.data,
  });
}

function mountByOptions(mount: OverlayMount): void {
  const pairs: [string, string | undefined][] = [
    ['lowerdir', joinLower(mount.lower)],
    ...overlayPairs(mount),
  ];
  const options = pairs
    .map(([key, value]) => (value === undefined ? key : `${key}=${value.replaceAll(',', '\\,')}`))
    .join(',');
  if (Buffer.byteLength(options) >= 4096) {
    throw new CutawayError(
      'UNSUPPORTED',
      `mount "${mount.target}": ${mount.lower.length} layers do not fit in a page of options`,
      { hint: 'Linux 5.2 or newer has no such limit' },
    );
  }
  const flags = mount.readOnly === true ? MS_RDONLY : 0;
  checked(
    libc().mount('overlay', cPath(mount.target), 'overlay', flags, options),
    'mount',
    mount.target,
  );
}

/** overlayfs.rst: a colon in a lower path is written `\:`, a backslash `\\`. */
function joinLower(lower: readonly string[]): string {
  return lower.map((path) => path.replaceAll('\\', '\\\\').replaceAll(':', '\\:')).join(':');
}
