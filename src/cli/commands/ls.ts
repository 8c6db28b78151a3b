import { inspectAll } from '../../inspect/ls.js';
import { formatImageList, formatLs } from '../../report/ls-table.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { targetContext } from '../targets.js';

export const ls = defineCommand({
  usage: '',
  options: { ...DOCUMENT_OPTIONS, images: { type: 'boolean', describe: 'images only' } },
  least: 0,
  most: 0,
  examples: ['cutaway ls', 'cutaway ls --engine docker', 'cutaway ls --host-root /mnt/evidence'],
  async run(context, _none, options) {
    const document = inspectAll(await targetContext(context));
    const shown = options.images
      ? { list: 'images', face: formatImageList }
      : { list: 'containers', face: formatLs };
    showDocument(context, options, { document, ...shown });
    return 0;
  },
});
