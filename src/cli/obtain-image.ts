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
  const offered = await findOffer(context, formatReference(reference));
  if (offered === undefined) throw notFound(reference);
  context.note(`Unable to find image '${familiarReference(reference)}' locally`);
  await bring(context, store, reference, offered, platform);
  const brought = findStoredImage(store, text, platform);
  if (brought === undefined) throw notFound(reference);
  return containerImage(context, brought, text);
}

interface Offer {
  readonly image: EmbeddedImage;
  /** Where it comes from, for people. */
  readonly origin: string;
}

async function findOffer(context: Context, reference: string): Promise<Offer | undefined> {
  const carried = embeddedImage(reference);
  if (carried !== undefined) return { image: carried, origin: 'cutaway itself, which carries it' };
  return reference === BUSYBOX ? await makeBusybox(context) : undefined;
}

const BUSYBOX_LIMIT = 16 * 1024 * 1024;

/** From the machine's own static busybox; undefined where there is none. */
export async function makeBusybox({ host }: Context): Promise<Offer | undefined> {
  const path = host.findProgram('busybox');
  if (path === undefined) return undefined;
  const { stdout } = await host.run([path, '--list']);
  const { architecture } = hostPlatform(host.architecture);
  const program = host.readFile(host.realPath(path), BUSYBOX_LIMIT);
  const image = busyboxImage(program, architecture, stdout.split('\n').filter(Boolean));
  return { image, origin: `this machine's ${path}, made into an image` };
}

/** The same lines as a pull, on stderr: stdout is the container's. */
async function bring(
  context: Context,
  store: Store,
  reference: Reference,
  { image, origin }: Offer,
  platform: Platform,
): Promise<void> {
  context.note(`${reference.tag ?? 'latest'}: Taking it from ${origin}`);
  await addEmbeddedImage(store, image, platform, ({ state, layer }) => {
    if (state === 'reading') return;
    const verdict = state === 'exists' ? 'Already exists' : 'Unpack complete';
    context.note(`${digestHex(layer.descriptor.digest).slice(0, 12)}: ${verdict}`);
  });
  context.note(`Digest: ${image.index.descriptor.digest}`);
  context.note(`Status: Stored newer image for ${familiarReference(reference)}`);
}

function notFound(reference: Reference): CutawayError {
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
