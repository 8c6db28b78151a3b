// Images as one file or one directory that other tools take: the docker-archive of `docker save`, an OCI
// layout (image-spec image-layout.md), and that layout in a tar. The same images give the same bytes:
// members come in a fixed order, with fixed times, owners and modes.
import { familiarReference, isReference, parseReference } from '../oci/reference.js';
import { ANNOTATION } from '../oci/annotation.js';
import type { Descriptor } from '../oci/descriptor.js';
import { digestHex } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import { MEDIA_TYPE } from '../oci/media-type.js';
import type { Image, ImageLayer } from './image.js';
import { blobName } from './member-store.js';
import { TAR_END, tarHeader, tarPadding } from './tar-writer.js';

/** An image and the full references that it goes under. */
export interface SavedImage {
  readonly image: Image;
  readonly references: readonly string[];
}

/** One file of an archive or a layout. */
export interface SavedMember {
  readonly name: string;
  readonly size: number;
  /** Opened when its turn comes; fails unless it is what its digest says. */
  readonly open: () => AsyncIterable<Buffer> | Iterable<Buffer>;
}

export interface DockerMembersOptions {
  /** Bytes of a layer's uncompressed tar. */
  readonly tarSize: (layer: ImageLayer) => Promise<number>;
}

/**
 * manifest.json, configs and layers as `docker load` and `podman load` read them. Layers are plain, as
 * Docker writes them: every reader takes those, and the bytes do not depend on how they are stored here.
 */
export async function dockerMembers(
  saved: readonly SavedImage[],
  { tarSize }: DockerMembersOptions,
): Promise<SavedMember[]> {
  const layerName = ({ diffID }: ImageLayer) => `${digestHex(diffID)}.tar`;
  const manifest = mergeSame(saved).map(({ image, references }) => ({
    Config: `${digestHex(image.id)}.json`,
    RepoTags: references.length === 0 ? null : references.map(familiar),
    Layers: image.layers.map(layerName),
  }));
  const members = [
    ofBytes('manifest.json', jsonBytes(manifest)),
    ofBytes('repositories', jsonBytes(repositories(saved))),
    ...saved.map(({ image }) => ofBytes(`${digestHex(image.id)}.json`, image.configBytes)),
  ];
  for (const layer of distinctLayers(saved)) {
    const size = await tarSize(layer);
    members.push({ name: layerName(layer), size, open: () => layer.openTar() });
  }
  return distinct(members);
}

/** What tools of before Docker 1.10 read: the name of the top layer by repository and tag. */
function repositories(saved: readonly SavedImage[]): Record<string, Record<string, string>> {
  const named: Record<string, Record<string, string>> = {};
  for (const { image, references } of saved) {
    const top = image.layers.at(-1);
    for (const name of references.map(familiar)) {
      const colon = name.lastIndexOf(':');
      const [repository, tag] = [name.slice(0, colon), name.slice(colon + 1)];
      if (top !== undefined) (named[repository] ??= {})[tag] = digestHex(top.diffID);
    }
  }
  return named;
}

/** Blobs as they are stored, so that manifests keep their digests. */
export function ociMembers(saved: readonly SavedImage[]): SavedMember[] {
  const manifests = saved.flatMap(({ image, references }) => {
    const { descriptor } = requireManifest(image);
    const { os, architecture, variant } = image.config;
    const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
    const { mediaType, digest, size } = descriptor;
    const plain: Descriptor = { mediaType, digest, size, platform };
    if (references.length === 0) return [plain];
    return references.map((reference): Descriptor => ({
      ...plain,
      annotations: {
        [ANNOTATION.containerdImageName]: reference,
        [ANNOTATION.refName]: reference,
      },
    }));
  });
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests };
  return distinct([
    ofBytes('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')),
    ofBytes('index.json', jsonBytes(index)),
    ...saved.flatMap(({ image }) => blobMembers(image)),
  ]);
}

function blobMembers(image: Image): SavedMember[] {
  const { descriptor, bytes } = requireManifest(image);
  return [
    ofBytes(blobName(descriptor.digest), bytes),
    ofBytes(blobName(image.configDescriptor.digest), image.configBytes),
    ...image.layers.map((layer) => ({
      name: blobName(layer.descriptor.digest),
      size: layer.descriptor.size,
      open: () => layer.openBlob(),
    })),
  ];
}

function requireManifest(image: Image): NonNullable<Image['manifest']> {
  if (image.manifest !== undefined) return image.manifest;
  throw new CutawayError('UNSUPPORTED', `save image ${image.id}: it has no manifest of its own`);
}

/** The members as a tar, in chunks. */
export async function* archiveTar(members: readonly SavedMember[]): AsyncGenerator<Buffer> {
  const made = new Set<string>();
  for (const member of members) {
    for (const directory of parents(member.name)) {
      if (made.has(directory)) continue;
      made.add(directory);
      yield tarHeader({ name: directory, type: 'directory', mode: 0o755 });
    }
    yield tarHeader({ name: member.name, type: 'file', mode: 0o644, size: member.size });
    yield* wholeMember(member);
    yield tarPadding(member.size);
  }
  yield TAR_END;
}

/** Its bytes; fails when there are more or fewer than was promised. */
export async function* wholeMember({ name, size, open }: SavedMember): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of open()) {
    bytes += chunk.length;
    if (bytes > size) break;
    yield chunk;
  }
  if (bytes === size) return;
  throw new CutawayError('CORRUPT', `write ${name}: it has other than ${size} bytes`);
}

function parents(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, at) => `${parts.slice(0, at + 1).join('/')}/`);
}

function familiar(reference: string): string {
  return isReference(reference) ? familiarReference(parseReference(reference)) : reference;
}

/** One image that was asked for under several names is one entry. */
function mergeSame(saved: readonly SavedImage[]): SavedImage[] {
  const byID = new Map<string, SavedImage>();
  for (const { image, references } of saved) {
    const known = byID.get(image.id);
    const all = [...new Set([...(known?.references ?? []), ...references])];
    byID.set(image.id, { image: known?.image ?? image, references: all });
  }
  return [...byID.values()];
}

function distinctLayers(saved: readonly SavedImage[]): ImageLayer[] {
  const layers = saved.flatMap(({ image }) => image.layers);
  return [...new Map(layers.map((layer) => [layer.diffID, layer])).values()];
}

function distinct(members: readonly SavedMember[]): SavedMember[] {
  return [...new Map(members.map((member) => [member.name, member])).values()];
}

function ofBytes(name: string, bytes: Buffer): SavedMember {
  return { name, size: bytes.length, open: () => [bytes] };
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
