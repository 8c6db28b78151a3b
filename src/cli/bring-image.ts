import type { Store } from '../runtime/store/store.js';
import { parsePlatform } from '../oci/platform.js';
import { familiarReference, type Reference } from '../oci/reference.js';
import type { Context } from './context.js';
import type { ObtainOptions } from './obtain-image.js';
import { bring, findOffer, imageNotFound, isOffered } from './offered-image.js';
import { openReferenceRegistry, pullReference } from './pull-reference.js';

/** For `run` and `create`: what needs no network comes from this machine, unless it is asked anew. */
export async function bringImage(
  context: Context,
  store: Store,
  reference: Reference,
  { platform, pull }: ObtainOptions,
): Promise<void> {
  const offer = pull === 'always' ? undefined : await findOffer(context, reference);
  // Where this machine lacks what busybox is made of, the error says how to get it.
  if (offer === undefined && pull !== 'always' && isOffered(reference)) {
    throw imageNotFound(reference);
  }
  if (pull !== 'always') {
    context.note(`Unable to find image '${familiarReference(reference)}' locally`);
  }
  if (offer !== undefined) {
    const wanted = platform === undefined ? context.platform : parsePlatform(platform);
    await bring(context, store, offer, wanted);
    return;
  }
  const registry = openReferenceRegistry(context, reference);
  try {
    await pullReference(context, { store, registry }, reference, { platform, quiet: false });
  } finally {
    registry.close();
  }
}
