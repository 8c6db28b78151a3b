import { inspectTree } from '../../inspect/tree.js';
import { CutawayError } from '../../oci/error.js';
import { formatTree } from '../../report/tree-drawing.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

export const tree = defineCommand({
  usage: 'TARGET [PATH]',
  options: {
    ...DOCUMENT_OPTIONS,
    ...PLATFORM_OPTION,
    depth: { type: 'string', value: 'N', describe: 'levels beneath PATH that the table draws' },
    hash: { type: 'boolean', describe: 'read what a container has written for its sha256' },
  },
  least: 1,
  most: 2,
  examples: ['cutaway tree busybox', 'cutaway tree --depth 1 web /etc'],
  async run(context, [text = '', path = '/'], options) {
    const depth = readDepth(options.depth);
    const targets = targetContext(context, options.platform);
    const document = await withTree(targets, text, (target) =>
      inspectTree(targets, target, { path, hash: options.hash }),
    );
    showDocument(context, options, {
      document,
      list: 'entries',
      face: (answer, view) => formatTree(answer, { ...view, depth }),
    });
    return 0;
  },
});

function readDepth(text: string | undefined): number {
  if (text === undefined) return Infinity;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new CutawayError('INVALID_INPUT', `--depth is a number, not "${text}"`);
}
