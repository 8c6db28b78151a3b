import type { Command } from './command.js';
import { COMMANDS, type CommandEntry } from './command-table.js';
import { makeContext, type Context } from './context.js';
import { exitStatus, reportError } from './exit-status.js';
import { globalOptionsFor, joinGlobalOptions, splitArguments } from './global-options.js';
import { parseArguments } from './parse-arguments.js';
import { CutawayError } from '../oci/error.js';

/** Runs the command that `argv` names; resolves to the exit status and never rejects. */
export async function dispatch(argv: readonly string[]): Promise<number> {
  let entry: CommandEntry | undefined;
  try {
    const { global, name: named, rest } = splitArguments(argv);
    const name = named ?? (isTerminal() ? 'tui' : undefined);
    if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
      return await showHelp(name === 'help' ? rest[0] : undefined, name === undefined);
    }
    entry = COMMANDS.find((candidate) => candidate.name === name);
    if (entry === undefined) throw unknownCommand(name);
    const own = await entry.load();
    const command = { ...own, options: { ...globalOptionsFor(own), ...own.options } };
    const parsed = parseArguments(name, command, rest);
    if (parsed.help) return await showHelp(name, false);
    const whole = joinGlobalOptions(global, parsed.options, own.options);
    if (whole.hostRoot !== undefined && entry.readsDisks !== true) throw refuseDisk(name);
    const context = makeContext(whole);
    return await runCommand(command, context, parsed.arguments, parsed.options);
  } catch (error) {
    reportError(error, entry?.name);
    return exitStatus(error, entry?.runsContainer ?? false);
  }
}

/** Nobody who wants the explorer has a pipe. */
function isTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && process.env['TERM'] !== 'dumb';
}

function refuseDisk(name: string): CutawayError {
  const names = COMMANDS.filter(({ readsDisks }) => readsDisks === true).map((one) => one.name);
  return new CutawayError('UNSUPPORTED', `${name} is about a machine that runs, not a disk`, {
    hint: `what takes --host-root: ${names.join(', ')}`,
  });
}

async function runCommand(
  command: Command,
  context: Context,
  arguments_: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<number> {
  return await command.run(context, arguments_, options as Parameters<Command['run']>[2]);
}

/** Asked for, help is data and goes to stdout; not asked for, it goes to stderr with status 2. */
async function showHelp(name: string | undefined, unasked: boolean): Promise<number> {
  const { commandHelp, limitsHelp, overview } = await import('./help.js');
  if (name === 'limits') {
    process.stdout.write(limitsHelp());
    return 0;
  }
  const entry = COMMANDS.find((candidate) => candidate.name === name);
  if (name !== undefined && entry === undefined) throw unknownCommand(name);
  const text = entry === undefined ? overview() : await commandHelp(entry.name, await entry.load());
  (unasked ? process.stderr : process.stdout).write(text);
  return unasked ? 2 : 0;
}

function unknownCommand(name: string): CutawayError {
  const near = COMMANDS.map((entry) => entry.name).filter(
    (known) => known.startsWith(name.slice(0, 2)) || distance(known, name) <= 2,
  );
  const closest = near.sort((a, b) => distance(a, name) - distance(b, name))[0];
  return new CutawayError('INVALID_INPUT', `unknown command "${name}"`, {
    hint: closest === undefined ? 'cutaway --help lists them' : `did you mean "${closest}"?`,
  });
}

/** Levenshtein: how many letters stand between two words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
