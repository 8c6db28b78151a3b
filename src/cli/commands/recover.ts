import { inspectRecover } from '../../inspect/recover.js';
import { CutawayError } from '../../oci/error.js';
import { formatRecover } from '../../report/recover-lines.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

export const recover = defineCommand({
  usage: 'TARGET',
  options: {
    ...DOCUMENT_OPTIONS,
    ...PLATFORM_OPTION,
    path: {
      type: 'string',
      value: 'GLOB',
      describe: 'only paths that match, and what is beneath them; without a slash, any name',
    },
    layer: { type: 'string', value: 'N', describe: 'only what layer N has' },
    unique: { type: 'boolean', describe: 'only files whose content is nowhere in the final tree' },
  },
  least: 1,
  most: 1,
  examples: [
    'cutaway recover docker-archive:image.tar',
    "cutaway recover --unique --path '*.pem' busybox",
    "cutaway recover --json web | jq -r '.entries[].get // empty'",
  ],
  async run(context, [text = ''], options) {
    const layer = readLayer(options.layer);
    const { path, unique } = options;
    const targets = await targetContext(context, options.platform);
    const document = await withTree(targets, text, (target) =>
      inspectRecover(targets, target, {
        unique,
        ...(path === undefined ? {} : { path }),
        ...(layer === undefined ? {} : { layer }),
      }),
    );
    showDocument(context, options, { document, list: 'entries', face: formatRecover });
    return 0;
  },
});

function readLayer(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new CutawayError('INVALID_INPUT', `--layer is a number, not "${text}"`);
}
