// image-spec manifest.md, and Docker's schema 2, which differs only in its media types.
import { readDescriptor, type Descriptor } from './descriptor.js';
import { parseJson, present, type JsonReader, type ParseJsonOptions } from './json-reader.js';
import { isIndexType, isManifestType, isSchema1Type, MEDIA_TYPE } from './media-type.js';

/** What one image is made of: its config and its layers, base first. */
export interface Manifest {
  readonly schemaVersion: 2;
  /** As the document says, or as it was served, or else OCI's. */
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** `expectedMediaType` is what the descriptor or the registry calls the document. */
export function parseManifest(
  bytes: Uint8Array,
  expectedMediaType?: string,
  options?: ParseJsonOptions,
): Manifest {
  const document = parseJson(bytes, 'manifest', options);
  refuseSchema1(document, expectedMediaType);
  refuseConfusion(document);
  const mediaType = readMediaType(document, expectedMediaType, MEDIA_TYPE.ociManifest);
  if (isIndexType(mediaType)) document.fail(`an index, not a manifest: ${mediaType}`);
  if (!isManifestType(mediaType)) {
    document.fail(`media type ${JSON.stringify(mediaType)} is not supported`, 'UNSUPPORTED');
  }
  readSchemaVersion(document);
  const layers = document.get('layers');
  if (layers.value === undefined) layers.fail('missing');
  return present({
    schemaVersion: 2 as const,
    mediaType,
    artifactType: document.get('artifactType').optionalString(),
    config: readDescriptor(document.get('config')),
    layers: layers.list(readDescriptor),
    subject: document.get('subject').optional(readDescriptor),
    annotations: document.get('annotations').optional((map) => map.stringMap()),
  });
}

/**
 * Refuses what one program reads as a manifest and another as an index (CVE-2021-41190). Go's
 * parser, which most programs use, takes keys in any case: so does this.
 */
export function refuseConfusion(document: JsonReader): void {
  const keys = new Set(document.keys().map((key) => key.toLowerCase()));
  const ofManifest = ['layers', 'config'].find((key) => keys.has(key));
  if (keys.has('manifests') && ofManifest !== undefined) {
    document.fail(`has both "manifests" and "${ofManifest}": manifest or index, not both`);
  }
}

/** Docker's first format has no config and its digests do not cover its signatures. */
export function refuseSchema1(document: JsonReader, expectedMediaType?: string): void {
  const version = document.get('schemaVersion').value;
  const mediaType = document.get('mediaType').value;
  const isSchema1 =
    version === 1 ||
    (typeof mediaType === 'string' && isSchema1Type(mediaType)) ||
    (expectedMediaType !== undefined && isSchema1Type(expectedMediaType));
  if (isSchema1) {
    document.fail('Docker image manifest schema 1 is not supported', 'UNSUPPORTED');
  }
}

/** What the document calls itself must be what it was called by who pointed at it. */
export function readMediaType(
  document: JsonReader,
  expected: string | undefined,
  fallback: string,
): string {
  const field = document.get('mediaType');
  const own = field.optionalString();
  if (own !== undefined && own !== '' && expected !== undefined && own !== expected) {
    field.fail(`${JSON.stringify(own)}, but expected ${JSON.stringify(expected)}`);
  }
  return own === undefined || own === '' ? (expected ?? fallback) : own;
}

export function readSchemaVersion(document: JsonReader): void {
  const version = document.get('schemaVersion');
  if (version.integer() !== 2) version.fail(`not 2: ${version.integer()}`, 'UNSUPPORTED');
}
