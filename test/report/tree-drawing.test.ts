import t from 'tap';
import type { TreeDocument, TreeEntry } from '../../src/inspect/documents/tree.js';
import { makeTheme } from '../../src/report/theme.js';
import { formatTree } from '../../src/report/tree-drawing.js';

const view = { theme: makeTheme(false), width: Infinity, noTrunc: false, now: 0, depth: Infinity };

function entry(path: string, more: Partial<TreeEntry> = {}): TreeEntry {
  const type = more.type ?? 'directory';
  const mode = type === 'directory' ? '0755' : '0644';
  return {
    path,
    type,
    size: 0,
    mode,
    uid: 0,
    gid: 0,
    mtime: '2026-11-21T00:00:00Z',
    layer: 1,
    ...more,
  };
}

function documentOf(
  root: string,
  entries: TreeEntry[],
  layers: TreeDocument['layers'],
): TreeDocument {
  return {
    schema: 'cutaway/tree/v1',
    tool: { name: 'cutaway', version: '0' },
    subject: { kind: 'image', engine: 'cutaway', target: 'cutaway:x' },
    root,
    layers,
    totals: { entries: entries.length, files: 1, directories: 1200, contentSize: 1250 },
    entries,
    problems: [],
    collected: { at: '2026-11-21T12:00:00Z', host: 'h', kernel: 'k' },
  };
}

const layers: TreeDocument['layers'] = [
  { layer: 1, role: 'layer', command: 'ADD rootfs' },
  { layer: 2, role: 'layer' },
  { layer: 3, role: 'init' },
  { layer: 4, role: 'upper' },
];

const file = { type: 'file' } as const;
const entries = [
  entry('/'),
  entry('/bin'),
  entry('/bin/hard', { ...file, hardLinkTo: '/bin/tool', size: 1250 }),
  entry('/bin/tool', { ...file, size: 1250, mode: '4755', layer: 2 }),
  entry('/dev'),
  entry('/dev/null', { type: 'char', device: '1:3', mode: '0666', layer: 3 }),
  entry('/etc', { layer: 4 }),
  entry('/etc/a.d'),
  entry('/etc/a.d/x\u001b', { ...file, uid: 1000, gid: 100, layer: 4 }),
  entry('/etc/a.d/y\\x1b', { ...file }),
  entry('/etc/link', { type: 'symlink', linkTarget: '../etc/a.d\n', mode: '0777' }),
  entry('/run', { mode: '1777' }),
  entry('/run/pipe', { type: 'fifo', mode: '2640' }),
  entry('/run/sock', { type: 'socket', mode: '6700' }),
];

t.test('a tree', (t) => {
  t.equal(
    formatTree(documentOf('/', entries, layers), view),
    `1  drwxr-xr-x       0:0            /
1  drwxr-xr-x       0:0            ├─ bin
1  -rw-r--r--       0:0   1.25 kB  │  ├─ hard = /bin/tool
2  -rwsr-xr-x       0:0   1.25 kB  │  └─ tool
1  drwxr-xr-x       0:0            ├─ dev
i  crw-rw-rw-       0:0      1, 3  │  └─ null
U  drwxr-xr-x       0:0            ├─ etc
1  drwxr-xr-x       0:0            │  ├─ a.d
U  -rw-r--r--  1000:100       0 B  │  │  ├─ x\\x1b
1  -rw-r--r--       0:0       0 B  │  │  └─ y\\\\x1b
1  lrwxrwxrwx       0:0            │  └─ link → ../etc/a.d\\n
1  drwxrwxrwt       0:0            └─ run
1  prw-r-S---       0:0               ├─ pipe
1  srws--S---       0:0               └─ sock

1 file, 1,200 directories, 1.25 kB
  1  ADD rootfs
  2${'  '}
  i  mount points for the runtime
  U  what the container has written
`,
  );
  t.end();
});

t.test('a part of it, and so deep', (t) => {
  const part = entries.filter(({ path }) => path === '/etc' || path.startsWith('/etc/'));
  const drawn = (depth: number) =>
    formatTree(documentOf('/etc', part, layers), { ...view, depth })
      .split('\n\n')[0]
      ?.split('\n')
      .map((line) => line.slice(34).trim());
  t.same(drawn(0), ['/etc']);
  t.same(drawn(1), ['/etc', '├─ a.d', '└─ link → ../etc/a.d\\n']);
  t.same(drawn(2), ['/etc', '├─ a.d', '│  ├─ x\\x1b', '│  └─ y\\\\x1b', '└─ link → ../etc/a.d\\n']);
  t.end();
});

t.test('a single file', (t) => {
  const [tool] = entries.filter(({ path }) => path === '/bin/tool');
  const text = formatTree(documentOf('/bin/tool', [tool ?? entry('/')], layers), view);
  t.equal(text.split('\n')[0], '2  -rwsr-xr-x  0:0   1.25 kB  /bin/tool');
  t.end();
});

t.test('ten layers take two columns', (t) => {
  const ten = Array.from({ length: 10 }, (_, at) => ({ layer: at + 1, role: 'layer' as const }));
  const text = formatTree(documentOf('/', [entry('/'), entry('/a', { layer: 10 })], ten), view);
  t.match(text, /^ 1 {2}drwx.*\n10 {2}drwx/);
  t.end();
});

t.test('what a layer has and deletes, sizes of directories, what is only above', (t) => {
  const own = [
    entry('/', { treeSize: 1250, above: true }),
    entry('/etc', { treeSize: 1250, opaque: true }),
    entry('/etc/new', { ...file, size: 1250 }),
    entry('/usr', { treeSize: 0 }),
  ];
  const document = documentOf('/', own, layers);
  const whiteouts = [{ path: '/usr/gone\u001b' }, { path: '/bin' }];
  const text = formatTree({ ...document, only: { layer: 1 }, whiteouts }, view);
  t.equal(
    text.split('\n\n')[0],
    `1  drwxr-xr-x  0:0   1.25 kB  /
1  drwxr-xr-x  0:0   1.25 kB  ├─ etc  (hides what is below)
1  -rw-r--r--  0:0   1.25 kB  │  └─ new
1  drwxr-xr-x  0:0       0 B  ├─ usr
1  deleted                    │  └─ gone\\x1b
1  deleted                    └─ bin`,
  );
  t.match(text, /\n1 file, 1,200 directories, 1\.25 kB, 2 deleted\n/);
  t.end();
});
