// Taking images away: a name, and with the last name what nothing else needs.
import { digestHex, type Digest } from '../../oci/digest.js';
import { CutawayError } from '../../oci/error.js';
import { parseImageIndex } from '../../oci/image-index.js';
import { isIndexType } from '../../oci/media-type.js';
import { parseManifest } from '../../oci/manifest.js';
import { parseImageConfig } from '../../oci/image-config.js';
import { chainIDs } from '../../oci/chain-id.js';
import { formatReference, isReference, parseReference } from '../../oci/reference.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { listContainers } from './container-store.js';
import {
  blobPath,
  familiar,
  listImageNames,
  readBlob,
  writeImageNames,
  type StoredImage,
} from './image-store.js';
import { removeLayerIndex } from './layer-store.js';
import { initLayerName, layerDirectoryName, overlayDirectory, shortLinkName } from './paths.js';
import { exclusively, type Store } from './store.js';

export interface Removal {
  /** Familiar form. */
  readonly untagged: readonly string[];
  /** Image ID and digests of blobs that are gone. */
  readonly deleted: readonly Digest[];
}

/**
 * Takes away the name `text`, or with an id all names; with the last name goes the image. An
 * image that a container is made of stays unless forced, and its layers stay even then.
 */
export function removeImage(
  store: Store,
  image: StoredImage,
  text: string,
  options: { force: boolean },
): Removal {
  return exclusively(store, () => {
    const names = listImageNames(store);
    const own = names.filter(({ descriptor }) => descriptor.digest === image.descriptor.digest);
    const full = isReference(text) ? formatReference(parseReference(text)) : undefined;
    const one = own.filter(({ reference }) => reference !== undefined && reference === full);
    const going = one.length > 0 ? one : own;
    const isLast = going.length === own.length;
    if (one.length === 0 && own.length > 1 && !options.force) {
      throw new CutawayError('IN_USE', `remove image "${text}": it has ${own.length} names`, {
        hint: 'remove it by name, or all of them with -f',
      });
    }
    if (isLast && !options.force) refuseUsed(store, image, text);
    const kept = names.filter((name) => !going.includes(name));
    writeImageNames(store, kept);
    const untagged = going.flatMap(({ reference }) =>
      reference === undefined ? [] : [familiar(reference)],
    );
    return { untagged, deleted: isLast ? collectGarbage(store) : [] };
  });
}

function refuseUsed(store: Store, image: StoredImage, text: string): void {
  const user = listContainers(store).find(({ record }) => record.image.id === image.id);
  if (user === undefined) return;
  const { name, id } = user.record;
  throw new CutawayError(
    'IN_USE',
    `remove image "${text}": container "${name}" (${id.slice(0, 12)}) is made of it`,
    { hint: `remove the container first: cutaway rm ${name}` },
  );
}

interface Needs {
  readonly blobs: Set<string>;
  readonly directories: Set<string>;
  readonly diffIDs: Set<Digest>;
}

/** Removes every blob, unpacked layer and index that no image and no container needs. */
function collectGarbage(store: Store): Digest[] {
  const needs: Needs = { blobs: new Set(), directories: new Set(['l']), diffIDs: new Set() };
  for (const { descriptor } of listImageNames(store)) needDescriptor(store, descriptor, needs);
  for (const { record } of listContainers(store)) {
    needs.directories.add(record.id);
    needLayers(needs, record.layers);
  }
  removeDirectories(store, needs);
  removeIndexes(store, needs);
  return removeBlobs(store, needs);
}

/** Of an index, the platforms that are in the store; the others were never fetched. */
function needDescriptor(store: Store, descriptor: Descriptor, needs: Needs): void {
  if (store.host.findStatus(blobPath(store.paths, descriptor.digest)) === undefined) return;
  needs.blobs.add(descriptor.digest);
  if (isIndexType(descriptor.mediaType)) {
    const { manifests } = parseImageIndex(readBlob(store, descriptor));
    for (const manifest of manifests) needDescriptor(store, manifest, needs);
    return;
  }
  const manifest = parseManifest(readBlob(store, descriptor), descriptor.mediaType);
  for (const { digest } of [manifest.config, ...manifest.layers]) needs.blobs.add(digest);
  if (store.host.findStatus(blobPath(store.paths, manifest.config.digest)) === undefined) return;
  const { rootfs } = parseImageConfig(readBlob(store, manifest.config));
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
}

function removeIndexes(store: Store, needs: Needs): void {
  const kept = new Set([...needs.diffIDs].map(digestHex));
  for (const { name } of store.host.readDirectory(store.paths.indexes)) {
    const hex = name.replace(/\.(index|json)$/, '');
    if (!kept.has(hex) && /^[0-9a-f]{64,128}$/.test(hex)) removeLayerIndex(store, `sha256:${hex}`);
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
