// A volume that is empty when a container is made gets what the image has in its place, owners and all.
import type { FileStatus, Host } from '../host/host.js';
import type { ContainerRecord } from './store/container-store.js';
import type { ContainerPaths } from './store/paths.js';
import type { Store } from './store/store.js';

/** `paths.merged` is mounted and nothing runs in it: what is read stays what it is. */
export function fillVolumes(
  { host }: Store,
  { binds }: ContainerRecord,
  paths: ContainerPaths,
): void {
  // Once, before the first start: later an empty volume is what somebody has made of it.
  if (host.findStatus(paths.config) !== undefined) return;
  for (const { source, destination, fresh } of binds) {
    if (fresh !== true || host.readDirectory(source).length > 0) continue;
    const ofImage = host.resolveInRoot(paths.merged, destination);
    if (ofImage === undefined || host.lstat(ofImage).type !== 'directory') continue;
    copyInto(host, ofImage, source, new Map());
    copyMetadata(host, ofImage, source, host.lstat(ofImage));
  }
}

/** Names of files with several, by their inode: the second is a link to the first. */
type Seen = Map<bigint, string>;

function copyInto(host: Host, from: string, to: string, seen: Seen): void {
  for (const { name } of host.readDirectory(from)) {
    copyEntry(host, `${from}/${name}`, `${to}/${name}`, seen);
  }
}

function copyEntry(host: Host, from: string, to: string, seen: Seen): void {
  const status = host.lstat(from);
  const first = status.type === 'directory' ? undefined : seen.get(status.inode);
  if (first !== undefined) {
    host.createHardLink(first, to);
    return;
  }
  switch (status.type) {
    case 'directory':
      host.createDirectory(to);
      copyInto(host, from, to, seen);
      break;
    case 'file':
      copyContent(host, from, to);
      break;
    case 'symlink':
      host.createSymlink(host.readLink(from), to);
      break;
    case 'char':
    case 'block':
    case 'fifo':
      host.makeNode(to, status.type, status.major, status.minor, status.mode);
      break;
    case 'socket':
    case 'unknown':
      // A socket means nothing without its process.
      return;
  }
  copyMetadata(host, from, to, status);
  if (status.links > 1 && status.type !== 'directory') seen.set(status.inode, to);
}

const CHUNK = 4 * 1024 * 1024;

function copyContent(host: Host, from: string, to: string): void {
  const file = host.openFile(from);
  try {
    host.writeFile(to, '');
    for (let position = 0; position < file.size; position += CHUNK) {
      host.appendFile(to, file.read(position, Math.min(CHUNK, file.size - position)));
    }
  } finally {
    file.close();
  }
}

/** The owner first: changing it takes setuid bits and file capabilities away (chown(2)). */
function copyMetadata(host: Host, from: string, to: string, status: FileStatus): void {
  host.setOwner(to, status.uid, status.gid);
  if (status.type !== 'symlink') {
    host.setMode(to, status.mode);
    for (const name of host.listXattrs(from)) {
      const value = name.startsWith('trusted.overlay.') ? undefined : host.readXattr(from, name);
      if (value !== undefined) host.setXattr(to, name, value);
    }
  }
  host.setModifiedTime(to, status.mtime);
}
