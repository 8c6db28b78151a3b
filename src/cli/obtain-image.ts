// The image that `run` and `create` need: from the store, or else from what the program carries
// or can make of this machine, with the transcript that people know from a pull.
import type { ContainerImage } from '../runtime/create-container.js';
import { busyboxImage } from '../runtime/embedded/busybox-image.js';
import type { EmbeddedImage } from '../runtime/embedded/embedded-image.js';
import { embeddedImage } from '../runtime/embedded/hello-image.js';
import { addEmbeddedImage } from '../runtime/store/add-embedded.js';
import { familiar, findStoredImage, type StoredImage } from '../runtime/store/image-store.js';
import type { Store } from '../runtime/store/store.js';
import { digestHex } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import { hostPlatform, matchPlatform, parsePlatform, type Platform } from '../oci/platform.js';
import {
  familiarReference,
  formatReference,
  isReference,
  parseReference,
  type Reference,
} from '../oci/reference.js';
import type { Context } from './context.js';

const BUSYBOX = 'docker.io/library/busybox:latest';

export async function obtainImage(
  context: Context,
  store: Store,
  text: string,
  platformText?: string,
): Promise<ContainerImage> {
  const platform = platformText === undefined ? context.platform : parsePlatform(platformText);
  const found = findStoredImage(store, text, platform);
  if (found !== undefined) return containerImage(context, found, text);
  const reference = parseReference(text);
  const offered = await findOffer(context, reference);
  if (offered === undefined) throw imageNotFound(reference);
  context.note(`Unable to find image '${familiarReference(reference)}' locally`);
  await bring(context, store, offered, platform);
  const brought = findStoredImage(store, text, platform);
  if (brought === undefined) throw imageNotFound(reference);
  return containerImage(context, brought, text);
}

/** An image that needs no network. */
export interface Offer {
  readonly reference: Reference;
  readonly image: EmbeddedImage;
  /** Where it comes from, for people. */
  readonly origin: string;
}

/** Whether there is such an image on a machine that has what it is made of. */
export function isOffered(reference: Reference): boolean {
  const full = formatReference(reference);
  return full === BUSYBOX || embeddedImage(full) !== undefined;
}

/** What the program carries, or makes of this machine, under that name. */
export async function findOffer(
  context: Context,
  reference: Reference,
): Promise<Offer | undefined> {
  const full = formatReference(reference);
  const image = embeddedImage(full);
  if (image !== undefined) return { reference, image, origin: 'cutaway itself, which carries it' };
  return full === BUSYBOX ? await makeBusybox(context, reference) : undefined;
}

const BUSYBOX_LIMIT = 16 * 1024 * 1024;

/** From the machine's own static busybox; undefined where there is none. */
async function makeBusybox({ host }: Context, reference: Reference): Promise<Offer | undefined> {
  const path = host.findProgram('busybox');
  if (path === undefined) return undefined;
  const { stdout } = await host.run([path, '--list']);
  const { architecture } = hostPlatform(host.architecture);
  const program = host.readFile(host.realPath(path), BUSYBOX_LIMIT);
  const image = busyboxImage(program, architecture, stdout.split('\n').filter(Boolean));
  return { reference, image, origin: `this machine's ${path}, made into an image` };
}

/** The same lines as a pull, on stderr: stdout is the container's. */
export async function bring(
  context: Context,
  store: Store,
  { reference, image, origin }: Offer,
  platform: Platform,
): Promise<void> {
  // An ordinary user's store has blobs and indexes; only root unpacks.
  const done = context.host.effectiveUid === 0 ? 'Unpack complete' : 'Index complete';
  context.note(`${reference.tag ?? 'latest'}: Taking it from ${origin}`);
  await addEmbeddedImage(store, image, platform, ({ state, layer }) => {
    if (state === 'reading') return;
    const verdict = state === 'exists' ? 'Already exists' : done;
    context.note(`${digestHex(layer.descriptor.digest).slice(0, 12)}: ${verdict}`);
  });
  context.note(`Digest: ${image.index.descriptor.digest}`);
  context.note(`Status: Stored newer image for ${familiarReference(reference)}`);
}

export function imageNotFound(reference: Reference): CutawayError {
  const name = familiarReference(reference);
  const hint =
    formatReference(reference) === BUSYBOX
      ? 'apt-get install -y busybox-static: cutaway makes the image from it'
      : 'cutaway load brings one in from an archive; hello-world and busybox need nothing';
  return new CutawayError('NOT_FOUND', `no such image: ${name}`, { hint });
}

function containerImage(context: Context, image: StoredImage, text: string): ContainerImage {
  const { id, config, layers } = image;
  if (!matchPlatform(context.platform, config)) {
    const made = `${config.os}/${config.architecture}`;
    throw new CutawayError('UNSUPPORTED', `image "${text}" is for ${made}, not for this machine`, {
      hint: 'load it again with the --platform of this machine',
    });
  }
  const reference = isReference(text) ? familiar(formatReference(parseReference(text))) : text;
  return {
    reference: image.references.includes(reference) ? reference : (image.references[0] ?? text),
    id,
    config,
    layers,
  };
}
