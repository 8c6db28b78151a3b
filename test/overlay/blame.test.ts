import t from 'tap';
import { blamePath } from '../../src/overlay/blame.js';
import { countChildren } from '../../src/overlay/count-children.js';
import type { LayerEntry } from '../../src/overlay/layer-entry.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { directory, layer, ordinary, whiteout } from './entries.js';
import { makeRandom } from './oracle/random.js';
import { randomLayer } from './stack-oracle.js';

type Stack = readonly (readonly LayerEntry[])[];

/** "2 changed mode, owner", "3 deleted whiteout /d": the life in short. */
function life(path: string, ...stack: Stack): string[] {
  const layers = stack.map((entries) => layer(directory('/'), ...entries));
  return blamePath(layers, path).map(({ layer, kind, aspects, by, from, path: then }) =>
    [
      layer,
      kind,
      ...(then === path ? [] : [then]),
      ...(aspects.length === 0 ? [] : [aspects.join(',')]),
      ...(by === undefined ? [] : [by.what, by.path]),
      ...(from === undefined ? [] : [from]),
    ].join(' '),
  );
}

const file = (path: string, fields = {}) => ordinary(path, { size: 1, sha256: 'aa', ...fields });

t.test('one path through the layers', (t) => {
  const cases: readonly (readonly [name: string, wanted: readonly string[], stack: Stack])[] = [
    ['never there', [], [[file('/b')], []]],
    ['added later', ['2 added'], [[], [file('/a')], []]],
    ['again', ['1 added', '3 repeated'], [[file('/a')], [], [file('/a')]]],
    [
      'changed in what it is and in what is in it',
      ['1 added', '2 changed mode,owner', '3 changed content,size', '4 changed mtime'],
      [
        [file('/a')],
        [file('/a', { mode: 0o600, uid: 5 })],
        [file('/a', { mode: 0o600, uid: 5, sha256: 'bb', size: 2 })],
        [file('/a', { mode: 0o600, uid: 5, sha256: 'bb', size: 2, mtime: '5' })],
      ],
    ],
    ['by a directory', ['1 added', '2 replaced type,mode'], [[file('/a')], [directory('/a')]]],
    [
      'deleted, made again, deleted for good',
      ['1 added', '2 deleted whiteout /a', '3 remade', '5 deleted whiteout /a'],
      [[file('/a')], [whiteout('/a')], [file('/a')], [], [whiteout('/a')]],
    ],
    [
      'a whiteout of nothing, before and after',
      ['1 void whiteout /a', '2 added', '3 deleted whiteout /a', '4 void whiteout /a'],
      [[whiteout('/a')], [file('/a')], [whiteout('/a')], [whiteout('/a')]],
    ],
  ];
  for (const [name, wanted, stack] of cases) t.same(life('/a', ...stack), wanted, name);
  t.end();
});

t.test('what happens around it', (t) => {
  const base = [directory('/d'), directory('/d/e'), file('/d/e/f')];
  const path = '/d/e/f';
  t.same(life(path, base, [whiteout('/d')]), ['1 added', '2 deleted whiteout /d']);
  t.same(life(path, base, [directory('/d', { opaque: true })]), ['1 added', '2 hidden opaque /d']);
  t.same(life(path, base, [file('/d/e')]), ['1 added', '2 hidden not-a-directory /d/e']);
  t.same(life(path, base, [file('/d')], [whiteout('/d')], [directory('/d')], [file(path)]), [
    '1 added',
    '2 hidden not-a-directory /d',
    '5 remade',
  ]);
  t.same(
    life(path, base, [directory('/d', { opaque: true }), file(path)]),
    ['1 added', '2 repeated'],
    'hidden and made again in one layer is what is there',
  );
  t.same(life(path, base, [directory('/d'), file('/d/x')]), ['1 added'], 'it is left alone');
  t.end();
});

t.test('a directory has a life of its own', (t) => {
  t.same(
    life(
      '/d',
      [file('/d/x')],
      [directory('/d')],
      [file('/d/y')],
      [directory('/d', { opaque: true })],
    ),
    ['1 added', '2 repeated', '4 repeated'],
    'one that the tar only implies says nothing of it',
  );
  t.same(life('/', [file('/a')], [file('/b')]), ['1 added', '2 repeated']);
  const index = layer(
    directory('/d'),
    file('/d/a'),
    directory('/d/b'),
    file('/d/b/c'),
    whiteout('/d/w'),
  );
  t.same(countChildren(index, '/d'), { entries: 2, whiteouts: 1 });
  t.equal(countChildren(index, '/d/a'), undefined);
  t.equal(countChildren(index, '/none'), undefined);
  t.end();
});

t.test('renamed directories are followed', (t) => {
  const base = [directory('/old'), file('/old/x')];
  const moved = [whiteout('/old'), directory('/new', { redirect: 'old' })];
  t.same(life('/new/x', base, [file('/old/x', { mode: 0o600 })], moved), [
    '1 added /old/x',
    '2 changed /old/x mode',
    '3 moved /old/x',
  ]);
  t.same(life('/old/x', base, moved), ['1 added', '2 deleted whiteout /old']);
  t.same(
    life(
      '/p/q/x',
      [directory('/a/b'), file('/a/b/x')],
      [directory('/p'), directory('/p/q', { redirect: '/a/b' })],
    ),
    ['1 added /a/b/x', '2 moved /a/b/x'],
    'by a path from the root',
  );
  const twice = [whiteout('/new'), directory('/last', { redirect: '/new' })];
  t.same(life('/last/x', base, moved, twice).at(-1), '3 moved /old/x');
  t.same(
    life('/new/x', [...base, file('/new/x', { uid: 7 })], moved),
    ['1 added', '2 moved /old/x'],
    'what was there before is another file',
  );
  t.end();
});

t.test('metadata from above, content from below', (t) => {
  const layers = [
    layer(directory('/'), file('/a', { size: 3, sha256: 'cc' })),
    layer(directory('/'), ordinary('/a', { metacopy: true, mode: 0o600, size: 3 })),
  ];
  const [, change] = blamePath(layers, '/a');
  t.match(change, { kind: 'changed', contentLayer: 1, aspects: ['mode'] });
  t.match(change?.entry, { mode: 0o600, sha256: 'cc', size: 3 });
  t.end();
});

t.test('names of a hard link', (t) => {
  const base = [file('/a'), file('/b', { hardLinkTo: '/a' })];
  const [event] = blamePath([layer(directory('/'), ...base)], '/b');
  t.equal(event?.entry?.hardLinkTo, '/a');
  t.end();
});

t.test('random stacks: there or not, and from which layer, as merging says', (t) => {
  let checked = 0;
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = makeRandom(seed);
    const stack = Array.from({ length: 2 + random.below(5) }, () => randomLayer(random));
    const layers = stack.map((entries) => layer(directory('/'), ...entries));
    const paths = new Set(layers.flatMap(({ entries }) => entries.map(({ path }) => path)));
    const trees = layers.map((_, at) => mergeLayers(layers.slice(0, at + 1)));
    for (const path of paths) {
      const events = blamePath(layers, path);
      for (const [at, tree] of trees.entries()) {
        const last = events.findLast(({ layer, kind }) => layer <= at + 1 && kind !== 'void');
        const shown = tree.find(path);
        checked += 1;
        const isImplied = shown?.entry.implicit === true;
        const same = isImplied
          ? last?.entry !== undefined
          : shown?.layer === (last?.entry && last.layer);
        if (!same) t.fail(`seed ${seed}: ${path} after layer ${at + 1}`, { shown, events });
      }
    }
  }
  t.ok(checked > 5000, `${checked} paths`);
  t.end();
});

t.test('a hundred layers', (t) => {
  const stack = Array.from({ length: 120 }, (_, at) => [file('/a', { uid: at })]);
  t.equal(life('/a', ...stack).length, 120);
  t.end();
});
