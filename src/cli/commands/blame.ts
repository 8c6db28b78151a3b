import { inspectBlame } from '../../inspect/blame.js';
import { formatBlame } from '../../report/blame-drawing.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

export const blame = defineCommand({
  usage: 'TARGET PATH',
  options: { ...DOCUMENT_OPTIONS, ...PLATFORM_OPTION },
  least: 2,
  most: 2,
  examples: [
    'cutaway blame web /etc/motd',
    'cutaway blame docker-archive:image.tar /usr/share/doc',
    'cutaway blame --json busybox /bin/sh',
  ],
  async run(context, [text = '', path = ''], options) {
    const targets = await targetContext(context, options.platform);
    const document = await withTree(targets, text, (target) => inspectBlame(targets, target, path));
    showDocument(context, options, { document, list: 'events', face: formatBlame });
    return 0;
  },
});
