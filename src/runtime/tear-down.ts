// The way back: mounts, the network namespace, the files of a container.
import type { Host } from '../host/host.js';
import { readMountinfo } from '../ns/mountinfo.js';
import { hasCode } from '../oci/error.js';
import { containerPaths, shortLinkName } from './store/paths.js';
import { exclusively, type Store } from './store/store.js';
import { makeTemporaryDirectory } from './store/temporary.js';

/** Unmounts what starting has mounted. What is not there any more is no error. */
export function tearDown(store: Store, record: { readonly id: string }): void {
  const paths = containerPaths(store.paths, record.id);
  unmountIfMounted(store, paths.merged);
  unmountIfMounted(store, paths.networkNamespace);
  if (store.host.findStatus(paths.sharedMemory) !== undefined) {
    unmountIfMounted(store, paths.sharedMemory);
    store.host.removeTree(paths.sharedMemory);
  }
  const { networkNamespace, pidFile, runtimePid, runtimeLog, consoleSocket, attachSocket } = paths;
  const files = [networkNamespace, pidFile, runtimePid, runtimeLog, consoleSocket, attachSocket];
  for (const path of files) {
    removeIfThere(store, path);
  }
}

function unmountIfMounted(store: Store, path: string): void {
  try {
    store.host.unmount(path);
  } catch (error) {
    // EINVAL: not a mount point. Without CAP_SYS_ADMIN the kernel does not look: EPERM.
    if (hasCode(error, 'NOT_FOUND', 'INVALID_INPUT')) return;
    if (!hasCode(error, 'PERMISSION_DENIED') || isMountPoint(store.host, path)) throw error;
  }
}

function isMountPoint(host: Host, path: string): boolean {
  return readMountinfo(host, 'self').some(({ mountPoint }) => mountPoint === path);
}

/** Removes a container from the disk. */
export function removeContainerFiles(store: Store, id: string): void {
  const rubbish = exclusively(store, () => takeAway(store, id));
  store.host.removeTree(rubbish);
}

/**
 * Moves the files of a container out of everybody's sight, to be removed; call it under the
 * store's lock. The record goes first: from then on the container is gone, and what is
 * interrupted here is finished by the next command. The rest goes by renaming, which is quick.
 */
export function takeAway(store: Store, id: string): string {
  const { host } = store;
  const paths = containerPaths(store.paths, id);
  const rubbish = makeTemporaryDirectory(store);
  removeIfThere(store, paths.record);
  freeName(store, id);
  unmountIfMounted(store, paths.merged);
  removeIfThere(store, `${store.paths.links}/${shortLinkName(id)}`);
  moveIfThere(host, paths.overlay, `${rubbish}/overlay`);
  moveIfThere(host, paths.directory, `${rubbish}/container`);
  return rubbish;
}

/** By the links alone: the record may be gone or damaged. */
function freeName({ host, paths }: Store, id: string): void {
  for (const { name } of host.readDirectory(paths.names)) {
    if (host.readLink(`${paths.names}/${name}`) === id) host.removeFile(`${paths.names}/${name}`);
  }
}

function moveIfThere(host: Host, from: string, to: string): void {
  if (host.findStatus(from) !== undefined) host.rename(from, to);
}

function removeIfThere(store: Store, path: string): void {
  try {
    store.host.removeFile(path);
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
  }
}
