import { inspectOverlay } from '../../inspect/overlay.js';
import { formatOverlay } from '../../report/overlay-drawing.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

export const overlay = defineCommand({
  usage: 'TARGET',
  options: { ...DOCUMENT_OPTIONS, ...PLATFORM_OPTION },
  least: 1,
  most: 1,
  examples: ['cutaway overlay web'],
  async run(context, [text = ''], options) {
    const targets = await targetContext(context, options.platform);
    const document = await withTree(targets, text, (target) => inspectOverlay(targets, target));
    showDocument(context, options, { document, list: 'lower', face: formatOverlay });
    return 0;
  },
});
