// Everything that a name in the store stands for: what is sent to a registry.
import type { BlobSource } from '../../image/registry/push-blob.js';
import type { ImageTree } from '../../image/registry/push-image.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { CutawayError } from '../../oci/error.js';
import { parseImageIndex } from '../../oci/image-index.js';
import { parseManifest } from '../../oci/manifest.js';
import { isForeignLayerType, isIndexType, isManifestType } from '../../oci/media-type.js';
import { blobPath, readBlob, STORED } from './image-store.js';
import type { ReadStore } from './store.js';

interface Gathered {
  readonly documents: { readonly descriptor: Descriptor; readonly bytes: Buffer }[];
  readonly blobs: Map<Digest, Descriptor>;
  readonly missing: Descriptor[];
}

export interface StoredTree extends ImageTree {
  /** What the documents name and the store does not have: mostly, of other platforms. */
  readonly missing: readonly Descriptor[];
}

/** Each manifest, index and config verified; what the index names before the index. */
export function readStoredTree(store: ReadStore, top: Descriptor): StoredTree {
  const gathered: Gathered = { documents: [], blobs: new Map(), missing: [] };
  gather(store, top, gathered, new Set());
  const { documents, blobs, missing } = gathered;
  return { documents, blobs: [...blobs.values()], missing };
}

function gather(
  store: ReadStore,
  descriptor: Descriptor,
  gathered: Gathered,
  seen: Set<Digest>,
): void {
  const { mediaType, digest } = descriptor;
  if (seen.has(digest)) return;
  seen.add(digest);
  if (store.host.findStatus(blobPath(store.paths, digest)) === undefined) {
    gathered.missing.push(descriptor);
    return;
  }
  const bytes = readBlob(store, descriptor);
  if (isIndexType(mediaType)) {
    const { manifests } = parseImageIndex(bytes, mediaType, STORED);
    for (const child of manifests) gather(store, child, gathered, seen);
  } else if (isManifestType(mediaType)) {
    const { config, layers } = parseManifest(bytes, mediaType, STORED);
    for (const blob of [config, ...layers]) addBlob(store, blob, gathered);
  } else {
    const type = JSON.stringify(mediaType);
    throw new CutawayError('UNSUPPORTED', `read image ${digest}: media type ${type}`);
  }
  gathered.documents.push({ descriptor, bytes });
}

function addBlob(store: ReadStore, blob: Descriptor, { blobs, missing }: Gathered): void {
  const isThere = store.host.findStatus(blobPath(store.paths, blob.digest)) !== undefined;
  if (isThere || isForeignLayerType(blob.mediaType)) blobs.set(blob.digest, blob);
  else missing.push(blob);
}

/** Its bytes as they lie in the store; who reads all of them verifies them. */
export function storedBlobSource(store: ReadStore, { digest }: Descriptor): BlobSource {
  return {
    read: async function* (start, end) {
      const file = store.host.openFile(blobPath(store.paths, digest));
      try {
        yield* file.stream({ start, end }) as AsyncIterable<Buffer>;
      } finally {
        file.close();
      }
    },
  };
}
