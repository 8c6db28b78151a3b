// The image that `run` and `create` need: from the store, or else from what needs no network.
import type { ContainerImage } from '../runtime/create-container.js';
import { familiar, findStoredImage, type StoredImage } from '../runtime/store/image-store.js';
import type { Store } from '../runtime/store/store.js';
import { CutawayError } from '../oci/error.js';
import { matchPlatform, parsePlatform } from '../oci/platform.js';
import { formatReference, isReference, parseReference } from '../oci/reference.js';
import type { Context } from './context.js';

export async function obtainImage(
  context: Context,
  store: Store,
  text: string,
  platformText?: string,
): Promise<ContainerImage> {
  const platform = platformText === undefined ? context.platform : parsePlatform(platformText);
  const found = findStoredImage(store, text, platform);
  if (found !== undefined) return containerImage(context, found, text);
  // Unpacking is much to load, and mostly the image is there.
  const { bringOffered } = await import('./offered-image.js');
  await bringOffered(context, store, parseReference(text), platform);
  const brought = findStoredImage(store, text, platform);
  if (brought === undefined) throw new CutawayError('INTERNAL', `image "${text}" is gone again`);
  return containerImage(context, brought, text);
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
