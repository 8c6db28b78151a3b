// What a diff says beside the paths: moves, the engine's own work, counts, configs.
import t from 'tap';
import { diffConfigs } from '../../src/inspect/diff-config.js';
import { countByDirectory, countChanges } from '../../src/inspect/diff-counts.js';
import { findEngineMade } from '../../src/inspect/engine-made.js';
import { parseImageConfig } from '../../src/oci/image-config.js';
import type { LayerEntry } from '../../src/overlay/layer-entry.js';
import { diffTrees, diffUpper, type Change } from '../../src/overlay/diff.js';
import { findMoves } from '../../src/overlay/find-moves.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { directory, layer, ordinary, whiteout } from '../overlay/entries.js';

const sha = (letter: string) => letter.repeat(64);
const tree = (...entries: readonly LayerEntry[]) => mergeLayers([layer(...entries)]);

t.test('moves are found by digest', (t) => {
  const file = (path: string, letter: string, size = 1) =>
    ordinary(path, { sha256: sha(letter), size });
  const changes = diffTrees(
    tree(file('/old/x', 'a'), file('/old/y', 'a'), file('/empty', 'e', 0), file('/gone', 'b')),
    tree(file('/1', 'a'), file('/new/y', 'a'), file('/none', 'e', 0), file('/other', 'c')),
  );
  t.same(
    [...findMoves(changes)].sort(),
    [
      ['/old/x', '/1'],
      ['/old/y', '/new/y'],
    ],
    'same name first',
  );
  const once = diffTrees(tree(file('/a', 'a')), tree(file('/b', 'a'), file('/c', 'a')));
  t.same([...findMoves(once)], [['/a', '/b']], 'each path in one move');
  t.same([...findMoves(diffTrees(tree(file('/a', 'a')), tree()))], []);
  t.end();
});

t.test('hard links', (t) => {
  const names = (first: string, ...others: string[]) =>
    tree(ordinary(first), ...others.map((path) => ordinary(path, { hardLinkTo: first })));
  const lines = (before: ReturnType<typeof tree>, after: ReturnType<typeof tree>) =>
    diffTrees(before, after, { linkedNames: true }).map(({ kind, path, aspects }) =>
      [kind, path, ...aspects].join(' '),
    );
  const apart = tree(ordinary('/a'), ordinary('/b'));
  t.same(lines(names('/a', '/b'), apart), ['C /b hardLink']);
  t.same(lines(apart, names('/a', '/b')), ['C /b hardLink']);
  t.same(
    lines(names('/a', '/b', '/c'), names('/b', '/c')),
    ['D /a'],
    'the others are as they were',
  );
  t.same(lines(names('/b', '/c'), names('/a', '/b', '/c')), ['A /a']);
  t.end();
});

function engineMade(...upper: readonly LayerEntry[]): string[] {
  const lower = tree(directory('/etc'), ordinary('/etc/hosts', { size: 9 }), directory('/run'));
  return [...findEngineMade(diffUpper(lower, layer(...upper)))].sort();
}

t.test('what engines make', (t) => {
  t.same(engineMade(directory('/etc', { mtime: '7' }), ordinary('/etc/hostname')), [
    '/etc',
    '/etc/hostname',
  ]);
  t.same(
    engineMade(
      ordinary('/.dockerenv'),
      directory('/etc', { mtime: '7' }),
      ordinary('/etc/own', { size: 1 }),
      ordinary('/etc/mtab', { type: 'symlink', linkTarget: '/proc/mounts' }),
    ),
    ['/.dockerenv', '/etc/mtab'],
    'a directory with something else in it is not',
  );
  t.same(
    engineMade(ordinary('/etc/hosts', { size: 3, mtime: '9' })),
    [],
    'content is somebody’s own',
  );
  t.same(engineMade(whiteout('/etc/hosts')), [], 'a deletion too');
  t.same(engineMade(directory('/etc', { mode: 0o700 }), ordinary('/etc/hostname')), [
    '/etc/hostname',
  ]);
  t.end();
});

t.test('counts and bytes', (t) => {
  const changes: Change[] = diffTrees(
    tree(
      ordinary('/d/a', { size: 5, sha256: sha('a') }),
      ordinary('/d/m', { size: 7 }),
      ordinary('/x', { size: 1 }),
    ),
    tree(
      ordinary('/d/a', { size: 6, sha256: sha('b') }),
      ordinary('/d/m', { size: 7, mode: 0o600 }),
      ordinary('/n/f', { size: 9 }),
      ordinary('/n/g', { size: 9, hardLinkTo: '/n/f' }),
    ),
  );
  t.same(countChanges(changes), {
    added: 3,
    changed: 2,
    deleted: 1,
    bytesAdded: 15,
    bytesDeleted: 6,
  });
  t.same(
    countByDirectory(changes).map(({ path, added, changed, deleted }) => [
      path,
      added,
      changed,
      deleted,
    ]),
    [
      ['/d', 0, 2, 0],
      ['/n', 3, 0, 0],
      ['/', 0, 0, 1],
    ],
  );
  t.end();
});

const ORDER = ['User', 'Cmd', 'Env', 'Labels', 'ExposedPorts', 'Volumes'];

t.test('configs', (t) => {
  const config = (fields: object, history: object[] = []) =>
    parseImageConfig(
      Buffer.from(
        JSON.stringify({
          architecture: 'amd64',
          os: 'linux',
          config: fields,
          history,
          rootfs: { type: 'layers', diff_ids: [] },
        }),
      ),
    );
  const same = { Env: ['A=1'], Cmd: ['x'] };
  t.same(diffConfigs(config(same), config(same)), []);
  t.same(diffConfigs(config({ User: '' }), config({})), [], 'empty and absent are the same');
  t.same(
    diffConfigs(
      config({
        Env: ['A=1', 'B=2', 'C=3', '__proto__=1'],
        Cmd: ['sh'],
        Labels: { x: 'y' },
        Volumes: { '/v': {} },
      }),
      config({
        Env: ['B=3', 'A=1', 'D'],
        Cmd: ['sh', '-c'],
        User: 'me',
        ExposedPorts: { '80/tcp': {} },
      }),
    ),
    [
      { kind: 'A', field: 'User', after: 'me' },
      { kind: 'C', field: 'Cmd', before: ['sh'], after: ['sh', '-c'] },
      { kind: 'C', field: 'Env', name: 'B', before: '2', after: '3' },
      { kind: 'D', field: 'Env', name: 'C', before: '3' },
      { kind: 'A', field: 'Env', name: 'D', after: '' },
      { kind: 'D', field: 'Env', name: '__proto__', before: '1' },
      { kind: 'D', field: 'Labels', name: 'x', before: 'y' },
      { kind: 'A', field: 'ExposedPorts', name: '80/tcp', after: {} },
      { kind: 'D', field: 'Volumes', name: '/v', before: {} },
    ].sort((a, b) => ORDER.indexOf(a.field) - ORDER.indexOf(b.field)),
  );
  const steps = (...names: string[]) =>
    config(
      {},
      names.map((created_by) => ({ created_by })),
    );
  t.same(
    diffConfigs(steps('a', 'b', 'c'), steps('a', 'x', 'y', 'c')).map(({ kind, before, after }) => [
      kind,
      ((before ?? after) as { created_by: string }).created_by,
    ]),
    [
      ['D', 'b'],
      ['A', 'x'],
      ['A', 'y'],
    ],
  );
  t.end();
});
