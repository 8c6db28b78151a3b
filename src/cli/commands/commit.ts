import { safeText } from '../../report/text.js';
import { CONFIG_INSTRUCTIONS } from '../../oci/config-change.js';
import { CutawayError } from '../../oci/error.js';
import { hostPlatform } from '../../oci/platform.js';
import { formatReference, parseReference } from '../../oci/reference.js';
import { commitContainer } from '../../runtime/commit-container.js';
import { resolveContainer, type ContainerRecord } from '../../runtime/store/container-store.js';
import { findStoredImage, type StoredImage } from '../../runtime/store/image-store.js';
import type { Store } from '../../runtime/store/store.js';
import { cancelOnSignal } from '../cancel-on-signal.js';
import { defineCommand, type OptionSpecs } from '../command.js';
import { contextStore } from '../context.js';

export const CHANGE_OPTION = {
  change: {
    type: 'strings',
    alias: 'c',
    value: 'INSTRUCTION',
    describe: `change the config: ${CONFIG_INSTRUCTIONS.join(' ')}`,
  },
} as const satisfies OptionSpecs;

export const commit = defineCommand({
  usage: '[OPTIONS] CONTAINER [NAME[:TAG]]',
  options: {
    author: { type: 'string', alias: 'a', value: 'TEXT', describe: 'who did it' },
    message: { type: 'string', alias: 'm', value: 'TEXT', describe: 'what was done' },
    ...CHANGE_OPTION,
    pause: {
      type: 'boolean',
      alias: 'p',
      describe: 'let it stand still while its files are read (default)',
    },
    'no-pause': {
      type: 'boolean',
      describe: 'let it run on; files may change while they are read',
    },
  },
  least: 1,
  most: 2,
  examples: [
    'cutaway commit web mine:1',
    `cutaway commit -m "with git" -c 'CMD ["git", "--version"]' web mine:2`,
  ],
  async run(context, [text = '', name], options) {
    const references = name === undefined ? [] : [formatReference(readName(name))];
    const store = await contextStore(context);
    const container = resolveContainer(store, text);
    const image = imageOf(store, container.record);
    const { author, message } = options;
    const { id, problems } = await cancelOnSignal((signal) =>
      commitContainer(store, container, image, {
        ...(author === undefined ? {} : { author }),
        ...(message === undefined ? {} : { message }),
        changes: options.change,
        pause: !options['no-pause'],
        references,
        limits: context.limits,
        signal,
      }),
    );
    for (const { message: reason, path = '' } of problems) {
      context.note(`! ${safeText(path)}: ${safeText(reason)}`);
    }
    context.print(`${id}\n`);
    return 0;
  },
});

export function readName(text: string): ReturnType<typeof parseReference> {
  const reference = parseReference(text);
  if (reference.digest === undefined) return reference;
  throw new CutawayError('INVALID_INPUT', `"${text}": a name to give has no digest`);
}

function imageOf(store: Store, { image, name, architecture }: ContainerRecord): StoredImage {
  const platform = hostPlatform(architecture);
  const found = findStoredImage(store, image.id, platform);
  if (found !== undefined) return found;
  throw new CutawayError('NOT_FOUND', `commit "${name}": its image is no longer in the store`, {
    hint: `bring ${image.reference} (${image.id}) back first`,
  });
}
