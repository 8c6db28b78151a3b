// What nothing needs any more: blobs, unpacked layers, links and indexes.
import { chainIDs } from '../../oci/chain-id.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { digestHex, type Digest } from '../../oci/digest.js';
import { parseImageConfig } from '../../oci/image-config.js';
import { parseImageIndex } from '../../oci/image-index.js';
import { parseManifest } from '../../oci/manifest.js';
import { isIndexType } from '../../oci/media-type.js';
import { hasCode } from '../../oci/error.js';
import { listContainerProblems, listContainers, type StoredContainer } from './container-store.js';
import { blobPath, listImageNames, readBlob, STORED, type ImageName } from './image-store.js';
import { removeLayerIndex, removeSeekPoints } from './layer-store.js';
import { initLayerName, layerDirectoryName, overlayDirectory, shortLinkName } from './paths.js';
import { exclusively, type ReadStore, type Store } from './store.js';

/**
 * Runs `action` while no image is on its way into the store: what comes is nobody's until it is
 * named. Waits for those that are, and says so before. `action` may take the store's lock, never the
 * other way round.
 */
export function withoutArrivals<Value>(
  store: Store,
  action: () => Value,
  onWait: () => void,
): Value {
  const { host, paths } = store;
  const free = host.tryLock(paths.arrivals, 'exclusive');
  if (free === undefined) onWait();
  const lock = free ?? host.lock(paths.arrivals, 'exclusive');
  try {
    return action();
  } finally {
    lock.release();
  }
}

/** The same for what only tidies up: not now is as good as later. */
export function tidyStore(store: Store): void {
  const lock = store.host.tryLock(store.paths.arrivals, 'exclusive');
  if (lock === undefined) return;
  try {
    exclusively(store, () => collectGarbage(store));
  } finally {
    lock.release();
  }
}

export interface LetGo<Value> {
  readonly value: Value;
  /** The digests of the blobs that went. */
  readonly deleted: Digest[];
  /** An image is on its way: nothing has gone yet, and what nothing needs goes when it has come. */
  readonly isLater: boolean;
}

/** Takes names away by `untag`, at once, and then whatever nothing needs any more. */
export function letGo<Value>(store: Store, untag: () => Value): LetGo<Value> {
  const { host, paths } = store;
  const lock = host.tryLock(paths.arrivals, 'exclusive');
  try {
    return exclusively(store, () => {
      const value = untag();
      if (lock !== undefined) return { value, deleted: collectGarbage(store), isLater: false };
      host.writeFile(paths.unswept, '', 0o600);
      return { value, deleted: [], isLater: true };
    });
  } finally {
    lock?.release();
    // The last arrival may have ended before it could see that something is left to do.
    sweepLater(store);
  }
}

/** What was let go while images were on their way, once none is: whoever brings one ends with it. */
export function sweepLater(store: Store): void {
  if (store.host.findStatus(store.paths.unswept) !== undefined) tidyStore(store);
}

/** Takes away the locks of pulls that have ended, when none is under way. */
export function tidyPartialBlobs({ host, paths }: Store): void {
  const lock = host.tryLock(paths.arrivals, 'exclusive');
  if (lock === undefined) return;
  try {
    // Who swept meanwhile has taken all of it away.
    if (host.findStatus(paths.partial) === undefined) return;
    for (const { name } of host.readDirectory(paths.partial)) {
      if (name.endsWith('.lock')) host.removeFile(`${paths.partial}/${name}`);
    }
  } finally {
    lock.release();
  }
}

/** What images and containers need. */
export interface Needs {
  readonly blobs: Set<string>;
  readonly directories: Set<string>;
  readonly diffIDs: Set<Digest>;
}

/** What stays; by default all names and all containers there are. */
export interface Kept {
  readonly names: readonly ImageName[];
  readonly containers: readonly StoredContainer[];
}

/** What nothing needs that stays. */
export interface Garbage {
  readonly blobs: readonly Digest[];
  /** Names below overlay/. */
  readonly directories: readonly string[];
}

/** Undefined when something is too damaged to say what it needs: then nothing may go. */
export function findGarbage(store: Store, kept?: Kept): Garbage | undefined {
  const needs = findNeeds(store, kept);
  if (needs === undefined) return undefined;
  return { blobs: listBlobs(store, needs), directories: listDirectories(store, needs) };
}

/**
 * Removes every blob, unpacked layer and index that no image and no container needs; call it
 * `withoutArrivals` and under the store's lock. The digests of the blobs that went.
 */
export function collectGarbage(store: Store): Digest[] {
  // Nobody pulls now: what has come of a blob belongs to a pull that was interrupted.
  if (store.host.findStatus(store.paths.partial) !== undefined) {
    store.host.removeTree(store.paths.partial);
  }
  const needs = findNeeds(store);
  if (needs === undefined) return [];
  removeDirectories(store, needs);
  removeIndexes(store, needs);
  const removed = removeBlobs(store, needs);
  if (store.host.findStatus(store.paths.unswept) !== undefined) {
    store.host.removeFile(store.paths.unswept);
  }
  return removed;
}

/** Undefined when something is too damaged to say what it needs: then nothing may go. */
export function findNeeds(store: ReadStore, kept?: Kept): Needs | undefined {
  const needs: Needs = { blobs: new Set(), directories: new Set(['l']), diffIDs: new Set() };
  if (listContainerProblems(store).length > 0) return undefined;
  for (const { record } of kept?.containers ?? listContainers(store)) {
    needs.directories.add(record.id);
    needLayers(needs, record.layers);
  }
  try {
    const names = kept?.names ?? listImageNames(store);
    for (const { descriptor } of names) needDescriptor(store, descriptor, needs);
    return needs;
  } catch (error) {
    if (hasCode(error, 'CORRUPT')) return undefined;
    throw error;
  }
}

/** Of an index, the platforms that are in the store; the others were never fetched. */
function needDescriptor(store: ReadStore, descriptor: Descriptor, needs: Needs): void {
  if (store.host.findStatus(blobPath(store.paths, descriptor.digest)) === undefined) return;
  needs.blobs.add(descriptor.digest);
  if (isIndexType(descriptor.mediaType)) {
    const { manifests } = parseImageIndex(readBlob(store, descriptor), undefined, STORED);
    for (const manifest of manifests) needDescriptor(store, manifest, needs);
    return;
  }
  const manifest = parseManifest(readBlob(store, descriptor), descriptor.mediaType, STORED);
  for (const { digest } of [manifest.config, ...manifest.layers]) needs.blobs.add(digest);
  if (store.host.findStatus(blobPath(store.paths, manifest.config.digest)) === undefined) return;
  const { rootfs } = parseImageConfig(readBlob(store, manifest.config), STORED);
  const chain = chainIDs(rootfs.diff_ids);
  needLayers(
    needs,
    rootfs.diff_ids.flatMap((diffID, at) => {
      const chainID = chain[at];
      return chainID === undefined ? [] : [{ diffID, chainID }];
    }),
  );
}

function needLayers(
  needs: Needs,
  layers: readonly { readonly chainID: Digest; readonly diffID: Digest }[],
): void {
  for (const { chainID, diffID } of layers) {
    needs.directories.add(layerDirectoryName(chainID));
    needs.diffIDs.add(diffID);
  }
  needs.directories.add(initLayerName(layers.at(-1)?.chainID));
}

function listDirectories(store: Store, needs: Needs): string[] {
  return store.host
    .readDirectory(store.paths.overlay)
    .map(({ name }) => name)
    .filter((name) => !needs.directories.has(name));
}

function removeDirectories(store: Store, needs: Needs): void {
  for (const name of listDirectories(store, needs)) {
    const link = `${store.paths.links}/${shortLinkName(name)}`;
    if (store.host.findStatus(link) !== undefined) store.host.removeFile(link);
    store.host.removeTree(overlayDirectory(store.paths, name));
  }
  // A link is made before its directory comes: one that was interrupted leads nowhere.
  const links = new Set([...needs.directories].map(shortLinkName));
  for (const { name } of store.host.readDirectory(store.paths.links)) {
    if (!links.has(name)) store.host.removeFile(`${store.paths.links}/${name}`);
  }
}

function removeIndexes(store: Store, needs: Needs): void {
  if (store.host.findStatus(store.paths.indexes) === undefined) return;
  const kept = new Set([...needs.diffIDs].map(digestHex));
  for (const { name } of store.host.readDirectory(store.paths.indexes)) {
    const [, hex = '', kind] = /^([0-9a-f]{64,128})\.(index|json|points)$/.exec(name) ?? [];
    if (kind === 'points') {
      if (!needs.blobs.has(`sha256:${hex}`)) removeSeekPoints(store, `sha256:${hex}`);
    } else if (hex !== '' && !kept.has(hex)) removeLayerIndex(store, `sha256:${hex}`);
  }
}

function listBlobs(store: Store, needs: Needs): Digest[] {
  const directory = `${store.paths.images}/blobs/sha256`;
  if (store.host.findStatus(directory) === undefined) return [];
  return store.host
    .readDirectory(directory)
    .map(({ name }): Digest => `sha256:${name}`)
    .filter((digest) => !needs.blobs.has(digest));
}

function removeBlobs(store: Store, needs: Needs): Digest[] {
  const removed = listBlobs(store, needs);
  for (const digest of removed) store.host.removeFile(blobPath(store.paths, digest));
  return removed;
}
