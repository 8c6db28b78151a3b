import { flatTar } from '../../inspect/flat-tar.js';
import { joinChunks } from '../../image/tar-writer.js';
import type { Problem } from '../../oci/problem.js';
import { safeText } from '../../report/text.js';
import { cancelOnSignal } from '../cancel-on-signal.js';
import { defineCommand } from '../command.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';
import { requireOutput, writeOutput } from '../write-output.js';

export const exportCommand = defineCommand({
  usage: '[OPTIONS] TARGET',
  options: {
    output: {
      type: 'string',
      alias: 'o',
      value: 'FILE',
      describe: 'write to a file, not to stdout',
    },
    ...PLATFORM_OPTION,
  },
  least: 1,
  most: 1,
  examples: [
    'cutaway export -o web.tar web',
    'cutaway export web | tar tv',
    'cutaway export docker-archive:image.tar > files.tar',
  ],
  async run(context, [text = ''], { output, platform }) {
    requireOutput(context, 'export', output);
    const targets = await targetContext(context, platform);
    const problems: Problem[] = [];
    await withTree(targets, text, async (target) => {
      const tar = flatTar(targets, target, (problem) => problems.push(problem));
      await cancelOnSignal((signal) => writeOutput(context, joinChunks(tar), output, signal));
    });
    for (const { message, path = '' } of problems) {
      context.note(`! ${path === '' ? '' : `${safeText(path)}: `}${safeText(message)}`);
    }
    return 0;
  },
});
