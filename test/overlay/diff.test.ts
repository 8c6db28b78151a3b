import t from 'tap';
import { diffTrees, diffUpper } from '../../src/overlay/diff.js';
import type { LayerEntry, OrdinaryEntry } from '../../src/overlay/layer-entry.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { directory, layer, ordinary, whiteout } from './entries.js';

const SECOND = 1_000_000_000;
type Fields = Parameters<typeof ordinary>[1];

function lines(changes: ReturnType<typeof diffTrees>): string[] {
  return changes.map(({ kind, path, aspects }) => [kind, path, ...aspects].join(' '));
}

/** The aspects in which two states of one path differ. */
function aspects(before: Fields, after: Fields, options = {}): string {
  const tree = (fields: Fields) => mergeLayers([layer(ordinary('/f', fields))]);
  return diffTrees(tree(before), tree(after), options)
    .flatMap((change) => change.aspects)
    .join(' ');
}

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

t.test('aspects', (t) => {
  t.equal(aspects({}, {}), '');
  t.equal(aspects({}, { mode: 0o4755 }), 'mode');
  t.equal(aspects({}, { gid: 1 }), 'owner');
  t.equal(aspects({ sha256: A, size: 1 }, { sha256: B, size: 1 }), 'content');
  t.equal(aspects({ sha256: A, mtime: '1' }, { sha256: A, mtime: '2' }), '', 'by digest');
  t.equal(aspects({ sha256: A, mtime: '1' }, { mtime: '2' }), 'content', 'by time, if need be');
  t.equal(aspects({ size: 1 }, { size: 2 }), 'content size');
  t.equal(
    aspects({ type: 'symlink', linkTarget: 'a' }, { type: 'symlink', linkTarget: 'b' }),
    'link',
  );
  const device = { type: 'char', major: 1, minor: 3 } as const;
  t.equal(aspects(device, { ...device, minor: 5 }), 'device');
  t.equal(aspects({ xattrs: { 'user.a': 'AA==' } }, { xattrs: { 'user.a': 'AQ==' } }), 'xattrs');
  t.equal(aspects({}, { xattrs: { 'user.a': 'AA==' } }), 'xattrs');
  t.equal(aspects({ xattrs: { a: '', b: '' } }, { xattrs: { b: '', a: '' } }), '', 'in any order');
  t.equal(aspects({ sha256: A, size: 3 }, { type: 'directory', mode: 0o755 }), 'type mode');
  t.equal(aspects({ sha256: A }, { sha256: A, mtime: '2' }, { time: true }), 'mtime');
  t.equal(aspects({}, { hardLinkTo: '/a' }), '');
  t.equal(aspects({ type: 'directory', implicit: true, mode: 0 }, { type: 'directory' }), '');
  t.end();
});

t.test('trees', (t) => {
  const before = mergeLayers([layer(directory('/d'), ordinary('/d/a'), ordinary('/f'))]);
  const after = mergeLayers([
    layer(ordinary('/f'), directory('/n'), ordinary('/n/a', { size: 1 })),
  ]);
  t.same(lines(diffTrees(before, after)), ['D /d', 'D /d/a', 'A /n', 'A /n/a']);
  t.same(lines(diffTrees(before, before)), []);
  t.match(diffTrees(before, after)[3], { kind: 'A', after: { size: 1 } });
  t.notOk('before' in (diffTrees(before, after)[3] ?? {}));
  t.end();
});

const lower = mergeLayers([
  layer(
    directory('/', { mtime: '5' }),
    directory('/d', { mtime: '5' }),
    ordinary('/d/a', { size: 1, mtime: String(5 * SECOND + 7) }),
    directory('/d/s'),
    ordinary('/d/s/x'),
    ordinary('/link', { type: 'symlink', linkTarget: 'abc', mtime: '5' }),
  ),
]);

interface Case {
  readonly name: string;
  readonly upper: readonly LayerEntry[];
  readonly lines: readonly string[];
}

function again(path: string, fields: Fields = {}): OrdinaryEntry {
  const found = lower.find(path)?.entry;
  return { ...(found ?? ordinary(path)), ...fields };
}

const cases: readonly Case[] = [
  { name: 'copied up and as it was', upper: [again('/d'), again('/d/a')], lines: [] },
  { name: 'the root itself', upper: [again('/', { mode: 0 })], lines: [] },
  { name: 'time of a directory', upper: [again('/d', { mtime: '6' })], lines: [] },
  { name: 'mode of a directory', upper: [again('/d', { mode: 0 })], lines: ['C /d mode'] },
  {
    name: 'time of a file, and the directory above',
    upper: [again('/d', { mtime: '6' }), again('/d/a', { mtime: '9' })],
    lines: ['C /d mtime', 'C /d/a content mtime'],
  },
  {
    name: 'a fraction that a tar has lost',
    upper: [again('/d/a', { mtime: String(5 * SECOND) })],
    lines: [],
  },
  {
    name: 'an attribute that Docker does not look at, and the one it does',
    upper: [
      again('/d/a', { xattrs: { 'user.a': '' } }),
      again('/d/s/x', { xattrs: { 'security.capability': 'AQ==' } }),
    ],
    lines: ['C /d', 'C /d/s', 'C /d/s/x capabilities'],
  },
  {
    name: 'a deleted tree is one line',
    upper: [again('/d', { mtime: '6' }), whiteout('/d/s')],
    lines: ['C /d mtime', 'D /d/s'],
  },
  {
    name: 'a tree made again',
    upper: [directory('/d', { opaque: true, mtime: '5' }), ordinary('/d/n')],
    lines: ['C /d', 'D /d/a', 'A /d/n', 'D /d/s'],
  },
  { name: 'a file for a directory', upper: [ordinary('/d')], lines: ['C /d type mode mtime'] },
  {
    name: 'a link elsewhere',
    upper: [again('/link', { linkTarget: 'abcd' })],
    lines: ['C /link link'],
  },
  { name: 'a whiteout of nothing', upper: [whiteout('/nothing')], lines: [] },
  {
    name: 'added, deep',
    upper: [again('/d/s'), directory('/d/s/n'), ordinary('/d/s/n/f')],
    lines: ['C /d', 'C /d/s', 'A /d/s/n', 'A /d/s/n/f'],
  },
];

for (const { name, upper, lines: expected } of cases) {
  t.test(`as docker diff says it: ${name}`, (t) => {
    const parents = upper.some(({ path }) => path === '/') ? [] : [again('/')];
    const missing = upper.some(({ path }) => path === '/d') ? [] : [again('/d')];
    t.same(lines(diffUpper(lower, layer(...parents, ...missing, ...upper))), expected);
    t.end();
  });
}
