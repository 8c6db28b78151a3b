import t from 'tap';
import { splitArguments } from '../../src/cli/global-options.js';

const none = {
  dataRoot: undefined,
  hostRoot: undefined,
  engines: [],
  engineRoots: [],
  noColor: false,
  noCache: false,
  limits: [],
};

t.test('what stands before the command', (t) => {
  const cases: [string[], ReturnType<typeof splitArguments>][] = [
    [[], { global: none, name: undefined, rest: [] }],
    [['ps'], { global: none, name: 'ps', rest: [] }],
    [['ps', '--data-root', 'x'], { global: none, name: 'ps', rest: ['--data-root', 'x'] }],
    [
      ['--data-root', '/d', 'ps', '-a'],
      { global: { ...none, dataRoot: '/d' }, name: 'ps', rest: ['-a'] },
    ],
    [
      ['--host-root', '/m', '--engine=docker', '--engine', 'lxc', '--engine-root=docker=/d', 'ls'],
      {
        global: {
          ...none,
          hostRoot: '/m',
          engines: ['docker', 'lxc'],
          engineRoots: ['docker=/d'],
        },
        name: 'ls',
        rest: [],
      },
    ],
    [['--data-root=/d=e', 'ps'], { global: { ...none, dataRoot: '/d=e' }, name: 'ps', rest: [] }],
    [['--data-root', '-x', 'ps'], { global: { ...none, dataRoot: '-x' }, name: 'ps', rest: [] }],
    [
      ['--no-color', 'run', '--no-color'],
      { global: { ...none, noColor: true }, name: 'run', rest: ['--no-color'] },
    ],
    [
      ['--limit', 'depth=1', '--limit=entries=2', 'ps'],
      { global: { ...none, limits: ['depth=1', 'entries=2'] }, name: 'ps', rest: [] },
    ],
    [['--help', 'ps'], { global: none, name: '--help', rest: ['ps'] }],
    [['-h'], { global: none, name: '-h', rest: [] }],
  ];
  for (const [argv, expected] of cases)
    t.same(splitArguments(argv), expected, JSON.stringify(argv));
  t.end();
});

t.test('what cannot stand there', (t) => {
  const refused = (argv: string[], message: string) => {
    t.throws(() => splitArguments(argv), { code: 'INVALID_INPUT', message }, JSON.stringify(argv));
  };
  refused(['--data-root'], '--data-root needs a value');
  refused(['--limit'], '--limit needs a value');
  refused(['--json', 'ps'], 'unknown option --json');
  refused(['-a'], 'unknown option -a');
  t.end();
});
