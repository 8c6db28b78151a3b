// From a name to one image of one platform: through an index, or one in it, to manifest and config.
import type { Digest } from '../../oci/digest.js';
import { CutawayError } from '../../oci/error.js';
import { parseImageConfig, type ImageConfig } from '../../oci/image-config.js';
import { isAttestation, parseImageIndex, selectManifests } from '../../oci/image-index.js';
import { parseManifest, type Manifest } from '../../oci/manifest.js';
import { isConfigType, isIndexType } from '../../oci/media-type.js';
import { formatPlatform, matchPlatform, type Platform } from '../../oci/platform.js';
import { checkLimit, jsonLimits } from '../limits.js';
import { fetchSmallBlob } from './fetch-blob.js';
import {
  fetchManifest,
  fetchNamedManifest,
  type FetchedDocument,
  type ManifestRequest,
} from './fetch-manifest.js';

export interface WantedImage extends ManifestRequest {
  /** A tag or a digest. */
  readonly reference: string;
  readonly platform: Platform;
  /** The user asked for this platform: an image for another is none. */
  readonly isExplicit: boolean;
}

export interface ResolvedImage {
  /** What the name stands for: an index, or the manifest itself. */
  readonly top: FetchedDocument;
  /** The indexes within it that lead to the manifest. */
  readonly inner: readonly FetchedDocument[];
  readonly manifest: FetchedDocument & { readonly content: Manifest };
  readonly config: ImageConfig;
  readonly configBytes: Buffer;
}

export async function resolveImage(wanted: WantedImage): Promise<ResolvedImage> {
  const top = await fetchManifest(wanted, wanted.reference);
  const found = await choose(wanted, top, []);
  if (found !== undefined) return { top, ...found };
  throw noPlatform(wanted, top);
}

type Chosen = Omit<ResolvedImage, 'top'>;

async function choose(
  wanted: WantedImage,
  document: FetchedDocument,
  around: readonly FetchedDocument[],
): Promise<Chosen | undefined> {
  if (!isIndexType(document.descriptor.mediaType)) {
    const image = await readImage(wanted, document);
    const isOther = !matchPlatform(wanted.platform, image.config);
    const mustMatch = wanted.isExplicit || around.length > 0;
    return mustMatch && isOther ? undefined : { ...image, inner: around.slice(1) };
  }
  const path = [...around, document];
  const { limits } = wanted.registry;
  const { digest } = document.descriptor;
  checkLimit(limits, 'indexDepth', path.length, `${wanted.what}: read index ${digest}`);
  const index = parseIndex(wanted, document);
  checkLimit(limits, 'manifests', index.manifests.length, `${wanted.what}: read index ${digest}`);
  for (const descriptor of selectManifests(index, wanted.platform)) {
    if (isWithin(path, descriptor.digest)) continue;
    const found = await choose(wanted, await fetchNamedManifest(wanted, descriptor), path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isWithin(path: readonly FetchedDocument[], digest: Digest): boolean {
  return path.some(({ descriptor }) => descriptor.digest === digest);
}

function parseIndex(wanted: WantedImage, { descriptor, bytes }: FetchedDocument) {
  return parseImageIndex(bytes, descriptor.mediaType, jsonLimits(wanted.registry.limits));
}

async function readImage(
  wanted: WantedImage,
  { descriptor, bytes }: FetchedDocument,
): Promise<Omit<Chosen, 'inner'>> {
  const { registry, repository, what, signal } = wanted;
  const limits = jsonLimits(registry.limits);
  const content = parseManifest(bytes, descriptor.mediaType, limits);
  const { config } = content;
  if (!isConfigType(config.mediaType)) {
    const kind = content.artifactType ?? config.mediaType;
    throw new CutawayError('UNSUPPORTED', `${what}: it is no image, but ${JSON.stringify(kind)}`);
  }
  const name = `image config ${config.digest}`;
  checkLimit(registry.limits, 'documentSize', config.size, `${what}: read ${name}`);
  const request = { registry, repository, descriptor: config, what: name, signal };
  const configBytes = await fetchSmallBlob(request);
  return {
    manifest: { descriptor, bytes, content },
    config: parseImageConfig(configBytes, limits),
    configBytes,
  };
}

function noPlatform(wanted: WantedImage, top: FetchedDocument): CutawayError {
  const message = `${wanted.what}: no image for ${formatPlatform(wanted.platform)}`;
  if (!isIndexType(top.descriptor.mediaType)) {
    return new CutawayError('NOT_FOUND', message, { hint: 'it is for another platform only' });
  }
  const platforms = parseIndex(wanted, top)
    .manifests.filter((descriptor) => !isAttestation(descriptor))
    .flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]));
  const names = [...new Set(platforms)];
  const hint = names.length === 0 ? {} : { hint: `it has images for ${names.join(', ')}` };
  return new CutawayError('NOT_FOUND', message, { ...hint, data: { platforms: names } });
}
