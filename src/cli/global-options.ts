import { CutawayError } from '../oci/error.js';
import type { Command, OptionSpecs } from './command.js';
import type { GlobalOptions } from './context.js';

export const GLOBAL_OPTIONS: OptionSpecs = {
  'data-root': { type: 'string', value: 'DIR', describe: 'where the store is' },
  'host-root': {
    type: 'string',
    value: 'DIR',
    describe: 'ask the disk of another machine; nothing is written there',
  },
  engine: {
    type: 'strings',
    value: 'NAME',
    describe: 'only this engine (docker, podman, …); repeatable',
  },
  'engine-root': {
    type: 'strings',
    value: 'ENGINE=DIR',
    describe: 'where an engine keeps its things; repeatable',
  },
  limit: {
    type: 'strings',
    value: 'NAME=VALUE',
    describe: 'how much of something an image may have; see "cutaway help limits"',
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
  const found: Record<string, unknown> = {};
  let at = 0;
  for (; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-') || HELP_WORDS.includes(word)) break;
    const { key, type, value } = readOption(word);
    if (type === 'boolean') {
      found[key] = true;
      continue;
    }
    if (value === undefined) at += 1;
    const given = value ?? argv[at];
    if (given === undefined) throw new CutawayError('INVALID_INPUT', `${word} needs a value`);
    found[key] = type === 'strings' ? [...strings(found[key]), given] : given;
  }
  return {
    global: joinGlobalOptions(NO_OPTIONS, found),
    name: argv[at],
    rest: argv.slice(at + 1),
  };
}

function readOption(word: string): { key: string; type: string; value: string | undefined } {
  const [, key = '', , value] = /^--([^=]+)(=(.*))?$/s.exec(word) ?? [];
  const type = Object.hasOwn(GLOBAL_OPTIONS, key) ? GLOBAL_OPTIONS[key]?.type : undefined;
  if (type === undefined || (type === 'boolean' && value !== undefined)) throw unknownOption(word);
  return { key, type, value };
}

function unknownOption(word: string): CutawayError {
  return new CutawayError('INVALID_INPUT', `unknown option ${word}`, {
    hint: 'cutaway --help lists what stands before a command',
  });
}

const NO_OPTIONS: GlobalOptions = {
  dataRoot: undefined,
  hostRoot: undefined,
  engines: [],
  engineRoots: [],
  noColor: false,
  noCache: false,
  limits: [],
};

/** What stood before the command, and what it was given itself and is no option of its `own`. */
export function joinGlobalOptions(
  before: GlobalOptions,
  all: Readonly<Record<string, unknown>>,
  own: OptionSpecs = {},
): GlobalOptions {
  const given = Object.fromEntries(
    Object.entries(all).filter(([name]) => !Object.hasOwn(own, name)),
  );
  const text = (key: string) => given[key] as string | undefined;
  return {
    dataRoot: text('data-root') ?? before.dataRoot,
    hostRoot: text('host-root') ?? before.hostRoot,
    engines: [...before.engines, ...strings(given['engine'])],
    engineRoots: [...before.engineRoots, ...strings(given['engine-root'])],
    noColor: before.noColor || given['no-color'] === true,
    noCache: before.noCache || given['no-cache'] === true,
    limits: [...before.limits, ...strings(given['limit'])],
  };
}

function strings(value: unknown): readonly string[] {
  return (value ?? []) as readonly string[];
}
