// Namespaces by their nsfs files: inode, owner, parent (ioctl_ns(2)), and a new network namespace.
import * as fs from 'node:fs';
import { CutawayError } from '../oci/error.js';
import { guarded } from './errno.js';
import { checked, lastErrno, libc } from './libc.js';
import { bindMount } from './linux-mount.js';
import type { AncestorNamespace, NamespaceRelation } from './host.js';

const NS_GET_USERNS = 0xb701;
const NS_GET_PARENT = 0xb702;
const NS_GET_OWNER_UID = 0xb704;
const CLONE_NEWNET = 0x40000000;

export function namespaceInode(path: string): bigint {
  return guarded('stat', path, () => fs.statSync(path, { bigint: true }).ino);
}

export function owningUserNamespace(path: string): NamespaceRelation | undefined {
  return relation(path, NS_GET_USERNS);
}

export function parentNamespace(path: string): NamespaceRelation | undefined {
  return relation(path, NS_GET_PARENT);
}

/** The kernel nests them 32 deep at most (pid_namespaces(7), user_namespaces(7)). */
const DEEPEST = 40;

export function namespaceAncestors(path: string): readonly AncestorNamespace[] {
  const found: AncestorNamespace[] = [];
  let fd = guarded('open', path, () => fs.openSync(path, 'r'));
  try {
    while (found.length < DEEPEST) {
      const next = askRelation(fd, NS_GET_PARENT, path);
      if (next === undefined) break;
      fs.closeSync(fd);
      fd = next;
      const ownerUid = ownerUidOf(fd);
      const { ino } = fs.fstatSync(fd, { bigint: true });
      found.push({ inode: ino, ...(ownerUid === undefined ? {} : { ownerUid }) });
    }
    return found;
  } finally {
    fs.closeSync(fd);
  }
}

export function namespaceOwnerUid(path: string): number | undefined {
  const fd = guarded('open', path, () => fs.openSync(path, 'r'));
  try {
    return ownerUidOf(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** EINVAL for every other type of namespace. */
function ownerUidOf(fd: number): number | undefined {
  const uid = Buffer.alloc(4);
  return libc().ioctlBuffer(fd, NS_GET_OWNER_UID, uid) < 0 ? undefined : uid.readUInt32LE(0);
}

function relation(path: string, request: number): NamespaceRelation | undefined {
  const fd = guarded('open', path, () => fs.openSync(path, 'r'));
  try {
    const other = askRelation(fd, request, path);
    if (other === undefined) return undefined;
    const inode = fs.fstatSync(other, { bigint: true }).ino;
    fs.closeSync(other);
    return { inode };
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * A descriptor of the other namespace, for the caller to close. EPERM means the answer lies outside
 * our own user or pid namespace: not an error, a border.
 */
function askRelation(fd: number, request: number, path: string): number | undefined {
  const other = libc().ioctlNumber(fd, request, 0);
  if (other >= 0) return other;
  const errno = lastErrno();
  if (errno === 'EPERM' || errno === 'EINVAL') return undefined;
  return checked(other, 'ioctl', path);
}

/**
 * unshare(CLONE_NEWNET) moves only the calling thread (namespaces(7)); this runs to its end
 * without giving the thread away, and returns to the old namespace whatever happens.
 */
export function createNetworkNamespace(target: string): void {
  const own = '/proc/thread-self/ns/net';
  const back = guarded('open', own, () => fs.openSync(own, 'r'));
  try {
    checked(libc().unshare(CLONE_NEWNET), 'unshare', 'net');
    try {
      bringLoopbackUp();
      bindMount(own, target);
    } finally {
      if (libc().setns(back, CLONE_NEWNET) < 0) {
        throw new CutawayError('INTERNAL', `setns "${own}": ${lastErrno()}`);
      }
    }
  } finally {
    fs.closeSync(back);
  }
}

/** SIOCSIFFLAGS on struct ifreq (netdevice(7)): 16 bytes of name, then the flags. */
function bringLoopbackUp(): void {
  const AF_INET = 2;
  const SOCK_DGRAM = 2;
  const SIOCSIFFLAGS = 0x8914;
  const IFF_UP = 1;
  const socket = checked(libc().socket(AF_INET, SOCK_DGRAM, 0), 'socket', 'AF_INET');
  try {
    const request = Buffer.alloc(40);
    request.write('lo', 0, 'latin1');
    request.writeUInt16LE(IFF_UP, 16);
    checked(libc().ioctlBuffer(socket, SIOCSIFFLAGS, request), 'ioctl', 'SIOCSIFFLAGS lo');
  } finally {
    libc().close(socket);
  }
}
