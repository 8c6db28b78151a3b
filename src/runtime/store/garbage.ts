// What nothing needs any more: blobs, unpacked layers, links and indexes.
import { chainIDs } from '../../oci/chain-id.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { digestHex, type Digest } from '../../oci/digest.js';
import { parseImageConfig } from '../../oci/image-config.js';
import { parseImageIndex } from '../../oci/image-index.js';
import { parseManifest } from '../../oci/manifest.js';
import { isIndexType } from '../../oci/media-type.js';
import { hasCode } from '../../oci/error.js';
import { listContainerProblems, listContainers } from './container-store.js';
import { blobPath, listImageNames, readBlob, STORED } from './image-store.js';
import { removeLayerIndex, removeSeekPoints } from './layer-store.js';
import { initLayerName, layerDirectoryName, overlayDirectory, shortLinkName } from './paths.js';
import { exclusively, type ReadStore, type Store } from './store.js';

/**
 * Runs `action` while no image is on its way into the store: what comes is nobody's until it is
 * named. Waits for those that are. `action` may take the store's lock, never the other way round.
 */
export function withoutArrivals<Value>(store: Store, action: () => Value): Value {
  const lock = store.host.lock(store.paths.arrivals, 'exclusive');
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

/** What images and containers need. */
export interface Needs {
  readonly blobs: Set<string>;
  readonly directories: Set<string>;
  readonly diffIDs: Set<Digest>;
}

/**
 * Removes every blob, unpacked layer and index that no image and no container needs; call it
 * `withoutArrivals` and under the store's lock. The digests of the blobs that went.
 */
export function collectGarbage(store: Store): Digest[] {
  const needs = findNeeds(store);
  if (needs === undefined) return [];
  removeDirectories(store, needs);
  removeIndexes(store, needs);
  return removeBlobs(store, needs);
}

/** Undefined when something is too damaged to say what it needs: then nothing may go. */
export function findNeeds(store: ReadStore): Needs | undefined {
  const needs: Needs = { blobs: new Set(), directories: new Set(['l']), diffIDs: new Set() };
  if (listContainerProblems(store).length > 0) return undefined;
  for (const { record } of listContainers(store)) {
    needs.directories.add(record.id);
    needLayers(needs, record.layers);
  }
  try {
    for (const { descriptor } of listImageNames(store)) needDescriptor(store, descriptor, needs);
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

function removeDirectories(store: Store, needs: Needs): void {
  for (const { name } of store.host.readDirectory(store.paths.overlay)) {
    if (needs.directories.has(name)) continue;
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

function removeBlobs(store: Store, needs: Needs): Digest[] {
  const directory = `${store.paths.images}/blobs/sha256`;
  if (store.host.findStatus(directory) === undefined) return [];
  const removed: Digest[] = [];
  for (const { name } of store.host.readDirectory(directory)) {
    const digest: Digest = `sha256:${name}`;
    if (needs.blobs.has(digest)) continue;
    store.host.removeFile(`${directory}/${name}`);
    removed.push(digest);
  }
  return removed;
}
