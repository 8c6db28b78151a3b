import { resolveStoredImage } from '../../runtime/store/image-store.js';
import { removeImage } from '../../runtime/store/remove-image.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';

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
    for (const text of texts) {
      const image = resolveStoredImage(store, text, context.platform);
      const { untagged, deleted } = removeImage(store, image, text, { force });
      for (const name of untagged) context.print(`Untagged: ${name}\n`);
      for (const digest of deleted) context.print(`Deleted: ${digest}\n`);
    }
    return 0;
  },
});
