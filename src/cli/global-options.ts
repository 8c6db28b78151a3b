import { CutawayError } from '../oci/error.js';
import type { OptionSpecs } from './command.js';
import type { GlobalOptions } from './context.js';

export const GLOBAL_OPTIONS: OptionSpecs = {
  'data-root': { type: 'string', value: 'DIR', describe: 'where the store is' },
  'no-color': { type: 'boolean', describe: 'no colours, as with NO_COLOR=1' },
};

const HELP_WORDS = ['--help', '-h'];

export interface SplitArguments {
  readonly global: GlobalOptions;
  readonly name: string | undefined;
  readonly rest: readonly string[];
}

/** Takes what stands before the command's name; the command takes the same options itself. */
export function splitArguments(argv: readonly string[]): SplitArguments {
  let dataRoot: string | undefined;
  let noColor = false;
  let at = 0;
  for (; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--no-color') noColor = true;
    else if (word.startsWith('--data-root=')) dataRoot = word.slice('--data-root='.length);
    else if (word === '--data-root') {
      at += 1;
      dataRoot = argv[at];
      if (dataRoot === undefined)
        throw new CutawayError('INVALID_INPUT', '--data-root needs a value');
    } else if (word.startsWith('-') && !HELP_WORDS.includes(word)) {
      throw new CutawayError('INVALID_INPUT', `unknown option ${word}`, {
        hint: 'cutaway --help lists what stands before a command',
      });
    } else break;
  }
  return { global: { dataRoot, noColor }, name: argv[at], rest: argv.slice(at + 1) };
}
