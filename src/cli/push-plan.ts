// What a push sends, and under which names.
import type { Registry } from '../image/registry/registry-client.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import { isIndexType } from '../oci/media-type.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import {
  familiarReference,
  fullRepository,
  isReference,
  parseReference,
  type Reference,
} from '../oci/reference.js';
import {
  listImageNames,
  resolveStoredImage,
  type ImageName,
} from '../runtime/store/image-store.js';
import { readStoredTree, type StoredTree } from '../runtime/store/stored-tree.js';
import type { ReadStore } from '../runtime/store/store.js';

export interface NamedReference {
  readonly reference: Reference & { readonly tag: string };
  readonly name: ImageName;
}

export function namesToPush(
  store: ReadStore,
  text: string,
  wanted: Reference,
  { allTags }: { readonly allTags: boolean },
): NamedReference[] {
  if (wanted.digest !== undefined) {
    throw new CutawayError('INVALID_INPUT', `push ${text}: a digest is no name to push to`, {
      hint: 'cutaway tag gives the image a name',
    });
  }
  const hasTag = text.slice(text.lastIndexOf('/') + 1).includes(':');
  if (allTags && hasTag) {
    throw new CutawayError('INVALID_INPUT', `push ${text}: --all-tags takes a name without a tag`);
  }
  const found = listImageNames(store).flatMap((name): NamedReference[] => {
    const reference = taggedReference(name);
    if (reference === undefined || fullRepository(reference) !== fullRepository(wanted)) return [];
    return allTags || reference.tag === wanted.tag ? [{ reference, name }] : [];
  });
  if (found.length > 0) return found;
  throw new CutawayError('NOT_FOUND', `push ${text}: no image of this name in the store`, {
    hint: 'cutaway images lists those in the store; cutaway tag gives one another name',
  });
}

function taggedReference({ reference }: ImageName): NamedReference['reference'] | undefined {
  if (reference === undefined || !isReference(reference)) return undefined;
  const parsed = parseReference(reference);
  const { tag, digest } = parsed;
  return tag === undefined || digest !== undefined ? undefined : { ...parsed, tag };
}

export interface PushPlatforms {
  /** The one that was asked for. */
  readonly platform: Platform | undefined;
  readonly ownPlatform: Platform;
}

export interface PushPlan {
  readonly tree: StoredTree;
  /** The platform that goes alone, where others of the index are not in the store. */
  readonly onlyPlatform: string | undefined;
}

/**
 * Of an index of several platforms, all of it when the store has all, else the one image that it
 * has, as Docker does: a registry takes no index whose manifests it does not have.
 */
export function planPush(
  store: ReadStore,
  { reference, name: { descriptor } }: NamedReference,
  { platform, ownPlatform }: PushPlatforms,
): PushPlan {
  const text = familiarReference(reference);
  const tree = readStoredTree(store, descriptor);
  if (platform === undefined && tree.missing.length === 0) return { tree, onlyPlatform: undefined };
  const image = resolveStoredImage(store, text, platform ?? ownPlatform);
  const single = readStoredTree(store, image.manifestDescriptor);
  const [missing] = single.missing;
  if (missing !== undefined) {
    throw new CutawayError('CORRUPT', `push ${text}: the store has lost ${missing.digest}`, {
      hint: 'load or pull the image again',
    });
  }
  const isPart = isIndexType(descriptor.mediaType) && platform === undefined;
  return { tree: single, onlyPlatform: isPart ? formatPlatform(ownPlatform) : undefined };
}

interface Neighbour {
  readonly repository: string;
  /** Of its blobs. */
  readonly digests: ReadonlySet<Digest>;
  /** Whether the registry has the image: asked at the first use. */
  isThere(): Promise<boolean>;
}

/** Nobody waits for more questions than that. */
const MOST_NEIGHBOURS = 8;

/**
 * Blobs of images that the store has of other repositories of the registry: they were pulled from
 * there or pushed, if the registry says that it has their manifests.
 */
export function mountFinder(
  store: ReadStore,
  registry: Registry,
  own: Reference,
): (digest: Digest) => Promise<string | undefined> {
  let neighbours: Neighbour[] | undefined;
  return async (digest) => {
    neighbours ??= listNeighbours(store, registry, own);
    for (const neighbour of neighbours) {
      if (neighbour.digests.has(digest) && (await neighbour.isThere())) return neighbour.repository;
    }
    return undefined;
  };
}

function listNeighbours(store: ReadStore, registry: Registry, own: Reference): Neighbour[] {
  const others = listImageNames(store).flatMap((name) => {
    const reference = taggedReference(name);
    const isOther = reference?.registry === own.registry && reference.repository !== own.repository;
    return isOther ? [{ name, repository: reference.repository }] : [];
  });
  return others.slice(0, MOST_NEIGHBOURS).map(({ name, repository }) => {
    let answer: Promise<boolean> | undefined;
    return {
      repository,
      digests: new Set(blobsOf(store, name).map(({ digest }) => digest)),
      isThere: () => (answer ??= hasManifest(registry, repository, name.descriptor)),
    };
  });
}

/** To be refused there is no reason not to push here. */
async function hasManifest(
  registry: Registry,
  repository: string,
  { digest, mediaType }: Descriptor,
): Promise<boolean> {
  try {
    const response = await registry.request('HEAD', `/v2/${repository}/manifests/${digest}`, {
      what: `look for layers in ${repository}`,
      scope: `repository:${repository}:pull`,
      accept: [mediaType],
      answers: [404],
      retry: false,
    });
    response.body.discard();
    return response.status !== 404;
  } catch (error) {
    if (error instanceof CutawayError) return false;
    throw error;
  }
}

/** A damaged neighbour is no reason not to push. */
function blobsOf(store: ReadStore, { descriptor }: ImageName): StoredTree['blobs'] {
  try {
    return readStoredTree(store, descriptor).blobs;
  } catch (error) {
    if (error instanceof CutawayError) return [];
    throw error;
  }
}
