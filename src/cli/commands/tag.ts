import { formatReference, parseReference } from '../../oci/reference.js';
import { resolveStoredImage } from '../../runtime/store/image-store.js';
import { nameImage } from '../../runtime/store/name-image.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';

export const tag = defineCommand({
  usage: 'IMAGE NAME[:TAG]',
  options: {},
  least: 2,
  most: 2,
  examples: ['cutaway tag busybox localhost:5000/tools/busybox:1'],
  async run(context, [source = '', name = '']) {
    const reference = parseReference(name);
    const store = await contextStore(context);
    const image = resolveStoredImage(store, source, context.platform);
    nameImage(store, image.descriptor, [formatReference(reference)]);
    return 0;
  },
});
