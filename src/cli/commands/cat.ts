import { openContent, type FileContent } from '../../inspect/cat.js';
import { CutawayError } from '../../oci/error.js';
import { defineCommand } from '../command.js';
import type { Context } from '../context.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';
import { looksLikeText, TerminalText } from '../terminal-text.js';

export const cat = defineCommand({
  usage: 'TARGET PATH',
  options: {
    layer: {
      type: 'string',
      value: 'N',
      describe: 'as layer N has it, also when a later one deletes or changes it',
    },
    raw: { type: 'boolean', describe: 'the bytes as they are, on a terminal too' },
    ...PLATFORM_OPTION,
  },
  least: 2,
  most: 2,
  examples: [
    'cutaway cat web /etc/passwd',
    'cutaway cat --layer 2 busybox /etc/motd',
    'cutaway cat docker-archive:image.tar /bin/tool > tool',
  ],
  async run(context, [text = '', path = ''], options) {
    const targets = await targetContext(context, options.platform);
    await withTree(targets, text, async (target) => {
      const content = await openContent(targets, target, path, { layer: options.layer });
      if (!options.raw && context.stdout.isTTY) await showOnTerminal(context, content);
      else for await (const chunk of content.chunks) await write(context, chunk);
    });
    return 0;
  },
});

async function showOnTerminal(context: Context, { place, chunks }: FileContent): Promise<void> {
  const text = new TerminalText();
  let isFirst = true;
  let ending = '';
  for await (const chunk of chunks) {
    if (isFirst && !looksLikeText(chunk)) {
      throw new CutawayError('INVALID_INPUT', `"${place.entry.path}" is no text`, {
        hint: 'send it to a file or a program: cutaway cat … > FILE; --raw shows it all the same',
      });
    }
    isFirst = false;
    const shown = text.push(chunk);
    await write(context, shown);
    ending = shown.slice(-1) || ending;
  }
  const last = text.end();
  if ((last.slice(-1) || ending) !== '\n' && !isFirst) await write(context, `${last}\n`);
}

/** Waits for a reader that is slower than we are. */
async function write({ stdout }: Context, data: string | Buffer): Promise<void> {
  if (data.length === 0 || stdout.write(data)) return;
  await new Promise((resolve) => stdout.once('drain', resolve));
}
