// An image comes into the store. Each layer's bytes are read once: on their way into the blob
// they are verified, indexed and unpacked.
import { pipeline } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { decompress } from '../../image/decompress.js';
import type { Limits } from '../../image/limits.js';
import type { Image, ImageLayer } from '../../image/image.js';
import type { SeekPoint } from '../../image/seek-points.js';
import { sha256Digest, type Digest } from '../../oci/digest.js';
import { CutawayError, during } from '../../oci/error.js';
import { layerCompression, MEDIA_TYPE } from '../../oci/media-type.js';
import type { Problem } from '../../oci/problem.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { indexTar } from '../../overlay/index-tar.js';
import { withProblems, type LayerIndex } from '../../overlay/layer-index.js';
import { mergeLayers } from '../../overlay/merge.js';
import type { MergedTree } from '../../overlay/merged-tree.js';
import { whyNotUnpack } from './can-unpack.js';
import { blobPath } from './image-store.js';
import {
  findLayerIndex,
  findUnpackedLayer,
  placeLayerDirectory,
  writeLayerIndex,
  writeSeekPoints,
} from './layer-store.js';
import { sweepLater } from './garbage.js';
import { nameImage } from './name-image.js';
import { layerDirectoryName, overlayDirectory, shortLinkName } from './paths.js';
import type { Store } from './store.js';
import { makeTemporaryDirectory, writeWhole } from './temporary.js';
import { finishDirectory, startUnpacking, type Unpacking } from './unpack-layer.js';

export type LayerProgress =
  | { readonly state: 'exists' | 'complete'; readonly layer: ImageLayer }
  | { readonly state: 'reading'; readonly layer: ImageLayer; readonly bytes: number };

export interface AddImageOptions {
  /** Full references that will stand for it. */
  readonly references: readonly string[];
  /** An index that the references stand for instead of the image's own manifest. */
  readonly index?: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  /** Documents of the index beside this image's own. */
  readonly documents?: readonly Buffer[];
  /**
   * Blobs of layers that lie in the store's tmp/ already: they are moved to their place, and not
   * copied, once they have been read and verified like any other.
   */
  readonly spooled?: ReadonlyMap<Digest, string>;
  /** The blobs come into the store by themselves: `openBlob` follows one on its way, verified. */
  readonly bringsBlobs?: boolean;
  readonly onProgress?: (progress: LayerProgress) => void;
  /** Those that the user set. */
  readonly limits?: Partial<Limits>;
}

/** Resolves to what the references stand for. Nothing is named before everything is there. */
export async function addImage(
  store: Store,
  image: Image,
  options: AddImageOptions,
): Promise<Descriptor> {
  // Until it is named, only this keeps what has come from being removed as nobody's.
  const lock = store.host.lock(store.paths.arrivals, 'shared');
  try {
    return await bringAndName(store, image, options);
  } finally {
    lock.release();
    sweepLater(store);
  }
}

const NOTHING: ReadonlyMap<Digest, string> = new Map();

async function bringAndName(
  store: Store,
  image: Image,
  options: AddImageOptions,
): Promise<Descriptor> {
  const { onProgress: report = () => undefined, limits = {}, bringsBlobs = false } = options;
  const { spooled = NOTHING } = options;
  const indexes: LayerIndex[] = [];
  for (const layer of image.layers) {
    try {
      const around = { below: indexes, report, limits, bringsBlobs, spooled };
      indexes.push(await storeLayer(store, image, layer, around));
    } catch (error) {
      const operation = bringsBlobs ? 'pull' : 'load';
      throw during(`${operation} layer ${layer.index} of ${image.layers.length}`, error);
    }
  }
  const manifest = image.manifest ?? makeManifest(image);
  const documents = [image.configBytes, manifest.bytes, ...(options.documents ?? [])];
  for (const bytes of documents) writeBlob(store, sha256Digest(bytes), bytes);
  const { index } = options;
  if (index !== undefined) writeBlob(store, index.descriptor.digest, index.bytes);
  const top = index?.descriptor ?? manifest.descriptor;
  nameImage(store, top, options.references);
  return top;
}

/** An archive of Docker's old form has no manifest of its own: this is the one it would have. */
function makeManifest(image: Image): { descriptor: Descriptor; bytes: Buffer } {
  const mediaType = MEDIA_TYPE.ociManifest;
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: { ...image.configDescriptor, mediaType: MEDIA_TYPE.ociConfig },
      layers: image.layers.map(({ descriptor }) => ({
        ...descriptor,
        mediaType: OCI_LAYER_TYPES[layerCompression(descriptor.mediaType) ?? 'none'],
      })),
    }),
  );
  return { descriptor: { mediaType, digest: sha256Digest(bytes), size: bytes.length }, bytes };
}

/** In a manifest of OCI not every tool takes Docker's names for the same bytes (umoci does not). */
const OCI_LAYER_TYPES = {
  none: MEDIA_TYPE.ociLayer,
  gzip: MEDIA_TYPE.ociLayerGzip,
  zstd: MEDIA_TYPE.ociLayerZstd,
} as const;

function writeBlob(store: Store, digest: Digest, bytes: Buffer): void {
  const path = blobPath(store.paths, digest);
  // What is there and is not this was damaged from outside.
  if (store.host.findStatus(path) !== undefined && store.host.readFile(path).equals(bytes)) return;
  ensureBlobDirectory(store, digest);
  writeWhole(store, path, bytes);
}

export function ensureBlobDirectory(store: Store, digest: Digest): void {
  const path = blobPath(store.paths, digest);
  store.host.createDirectory(path.slice(0, path.lastIndexOf('/')), { parents: true });
}

interface LayerSurroundings {
  readonly below: readonly LayerIndex[];
  readonly report: (progress: LayerProgress) => void;
  readonly limits: Partial<Limits>;
  readonly spooled: ReadonlyMap<Digest, string>;
  readonly bringsBlobs: boolean;
}

function requireLayerType({ index, descriptor }: ImageLayer): void {
  if (layerCompression(descriptor.mediaType) !== undefined) return;
  const reason = `media type ${JSON.stringify(descriptor.mediaType)} is not supported`;
  throw new CutawayError('UNSUPPORTED', `read layer ${index} ${descriptor.digest}: ${reason}`);
}

async function storeLayer(
  store: Store,
  image: Image,
  layer: ImageLayer,
  { below, report, limits, bringsBlobs, spooled }: LayerSurroundings,
): Promise<LayerIndex> {
  const { host } = store;
  requireLayerType(layer);
  const hasBlob = host.findStatus(blobPath(store.paths, layer.descriptor.digest)) !== undefined;
  const kept = findLayerIndex(store, layer.diffID);
  const wantsDirectory = whyNotUnpack(store) === undefined;
  const unpacked = !wantsDirectory || findUnpackedLayer(store, layer.chainID) !== undefined;
  if (hasBlob && unpacked && kept !== undefined) {
    report({ state: 'exists', layer });
    return kept;
  }
  const temporary = makeTemporaryDirectory(store);
  try {
    const ready = spooled.get(layer.descriptor.digest);
    const isOnItsWay = bringsBlobs || ready !== undefined;
    const blob = hasBlob || isOnItsWay ? undefined : `${temporary}/blob`;
    const directory = unpacked ? undefined : `${temporary}/layer`;
    const index = await readLayer(store, layer, { blob, directory, report, limits });
    if (directory !== undefined) {
      const held = host.holdDirectory(`${directory}/diff`);
      try {
        // A path of the image may be as long as Linux takes one: behind ours it would be too long.
        finishDirectory(host, held.path, index, lowerTree(below));
      } finally {
        held.close();
      }
      placeDirectory(store, image, layer, directory);
    }
    const arrived = hasBlob ? undefined : (ready ?? blob);
    if (arrived !== undefined) {
      ensureBlobDirectory(store, layer.descriptor.digest);
      host.rename(arrived, blobPath(store.paths, layer.descriptor.digest));
    }
    if (kept === undefined) writeLayerIndex(store, layer.diffID, index);
    report({ state: 'complete', layer });
    return index;
  } finally {
    host.removeTree(temporary);
  }
}

/** Merged when it is asked for: most layers name all their directories themselves. */
function lowerTree(below: readonly LayerIndex[]): () => MergedTree {
  let merged: MergedTree | undefined;
  return () => (merged ??= mergeLayers(below));
}

interface LayerDestination {
  readonly blob: string | undefined;
  readonly directory: string | undefined;
  readonly report: (progress: LayerProgress) => void;
  readonly limits: Partial<Limits>;
}

async function readLayer(
  store: Store,
  layer: ImageLayer,
  { blob, directory, report, limits }: LayerDestination,
): Promise<LayerIndex> {
  const { host } = store;
  const copy = blob === undefined ? undefined : host.createFile(blob);
  let unpacking: Unpacking | undefined;
  if (directory !== undefined) {
    host.createDirectory(directory, { mode: 0o700 });
    host.createDirectory(`${directory}/diff`);
    unpacking = startUnpacking(host, `${directory}/diff`);
  }
  try {
    const bytes = teeBlob(layer, copy, report);
    const problems: Problem[] = [];
    let points: readonly SeekPoint[] = [];
    const index = await indexTar(
      decompress(bytes, {
        declared: layerCompression(layer.descriptor.mediaType),
        what: `layer ${layer.index}`,
        limits,
        onProblem: (problem) => problems.push(problem),
        onSeekPoints: (found) => (points = found),
      }),
      {
        limits,
        ...(unpacking === undefined ? {} : { sink: unpacking.sink }),
        ...(layer.diffID === layer.descriptor.digest ? { diffID: layer.diffID } : {}),
      },
    );
    checkDiffID(layer, index.diffID);
    await unpacking?.finish();
    if (copy !== undefined) await closeFile(copy);
    if (points.length > 0) writeSeekPoints(store, { digest: layer.descriptor.digest, points });
    return withProblems(index, problems);
  } catch (error) {
    unpacking?.abort();
    copy?.destroy();
    throw error;
  }
}

/** The verified bytes of the blob, each chunk also written to the copy. */
async function* teeBlob(
  layer: ImageLayer,
  copy: Writable | undefined,
  report: (progress: LayerProgress) => void,
): AsyncGenerator<Buffer> {
  let failure: Error | undefined;
  copy?.on('error', (error) => (failure = error));
  let bytes = 0;
  for await (const chunk of layer.openBlob() as AsyncIterable<Buffer>) {
    if (failure !== undefined) throw during('write blob', failure);
    if (copy?.write(chunk) === false) await drained(copy);
    yield chunk;
    bytes += chunk.length;
    report({ state: 'reading', layer, bytes });
  }
}

/** Resolves also when it fails: who goes on writing finds out. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const goOn = () => {
      stream.off('drain', goOn);
      stream.off('error', goOn);
      resolve();
    };
    stream.on('drain', goOn);
    stream.on('error', goOn);
  });
}

async function closeFile(stream: Writable): Promise<void> {
  try {
    await pipeline([], stream);
  } catch (error) {
    throw during('write blob', error);
  }
}

function checkDiffID(layer: ImageLayer, actual: Digest): void {
  if (actual === layer.diffID) return;
  throw new CutawayError('CORRUPT', `its content is ${actual}, the config says ${layer.diffID}`, {
    data: { digest: layer.descriptor.digest, expected: layer.diffID, actual },
  });
}

function placeDirectory(store: Store, image: Image, layer: ImageLayer, directory: string): void {
  const below = image.layers[layer.index - 2];
  if (below !== undefined) {
    const name = layerDirectoryName(below.chainID);
    // What stands under that one it has written down itself: of thousands nothing is counted twice.
    const file = `${overlayDirectory(store.paths, name)}/lower`;
    const lower = store.host.findStatus(file) === undefined ? [] : [store.host.readText(file)];
    store.host.writeFile(`${directory}/lower`, [`l/${shortLinkName(name)}`, ...lower].join(':'));
  }
  placeLayerDirectory(store, directory, layerDirectoryName(layer.chainID));
}
