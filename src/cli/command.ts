// The front door: one file for each command, which parses, asks and renders.
// This file: what a command is.
import type { Context } from './context.js';

export interface OptionSpec {
  readonly type: 'boolean' | 'string' | 'strings';
  readonly alias?: string;
  readonly describe: string;
  /** What the value is called in help: "FILE". */
  readonly value?: string;
  readonly choices?: readonly string[];
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<Spec extends OptionSpec> = Spec['type'] extends 'boolean'
  ? boolean
  : Spec['type'] extends 'strings'
    ? readonly string[]
    : string | undefined;

export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: ValueOf<Specs[Name]>;
};

export interface Command<Specs extends OptionSpecs = OptionSpecs> {
  /** What follows the command's name: "TARGET [PATH]". */
  readonly usage: string;
  readonly options: Specs;
  /** How many arguments it takes; `most` Infinity for any number. */
  readonly least: number;
  readonly most: number;
  /** What stands after the first argument belongs to the container: `run IMAGE ls -l`. */
  readonly stopsAtArgument?: boolean;
  readonly examples?: readonly string[];
  /** Resolves to the exit status. */
  run(
    context: Context,
    arguments_: readonly string[],
    options: OptionValues<Specs>,
  ): Promise<number>;
}

/** Keeps the types of the options for `run`. */
export function defineCommand<const Specs extends OptionSpecs>(
  command: Command<Specs>,
): Command<Specs> {
  return command;
}
