// Images of a namespace: a name stands for a digest, and everything behind it is a verified blob of
// the content store, which has the blobs where an OCI layout has them.
import type { Image } from '../../image/image.js';
import { makeLayers } from '../../image/image-layer.js';
import { jsonLimits, type Limits } from '../../image/limits.js';
import { blobName, readBlob, type MemberStore } from '../../image/member-store.js';
import { chainIDs } from '../../oci/chain-id.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { CutawayError } from '../../oci/error.js';
import { parseImageConfig, type ImageConfig } from '../../oci/image-config.js';
import { parseImageIndex, selectManifests } from '../../oci/image-index.js';
import { parseManifest, type Manifest } from '../../oci/manifest.js';
import { isIndexType } from '../../oci/media-type.js';
import { formatPlatform, type Platform } from '../../oci/platform.js';
import type { Problem } from '../../oci/problem.js';
import {
  familiarReference,
  formatReference,
  isReference,
  parseReference,
} from '../../oci/reference.js';
import type { EngineImage } from '../engine.js';
import { attempt, type ContainerdNamespace, type ImageEntry } from './metadata.js';

/** One image of one platform in one namespace. */
export interface ContainerdImage {
  readonly namespace: ContainerdNamespace;
  /** All that stand for it, in the order of the database. */
  readonly entries: readonly ImageEntry[];
  readonly manifest: Manifest;
  readonly manifestDescriptor: Descriptor;
  readonly config: ImageConfig;
  readonly layers: readonly StoredLayer[];
}

interface StoredLayer {
  readonly descriptor: Descriptor;
  readonly diffID: Digest;
  readonly chainID: Digest;
}

export interface ImageReader {
  readonly store: MemberStore;
  readonly platform: Platform;
  readonly limits: Limits;
}

// An index in an index is rare, and deeper ones are somebody's joke.
const MAXIMUM_NESTING = 4;

export function listNamespaceImages(
  reader: ImageReader,
  namespace: ContainerdNamespace,
): { images: ContainerdImage[]; problems: Problem[] } {
  const images = new Map<Digest, ContainerdImage>();
  const problems: Problem[] = [];
  for (const entry of namespace.images) {
    const what = qualifiedName(namespace.name, entry.name);
    attempt(problems, 'image-unreadable', what, () => {
      const image = readImage(reader, namespace, entry);
      const id = image.manifest.config.digest;
      const known = images.get(id);
      images.set(id, known === undefined ? image : withEntry(known, entry));
    });
  }
  return { images: [...images.values()], problems };
}

function withEntry(image: ContainerdImage, entry: ImageEntry): ContainerdImage {
  return { ...image, entries: [...image.entries, entry] };
}

function readImage(
  reader: ImageReader,
  namespace: ContainerdNamespace,
  entry: ImageEntry,
): ContainerdImage {
  const { digest, mediaType, size } = entry.target;
  if (!isDigest(digest)) {
    throw new CutawayError('CORRUPT', `it stands for no digest: ${JSON.stringify(digest)}`);
  }
  const { store, limits } = reader;
  const manifestDescriptor = findManifest(reader, { digest, mediaType, size }, MAXIMUM_NESTING);
  const bytes = readBlob(store, manifestDescriptor, 'manifest', limits);
  const manifest = parseManifest(bytes, manifestDescriptor.mediaType, jsonLimits(limits));
  const configBytes = readBlob(store, manifest.config, 'image config', limits);
  const config = parseImageConfig(configBytes, jsonLimits(limits));
  const diffIDs = config.rootfs.diff_ids;
  if (manifest.layers.length !== diffIDs.length) {
    const counts = `${manifest.layers.length} layers, but ${diffIDs.length} diff_ids`;
    throw new CutawayError('CORRUPT', `read image ${manifestDescriptor.digest}: ${counts}`);
  }
  const chain = chainIDs(diffIDs);
  const layers = manifest.layers.flatMap((descriptor, at): StoredLayer[] => {
    const [diffID, chainID] = [diffIDs[at], chain[at]];
    return diffID === undefined || chainID === undefined ? [] : [{ descriptor, diffID, chainID }];
  });
  return { namespace, entries: [entry], manifest, manifestDescriptor, config, layers };
}

/** Of an index the best manifest for the platform; one that was pulled goes before others. */
function findManifest(
  { store, platform, limits }: ImageReader,
  top: Descriptor,
  nesting: number,
): Descriptor {
  if (!isIndexType(top.mediaType)) return top;
  if (nesting === 0) {
    const message = `read image index ${top.digest}: nested deeper than ${MAXIMUM_NESTING}`;
    throw new CutawayError('LIMIT_EXCEEDED', message);
  }
  const bytes = readBlob(store, top, 'image index', limits);
  const index = parseImageIndex(bytes, top.mediaType, jsonLimits(limits));
  const fitting = selectManifests(index, platform);
  const stored = fitting.find(({ digest }) => store.findSize(blobName(digest)) !== undefined);
  const chosen = stored ?? fitting[0];
  if (chosen !== undefined) return findManifest({ store, platform, limits }, chosen, nesting - 1);
  const wanted = formatPlatform(platform);
  throw new CutawayError('NOT_FOUND', `read image index ${top.digest}: it has no ${wanted}`);
}

/** "k8s.io/busybox:1.36": a name in a namespace. */
export function qualifiedName(namespace: string, name: string): string {
  return `${namespace}/${familiarName(name)}`;
}

export function familiarName(name: string): string {
  return isReference(name) ? familiarReference(parseReference(name)) : name;
}

/** The CRI plugin gives each image a second name, which is its ID. */
function namesOf({ entries, manifest }: ContainerdImage): string[] {
  return entries.map(({ name }) => name).filter((name) => name !== manifest.config.digest);
}

export function toEngineImage(engine: string, image: ContainerdImage): EngineImage {
  const { namespace, manifest, config, layers, entries } = image;
  const { created } = config;
  const names = namesOf(image).map((name) => qualifiedName(namespace.name, name));
  const digest = entries[0]?.target.digest ?? '';
  return {
    engine,
    id: manifest.config.digest,
    references: names.sort(),
    digest: isDigest(digest) ? digest : image.manifestDescriptor.digest,
    platform: formatPlatform(config),
    ...(created === undefined ? {} : { createdAt: created }),
    layers: layers.map(({ diffID, chainID }) => ({ diffID, chainID })),
    size: layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
  };
}

/** `isUnpacked`: whether there is a directory for a layer whose blob is gone. */
export function openContainerdImage(
  { store, limits }: Pick<ImageReader, 'store' | 'limits'>,
  image: ContainerdImage,
  isUnpacked: (chainID: Digest) => boolean,
): Image {
  const { manifest, manifestDescriptor, config } = image;
  const stored = image.layers.map(({ descriptor }) => ({
    descriptor,
    member: blobName(descriptor.digest),
  }));
  const diffIDs = image.layers.map(({ diffID }) => diffID);
  const { layers, problems } = makeLayers(store, stored, diffIDs, limits);
  const names = namesOf(image);
  // Kubernetes nodes may be told to drop blobs once they are unpacked (discard_unpacked_layers).
  const isDropped = ({ descriptor, chainID }: StoredLayer) =>
    store.findSize(blobName(descriptor.digest)) === undefined && isUnpacked(chainID);
  const dropped = new Set(image.layers.filter(isDropped).map(({ chainID }) => chainID));
  const droppedMembers = new Set(
    image.layers
      .filter(({ chainID }) => dropped.has(chainID))
      .map(({ descriptor }) => blobName(descriptor.digest)),
  );
  return {
    id: manifest.config.digest,
    manifest: {
      descriptor: manifestDescriptor,
      bytes: readBlob(store, manifestDescriptor, 'manifest', limits),
    },
    config,
    configBytes: readBlob(store, manifest.config, 'image config', limits),
    configDescriptor: manifest.config,
    layers: layers.map((layer) =>
      dropped.has(layer.chainID) ? { ...layer, unpackedOnly: true } : layer,
    ),
    names,
    references: names
      .filter((name) => isReference(name))
      .map((name) => formatReference(parseReference(name))),
    problems: [
      ...problems.filter(
        ({ code, path }) => code !== 'layer-missing' || !droppedMembers.has(path ?? ''),
      ),
      ...labelProblems(image),
    ],
  };
}

/** What containerd noted of a blob when it unpacked it, against what the config says. */
function labelProblems({ namespace, layers }: ContainerdImage): Problem[] {
  return layers.flatMap(({ descriptor, diffID }, at) => {
    const noted = namespace.blobLabels.get(descriptor.digest)?.['containerd.io/uncompressed'];
    if (noted === undefined || noted === diffID) return [];
    const message = `layer ${at + 1} ${descriptor.digest} was unpacked as ${noted}, not ${diffID}`;
    return [{ code: 'diffid-label-mismatch', message }];
  });
}
