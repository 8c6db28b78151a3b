import { inspectLayers } from '../../inspect/layers.js';
import { formatLayers } from '../../report/layers-table.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

export const layers = defineCommand({
  usage: 'TARGET',
  options: { ...DOCUMENT_OPTIONS, ...PLATFORM_OPTION },
  least: 1,
  most: 1,
  examples: ['cutaway layers busybox', 'cutaway layers --json docker-archive:image.tar'],
  async run(context, [text = ''], options) {
    const targets = await targetContext(context, options.platform);
    const document = await withTree(targets, text, (target) => inspectLayers(targets, target));
    showDocument(context, options, { document, list: 'layers', face: formatLayers });
    return 0;
  },
});
