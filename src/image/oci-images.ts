// Images of an OCI layout, in a directory or in an archive: image-spec image-layout.md.
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import { parseImageConfig } from '../oci/image-config.js';
import { isAttestation, parseImageIndex, selectManifests } from '../oci/image-index.js';
import { parseJson } from '../oci/json-reader.js';
import { parseManifest } from '../oci/manifest.js';
import { isConfigType, isIndexType, isManifestType } from '../oci/media-type.js';
import { formatPlatform, matchPlatform, type Platform } from '../oci/platform.js';
import type { Problem } from '../oci/problem.js';
import type { Image } from './image.js';
import { makeLayers } from './image-layer.js';
import { namesOf, referencesOf } from './image-name.js';
import { emptyListing, platformOf, type ImageListing } from './image-listing.js';
import { checkLimit, jsonLimits, type Limits } from './limits.js';
import { blobName, readBlob, readMember, type MemberStore } from './member-store.js';

export const INDEX_FILE = 'index.json';
export const LAYOUT_FILE = 'oci-layout';

/** A manifest that index.json leads to, with every name it has there. */
interface FoundManifest {
  readonly descriptor: Descriptor;
  readonly names: string[];
  /** Not named as one of another platform. */
  readonly isWanted: boolean;
}

export interface WantedPlatform {
  readonly platform: Platform;
  /** The user asked for it: what does not say its platform is judged by its config. */
  readonly isExplicit: boolean;
}

export function listOciImages(
  store: MemberStore,
  wanted: WantedPlatform,
  limits: Limits,
): ImageListing {
  const problems = checkLayoutFile(store, limits);
  const found = findManifests(store, wanted.platform, limits, problems);
  const listing = { ...emptyListing(), problems };
  for (const manifest of found.values()) addImage(store, manifest, wanted, limits, listing);
  return listing;
}

function addImage(
  store: MemberStore,
  found: FoundManifest,
  wanted: WantedPlatform,
  limits: Limits,
  listing: ImageListing,
): void {
  const { descriptor, names, isWanted } = found;
  if (descriptor.platform !== undefined) listing.platforms.push(descriptor.platform);
  if (!isWanted) {
    noteOther(store, descriptor, limits, listing);
    return;
  }
  try {
    const image = readImage(store, descriptor, names, limits);
    if (typeof image === 'string') {
      const message = `${descriptor.digest} is no image: its config is of the type ${image}`;
      listing.problems.push({ code: 'not-an-image', message });
      return;
    }
    if (descriptor.platform === undefined) listing.platforms.push(platformOf(image.config));
    const isOther = !matchPlatform(wanted.platform, image.config);
    if (wanted.isExplicit && isOther) return;
    listing.images.push(image);
  } catch (error) {
    if (!(error instanceof CutawayError)) throw error;
    listing.failures.push({ names, digest: descriptor.digest, error });
  }
}

/** Archives of one platform keep the whole index, but only that platform's blobs. */
function noteOther(
  store: MemberStore,
  descriptor: Descriptor,
  limits: Limits,
  listing: ImageListing,
): void {
  if (store.findSize(blobName(descriptor.digest)) === undefined) return;
  try {
    const bytes = readBlob(store, descriptor, 'manifest', limits);
    const manifest = parseManifest(bytes, descriptor.mediaType, jsonLimits(limits));
    listing.otherConfigs.add(manifest.config.digest);
  } catch (error) {
    if (!(error instanceof CutawayError)) throw error;
    listing.problems.push({ code: 'manifest-unreadable', message: error.message });
  }
}

/** The image, or the media type of a config that is none (a chart, a signature). */
function readImage(
  store: MemberStore,
  descriptor: Descriptor,
  names: readonly string[],
  limits: Limits,
): Image | string {
  const bytes = readBlob(store, descriptor, 'manifest', limits);
  const manifest = parseManifest(bytes, descriptor.mediaType, jsonLimits(limits));
  if (!isConfigType(manifest.config.mediaType)) return manifest.config.mediaType;
  const configBytes = readBlob(store, manifest.config, 'image config', limits);
  const config = parseImageConfig(configBytes, jsonLimits(limits));
  const stored = manifest.layers.map((layer) => ({
    descriptor: layer,
    member: blobName(layer.digest),
  }));
  const { layers, problems } = makeLayers(store, stored, config.rootfs.diff_ids, limits);
  const stated = descriptor.platform;
  if (stated !== undefined && !isAttestation(descriptor) && !matchPlatform(stated, config)) {
    const says = `${formatPlatform(config)}, the index ${formatPlatform(stated)}`;
    problems.push({ code: 'platform-mismatch', message: `the config says ${says}` });
  }
  return {
    id: manifest.config.digest,
    manifest: { descriptor, bytes },
    config,
    configBytes,
    configDescriptor: manifest.config,
    layers,
    names,
    references: referencesOf(names),
    problems,
  };
}

/** Every manifest of index.json and the indexes in it, by digest. */
function findManifests(
  store: MemberStore,
  platform: Platform,
  limits: Limits,
  problems: Problem[],
): Map<Digest, FoundManifest> {
  const found = new Map<Digest, FoundManifest>();
  let visits = 0;
  const visit = (bytes: Buffer, mediaType: string | undefined, around: Surroundings) => {
    const index = parseImageIndex(bytes, mediaType, jsonLimits(limits));
    const selected = selectManifests(index, platform);
    const wanted = around.path.length === 0 ? selected : bestOf(selected);
    for (const descriptor of index.manifests) {
      visits += 1;
      checkLimit(limits, 'manifests', visits, `read index of ${store.what}`);
      if (isAttestation(descriptor)) continue;
      const names = [...around.names, ...namesOf(descriptor.annotations)];
      const isWanted = around.isWanted && wanted.includes(descriptor);
      if (isManifestType(descriptor.mediaType)) {
        addManifest(found, { descriptor, names, isWanted });
      } else if (isIndexType(descriptor.mediaType)) {
        enter(descriptor, { path: around.path, names, isWanted });
      } else {
        const message = `${descriptor.digest} is of the type ${JSON.stringify(descriptor.mediaType)}`;
        problems.push({ code: 'not-an-image', message });
      }
    }
  };
  const enter = (descriptor: Descriptor, around: Surroundings) => {
    const { digest } = descriptor;
    const path = [...around.path, digest];
    checkLimit(limits, 'indexDepth', path.length, `read index ${digest}`);
    // No index can hold its own digest, but a limit is cheaper than trust in that.
    if (around.path.includes(digest)) return;
    visit(readBlob(store, descriptor, 'index', limits), descriptor.mediaType, { ...around, path });
  };
  visit(readMember(store, INDEX_FILE, limits), undefined, { path: [], names: [], isWanted: true });
  return found;
}

interface Surroundings {
  /** Digests of the indexes around this one. */
  readonly path: readonly Digest[];
  readonly names: readonly string[];
  readonly isWanted: boolean;
}

/**
 * An index within index.json is one image in several platforms: one of them is meant. Those that
 * state no platform are kept, for their configs must tell.
 */
function bestOf(selected: readonly Descriptor[]): readonly Descriptor[] {
  const [best] = selected;
  return best?.platform === undefined ? selected : [best];
}

function addManifest(found: Map<Digest, FoundManifest>, manifest: FoundManifest): void {
  const { digest } = manifest.descriptor;
  const before = found.get(digest);
  if (before === undefined) {
    found.set(digest, { ...manifest, names: [...new Set(manifest.names)] });
    return;
  }
  const names = [...new Set([...before.names, ...manifest.names])];
  found.set(digest, { ...before, names, isWanted: before.isWanted || manifest.isWanted });
}

function checkLayoutFile(store: MemberStore, limits: Limits): Problem[] {
  if (store.findSize(LAYOUT_FILE) === undefined) {
    return [{ code: 'layout-file-missing', message: `${store.what} has no ${LAYOUT_FILE} file` }];
  }
  const document = parseJson(
    readMember(store, LAYOUT_FILE, limits),
    LAYOUT_FILE,
    jsonLimits(limits),
  );
  const version = document.get('imageLayoutVersion');
  if (!/^1\./.test(version.string())) {
    version.fail(
      `layout version ${JSON.stringify(version.string())} is not supported`,
      'UNSUPPORTED',
    );
  }
  return [];
}
