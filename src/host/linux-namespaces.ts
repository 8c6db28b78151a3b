// Namespaces by their nsfs files: inode, owner, parent (ioctl_ns(2)), and a new network namespace.
import * as fs from 'node:fs';
import { CutawayError } from '../oci/error.js';
import { guarded } from './errno.js';
import { checked, lastErrno, libc } from './libc.js';
import { bindMount } from './linux-mount.js';
import type { NamespaceRelation } from './host.js';

const NS_GET_USERNS = 0xb701;
const NS_GET_PARENT = 0xb702;
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

/** EPERM means the answer lies outside our own user or pid namespace: not an error, a border. */
function relation(path: string, request: number): NamespaceRelation | undefined {
  const fd = guarded('open', path, () => fs.openSync(path, 'r'));
  try {
    const other = libc().ioctlNumber(fd, request, 0);
    if (other < 0) {
      const errno = lastErrno();
      if (errno === 'EPERM' || errno === 'EINVAL') return undefined;
      checked(other, 'ioctl', path);
    }
    const inode = fs.fstatSync(other, { bigint: true }).ino;
    fs.closeSync(other);
    return { inode };
  } finally {
    fs.closeSync(fd);
  }
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
