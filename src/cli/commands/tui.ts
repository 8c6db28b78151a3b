import { CutawayError } from '../../oci/error.js';
import { defineCommand } from '../command.js';
import { explore } from '../explorer/explore.js';

export const tui = defineCommand({
  usage: '[TARGET]',
  options: {
    theme: {
      type: 'string',
      value: 'NAME',
      choices: ['default', 'light', 'high-contrast', 'none'],
      describe: 'colours; else CUTAWAY_THEME says, and NO_COLOR means none',
    },
    script: {
      type: 'string',
      value: 'FILE|-',
      describe: 'keys from a file, as docs/explorer.md says',
    },
    still: { type: 'string', value: 'FILE', describe: 'write the last screen as a picture, SVG' },
    record: { type: 'string', value: 'FILE', describe: 'write what is seen as an asciicast' },
  },
  least: 0,
  most: 1,
  examples: ['cutaway tui', 'cutaway tui busybox', 'cutaway tui --record look.cast image.tar'],
  async run(context, [text], options) {
    if (!context.stdin.isTTY || !context.stdout.isTTY) {
      throw new CutawayError('UNSUPPORTED', 'the explorer needs a terminal on stdin and stdout', {
        hint: 'cutaway ls, layers and tree say the same without one',
      });
    }
    return await explore(context, text, options);
  },
});
