// Docker's habits with options that yargs-parser does not have: a value right behind its letter
// (`-eA=1`, `-uroot`), also behind others (`-iteA=1`). Every option is written out in one word,
// `--env=A=1`, before the parser sees it, so that no value can be taken for something else.
import type { OptionSpecs } from './command.js';

export interface OptionRules {
  readonly specs: OptionSpecs;
  /** What stands after the first argument is none of our business. */
  readonly stopsAtArgument: boolean;
  /** Tells what is wrong; does not come back. */
  readonly refuse: (reason: string) => never;
}

export function writeOutOptions(argv: readonly string[], rules: OptionRules): string[] {
  const written: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    const isOption = word.startsWith('-') && word !== '-';
    if (word === '--' || (!isOption && rules.stopsAtArgument))
      return [...written, ...argv.slice(at)];
    if (!isOption) {
      written.push(word);
      continue;
    }
    const options = word.startsWith('--') ? [longOption(word, rules)] : letterOptions(word, rules);
    for (const { key, value } of options) {
      if (value !== undefined || rules.specs[key]?.type === 'boolean') {
        written.push(value === undefined ? `--${key}` : `--${key}=${value}`);
        continue;
      }
      at += 1;
      const next = argv[at] ?? rules.refuse(`--${key} needs a value`);
      written.push(`--${key}=${next}`);
    }
  }
  return written;
}

interface GivenOption {
  readonly key: string;
  /** Undefined when the next word is the value, or none is needed. */
  readonly value: string | undefined;
}

function longOption(word: string, { specs, refuse }: OptionRules): GivenOption {
  const equals = word.indexOf('=');
  const key = word.slice(2, equals < 0 ? undefined : equals);
  if (!Object.hasOwn(specs, key)) refuse(`unknown option --${key}`);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  if (specs[key]?.type === 'boolean' && value !== undefined && !/^(true|false)$/.test(value)) {
    refuse(`--${key} is true or false, not "${value}"`);
  }
  return { key, value };
}

/** `-it` or `-iteA=1`: the first letter that takes a value takes the rest of the word. */
function letterOptions(word: string, { specs, refuse }: OptionRules): GivenOption[] {
  const options: GivenOption[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? '';
    const key = Object.keys(specs).find((name) => specs[name]?.alias === letter);
    if (key === undefined) return refuse(`unknown option -${letter}`);
    if (specs[key]?.type === 'boolean') {
      options.push({ key, value: undefined });
      continue;
    }
    const rest = word.slice(at + 1).replace(/^=/, '');
    options.push({ key, value: at + 1 < word.length ? rest : undefined });
    break;
  }
  return options;
}
