// Arguments by the rules of yargs-parser, the part of yargs that reads them. yargs itself, which
// takes longer to load than most commands run, is loaded for help only (see help.ts).
import parser from 'yargs-parser';
import { CutawayError } from '../oci/error.js';
import type { Command, OptionSpecs } from './command.js';
import { writeOutOptions } from './whole-options.js';

export interface ParsedArguments {
  readonly arguments: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly help: boolean;
}

export const HELP: OptionSpecs = {
  help: { type: 'boolean', alias: 'h', describe: 'this text' },
};

/** Throws INVALID_INPUT for what the command does not know. */
export function parseArguments(
  name: string,
  command: Command,
  argv: readonly string[],
): ParsedArguments {
  // -h is Docker's --hostname in `run`; help is asked for by its whole name there.
  const specs: OptionSpecs = { ...helpFor(command), ...command.options };
  const entries = Object.entries(specs);
  const written = writeOutOptions(argv, {
    specs,
    stopsAtArgument: command.stopsAtArgument ?? false,
    refuse: (reason) => refuse(name, reason),
  });
  const { argv: parsed, error } = parser.detailed(written, {
    boolean: entries.filter(([, spec]) => spec.type === 'boolean').map(([key]) => key),
    string: entries.filter(([, spec]) => spec.type !== 'boolean').map(([key]) => key),
    array: [],
    configuration: {
      'halt-at-non-option': command.stopsAtArgument ?? false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'boolean-negation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': false,
    },
  });
  if (error !== null) refuse(name, error.message);
  const { _: positional, ...found } = parsed;
  const options = Object.fromEntries(
    entries.map(([key, spec]) => [key, convert(spec.type, found[key])]),
  );
  checkChoices(name, specs, options);
  const arguments_ = positional.map(String);
  const help = options['help'] === true;
  if (!help) checkCount(name, command, arguments_);
  return { arguments: arguments_, options, help };
}

export function helpFor(command: Command): OptionSpecs {
  const taken = Object.values(command.options).some((spec) => spec.alias === 'h');
  return taken ? { help: { type: 'boolean', describe: 'this text' } } : HELP;
}

function convert(type: string, value: unknown): unknown {
  const values = value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : [value];
  if (type === 'strings') return values.map(String);
  return type === 'boolean' ? values.at(-1) === true : values.at(-1);
}

function checkChoices(
  name: string,
  specs: OptionSpecs,
  options: Readonly<Record<string, unknown>>,
): void {
  for (const [key, { choices }] of Object.entries(specs)) {
    const value = options[key];
    if (choices === undefined || typeof value !== 'string' || choices.includes(value)) continue;
    refuse(name, `--${key} is one of ${choices.join(', ')}, not "${value}"`);
  }
}

function checkCount(name: string, command: Command, arguments_: readonly string[]): void {
  const { least, most, usage } = command;
  if (arguments_.length < least) refuse(name, `it needs more: cutaway ${name} ${usage}`);
  if (arguments_.length > most) refuse(name, `unexpected "${arguments_[most] ?? ''}"`);
}

function refuse(name: string, reason: string): never {
  throw new CutawayError('INVALID_INPUT', `${name}: ${reason}`, {
    hint: `cutaway ${name} --help says what it takes`,
    data: { usage: true },
  });
}
