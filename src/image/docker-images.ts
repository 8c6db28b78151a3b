// Images of a docker-archive's manifest.json, the form that `docker save` has written since 1.10:
// no image manifest, layers as plain tar, any number of images with any number of tags.
import { createHash } from 'node:crypto';
import type { Descriptor } from '../oci/descriptor.js';
import { isDigest, sha256Digest, type Digest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import { parseImageConfig } from '../oci/image-config.js';
import { parseJson, type JsonReader } from '../oci/json-reader.js';
import { MEDIA_TYPE } from '../oci/media-type.js';
import { matchPlatform } from '../oci/platform.js';
import type { Problem } from '../oci/problem.js';
import { detectCompression, MAGIC_LENGTH } from './decompress.js';
import type { Image } from './image.js';
import { makeLayers, type StoredLayer } from './image-layer.js';
import { emptyListing, platformOf, type ImageListing } from './image-listing.js';
import { referencesOf } from './image-name.js';
import type { Limits } from './limits.js';
import { checkLimit, jsonLimits } from './limits.js';
import { readMember, type MemberStore } from './member-store.js';
import type { WantedPlatform } from './oci-images.js';
import { verifyBytes } from './verify.js';

export const MANIFEST_FILE = 'manifest.json';

interface ManifestItem {
  readonly config: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
}

/** `known`: what the archive's index.json gave; its images get their tags and are not made twice. */
export async function listDockerImages(
  store: MemberStore,
  wanted: WantedPlatform,
  limits: Limits,
  known: ImageListing = emptyListing(),
): Promise<ImageListing> {
  const listing = { ...emptyListing(known.images), otherConfigs: known.otherConfigs };
  const items = readItems(store, limits);
  checkLimit(limits, 'manifests', items.length, `read ${MANIFEST_FILE} of ${store.what}`);
  for (const item of items) {
    try {
      await addItem(store, item, wanted, limits, listing);
    } catch (error) {
      if (!(error instanceof CutawayError)) throw error;
      listing.failures.push({ names: item.tags, digest: undefined, error });
    }
  }
  return listing;
}

function readItems(store: MemberStore, limits: Limits): ManifestItem[] {
  const bytes = readMember(store, MANIFEST_FILE, limits);
  const document = parseJson(bytes, MANIFEST_FILE, jsonLimits(limits));
  return document.items().map((item: JsonReader) => ({
    config: item.get('Config').string(),
    tags: item.get('RepoTags').list((tag) => tag.string()),
    layers: item.get('Layers').list((layer) => layer.string()),
  }));
}

async function addItem(
  store: MemberStore,
  item: ManifestItem,
  wanted: WantedPlatform,
  limits: Limits,
  listing: ImageListing,
): Promise<void> {
  const configBytes = readMember(store, item.config, limits);
  const id = sha256Digest(configBytes);
  const at = listing.images.findIndex((image) => image.id === id);
  const same = listing.images[at];
  if (same !== undefined) {
    listing.images[at] = withNames(same, item.tags);
    return;
  }
  if (listing.otherConfigs.has(id)) return;
  const image = await readImage(store, item, configBytes, limits);
  listing.platforms.push(platformOf(image.config));
  if (wanted.isExplicit && !matchPlatform(wanted.platform, image.config)) return;
  listing.images.push(image);
}

async function readImage(
  store: MemberStore,
  item: ManifestItem,
  configBytes: Buffer,
  limits: Limits,
): Promise<Image> {
  const id = sha256Digest(configBytes);
  const named = namedDigest(item.config);
  if (named !== undefined && item.config.startsWith('blobs/')) {
    verifyBytes(configBytes, { digest: named, what: `image config ${named}` });
  }
  const config = parseImageConfig(configBytes, jsonLimits(limits));
  const diffIDs = config.rootfs.diff_ids;
  const stored: StoredLayer[] = [];
  for (const [index, member] of item.layers.entries()) {
    stored.push({ member, descriptor: await describeLayer(store, member, diffIDs[index]) });
  }
  const { layers, problems } = makeLayers(store, stored, diffIDs, limits);
  return {
    id,
    manifest: undefined,
    config,
    configBytes,
    configDescriptor: {
      mediaType: MEDIA_TYPE.dockerConfig,
      digest: id,
      size: configBytes.length,
    },
    layers,
    names: item.tags,
    references: referencesOf(item.tags),
    problems: [...problems, ...nameProblem(item.config, named, id)],
  };
}

/**
 * A plain tar is described by its diffID, for the archive says no more. One that is compressed
 * has to be hashed: `docker load` takes such layers, so there are some.
 */
async function describeLayer(
  store: MemberStore,
  member: string,
  diffID: Digest | undefined,
): Promise<Descriptor> {
  const size = store.findSize(member) ?? 0;
  const head = size === 0 ? Buffer.alloc(0) : store.readHead(member, MAGIC_LENGTH);
  const compression = detectCompression(head);
  if (compression === 'none') {
    const digest = diffID ?? sha256Digest(Buffer.alloc(0));
    return { mediaType: MEDIA_TYPE.dockerLayer, digest, size };
  }
  const hash = createHash('sha256');
  for await (const chunk of store.stream(member) as AsyncIterable<Buffer>) hash.update(chunk);
  const mediaType =
    compression === 'gzip' ? MEDIA_TYPE.dockerLayerGzip : MEDIA_TYPE.dockerLayerZstd;
  return { mediaType, digest: `sha256:${hash.digest('hex')}`, size };
}

/** Of `<hex>.json` and of `blobs/sha256/<hex>`. */
function namedDigest(name: string): Digest | undefined {
  const hex = /^(?:\.\/)?(?:blobs\/sha256\/([a-f0-9]{64})|([a-f0-9]{64})\.json)$/.exec(name);
  const digest = `sha256:${hex?.[1] ?? hex?.[2] ?? ''}`;
  return isDigest(digest) ? digest : undefined;
}

/** Old archives name the config by its digest, and Docker believes the content instead. */
function nameProblem(member: string, named: Digest | undefined, id: Digest): Problem[] {
  if (named === undefined || named === id) return [];
  const message = `the config's digest is ${id}, its name says otherwise`;
  return [{ code: 'config-name-mismatch', message, path: member }];
}

function withNames(image: Image, tags: readonly string[]): Image {
  const names = [...new Set([...image.names, ...tags])];
  return { ...image, names, references: referencesOf(names) };
}
