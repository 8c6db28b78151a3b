// distribution-spec spec.md#pulling-manifests: manifests and indexes, verified.
import type { Descriptor } from '../../oci/descriptor.js';
import { digestAlgorithm, isDigest, sha256Digest, type Digest } from '../../oci/digest.js';
import { CutawayError } from '../../oci/error.js';
import { parseJson } from '../../oci/json-reader.js';
import { isIndexType, isManifestType, isSchema1Type, MEDIA_TYPE } from '../../oci/media-type.js';
import { jsonLimits, type Limits } from '../limits.js';
import { verifyBytes } from '../verify.js';
import type { Registry, RegistryResponse } from './registry-client.js';

export interface FetchedDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

export interface ManifestRequest {
  readonly registry: Registry;
  readonly repository: string;
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

const ACCEPT = [
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.dockerIndex,
  MEDIA_TYPE.dockerManifest,
];

/** A manifest or an index by its tag or digest. */
export async function fetchManifest(
  request: ManifestRequest,
  reference: string,
): Promise<FetchedDocument> {
  const { registry, what } = request;
  const response = await ask(request, 'GET', reference);
  const bytes = await response.body.bytes();
  const digest = verifiedDigest(bytes, reference, response, what);
  const mediaType = kindOf(response, bytes, registry.limits);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

/** One that an index names. */
export async function fetchNamedManifest(
  request: ManifestRequest,
  { mediaType, digest, size }: Descriptor,
): Promise<FetchedDocument> {
  const response = await ask(request, 'GET', digest);
  const bytes = verifyBytes(await response.body.bytes(), {
    digest,
    size,
    what: `manifest ${digest}`,
  });
  return { descriptor: { mediaType, digest, size }, bytes };
}

/** What a tag stands for now; undefined when the registry does not say without sending it. */
export async function findManifestDigest(
  request: ManifestRequest,
  reference: string,
): Promise<Digest | undefined> {
  // Whoever does not know HEAD is asked for all of it.
  const response = await ask(request, 'HEAD', reference, [400, 405, 501]);
  response.body.discard();
  if (response.status !== 200) return undefined;
  const digest = response.headers['docker-content-digest'];
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

async function ask(
  { registry, repository, what, signal }: ManifestRequest,
  method: 'GET' | 'HEAD',
  reference: string,
  answers: readonly number[] = [],
): Promise<RegistryResponse> {
  return await registry.request(method, `/v2/${repository}/manifests/${reference}`, {
    what,
    accept: ACCEPT,
    scope: `repository:${repository}:pull`,
    mirrors: true,
    answers,
    signal,
  });
}

/** By a digest the bytes must have it; by a tag they must have the one that the registry states. */
function verifiedDigest(
  bytes: Buffer,
  reference: string,
  { headers }: RegistryResponse,
  what: string,
): Digest {
  const stated = headers['docker-content-digest'];
  const expected = isDigest(reference) ? reference : stated;
  if (expected === undefined) return sha256Digest(bytes);
  if (!isDigest(expected)) {
    throw new CutawayError('CORRUPT', `${what}: the registry states no digest: ${expected}`);
  }
  verifyBytes(bytes, { digest: expected, what: `manifest ${reference}` });
  return digestAlgorithm(expected) === 'sha256' ? expected : sha256Digest(bytes);
}

/**
 * Some registries call everything `application/json` or `text/plain`: then the document's own word
 * counts, and where it has none, its shape.
 */
function kindOf({ headers }: RegistryResponse, bytes: Buffer, limits: Limits): string {
  const served = (headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
  if (isIndexType(served) || isManifestType(served) || isSchema1Type(served)) return served;
  const document = parseJson(bytes, 'manifest', jsonLimits(limits));
  const own = document.get('mediaType').optionalString();
  if (own !== undefined && own !== '') return own;
  return document.get('manifests').isPresent ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.ociManifest;
}
