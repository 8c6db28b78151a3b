import { inspectDiff } from '../../inspect/diff.js';
import type { DiffDocument } from '../../inspect/documents/diff.js';
import { formatDiff } from '../../report/diff-lines.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

export const diff = defineCommand({
  usage: 'TARGET [TARGET]',
  options: {
    ...DOCUMENT_OPTIONS,
    ...PLATFORM_OPTION,
    time: { type: 'boolean', describe: 'report also what differs in its modification time only' },
    'exit-code': { type: 'boolean', describe: 'exit with 1 when there are differences' },
  },
  least: 1,
  most: 2,
  examples: [
    'cutaway diff web',
    'cutaway diff busybox@2',
    'cutaway diff busybox docker-archive:other.tar',
  ],
  async run(context, [first = '', second], options) {
    const targets = targetContext(context, options.platform);
    const { time } = options;
    const document: DiffDocument = await withTree(targets, first, async (before) =>
      second === undefined
        ? await inspectDiff(targets, before, undefined, { time })
        : await withTree(targets, second, (after) => inspectDiff(targets, before, after, { time })),
    );
    showDocument(context, options, { document, list: 'changes', face: formatDiff });
    return options['exit-code'] && document.changes.length > 0 ? 1 : 0;
  },
});
