// What a push sends, and under which names.
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

/** Of blobs that images of the same registry have here: they were pulled from there, or pushed. */
export function mountFinder(
  store: ReadStore,
  { registry, repository }: Reference,
): (digest: Digest) => string | undefined {
  let known: Map<Digest, string> | undefined;
  const gather = () => {
    const found = new Map<Digest, string>();
    for (const name of listImageNames(store)) {
      const other = taggedReference(name);
      if (other?.registry !== registry || other.repository === repository) continue;
      for (const { digest } of blobsOf(store, name)) found.set(digest, other.repository);
    }
    return found;
  };
  return (digest) => (known ??= gather()).get(digest);
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
