// overlay-images of containers-storage: images.json, and the manifest and config of each image.
import type { ReadHost } from '../../host/host.js';
import type { Image } from '../../image/image.js';
import { chainIDs } from '../../oci/chain-id.js';
import { isDigest, sha256Digest, type Digest } from '../../oci/digest.js';
import { causeText } from '../../oci/error.js';
import type { JsonReader } from '../../oci/json-reader.js';
import { formatPlatform } from '../../oci/platform.js';
import type { Problem } from '../../oci/problem.js';
import { familiarReference, isReference, parseReference } from '../../oci/reference.js';
import type { EngineImage } from '../engine.js';
import { readConfig, unpackedImage } from '../unpacked-image.js';
import { readID, readList, type StorageLayers } from './storage-layers.js';

export interface StorageImage {
  readonly root: string;
  readonly hex: string;
  readonly image: EngineImage;
}

const DATA_LIMIT = 8 << 20;

export function listStorageImages(
  engine: string,
  host: ReadHost,
  roots: readonly string[],
  problems: Problem[],
): StorageImage[] {
  const found = new Map<string, StorageImage>();
  for (const root of roots) {
    const path = `${root}/overlay-images/images.json`;
    for (const record of readList(host, path, toRecord, problems)) {
      if (found.has(record.hex)) continue;
      try {
        found.set(record.hex, {
          root,
          hex: record.hex,
          image: readImage(engine, host, root, record),
        });
      } catch (error) {
        problems.push({ code: 'image-unreadable', message: causeText(error), path });
      }
    }
  }
  return [...found.values()].sort((a, b) =>
    (a.image.createdAt ?? '') < (b.image.createdAt ?? '') ? 1 : -1,
  );
}

interface ImageEntry {
  readonly hex: string;
  readonly names: readonly string[];
  readonly digest: string | undefined;
}

function toRecord(reader: JsonReader): ImageEntry {
  return {
    hex: readID(reader.get('id')),
    names: reader.get('names').list((name) => name.string()),
    digest: reader.get('digest').optionalString(),
  };
}

function readImage(
  engine: string,
  host: ReadHost,
  root: string,
  { hex, names, digest }: ImageEntry,
): EngineImage {
  const id: Digest = `sha256:${hex}`;
  const config = readConfig(id, readConfigBytes(host, root, hex));
  const diffIDs = config.rootfs.diff_ids;
  const chain = chainIDs(diffIDs);
  return {
    engine,
    id,
    references: names.map(familiar).sort(),
    digest: digest !== undefined && isDigest(digest) ? digest : id,
    platform: formatPlatform(config),
    ...(config.created === undefined ? {} : { createdAt: config.created }),
    layers: diffIDs.map((diffID, at) => ({ diffID, chainID: chain[at] ?? diffID })),
  };
}

export function openStorageImage(
  host: ReadHost,
  { byDiff }: StorageLayers,
  { root, hex, image }: StorageImage,
): Image {
  const manifest = readManifest(host, `${root}/overlay-images/${hex}/manifest`, image.digest);
  return unpackedImage(image.id, {
    engine: image.engine,
    configBytes: readConfigBytes(host, root, hex),
    references: image.references,
    ...(manifest === undefined ? {} : { manifest }),
    blobOf: (diffID) => byDiff.get(diffID)?.blob,
  });
}

function readConfigBytes(host: ReadHost, root: string, hex: string): Buffer {
  return host.readFile(`${root}/overlay-images/${hex}/${dataName(`sha256:${hex}`)}`, DATA_LIMIT);
}

/** containers/storage makeBigDataBaseName: what has other characters is in base64. */
function dataName(key: string): string {
  return /^[a-z0-9.]+$/.test(key) ? key : `=${Buffer.from(key).toString('base64')}`;
}

function readManifest(host: ReadHost, path: string, digest: Digest): Image['manifest'] {
  if (host.findStatus(path) === undefined) return undefined;
  const bytes = host.readFile(path, DATA_LIMIT);
  // With several manifests of one image, the file has another one than the names stand for.
  if (sha256Digest(bytes) !== digest) return undefined;
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

function familiar(name: string): string {
  return isReference(name) ? familiarReference(parseReference(name)) : name;
}
