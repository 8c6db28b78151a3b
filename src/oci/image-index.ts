// image-spec image-index.md, and Docker's manifest list.
import { readDescriptor, type Descriptor } from './descriptor.js';
import { parseJson, present, type ParseJsonOptions } from './json-reader.js';
import { readMediaType, readSchemaVersion, refuseConfusion, refuseSchema1 } from './manifest.js';
import { isIndexType, isManifestType, MEDIA_TYPE } from './media-type.js';
import { matchPlatform, variantLevel, type Platform } from './platform.js';
import { ANNOTATION } from './annotation.js';

export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** `expectedMediaType` is what the descriptor or the registry calls the document. */
export function parseImageIndex(
  bytes: Uint8Array,
  expectedMediaType?: string,
  options?: ParseJsonOptions,
): ImageIndex {
  const document = parseJson(bytes, 'image index', options);
  refuseSchema1(document, expectedMediaType);
  refuseConfusion(document);
  const mediaType = readMediaType(document, expectedMediaType, MEDIA_TYPE.ociIndex);
  if (isManifestType(mediaType)) document.fail(`a manifest, not an index: ${mediaType}`);
  if (!isIndexType(mediaType)) {
    document.fail(`media type ${JSON.stringify(mediaType)} is not supported`, 'UNSUPPORTED');
  }
  readSchemaVersion(document);
  const manifests = document.get('manifests');
  if (manifests.value === undefined) manifests.fail('missing');
  return present({
    schemaVersion: 2 as const,
    mediaType,
    artifactType: document.get('artifactType').optionalString(),
    manifests: manifests.list(readDescriptor),
    subject: document.get('subject').optional(readDescriptor),
    annotations: document.get('annotations').optional((map) => map.stringMap()),
  });
}

/**
 * The manifests (or nested indexes) that `platform` can run, best first: the newest variant it
 * has, then those that do not say what they are for, whose configs must tell.
 */
export function selectManifests(index: ImageIndex, platform: Platform): Descriptor[] {
  const images = index.manifests.filter(isImage);
  const matching = images.filter((image) => isFor(image, platform));
  const level = ({ platform }: Descriptor) =>
    platform === undefined ? 0 : (variantLevel(platform) ?? 0);
  matching.sort((a, b) => level(b) - level(a));
  return [...matching, ...images.filter((image) => statedPlatform(image) === undefined)];
}

/** BuildKit's attestations stand in the index as manifests of the platform unknown/unknown. */
export function isAttestation({ platform, annotations }: Descriptor): boolean {
  if (annotations?.[ANNOTATION.dockerReferenceType] === 'attestation-manifest') return true;
  return platform?.os === 'unknown' && platform.architecture === 'unknown';
}

function isImage(descriptor: Descriptor): boolean {
  const { mediaType } = descriptor;
  return (isManifestType(mediaType) || isIndexType(mediaType)) && !isAttestation(descriptor);
}

function isFor(descriptor: Descriptor, platform: Platform): boolean {
  const stated = statedPlatform(descriptor);
  return stated !== undefined && matchPlatform(platform, stated);
}

function statedPlatform({ platform }: Descriptor): Platform | undefined {
  return platform === undefined || platform.os === '' || platform.architecture === ''
    ? undefined
    : platform;
}
