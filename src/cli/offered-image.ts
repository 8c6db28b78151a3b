// Images that need no network: carried in the program, or made of what this machine has. They come
// into the store with the transcript that people know from a pull.
import { busyboxImage } from '../runtime/embedded/busybox-image.js';
import type { EmbeddedImage } from '../runtime/embedded/embedded-image.js';
import { embeddedImage } from '../runtime/embedded/hello-image.js';
import { addEmbeddedImage } from '../runtime/store/add-embedded.js';
import { whyNotUnpack } from '../runtime/store/can-unpack.js';
import type { Store } from '../runtime/store/store.js';
import { digestHex } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import { hostPlatform, type Platform } from '../oci/platform.js';
import { familiarReference, formatReference, type Reference } from '../oci/reference.js';
import type { Context } from './context.js';

const BUSYBOX = 'docker.io/library/busybox:latest';

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
  const done = whyNotUnpack(store) === undefined ? 'Unpack complete' : 'Index complete';
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
      : 'cutaway pull brings one from a registry, cutaway load from an archive';
  return new CutawayError('NOT_FOUND', `no such image: ${name}`, { hint });
}
