import { inspectRecord } from '../../inspect/inspect.js';
import { formatJson } from '../../report/json.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

const { output, json, format } = DOCUMENT_OPTIONS;

export const inspect = defineCommand({
  usage: 'TARGET',
  options: { output, json, format, ...PLATFORM_OPTION },
  least: 1,
  most: 1,
  examples: ['cutaway inspect web', 'cutaway inspect busybox'],
  async run(context, [text = ''], options) {
    const targets = await targetContext(context, options.platform);
    const document = await withTree(targets, text, (target) => inspectRecord(targets, target));
    showDocument(
      context,
      { ...options, columns: undefined, 'no-trunc': true },
      { document, list: 'problems', face: formatJson },
    );
    return 0;
  },
});
