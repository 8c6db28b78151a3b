import { CutawayError } from '../oci/error.js';
import { formatPlatform } from '../oci/platform.js';
import {
  familiarReference,
  formatReference,
  isReference,
  parseReference,
} from '../oci/reference.js';
import type { Image, ImageFailure, ImageSource } from './image.js';

/** Shorter prefixes of an id are taken for names. */
const MINIMUM_PREFIX = 4;

/**
 * The image that `reference` means: a name in full or short, a tag, or a digest or id or the
 * start of one. Without it the only image there is.
 */
export async function selectImage(source: ImageSource, reference?: string): Promise<Image> {
  const images = await source.listImages();
  const failures = await source.listFailures();
  const matching = reference === undefined ? images : matchImages(images, reference);
  const [image] = matching;
  if (image !== undefined && matching.length === 1) return image;
  if (image !== undefined) throw ambiguous(source, matching, reference);
  const failure = failures.find((each) => reference === undefined || isNamed(each, reference));
  if (failure !== undefined) throw failure.error;
  throw await notFound(source, images, reference);
}

/** What people call an image: its first name, or else the start of its id. */
export function imageLabel(image: Image): string {
  const [reference] = image.references;
  if (reference !== undefined) return familiarReference(parseReference(reference));
  return image.names[0] ?? image.id.slice(0, 'sha256:'.length + 12);
}

/** A better kind of match hides the worse ones: a name is never taken for an id. */
function matchImages(images: readonly Image[], reference: string): readonly Image[] {
  const full = isReference(reference) ? formatReference(parseReference(reference)) : undefined;
  const kinds: ((image: Image) => boolean)[] = [
    (image) => image.names.includes(reference),
    (image) => full !== undefined && image.references.includes(full),
    (image) => image.references.some((name) => parseReference(name).tag === reference),
    (image) => digestsOf(image).some((digest) => startsWith(digest, reference)),
  ];
  for (const matches of kinds) {
    const found = images.filter(matches);
    if (found.length > 0) return found;
  }
  return [];
}

function digestsOf(image: Image): string[] {
  const manifest = image.manifest?.descriptor.digest;
  return manifest === undefined ? [image.id] : [image.id, manifest];
}

function startsWith(digest: string, prefix: string): boolean {
  const wanted = prefix.includes(':') ? prefix : `sha256:${prefix}`;
  return wanted.length >= 'sha256:'.length + MINIMUM_PREFIX && digest.startsWith(wanted);
}

function isNamed(failure: ImageFailure, reference: string): boolean {
  const { names, digest } = failure;
  if (names.includes(reference)) return true;
  if (digest !== undefined && startsWith(digest, reference)) return true;
  if (!isReference(reference)) return false;
  const full = formatReference(parseReference(reference));
  return names.some((name) => isReference(name) && formatReference(parseReference(name)) === full);
}

function ambiguous(
  source: ImageSource,
  images: readonly Image[],
  reference: string | undefined,
): CutawayError {
  const labels = images.map(imageLabel);
  const operand = reference === undefined ? '' : ` match ${JSON.stringify(reference)}`;
  return new CutawayError(
    'AMBIGUOUS',
    `choose image of "${source.path}": ${images.length} images${operand}: ${labels.join(', ')}`,
    { hint: `name one of them: ${source.kind}:${source.path}:NAME`, data: { images: labels } },
  );
}

async function notFound(
  source: ImageSource,
  images: readonly Image[],
  reference: string | undefined,
): Promise<CutawayError> {
  const platforms = (await source.listPlatforms()).map(formatPlatform);
  const operation = `choose image of "${source.path}"`;
  if (images.length > 0) {
    const labels = images.map(imageLabel);
    const reason = `none is called ${JSON.stringify(reference)}`;
    return new CutawayError('NOT_FOUND', `${operation}: ${reason}`, {
      hint: `it has ${labels.join(', ')}`,
      data: { images: labels },
    });
  }
  if (platforms.length === 0) return new CutawayError('NOT_FOUND', `${operation}: it has no image`);
  return new CutawayError('NOT_FOUND', `${operation}: no image for the platform`, {
    hint: `it has images for ${platforms.join(', ')}: choose one with --platform`,
    data: { platforms },
  });
}
