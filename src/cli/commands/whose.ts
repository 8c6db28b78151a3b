import { inspectOwner } from '../../inspect/whose.js';
import { formatWhose } from '../../report/whose-table.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { targetContext } from '../targets.js';

export const whose = defineCommand({
  usage: 'THING',
  options: DOCUMENT_OPTIONS,
  least: 1,
  most: 1,
  examples: [
    'cutaway whose /var/lib/docker/overlay2/6f1c…/diff/etc/passwd',
    'cutaway whose 4711',
    "cutaway whose 'net:[4026532177]'",
    'cutaway whose veth3c1b0a2',
    'cutaway whose sha256:f8b0…',
    'cutaway whose inode:1835012',
  ],
  async run(context, [text = ''], options) {
    const document = inspectOwner(await targetContext(context), text);
    showDocument(context, options, { document, list: 'answers', face: formatWhose });
    return document.answers.length === 0 ? 1 : 0;
  },
});
