// An image comes from a registry into the store. Its blobs are fetched side by side; each is
// verified, indexed and unpacked while it and the next ones still come.
import { Readable } from 'node:stream';
import type { Image, ImageLayer } from '../../image/image.js';
import { streamBlob } from '../../image/registry/fetch-blob.js';
import { findManifestDigest } from '../../image/registry/fetch-manifest.js';
import type { Registry } from '../../image/registry/registry-client.js';
import { registryImage } from '../../image/registry/registry-image.js';
import { resolveImage, type ResolvedImage } from '../../image/registry/resolve-image.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { hasCode } from '../../oci/error.js';
import { isIndexType } from '../../oci/media-type.js';
import { matchPlatform, type Platform } from '../../oci/platform.js';
import { familiarReference, formatReference, type Reference } from '../../oci/reference.js';
import { addImage, type LayerProgress } from './add-image.js';
import {
  discardPartialBlobs,
  fetchBlob,
  isStoredBlob,
  storedBlob,
  type ArrivingBlob,
  type BlobProgress,
} from './arriving-blob.js';
import { whyNotUnpack } from './can-unpack.js';
import { sweepLater, tidyPartialBlobs, tidyStore } from './garbage.js';
import { findStoredImage, listImageNames } from './image-store.js';
import { findUnpackedLayer } from './layer-store.js';
import type { Store } from './store.js';

export type PullState =
  | 'pulling'
  | 'waiting'
  | 'downloading'
  | 'verifying'
  | 'downloaded'
  | 'extracting'
  | 'complete'
  | 'exists';

export interface PullProgress {
  readonly digest: Digest;
  /** Of the blob. */
  readonly size: number;
  readonly state: PullState;
  /** Of those that have come, or have been unpacked. */
  readonly bytes?: number;
}

export interface PullOptions {
  /** The machine's own. */
  readonly platform: Platform;
  /** Another one that was asked for. */
  readonly wanted?: Platform | undefined;
  /** Told first of every layer, in their order. */
  readonly onProgress?: (progress: PullProgress) => void;
  /** What these gave was wrong: the registry itself is asked now. */
  readonly onBadMirrors?: (mirrors: readonly string[], error: unknown) => void;
}

export interface PulledImage {
  /** Of what the name stands for in the registry. */
  readonly digest: Digest;
  /** The name stood for nothing here, or for something else. */
  readonly isNew: boolean;
}

/** The image is in the store and has its name, or nothing has changed but what can be gone on with. */
export async function pullImage(
  store: Store,
  registry: Registry,
  reference: Reference,
  options: PullOptions,
): Promise<PulledImage> {
  try {
    return await pullOnce(store, registry, reference, options);
  } catch (error) {
    if (!mayBeOfMirror(error)) throw error;
    const mirrors = registry.leaveMirrors();
    if (mirrors.length === 0) throw error;
    options.onBadMirrors?.(mirrors, error);
    return await pullOnce(store, registry, reference, options);
  }
}

/** Wrong bytes, or a connection that is cut again and again; no full disk, and no Ctrl-C. */
function mayBeOfMirror(error: unknown): boolean {
  return hasCode(error, 'CORRUPT', 'UNAVAILABLE') && error.data['errno'] === undefined;
}

async function pullOnce(
  store: Store,
  registry: Registry,
  reference: Reference,
  options: PullOptions,
): Promise<PulledImage> {
  const what = `pull ${familiarReference(reference)}`;
  const request = { registry, repository: reference.repository, what };
  const named = reference.digest ?? reference.tag ?? 'latest';
  const before = findComplete(store, reference, options);
  if (before !== undefined) {
    const digest = reference.digest ?? (await findManifestDigest(request, named));
    if (digest === before) return { digest, isNew: false };
  }
  const platform = options.wanted ?? options.platform;
  const isExplicit = options.wanted !== undefined;
  const resolved = await resolveImage({ ...request, reference: named, platform, isExplicit });
  const { descriptor: top } = resolved.top;
  // Of another platform's image the name stands for that image alone.
  const isForeign = !matchPlatform(options.platform, resolved.config);
  const descriptor = isForeign ? resolved.manifest.descriptor : top;
  const known = findName(store, reference);
  await bringImage(store, { registry, reference, resolved, isForeign }, options);
  return { digest: top.digest, isNew: known?.digest !== descriptor.digest };
}

function findName(store: Store, reference: Reference): Descriptor | undefined {
  const full = formatReference(reference);
  return listImageNames(store).find((name) => name.reference === full)?.descriptor;
}

/** What the name stands for here, if all of it is there. */
function findComplete(
  store: Store,
  reference: Reference,
  { platform, wanted = platform }: PullOptions,
): Digest | undefined {
  const name = findName(store, reference);
  if (name === undefined) return undefined;
  try {
    const image = findStoredImage(store, formatReference(reference), wanted);
    if (image === undefined || !matchPlatform(wanted, image.config)) return undefined;
    return image.layers.every((layer) => hasLayer(store, layer)) ? name.digest : undefined;
  } catch (error) {
    // What is damaged is pulled again.
    if (hasCode(error, 'CORRUPT', 'NOT_FOUND')) return undefined;
    throw error;
  }
}

function hasLayer(
  store: Store,
  { descriptor, chainID }: Pick<ImageLayer, 'descriptor' | 'chainID'>,
): boolean {
  if (!isStoredBlob(store, descriptor.digest)) return false;
  return whyNotUnpack(store) !== undefined || findUnpackedLayer(store, chainID) !== undefined;
}

interface Source {
  readonly registry: Registry;
  readonly reference: Reference;
  readonly resolved: ResolvedImage;
  readonly isForeign: boolean;
}

async function bringImage(store: Store, source: Source, options: PullOptions): Promise<void> {
  const { registry, reference, resolved, isForeign } = source;
  const controller = new AbortController();
  const image = registryImage(registry, reference, resolved, controller.signal);
  const report = options.onProgress ?? (() => undefined);
  for (const layer of image.layers) {
    const state = hasLayer(store, layer) ? 'exists' : 'pulling';
    report(toProgress(layer.descriptor, { state }));
  }
  // Until it is named, only this keeps what has come from being removed as nobody's.
  const lock = store.host.lock(store.paths.arrivals, 'shared');
  const blobs = startBlobs(store, { image, source, report, controller });
  const index =
    isIndexType(resolved.top.descriptor.mediaType) && !isForeign ? resolved.top : undefined;
  let failure: { readonly error: unknown } | undefined;
  try {
    const arriving = { ...image, layers: image.layers.map((layer) => following(layer, blobs)) };
    await addImage(store, arriving, {
      references: [formatReference(reference)],
      ...(index === undefined ? {} : { index }),
      documents: isForeign ? [] : resolved.inner.map(({ bytes }) => bytes),
      bringsBlobs: true,
      limits: registry.limits,
      onProgress: (progress) => {
        report(layerProgress(progress));
      },
    });
  } catch (error) {
    failure = { error };
    controller.abort();
  } finally {
    await Promise.allSettled([...blobs.values()].map(({ arrived }) => arrived));
    lock.release();
    sweepLater(store);
  }
  if (failure === undefined) tidyPartialBlobs(store);
  else {
    if (!isWorthKeeping(failure.error)) {
      discardPartialBlobs(store, [...blobs.keys()]);
      tidyStore(store);
    }
    throw failure.error;
  }
}

/** The network failed, and the rest is worth as much as before. */
function isWorthKeeping(error: unknown): boolean {
  return hasCode(error, 'UNAVAILABLE', 'CANCELED') && error.data['errno'] === undefined;
}

/** As many as Docker fetches at a time (dockerd's max-concurrent-downloads). */
const PARALLEL = 3;

interface Arrivals {
  readonly image: Image;
  readonly source: Source;
  readonly report: (progress: PullProgress) => void;
  readonly controller: AbortController;
}

/** By digest: a layer may be in an image twice. */
function startBlobs(
  store: Store,
  { image, source, report, controller }: Arrivals,
): Map<Digest, ArrivingBlob> {
  const blobs = new Map<Digest, ArrivingBlob>();
  const turns = takeTurns(PARALLEL);
  const { signal } = controller;
  const { registry, reference } = source;
  for (const { descriptor, index } of image.layers) {
    if (blobs.has(descriptor.digest)) continue;
    const what = `layer ${index} ${descriptor.digest}`;
    const request = { registry, repository: reference.repository, descriptor, what, signal };
    const options = {
      descriptor,
      what,
      signal,
      read: (start: number) => streamBlob(request, { start }),
      report: (progress: BlobProgress) => {
        report(toProgress(descriptor, progress));
      },
    };
    const blob = isStoredBlob(store, descriptor.digest)
      ? storedBlob(store, options)
      : fetchBlob(store, { ...options, turn: turns });
    blobs.set(descriptor.digest, blob);
  }
  return blobs;
}

/** Lets so many work at a time, in the order in which they ask. */
function takeTurns(count: number): () => Promise<() => void> {
  const waiting: (() => void)[] = [];
  let free = count;
  const release = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return release;
  };
}

function following(layer: ImageLayer, blobs: ReadonlyMap<Digest, ArrivingBlob>): ImageLayer {
  const blob = blobs.get(layer.descriptor.digest);
  if (blob === undefined) return layer;
  return { ...layer, openBlob: () => Readable.from(blob.follow(), { highWaterMark: 2 }) };
}

function toProgress(
  { digest, size }: Descriptor,
  progress: { readonly state: PullState; readonly bytes?: number },
): PullProgress {
  return { digest, size, ...progress };
}

function layerProgress(progress: LayerProgress): PullProgress {
  const { descriptor } = progress.layer;
  if (progress.state !== 'reading') return toProgress(descriptor, { state: progress.state });
  return toProgress(descriptor, { state: 'extracting', bytes: progress.bytes });
}
