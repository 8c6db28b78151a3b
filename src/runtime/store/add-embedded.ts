import { Readable } from 'node:stream';
import { makeLayers } from '../../image/image-layer.js';
import type { Image } from '../../image/image.js';
import { withDefaults } from '../../image/limits.js';
import { blobName, type MemberStore } from '../../image/member-store.js';
import { CutawayError } from '../../oci/error.js';
import { parseImageConfig } from '../../oci/image-config.js';
import { parseImageIndex, selectManifests } from '../../oci/image-index.js';
import { parseManifest } from '../../oci/manifest.js';
import { formatPlatform, type Platform } from '../../oci/platform.js';
import type { EmbeddedImage } from '../embedded/embedded-image.js';
import { addImage, type LayerProgress } from './add-image.js';
import type { Store } from './store.js';

/** Brings an image that the program carries into the store, by the way every image takes. */
export async function addEmbeddedImage(
  store: Store,
  embedded: EmbeddedImage,
  platform: Platform,
  onProgress: (progress: LayerProgress) => void,
): Promise<void> {
  const blob = (digest: string) => {
    const bytes = embedded.blobs.get(digest as `sha256:${string}`);
    if (bytes !== undefined) return bytes;
    throw new CutawayError('INTERNAL', `embedded image: no blob ${digest}`);
  };
  const [descriptor] = selectManifests(parseImageIndex(embedded.index.bytes), platform);
  if (descriptor === undefined) {
    const wanted = formatPlatform(platform);
    throw new CutawayError('NOT_FOUND', `${embedded.reference} is not made for ${wanted}`);
  }
  const bytes = blob(descriptor.digest);
  const manifest = parseManifest(bytes, descriptor.mediaType);
  const configBytes = blob(manifest.config.digest);
  const config = parseImageConfig(configBytes);
  const stored = manifest.layers.map((layer) => ({
    descriptor: layer,
    member: blobName(layer.digest),
  }));
  const image: Image = {
    id: manifest.config.digest,
    manifest: { descriptor, bytes },
    config,
    configBytes,
    configDescriptor: manifest.config,
    layers: makeLayers(memoryStore(embedded), stored, config.rootfs.diff_ids, withDefaults())
      .layers,
    names: [embedded.reference],
    references: [embedded.reference],
    problems: [],
  };
  await addImage(store, image, {
    references: [embedded.reference],
    index: embedded.index,
    documents: [...embedded.blobs.values()],
    onProgress,
  });
}

function memoryStore(embedded: EmbeddedImage): MemberStore {
  const members = new Map([...embedded.blobs].map(([digest, bytes]) => [blobName(digest), bytes]));
  return {
    what: `embedded image "${embedded.reference}"`,
    problems: [],
    findSize: (name) => members.get(name)?.length,
    readHead: (name, length) => (members.get(name) ?? Buffer.alloc(0)).subarray(0, length),
    stream: (name, { start, end } = {}) =>
      Readable.from([(members.get(name) ?? Buffer.alloc(0)).subarray(start, end)]),
    locate: () => undefined,
    close: () => undefined,
  };
}
