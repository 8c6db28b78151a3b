// An image that is made here of another one and a layer more, or of a layer alone.
import { Readable } from 'node:stream';
import type { Image } from '../../image/image.js';
import { makeLayers } from '../../image/image-layer.js';
import { withDefaults, type Limits } from '../../image/limits.js';
import {
  blobName,
  directoryStore,
  locatedStore,
  type MemberStore,
} from '../../image/member-store.js';
import type { Digest } from '../../oci/digest.js';
import { sha256Digest } from '../../oci/digest.js';
import type { ImageConfig } from '../../oci/image-config.js';
import { MEDIA_TYPE } from '../../oci/media-type.js';
import { addImage, type LayerProgress } from './add-image.js';
import type { StoredImage } from './image-store.js';
import type { SpooledLayer } from './spool-layer.js';
import type { Store } from './store.js';

export interface MadeImage {
  /** Whose layers are below; none for an image of one layer. */
  readonly base?: StoredImage;
  /** None when the image differs from its base in its config alone. */
  readonly layer?: SpooledLayer;
  /** All but the layers, which follow from the other two. */
  readonly config: Omit<ImageConfig, 'rootfs'>;
  /** In full; an image without one is known by its ID. */
  readonly references: readonly string[];
}

export interface AddMadeOptions {
  readonly limits?: Partial<Limits>;
  readonly onProgress?: (progress: LayerProgress) => void;
}

/** Resolves to the ID of the image. */
export async function addMadeImage(
  store: Store,
  made: MadeImage,
  { limits = {}, onProgress }: AddMadeOptions = {},
): Promise<Digest> {
  const { base, layer, references } = made;
  const diffIDs = [...(base?.layers ?? []).map(({ diffID }) => diffID), ...diffIDOf(layer)];
  const stored = [
    ...(base?.layers ?? []).map(({ descriptor }) => descriptor),
    ...(layer === undefined ? [] : [layer.descriptor]),
  ].map((descriptor) => ({ descriptor, member: blobName(descriptor.digest) }));
  const config: ImageConfig = { ...made.config, rootfs: { type: 'layers', diff_ids: diffIDs } };
  const configBytes = Buffer.from(JSON.stringify(config));
  const id = sha256Digest(configBytes);
  const { layers } = makeLayers(members(store, layer), stored, diffIDs, withDefaults(limits));
  const image: Image = {
    id,
    // Its own manifest is written where it is added.
    manifest: undefined,
    config,
    configBytes,
    configDescriptor: { mediaType: MEDIA_TYPE.ociConfig, digest: id, size: configBytes.length },
    layers,
    names: references,
    references,
    problems: [],
  };
  await addImage(store, image, {
    references,
    limits,
    ...(layer === undefined ? {} : { spooled: new Map([[layer.descriptor.digest, layer.path]]) }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return id;
}

function diffIDOf(layer: SpooledLayer | undefined): readonly Digest[] {
  return layer === undefined ? [] : [layer.diffID];
}

/** The blobs of the store, and the new one where it lies. */
function members({ host, paths }: Store, layer: SpooledLayer | undefined): MemberStore {
  const isThere = host.findStatus(`${paths.images}/blobs`) !== undefined;
  const blobs = isThere ? directoryStore(host, paths.images) : NO_BLOBS;
  if (layer === undefined) return blobs;
  const { path, descriptor } = layer;
  const own = locatedStore(host, 'new layer', { path, offset: 0, length: descriptor.size });
  const name = blobName(descriptor.digest);
  const at = (member: string) => (member === name ? own : blobs);
  return {
    what: blobs.what,
    problems: [],
    findSize: (member) => at(member).findSize(member),
    readHead: (member, length) => at(member).readHead(member, length),
    stream: (member, range) => at(member).stream(member, range),
    locate: (member) => at(member).locate(member),
    close: () => undefined,
  };
}

const NO_BLOBS: MemberStore = {
  what: 'the store',
  problems: [],
  findSize: () => undefined,
  readHead: () => Buffer.alloc(0),
  stream: () => Readable.from([]),
  locate: () => undefined,
  close: () => undefined,
};
