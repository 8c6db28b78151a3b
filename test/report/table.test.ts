import t from 'tap';
import { formatColumns } from '../../src/report/columns.js';
import { formatJson, formatJsonLines } from '../../src/report/json.js';
import { formatTable, tableWidth } from '../../src/report/table.js';
import { makeTheme, type View } from '../../src/report/theme.js';

const view: View = { theme: makeTheme(false), width: Infinity, noTrunc: false, now: 0 };
const columns = [
  { title: 'NAME' },
  { title: 'SIZE', align: 'right' as const },
  { title: 'NOTE', shrinks: true },
];

t.test('columns stand under their titles', (t) => {
  const rows = [
    ['a', '1 B', 'first'],
    ['日本', '1.25 kB', 'wide letters'],
    ['c', '', ''],
  ];
  t.equal(
    formatTable(columns, rows, view),
    [
      'NAME      SIZE   NOTE',
      'a          1 B   first',
      '日本   1.25 kB   wide letters',
      'c',
      '',
    ].join('\n'),
  );
  t.equal(formatTable(columns, [], view), 'NAME   SIZE   NOTE\n');
  t.equal(tableWidth(columns, rows), 4 + 3 + 7 + 3 + 12);
  t.end();
});

t.test('one column gives way to the terminal', (t) => {
  const rows = [['a', '1 B', 'a note that is much too long for so narrow a place']];
  const lines = (width: number) => formatTable(columns, rows, { ...view, width }).split('\n');
  t.equal(lines(40)[1], 'a       1 B   a note that is much too l…');
  t.equal(lines(40)[1]?.length, 40);
  t.match(lines(5)[1], /a note that…$/, 'but not to nothing');
  t.equal(
    formatTable(columns, rows, { ...view, width: 40, noTrunc: true }),
    formatTable(columns, rows, view),
  );
  t.end();
});

t.test('colours do not move the columns', (t) => {
  const theme = makeTheme(true);
  const painted = formatTable(columns, [[theme.added('a'), '1 B', theme.dim('x')]], {
    ...view,
    theme,
  });
  t.match(painted, /\u001b\[32ma/);
  t.equal(painted.replace(/\u001b\[\d+m/g, ''), formatTable(columns, [['a', '1 B', 'x']], view));
  t.end();
});

t.test('--columns', (t) => {
  const rows = [
    { path: '/a', size: 5, labels: { x: '1' }, list: ['p', 'q'] },
    { path: '/b\u001b', size: 0, extra: true },
  ];
  t.equal(
    formatColumns(rows, ['path', 'size', 'extra', 'labels', 'list'], view),
    [
      'PATH     SIZE   EXTRA   LABELS      LIST',
      '/a       5              {"x":"1"}   ["p","q"]',
      '/b\\x1b   0      true',
      '',
    ].join('\n'),
  );
  t.throws(() => formatColumns(rows, ['nope'], view), {
    code: 'INVALID_INPUT',
    message: 'no column "nope"',
    hint: 'there are extra, labels, list, path, size',
  });
  t.equal(formatColumns([], ['any'], view), 'ANY\n', 'without rows there is nothing to know');
  t.end();
});

t.test('JSON', (t) => {
  t.equal(formatJson({ a: [1] }), '{\n  "a": [\n    1\n  ]\n}\n');
  t.equal(
    formatJson({ name: 'x\udcff' }),
    '{\n  "name": "x\\udcff"\n}\n',
    'bytes that are no UTF-8 stay',
  );
  t.equal(
    formatJsonLines({ a: 1, rows: [{ b: 2 }, { b: 3 }] }, 'rows'),
    '{"a":1}\n{"b":2}\n{"b":3}\n',
  );
  t.equal(formatJsonLines({ a: 1 }, 'rows'), '{"a":1}\n');
  t.end();
});
