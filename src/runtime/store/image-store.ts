// Images in the store: a standard OCI image layout (image-spec image-layout.md). What index.json
// names is an image; its name is the full reference, in `org.opencontainers.image.ref.name`.
import { verifyBytes } from '../../image/verify.js';
import { ANNOTATION } from '../../oci/annotation.js';
import { chainIDs } from '../../oci/chain-id.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { digestHex, type Digest } from '../../oci/digest.js';
import { CutawayError, during, hasCode } from '../../oci/error.js';
import { parseImageConfig, type ImageConfig } from '../../oci/image-config.js';
import { parseImageIndex, selectManifests, type ImageIndex } from '../../oci/image-index.js';
import { parseManifest, type Manifest } from '../../oci/manifest.js';
import { isIndexType, MEDIA_TYPE } from '../../oci/media-type.js';
import { formatPlatform, type Platform } from '../../oci/platform.js';
import type { Problem } from '../../oci/problem.js';
import {
  familiarReference,
  formatReference,
  isReference,
  parseReference,
} from '../../oci/reference.js';
import type { StorePaths } from './paths.js';
import type { ReadStore, Store } from './store.js';
import { writeWhole } from './temporary.js';

/** What index.json says: a name for a manifest or for an index of several platforms. */
export interface ImageName {
  /** Full: "docker.io/library/busybox:latest". Undefined for an image that lost its name. */
  readonly reference: string | undefined;
  readonly descriptor: Descriptor;
}

export interface StoredLayer {
  readonly descriptor: Descriptor;
  readonly diffID: Digest;
  readonly chainID: Digest;
}

/** One image of one platform, its manifest and config verified. */
export interface StoredImage {
  /** Digest of the config. */
  readonly id: Digest;
  /** All names of this image, familiar form, sorted. */
  readonly references: readonly string[];
  /** Of what the names stand for: the manifest, or the index it was chosen from. */
  readonly descriptor: Descriptor;
  readonly manifestDescriptor: Descriptor;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  /** Base first. */
  readonly layers: readonly StoredLayer[];
}

const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

export function blobPath(paths: StorePaths, digest: Digest): string {
  return `${paths.images}/blobs/${digest.slice(0, digest.indexOf(':'))}/${digestHex(digest)}`;
}

export function listImageNames(store: ReadStore): ImageName[] {
  const path = `${store.paths.images}/index.json`;
  let bytes: Buffer;
  try {
    bytes = store.host.readFile(path);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return [];
    throw error;
  }
  return parseNames(path, bytes).map((descriptor) => ({
    reference: descriptor.annotations?.[ANNOTATION.refName],
    descriptor,
  }));
}

function parseNames(path: string, bytes: Buffer): readonly Descriptor[] {
  try {
    return parseImageIndex(bytes).manifests;
  } catch (error) {
    throw during(`read "${path}"`, error);
  }
}

/** Replaces index.json; call it under the store's lock, together with the read before it. */
export function writeImageNames(store: Store, names: readonly ImageName[]): void {
  const { host, paths } = store;
  const layout = `${paths.images}/oci-layout`;
  if (host.findStatus(layout) === undefined) writeWhole(store, layout, LAYOUT);
  const index: ImageIndex = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: names.map(({ reference, descriptor }) => {
      const { mediaType, digest, size } = descriptor;
      const annotations =
        reference === undefined ? {} : { annotations: { [ANNOTATION.refName]: reference } };
      return { mediaType, digest, size, ...annotations };
    }),
  };
  writeWhole(store, `${paths.images}/index.json`, `${JSON.stringify(index, null, 2)}\n`);
}

/** Documents that came in are read again, whatever limit the user raised for that. */
export const STORED = { maximumBytes: Infinity } as const;

/** A blob small enough to hold, with its size and digest verified. */
export function readBlob(store: ReadStore, descriptor: Descriptor): Buffer {
  const bytes = store.host.readFile(blobPath(store.paths, descriptor.digest));
  try {
    const { digest, size } = descriptor;
    return verifyBytes(bytes, { digest, size, what: `blob ${digest}` });
  } catch (error) {
    if (!(error instanceof CutawayError)) throw error;
    throw new CutawayError(error.code, error.message, {
      hint: 'the store was changed from outside: remove the image and load it again',
      data: error.data,
    });
  }
}

/** All images that can be read. Images with several names come once. */
export function listStoredImages(store: ReadStore, platform: Platform): StoredImage[] {
  return readImages(store, platform).images;
}

/** What the others suffer from. */
export function listImageProblems(store: ReadStore, platform: Platform): Problem[] {
  return readImages(store, platform).problems;
}

function readImages(
  store: ReadStore,
  platform: Platform,
): { images: StoredImage[]; problems: Problem[] } {
  const names = listImageNames(store);
  const images = new Map<string, StoredImage>();
  const problems: Problem[] = [];
  for (const { reference, descriptor } of names) {
    try {
      const image = readImage(store, descriptor, names, platform);
      if (!images.has(image.id)) images.set(image.id, image);
    } catch (error) {
      if (!(error instanceof CutawayError)) throw error;
      const name = reference === undefined ? descriptor.digest : familiar(reference);
      problems.push({ code: 'image-unreadable', message: `${name}: ${error.message}` });
    }
  }
  return { images: [...images.values()], problems };
}

/** The ID of the image that a name stands for; undefined when it cannot be read. */
export function findImageID(
  store: ReadStore,
  { descriptor }: ImageName,
  platform: Platform,
): Digest | undefined {
  try {
    return readManifest(store, descriptor, platform).manifest.config.digest;
  } catch (error) {
    if (error instanceof CutawayError) return undefined;
    throw error;
  }
}

/** What `text` stands for: a reference, a digest, or the beginning of an image ID. */
export function findStoredImage(
  store: ReadStore,
  text: string,
  platform: Platform,
): StoredImage | undefined {
  const names = listImageNames(store);
  const full = isReference(text) ? formatReference(parseReference(text)) : undefined;
  const named = names.find(({ reference }) => reference !== undefined && reference === full);
  if (named !== undefined) return readImage(store, named.descriptor, names, platform);
  const prefix = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(text)?.[1];
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(text)?.[1];
  if (prefix === undefined && digest === undefined) return undefined;
  const matches = listStoredImages(store, platform).filter(
    ({ id, descriptor, manifestDescriptor }) =>
      (prefix !== undefined && digestHex(id).startsWith(prefix)) ||
      [descriptor.digest, manifestDescriptor.digest].some(
        (own) => own === digest || own === `sha256:${prefix ?? ''}`,
      ),
  );
  if (matches.length > 1) {
    const ids = matches.map(({ id }) => digestHex(id).slice(0, 12)).join(', ');
    throw new CutawayError('AMBIGUOUS', `"${text}" begins the ids of several images: ${ids}`);
  }
  return matches[0];
}

export function resolveStoredImage(
  store: ReadStore,
  text: string,
  platform: Platform,
): StoredImage {
  const image = findStoredImage(store, text, platform);
  if (image !== undefined) return image;
  throw new CutawayError('NOT_FOUND', `no such image: ${text}`, {
    hint: 'cutaway images lists those in the store; cutaway load brings one in',
  });
}

function readImage(
  store: ReadStore,
  descriptor: Descriptor,
  names: readonly ImageName[],
  platform: Platform,
): StoredImage {
  const { manifest, manifestDescriptor } = readManifest(store, descriptor, platform);
  const config = parseImageConfig(readBlob(store, manifest.config), STORED);
  const diffIDs = config.rootfs.diff_ids;
  const chain = chainIDs(diffIDs);
  const layers = manifest.layers.map((layer, index) => ({
    descriptor: layer,
    diffID: required(diffIDs[index], manifestDescriptor),
    chainID: required(chain[index], manifestDescriptor),
  }));
  const id = manifest.config.digest;
  // Two manifests can stand for one image: the same layers, stored in another way.
  const references = names
    .filter(
      (name) =>
        name.descriptor.digest === descriptor.digest || findImageID(store, name, platform) === id,
    )
    .flatMap(({ reference }) => (reference === undefined ? [] : [familiar(reference)]))
    .sort();
  return {
    id,
    references,
    descriptor,
    manifestDescriptor,
    manifest,
    config,
    layers,
  };
}

function readManifest(
  store: ReadStore,
  descriptor: Descriptor,
  platform: Platform,
): { manifest: Manifest; manifestDescriptor: Descriptor } {
  const manifestDescriptor = selectManifest(store, descriptor, platform);
  const bytes = readBlob(store, manifestDescriptor);
  const manifest = parseManifest(bytes, manifestDescriptor.mediaType, STORED);
  return { manifest, manifestDescriptor };
}

function required(digest: Digest | undefined, manifest: Descriptor): Digest {
  if (digest !== undefined) return digest;
  throw new CutawayError('CORRUPT', `read image ${manifest.digest}: more layers than diff_ids`);
}

function selectManifest(store: ReadStore, top: Descriptor, platform: Platform): Descriptor {
  if (!isIndexType(top.mediaType)) return top;
  const index = parseImageIndex(readBlob(store, top), top.mediaType, STORED);
  const fitting = selectManifests(index, platform);
  const isHere = ({ digest }: Descriptor) =>
    store.host.findStatus(blobPath(store.paths, digest)) !== undefined;
  // Of several, one was fetched.
  const chosen = fitting.length > 1 ? (fitting.find(isHere) ?? fitting[0]) : fitting[0];
  if (chosen !== undefined) return selectManifest(store, chosen, platform);
  const wanted = formatPlatform(platform);
  throw new CutawayError('NOT_FOUND', `read image ${top.digest}: it has no ${wanted}`);
}

/** A name as people write it; one that is no reference stays as it stands. */
export function familiar(reference: string): string {
  return isReference(reference) ? familiarReference(parseReference(reference)) : reference;
}
