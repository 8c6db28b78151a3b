import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { CutawayError } from '../../oci/error.js';
import { isForeignLayerType } from '../../oci/media-type.js';
import { pushBlob, type BlobOutcome, type BlobSource } from './push-blob.js';
import type { Registry } from './registry-client.js';

/** Everything that one name stands for. */
export interface ImageTree {
  /** Manifests and indexes, byte for byte; what an index names stands before it. */
  readonly documents: readonly { readonly descriptor: Descriptor; readonly bytes: Buffer }[];
  /** Configs and layers, each once. */
  readonly blobs: readonly Descriptor[];
}

export type PushProgress = { readonly descriptor: Descriptor } & (
  | BlobOutcome
  | { readonly state: 'skipped' }
  | { readonly state: 'pushing'; readonly bytes: number }
);

export interface PushImageOptions {
  /** "push localhost:5000/web:1", in front of an error's message. */
  readonly what: string;
  readonly repository: string;
  readonly tag: string;
  readonly openBlob: (descriptor: Descriptor) => BlobSource;
  /** A repository of this registry that has the blob. */
  readonly findMount: (digest: Digest) => Promise<string | undefined>;
  /** Bytes of one request; default: all of a blob. */
  readonly chunkSize?: number | undefined;
  readonly onProgress?: (progress: PushProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** How many blobs go at once: as many as Docker's daemon sends. */
const PARALLEL = 5;

/** Resolves to what the tag stands for now. Nothing is named before everything is there. */
export async function pushImage(
  registry: Registry,
  tree: ImageTree,
  options: PushImageOptions,
): Promise<Descriptor> {
  await pushBlobs(registry, tree.blobs, options);
  const top = tree.documents.at(-1);
  if (top === undefined) throw new CutawayError('INTERNAL', `${options.what}: no manifest`);
  for (const document of tree.documents) {
    const { descriptor } = document;
    await pushDocument(
      registry,
      document,
      document === top ? options.tag : descriptor.digest,
      options,
    );
  }
  return top.descriptor;
}

async function pushBlobs(
  registry: Registry,
  blobs: readonly Descriptor[],
  options: PushImageOptions,
): Promise<void> {
  const { onProgress: report = () => undefined } = options;
  const stop = new AbortController();
  const signals = options.signal === undefined ? [] : [options.signal];
  const signal = AbortSignal.any([stop.signal, ...signals]);
  const queue = [...blobs];
  const work = async () => {
    for (let blob = queue.shift(); blob !== undefined; blob = queue.shift()) {
      await pushOne(registry, blob, { ...options, signal, onProgress: report });
    }
  };
  const workers = Array.from({ length: Math.min(PARALLEL, blobs.length) }, work);
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(workers);
    throw error;
  }
}

async function pushOne(
  registry: Registry,
  descriptor: Descriptor,
  options: PushImageOptions & { readonly onProgress: (progress: PushProgress) => void },
): Promise<void> {
  const { what, repository, chunkSize, signal, onProgress } = options;
  // image-spec layer.md#non-distributable-layers: they are not to be uploaded.
  if (isForeignLayerType(descriptor.mediaType)) {
    onProgress({ state: 'skipped', descriptor });
    return;
  }
  const blob = { descriptor, source: options.openBlob(descriptor), findMount: options.findMount };
  const outcome = await pushBlob(registry, blob, {
    ...{ what, repository, chunkSize, signal },
    onBytes: (bytes) => {
      onProgress({ state: 'pushing', descriptor, bytes });
    },
  });
  onProgress({ ...outcome, descriptor });
}

async function pushDocument(
  registry: Registry,
  { descriptor, bytes }: ImageTree['documents'][number],
  name: string,
  { what, repository, signal }: PushImageOptions,
): Promise<void> {
  const response = await registry.request('PUT', `/v2/${repository}/manifests/${name}`, {
    what: `${what}: manifest ${descriptor.digest}`,
    scope: `repository:${repository}:pull,push`,
    headers: { 'content-type': descriptor.mediaType },
    body: bytes,
    signal,
  });
  response.body.discard();
  const actual = response.headers['docker-content-digest'];
  if (actual === undefined || actual === descriptor.digest) return;
  throw new CutawayError(
    'CORRUPT',
    `${what}: the registry has another manifest: ${actual.slice(0, 140)}`,
    { data: { expected: descriptor.digest, actual } },
  );
}
