import { inspectAll } from '../../inspect/ls.js';
import { formatLs } from '../../report/ls-table.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { targetContext } from '../targets.js';

export const ls = defineCommand({
  usage: '',
  options: DOCUMENT_OPTIONS,
  least: 0,
  most: 0,
  async run(context, _none, options) {
    const document = inspectAll(await targetContext(context));
    showDocument(context, options, { document, list: 'containers', face: formatLs });
    return 0;
  },
});
