// The image that `run` and `create` need: from the store, or else from what needs no network, or
// else from its registry.
import type { ContainerImage } from '../runtime/create-container.js';
import { familiar, findStoredImage, type StoredImage } from '../runtime/store/image-store.js';
import type { Store } from '../runtime/store/store.js';
import { CutawayError } from '../oci/error.js';
import { matchPlatform, parsePlatform } from '../oci/platform.js';
import {
  familiarReference,
  formatReference,
  isReference,
  parseReference,
} from '../oci/reference.js';
import type { Context } from './context.js';

export interface ObtainOptions {
  readonly platform: string | undefined;
  /** Default `missing`. */
  readonly pull: string | undefined;
}

export async function obtainImage(
  context: Context,
  store: Store,
  text: string,
  options: ObtainOptions,
): Promise<ContainerImage> {
  const platform =
    options.platform === undefined ? context.platform : parsePlatform(options.platform);
  const always = options.pull === 'always';
  const found = always ? undefined : findStoredImage(store, text, platform);
  if (found !== undefined) return containerImage(context, found, text);
  const reference = parseReference(text);
  if (options.pull === 'never') {
    const name = familiarReference(reference);
    throw new CutawayError('NOT_FOUND', `no such image: ${name}, and --pull is never`);
  }
  // Unpacking and the network are much to load, and mostly the image is there.
  const { bringImage } = await import('./bring-image.js');
  await bringImage(context, store, reference, options);
  const brought = findStoredImage(store, text, platform);
  if (brought === undefined) throw new CutawayError('INTERNAL', `image "${text}" is gone again`);
  return containerImage(context, brought, text);
}

function containerImage(context: Context, image: StoredImage, text: string): ContainerImage {
  const { id, config, layers } = image;
  if (!matchPlatform(context.platform, config)) {
    const made = `${config.os}/${config.architecture}`;
    throw new CutawayError('UNSUPPORTED', `image "${text}" is for ${made}, not for this machine`, {
      hint: 'load or pull it again with the --platform of this machine',
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
