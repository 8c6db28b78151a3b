import { openImageSource, selectImage } from '../../image/open-image.js';
import type { Image } from '../../image/image.js';
import { CutawayError } from '../../oci/error.js';
import { formatPlatform, parsePlatform } from '../../oci/platform.js';
import { addImage } from '../../runtime/store/add-image.js';
import { familiar } from '../../runtime/store/image-store.js';
import { safeText } from '../../report/text.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';
import { showLayerProgress } from '../progress.js';
import { PLATFORM_OPTION } from '../targets.js';

export const load = defineCommand({
  usage: '[OPTIONS] [FILE|DIRECTORY] [REFERENCE]',
  options: {
    ...PLATFORM_OPTION,
    input: {
      type: 'string',
      alias: 'i',
      value: 'FILE',
      describe: 'the same as the first argument',
    },
    quiet: { type: 'boolean', alias: 'q', describe: 'no progress' },
  },
  least: 0,
  most: 2,
  examples: [
    'cutaway load image.tar',
    'cutaway load -i image.tar',
    'cutaway load layout-directory web:1',
  ],
  async run(context, [first, second], options) {
    const path = options.input ?? first;
    const reference = options.input === undefined ? second : first;
    if (path === undefined) {
      throw new CutawayError('INVALID_INPUT', 'load: no file was named', {
        hint: 'cutaway load FILE',
      });
    }
    const wanted =
      options.platform === undefined ? context.platform : parsePlatform(options.platform);
    const source = await openImageSource(context.host, path, {
      ...(options.platform === undefined ? {} : { platform: wanted }),
    });
    try {
      const images =
        reference === undefined
          ? await source.listImages()
          : [await selectImage(source, reference)];
      if (images.length === 0) throw await noImages(source, path);
      const store = await contextStore(context);
      for (const image of images) {
        const progress = showLayerProgress(context, image.layers.length, options.quiet);
        await addImage(store, image, { references: image.references, onProgress: progress.report });
        progress.end();
        context.print(`Loaded image${nameOf(image)}\n`);
      }
      return 0;
    } finally {
      source.close();
    }
  },
});

function nameOf(image: Image): string {
  if (image.references.length === 0) return ` ID: ${image.id}`;
  return `: ${image.references.map((reference) => safeText(familiar(reference))).join(', ')}`;
}

async function noImages(
  source: Awaited<ReturnType<typeof openImageSource>>,
  path: string,
): Promise<CutawayError> {
  const [failure] = await source.listFailures();
  if (failure !== undefined) return failure.error;
  const platforms = (await source.listPlatforms()).map(formatPlatform);
  const hint = platforms.length === 0 ? {} : { hint: `it has ${platforms.join(', ')}` };
  return new CutawayError('NOT_FOUND', `load "${path}": no image for this machine in it`, hint);
}
