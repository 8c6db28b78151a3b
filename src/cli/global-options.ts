import { CutawayError } from '../oci/error.js';
import type { Command, OptionSpecs } from './command.js';
import type { GlobalOptions } from './context.js';

export const GLOBAL_OPTIONS: OptionSpecs = {
  'data-root': { type: 'string', value: 'DIR', describe: 'where the store is' },
  limit: {
    type: 'strings',
    value: 'NAME=VALUE',
    describe: 'how much of something an image may have; "cutaway help limits" names them',
  },
  'no-cache': {
    type: 'boolean',
    describe: 'read archives and layouts anew, and keep nothing of what was read',
  },
  'no-color': { type: 'boolean', describe: 'no colours, as with NO_COLOR=1' },
};

/** A command may have an option of its own by one of these names: `search --limit`. */
export function globalOptionsFor({ options }: Command): OptionSpecs {
  return Object.fromEntries(
    Object.entries(GLOBAL_OPTIONS).filter(([name]) => !Object.hasOwn(options, name)),
  );
}

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
  let noCache = false;
  const limits: string[] = [];
  let at = 0;
  for (; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--no-color') noColor = true;
    else if (word === '--no-cache') noCache = true;
    else if (word.startsWith('--data-root=')) dataRoot = word.slice('--data-root='.length);
    else if (word.startsWith('--limit=')) limits.push(word.slice('--limit='.length));
    else if (word === '--data-root' || word === '--limit') {
      at += 1;
      const value = argv[at];
      if (value === undefined) throw new CutawayError('INVALID_INPUT', `${word} needs a value`);
      if (word === '--limit') limits.push(value);
      else dataRoot = value;
    } else if (word.startsWith('-') && !HELP_WORDS.includes(word)) {
      throw new CutawayError('INVALID_INPUT', `unknown option ${word}`, {
        hint: 'cutaway --help lists what stands before a command',
      });
    } else break;
  }
  return {
    global: { dataRoot, noColor, noCache, limits },
    name: argv[at],
    rest: argv.slice(at + 1),
  };
}
