// The way back: mounts, the network namespace, the files of a container.
import { hasCode } from '../oci/error.js';
import type { ContainerRecord } from './store/container-store.js';
import { containerPaths, shortLinkName } from './store/paths.js';
import type { Store } from './store/store.js';

/** Unmounts what starting has mounted. What is not there any more is no error. */
export function tearDown(store: Store, record: ContainerRecord): void {
  const { host } = store;
  const paths = containerPaths(store.paths, record.id);
  unmountIfMounted(store, paths.merged);
  unmountIfMounted(store, paths.networkNamespace);
  for (const path of [paths.networkNamespace, paths.pidFile, paths.runtimeLog]) {
    if (host.findStatus(path) !== undefined) host.removeFile(path);
  }
}

function unmountIfMounted(store: Store, path: string): void {
  try {
    store.host.unmount(path);
  } catch (error) {
    // EINVAL: not a mount point.
    if (!hasCode(error, 'NOT_FOUND', 'INVALID_INPUT')) throw error;
  }
}

/**
 * Removes a container from the disk. Its record goes first: from then on it is gone for
 * everybody, and an interrupted removal is finished by the next command.
 */
export function removeContainerFiles(store: Store, id: string, name: string | undefined): void {
  const { host } = store;
  const paths = containerPaths(store.paths, id);
  for (const path of [paths.record, paths.state]) {
    if (host.findStatus(path) !== undefined) host.removeFile(path);
  }
  if (name !== undefined) removeIfThere(store, `${store.paths.names}/${name}`);
  unmountIfMounted(store, paths.merged);
  removeIfThere(store, `${store.paths.links}/${shortLinkName(id)}`);
  host.removeTree(paths.overlay);
  host.removeTree(paths.directory);
}

function removeIfThere(store: Store, path: string): void {
  if (store.host.findStatus(path) !== undefined) store.host.removeFile(path);
}
