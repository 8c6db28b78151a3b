// An image of an engine that has its layers as directories only.
import { Readable } from 'node:stream';
import type { Image, ImageLayer } from '../image/image.js';
import { chainIDs } from '../oci/chain-id.js';
import { sha256Digest, type Digest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import { parseImageConfig, type ImageConfig } from '../oci/image-config.js';

const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

export interface UnpackedParts {
  readonly engine: string;
  readonly configBytes: Buffer;
  readonly references: readonly string[];
  readonly manifest?: Image['manifest'];
  /** Digest and size of the blob that a layer was pulled as, where the engine remembers. */
  readonly blobOf: (
    diffID: Digest,
  ) => { readonly digest: Digest; readonly size?: number } | undefined;
}

/** The config of an image, whose digest is the image's id; throws CORRUPT when it is not. */
export function readConfig(id: Digest, bytes: Buffer): ImageConfig {
  const actual = sha256Digest(bytes);
  if (actual === id) return parseImageConfig(bytes);
  throw new CutawayError('CORRUPT', `read image ${id}: its config has the digest ${actual}`, {
    data: { expected: id, actual },
  });
}

export function unpackedImage(id: Digest, parts: UnpackedParts): Image {
  const { configBytes, references, manifest } = parts;
  const config = readConfig(id, configBytes);
  const diffIDs = config.rootfs.diff_ids;
  const chain = chainIDs(diffIDs);
  return {
    id,
    manifest,
    config,
    configBytes,
    configDescriptor: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: id,
      size: configBytes.length,
    },
    layers: diffIDs.map((diffID, at) =>
      unpackedLayer(parts, { index: at + 1, diffID, chainID: chain[at] ?? diffID }),
    ),
    names: references,
    references,
    problems: [],
  };
}

function unpackedLayer(
  { engine, blobOf }: UnpackedParts,
  place: Pick<ImageLayer, 'index' | 'diffID' | 'chainID'>,
): ImageLayer {
  const { digest = place.diffID, size = 0 } = blobOf(place.diffID) ?? {};
  const refuse = () => {
    const message = `read layer ${place.index} ${place.diffID}: ${engine} keeps no blob of it`;
    return new CutawayError('UNSUPPORTED', message, {
      hint: 'cutaway tree and cat read its files',
    });
  };
  const failing = () =>
    new Readable({
      read() {
        this.destroy(refuse());
      },
    });
  return {
    ...place,
    descriptor: { mediaType: LAYER_TYPE, digest, size },
    unpackedOnly: true,
    openBlob: failing,
    openTar: failing,
    readTar: failing,
    readRange: failing,
    location: () => undefined,
  };
}
