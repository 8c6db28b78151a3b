import { hasCode } from '../../oci/error.js';
import type { Platform } from '../../oci/platform.js';
import { resolveStoredImage } from '../../runtime/store/image-store.js';
import { removeDamagedImage, removeImage, type Removal } from '../../runtime/store/remove-image.js';
import type { Store } from '../../runtime/store/store.js';
import { safeText } from '../../report/text.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';
import { reportError } from '../exit-status.js';

const LATER =
  '! an image is on its way into the store: what nothing needs any more goes when it has come';

export const rmi = defineCommand({
  usage: '[OPTIONS] IMAGE…',
  options: {
    force: {
      type: 'boolean',
      alias: 'f',
      describe: 'also with several names or with containers made of it',
    },
  },
  least: 1,
  most: Infinity,
  async run(context, texts, { force }) {
    const store = await contextStore(context);
    let failure: Error | undefined;
    for (const text of texts) {
      try {
        const { untagged, deleted, isLater } = remove(store, text, context.platform, { force });
        for (const name of untagged) context.print(`Untagged: ${safeText(name)}\n`);
        for (const digest of deleted) context.print(`Deleted: ${digest}\n`);
        if (isLater) context.note(LATER);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        // The others go all the same; the last failure is told by whoever called.
        if (failure !== undefined) reportError(failure, 'rmi');
        failure = error;
      }
    }
    if (failure !== undefined) throw failure;
    return 0;
  },
});

function remove(
  store: Store,
  text: string,
  platform: Platform,
  options: { force: boolean },
): Removal {
  try {
    const image = resolveStoredImage(store, text, platform);
    return removeImage(store, image, text, options);
  } catch (error) {
    const removal = hasCode(error, 'CORRUPT') ? removeDamagedImage(store, text) : undefined;
    if (removal !== undefined) return removal;
    throw error;
  }
}
