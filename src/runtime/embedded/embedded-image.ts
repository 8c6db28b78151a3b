// Images that need no network: carried in the program, or made from what the machine has.
// This file: what such an image is, and how one is put together from tars and a config.
import type { Descriptor } from '../../oci/descriptor.js';
import { sha256Digest, type Digest } from '../../oci/digest.js';
import type { ExecutionConfig, HistoryEntry, ImageConfig } from '../../oci/image-config.js';
import { MEDIA_TYPE } from '../../oci/media-type.js';
import type { Platform } from '../../oci/platform.js';
import { tarBytes, type TarEntry } from './tar-bytes.js';

/** A multi-platform image in memory, complete. */
export interface EmbeddedImage {
  /** In full: "docker.io/library/hello-world:latest". */
  readonly reference: string;
  readonly index: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  /** Every blob by its digest, the index included. */
  readonly blobs: ReadonlyMap<Digest, Buffer>;
}

/** A step that made a layer, or none where it has no entries. */
export interface ImageStep {
  readonly createdBy: string;
  readonly entries?: readonly TarEntry[];
}

export interface PlatformImage {
  readonly platform: Platform;
  /** Base first. */
  readonly steps: readonly ImageStep[];
  readonly config: ExecutionConfig;
}

/** Every time in every image made here, so that their digests stay. */
const CREATED = '2026-11-01T00:00:00Z';

/**
 * Layers stay uncompressed: what zlib makes of the same bytes differs between versions of Node,
 * and the digests must not.
 */
export function makeEmbeddedImage(
  reference: string,
  images: readonly PlatformImage[],
): EmbeddedImage {
  const blobs = new Map<Digest, Buffer>();
  const add = (mediaType: string, bytes: Buffer): Descriptor => {
    const digest = sha256Digest(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const manifests = images.map(({ platform, steps, config }) => {
    const layers = steps.flatMap(({ entries }) =>
      entries === undefined
        ? []
        : [add(MEDIA_TYPE.ociLayer, tarBytes(entries, Date.parse(CREATED) / 1000))],
    );
    const imageConfig = makeConfig(platform, steps, config, layers);
    const manifest = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: add(MEDIA_TYPE.ociConfig, jsonBytes(imageConfig)),
      layers,
    };
    return { ...add(MEDIA_TYPE.ociManifest, jsonBytes(manifest)), platform };
  });
  const bytes = jsonBytes({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests });
  return { reference, index: { descriptor: add(MEDIA_TYPE.ociIndex, bytes), bytes }, blobs };
}

function makeConfig(
  platform: Platform,
  steps: readonly ImageStep[],
  config: ExecutionConfig,
  layers: readonly Descriptor[],
): ImageConfig {
  const history = steps.map(({ createdBy, entries }): HistoryEntry => {
    const step = { created: CREATED, created_by: createdBy };
    return entries === undefined ? { ...step, empty_layer: true } : step;
  });
  return {
    created: CREATED,
    ...platform,
    config,
    // The diffID of an uncompressed layer is its digest: image-spec config.md#layer-diffid.
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history,
  };
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
