import t from 'tap';
import type { LayerIndex } from '../../src/overlay/layer-index.js';
import { mergeLayers, mergeUpper } from '../../src/overlay/merge.js';
import type { MergedTree } from '../../src/overlay/merged-tree.js';
import { directory, layer, ordinary, whiteout } from './entries.js';

/** `path@layer` of everything that is there. */
function shown(tree: MergedTree): string[] {
  return tree.entries.map(({ entry, layer }) => `${entry.path}@${layer}`);
}

const base = layer(
  directory('/'),
  directory('/d', { mode: 0o700 }),
  ordinary('/d/a'),
  ordinary('/d/b'),
  ordinary('/d.x'),
  ordinary('/f'),
);

interface Case {
  readonly name: string;
  readonly layers: readonly LayerIndex[];
  readonly shown: readonly string[];
}

const cases: readonly Case[] = [
  { name: 'nothing', layers: [], shown: [] },
  {
    name: 'one layer',
    layers: [base],
    shown: ['/@1', '/d@1', '/d/a@1', '/d/b@1', '/d.x@1', '/f@1'],
  },
  {
    name: 'a whiteout takes the path and all beneath, not its namesakes',
    layers: [base, layer(directory('/'), whiteout('/d'))],
    shown: ['/@2', '/d.x@1', '/f@1'],
  },
  {
    name: 'a whiteout of nothing shows nothing',
    layers: [layer(directory('/'), whiteout('/x'))],
    shown: ['/@1'],
  },
  {
    name: 'what a layer above adds again is alone there',
    layers: [base, layer(whiteout('/d')), layer(directory('/d'), ordinary('/d/c'))],
    shown: ['/@1', '/d@3', '/d/c@3', '/d.x@1', '/f@1'],
  },
  {
    name: 'an opaque directory hides what is below, in its own layer nothing',
    layers: [base, layer(directory('/d', { opaque: true }), ordinary('/d/a'), whiteout('/d/b'))],
    shown: ['/@1', '/d@2', '/d/a@2', '/d.x@1', '/f@1'],
  },
  {
    name: 'an opaque top directory hides nothing',
    layers: [base, layer(directory('/', { opaque: true }), ordinary('/n'))],
    shown: ['/@2', '/d@1', '/d/a@1', '/d/b@1', '/d.x@1', '/f@1', '/n@2'],
  },
  {
    name: 'a file over a directory hides its tree',
    layers: [base, layer(ordinary('/d'))],
    shown: ['/@1', '/d@2', '/d.x@1', '/f@1'],
  },
  {
    name: 'a directory over a file starts afresh, whatever lies below that',
    layers: [base, layer(ordinary('/d')), layer(directory('/d'), ordinary('/d/n'))],
    shown: ['/@1', '/d@3', '/d/n@3', '/d.x@1', '/f@1'],
  },
  {
    name: 'a directory in between without the path changes nothing',
    layers: [base, layer(directory('/')), layer(directory('/'), directory('/d'), ordinary('/d/n'))],
    shown: ['/@3', '/d@3', '/d/a@1', '/d/b@1', '/d/n@3', '/d.x@1', '/f@1'],
  },
  {
    name: 'an implied directory has the metadata of the one below',
    layers: [base, layer(directory('/d', { implicit: true, mode: 0 }), ordinary('/d/n'))],
    shown: ['/@1', '/d@1', '/d/a@1', '/d/b@1', '/d/n@2', '/d.x@1', '/f@1'],
  },
  {
    name: 'an implied opaque directory has it too, and hides the rest',
    layers: [base, layer(directory('/d', { implicit: true, opaque: true }), ordinary('/d/n'))],
    shown: ['/@1', '/d@1', '/d/n@2', '/d.x@1', '/f@1'],
  },
  {
    name: 'an implied directory over a file, and over a whiteout, stays implied',
    layers: [
      base,
      layer(whiteout('/d')),
      layer(
        directory('/d', { implicit: true }),
        ordinary('/d/n'),
        directory('/f', { implicit: true }),
      ),
    ],
    shown: ['/@1', '/d@3', '/d/n@3', '/d.x@1', '/f@3'],
  },
];

for (const { name, layers, shown: expected } of cases) {
  t.test(name, (t) => {
    t.same(shown(mergeLayers(layers)), expected);
    const [first, ...rest] = layers;
    const oneByOne = rest.reduce(mergeUpper, mergeLayers(first === undefined ? [] : [first]));
    t.same(shown(oneByOne), expected, 'also layer by layer');
    t.end();
  });
}

t.test('find', (t) => {
  const tree = mergeLayers([base, layer(whiteout('/d'), ordinary('/f', { mode: 0 }))]);
  t.equal(tree.layers, 2);
  t.match(tree.find('/f'), { layer: 2, entry: { mode: 0 } });
  t.equal(tree.find('/d'), undefined);
  t.equal(tree.find('/d/a'), undefined);
  t.end();
});

t.test('hard links', (t) => {
  const same = 'a'.repeat(64);
  const other = 'b'.repeat(64);
  const linked = layer(
    ordinary('/a', { sha256: same, size: 4 }),
    ordinary('/b', { sha256: same, size: 4, hardLinkTo: '/a' }),
    ordinary('/c', { sha256: same, size: 4, hardLinkTo: '/a' }),
  );
  const links = (...layers: LayerIndex[]) =>
    mergeLayers(layers)
      .entries.slice(1)
      .map(({ entry }) => [entry.path, entry.hardLinkTo, entry.sha256]);
  t.same(links(linked), [
    ['/a', undefined, same],
    ['/b', '/a', same],
    ['/c', '/a', same],
  ]);
  t.same(
    links(linked, layer(ordinary('/a', { sha256: other }))),
    [
      ['/a', undefined, other],
      ['/b', undefined, same],
      ['/c', '/b', same],
    ],
    'the first name changed above: the others keep their content',
  );
  t.same(links(linked, layer(whiteout('/a'), whiteout('/b'))), [['/c', undefined, same]]);
  t.same(links(linked, layer(whiteout('/b')), layer(ordinary('/d'))), [
    ['/a', undefined, same],
    ['/c', '/a', same],
    ['/d', undefined, undefined],
  ]);
  t.end();
});
