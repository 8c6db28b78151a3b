import t from 'tap';
import { defineCommand, type Command } from '../../src/cli/command.js';
import { helpFor, parseArguments } from '../../src/cli/parse-arguments.js';
import { CutawayError } from '../../src/oci/error.js';

const options = {
  name: { type: 'string', describe: 'a name' },
  env: { type: 'strings', alias: 'e', describe: 'variables' },
  user: { type: 'string', alias: 'u', describe: 'a user' },
  interactive: { type: 'boolean', alias: 'i', describe: 'stdin' },
  tty: { type: 'boolean', alias: 't', describe: 'terminal' },
  format: { type: 'string', describe: 'a form', choices: ['json', 'table'] },
  'no-color': { type: 'boolean', describe: 'no colours' },
} as const;

const run = () => Promise.resolve(0);
const any = defineCommand({ usage: 'A…', options, least: 0, most: Infinity, run }) as Command;
const runs = { ...any, stopsAtArgument: true };
const one = { ...any, usage: 'ONE', least: 1, most: 1 };

const nothing = {
  name: undefined,
  env: [],
  user: undefined,
  interactive: false,
  tty: false,
  format: undefined,
  'no-color': false,
  help: false,
};

t.test('what is given', (t) => {
  const cases: [string[], string[], object][] = [
    [[], [], {}],
    [['a', 'b'], ['a', 'b'], {}],
    [['--name', 'x', 'a'], ['a'], { name: 'x' }],
    [['--name=x=y', 'a'], ['a'], { name: 'x=y' }],
    [['--name=', 'a'], ['a'], { name: '' }],
    [['--name', '', 'a'], ['a'], { name: '' }],
    [['--name', '-5'], [], { name: '-5' }],
    [['--name', '007'], [], { name: '007' }],
    [['--name', '0x10'], [], { name: '0x10' }],
    [['--name', 'a', '--name', 'b'], [], { name: 'b' }],
    [['a', '--name', 'x'], ['a'], { name: 'x' }],
    [['-e', 'A=1', '-e', 'B', 'a'], ['a'], { env: ['A=1', 'B'] }],
    [['--env=A=1', '--env', 'B=2'], [], { env: ['A=1', 'B=2'] }],
    [['-e', '1', '-e', '1e3'], [], { env: ['1', '1e3'] }],
    [['-eA=1', 'a'], ['a'], { env: ['A=1'] }],
    [['-e=A=1', 'a'], ['a'], { env: ['A=1'] }],
    [['-uroot', '-u5'], [], { user: '5' }],
    [['-it'], [], { interactive: true, tty: true }],
    [['-iteA=1'], [], { interactive: true, tty: true, env: ['A=1'] }],
    [['-ite', 'A=1'], [], { interactive: true, tty: true, env: ['A=1'] }],
    [['--tty=false'], [], {}],
    [['-t', '--tty=false'], [], {}],
    [
      ['--name=two\nlines', '-e', 'A=two\nlines'],
      [],
      { name: 'two\nlines', env: ['A=two\nlines'] },
    ],
    [['--name', '--tty'], [], { name: '--tty' }],
    [['--name', '--'], [], { name: '--' }],
    [['--no-color'], [], { 'no-color': true }],
    [['007', '1e3', '-'], ['007', '1e3', '-'], {}],
    [['--', '--name', '-x'], ['--name', '-x'], {}],
    [['--format', 'json'], [], { format: 'json' }],
    [['--help'], [], { help: true }],
    [['-h'], [], { help: true }],
  ];
  for (const [argv, expected, found] of cases) {
    const parsed = parseArguments('x', any, argv);
    t.same(parsed.arguments, expected, `${JSON.stringify(argv)}: arguments`);
    t.same(parsed.options, { ...nothing, ...found }, `${JSON.stringify(argv)}: options`);
  }
  t.end();
});

t.test('after the first argument all belongs to the container', (t) => {
  const cases: [string[], string[], object][] = [
    [
      ['-i', 'image', 'ls', '-t', '--name', 'x'],
      ['image', 'ls', '-t', '--name', 'x'],
      { interactive: true },
    ],
    [['-eA=1', 'image', '-eB=2'], ['image', '-eB=2'], { env: ['A=1'] }],
    [['--name', 'x', 'image', '--', '-uroot'], ['image', '--', '-uroot'], { name: 'x' }],
    [['image', '', 'a b', '007'], ['image', '', 'a b', '007'], {}],
    [['--', 'image', '-it'], ['image', '-it'], {}],
    [['image', '--help'], ['image', '--help'], {}],
    [['image', '-e', 'A'], ['image', '-e', 'A'], {}],
  ];
  for (const [argv, expected, found] of cases) {
    const parsed = parseArguments('run', runs, argv);
    t.same(parsed.arguments, expected, `${JSON.stringify(argv)}: arguments`);
    t.same(parsed.options, { ...nothing, ...found }, `${JSON.stringify(argv)}: options`);
  }
  t.end();
});

t.test('what cannot be meant', (t) => {
  const cases: [Command, string[], RegExp][] = [
    [any, ['--nope'], /^x: unknown option --nope$/],
    [any, ['--nope=1'], /^x: unknown option --nope$/],
    [any, ['-z'], /^x: unknown option -z$/],
    [any, ['-iz'], /^x: unknown option -z$/],
    [any, ['-zA=1'], /^x: unknown option -z$/],
    [any, ['--constructor'], /^x: unknown option --constructor$/],
    [any, ['--__proto__', 'a'], /^x: unknown option --__proto__$/],
    [any, ['--name'], /^x: --name needs a value$/],
    [any, ['-e'], /^x: --env needs a value$/],
    [any, ['-ie'], /^x: --env needs a value$/],
    [any, ['--format', 'xml'], /^x: --format is one of json, table, not "xml"$/],
    [any, ['--format='], /^x: --format is one of json, table, not ""$/],
    [any, ['--tty=maybe'], /^x: --tty is true or false, not "maybe"$/],
    [one, [], /^x: it needs more: cutaway x ONE$/],
    [one, ['a', 'b'], /^x: unexpected "b"$/],
    [one, ['a', ''], /^x: unexpected ""$/],
  ];
  for (const [command, argv, message] of cases) {
    try {
      parseArguments('x', command, argv);
      t.fail(`${JSON.stringify(argv)} was taken`);
    } catch (error) {
      t.match(error, { code: 'INVALID_INPUT', message }, JSON.stringify(argv));
      t.ok(error instanceof CutawayError && error.hint === 'cutaway x --help says what it takes');
    }
  }
  t.end();
});

t.test('help is asked for before anything is counted', (t) => {
  t.equal(parseArguments('x', one, ['--help']).options['help'], true);
  t.end();
});

t.test('where -h means something else, help has its whole name only', (t) => {
  const hostname = { type: 'string', alias: 'h', describe: '' } as const;
  const command = { ...runs, options: { ...options, hostname } };
  t.same(Object.keys(helpFor(command)), ['help']);
  t.equal(helpFor(command)['help']?.alias, undefined);
  t.equal(parseArguments('run', command, ['-h', 'web', 'image']).options['hostname'], 'web');
  t.equal(parseArguments('run', command, ['--help']).help, true);
  t.equal(helpFor(any)['help']?.alias, 'h');
  t.end();
});
