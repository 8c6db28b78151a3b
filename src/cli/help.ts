// Help texts, drawn by yargs from the same table that arguments are read by.
import yargs from 'yargs';
import { DEFAULT_LIMITS, formatLimit, LIMIT_NAMES, LIMIT_TEXTS } from '../image/limits.js';
import type { Command } from './command.js';
import { COMMANDS } from './command-table.js';
import { GLOBAL_OPTIONS, globalOptionsFor } from './global-options.js';
import { helpFor } from './parse-arguments.js';

export async function commandHelp(name: string, command: Command): Promise<string> {
  const specs = { ...command.options, ...globalOptionsFor(command), ...helpFor(command) };
  const summary = COMMANDS.find((entry) => entry.name === name)?.summary ?? '';
  let builder = yargs([])
    .scriptName('cutaway')
    .usage(`cutaway ${name} ${command.usage}\n\n${summary}`)
    .help(false)
    .version(false)
    .wrap(Math.min(100, process.stdout.columns || 100));
  for (const [key, spec] of Object.entries(specs)) {
    builder = builder.option(key, {
      describe: spec.value === undefined ? spec.describe : `${spec.describe} (${spec.value})`,
      ...(spec.alias === undefined ? {} : { alias: spec.alias }),
      ...(spec.choices === undefined ? {} : { choices: spec.choices }),
      ...(spec.type === 'boolean' ? { boolean: true } : { requiresArg: true }),
    });
  }
  for (const example of command.examples ?? []) builder = builder.example(`$ ${example}`, '');
  return `${await builder.getHelp()}\n`;
}

/** What `--limit` knows. */
export function limitsHelp(): string {
  const rows = LIMIT_NAMES.map((name) => [
    name,
    formatLimit(DEFAULT_LIMITS[name]),
    LIMIT_TEXTS[name],
  ]);
  const widths = [0, 1].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map(
    ([name = '', value = '', text = '']) =>
      `  ${name.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${text}`,
  );
  return `How much of something an archive, a layout or an image may have before cutaway refuses it.

Usage: cutaway COMMAND --limit NAME=VALUE [--limit NAME=VALUE]

VALUE is a whole number; k, M and G stand for 1024, 1024² and 1024³. The defaults:

${lines.join('\n')}
`;
}

/** All commands by what they are for. */
export function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const groups = [...new Set(COMMANDS.map(({ group }) => group))];
  const sections = groups.map((group) => {
    const lines = COMMANDS.filter((entry) => entry.group === group).map(
      ({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`,
    );
    return `${group}\n${lines.join('\n')}\n`;
  });
  const options = [
    ...Object.entries(GLOBAL_OPTIONS).map(([key, spec]) => [
      `--${key}${spec.value === undefined ? '' : ` ${spec.value}`}`,
      spec.describe,
    ]),
    ['--version', 'the version'],
    ['--help', 'this text, or that of a command'],
  ];
  const widest = Math.max(...options.map(([option = '']) => option.length));
  const optionLines = options.map(
    ([option = '', describe = '']) => `  ${option.padEnd(widest)}  ${describe}`,
  );
  return `cutaway runs containers and shows what they are made of.

Usage: cutaway COMMAND [OPTIONS] [ARGUMENTS]
       cutaway                                  the explorer, on a terminal

${sections.join('\n')}
Options for every command
${optionLines.join('\n')}

TARGET is a container, an image, IMAGE@N (the image as it stood after layer N), a file or
directory that holds an image, or one of these with its kind in front: docker:NAME,
docker-archive:FILE[:REF], oci-archive:FILE[:REF], oci:DIR[:REF], registry:NAME, pid:N.
`;
}
