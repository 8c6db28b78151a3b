import t from 'tap';
import { visitHidden } from '../../src/overlay/hidden-entries.js';
import type { LayerEntry } from '../../src/overlay/layer-entry.js';
import type { LayerIndex } from '../../src/overlay/layer-index.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { directory, layer, ordinary, whiteout } from './entries.js';
import { makeRandom } from './oracle/random.js';
import { lostEntries, randomLayer, rawLayer, type Lost } from './stack-oracle.js';

function lostIn(layers: readonly LayerIndex[]): Lost[] {
  const lost: Lost[] = [];
  visitHidden(layers, mergeLayers(layers), ({ claim, fate, by }) => {
    lost.push({
      path: layers[claim.rank]?.entry(claim.row).path ?? '',
      layer: claim.rank + 1,
      fate,
      goneIn: by.rank + 1,
      by: layers[by.rank]?.entry(by.row).path ?? '',
    });
  });
  return lost;
}

function brief(...stack: readonly (readonly LayerEntry[])[]): string[] {
  const layers = stack.map((entries) => layer(directory('/'), ...entries));
  return lostIn(layers).map(
    ({ path, layer, fate, goneIn, by }) => `${layer} ${path} ${fate} ${goneIn} ${by}`,
  );
}

const file = (path: string) => ordinary(path, { size: 5 });

t.test('by what it is taken away', (t) => {
  t.same(brief([file('/a')], [whiteout('/a')]), ['1 /a deleted 2 /a']);
  t.same(brief([file('/a')], [file('/a')]), ['1 /a overwritten 2 /a']);
  t.same(brief([file('/a')], [directory('/a')]), ['1 /a replaced 2 /a']);
  t.same(brief([directory('/d'), file('/d/x')], [whiteout('/d')]), [
    '1 /d deleted 2 /d',
    '1 /d/x deleted 2 /d',
  ]);
  t.same(brief([directory('/d'), file('/d/x')], [file('/d')]), [
    '1 /d replaced 2 /d',
    '1 /d/x replaced 2 /d',
  ]);
  t.same(
    brief(
      [directory('/d'), file('/d/x'), file('/d/y')],
      [directory('/d', { opaque: true }), file('/d/y')],
    ),
    ['1 /d/x hidden 2 /d', '1 /d/y overwritten 2 /d/y'],
    'the directory itself is there; what stands in its own place is no matter of the mark',
  );
  t.end();
});

t.test('the first that takes it is the one', (t) => {
  t.same(brief([file('/a')], [whiteout('/a')], [file('/a')], [whiteout('/a')]), [
    '1 /a deleted 2 /a',
    '3 /a deleted 4 /a',
  ]);
  t.same(brief([file('/d/x')], [file('/d/x')], [whiteout('/d')], [file('/d/x')]), [
    '1 /d/x overwritten 2 /d/x',
    '2 /d/x deleted 3 /d',
  ]);
  t.same(brief([file('/d/x')], [], [file('/e')]), [], 'nothing is taken');
  t.end();
});

t.test('what a renamed directory shows is not lost', (t) => {
  const lost = brief(
    [directory('/old'), file('/old/x'), directory('/new'), file('/new/gone')],
    [whiteout('/old'), directory('/new', { redirect: 'old' })],
  );
  t.same(lost, ['1 /new/gone hidden 2 /new', '1 /old deleted 2 /old']);
  t.end();
});

t.test('the content of a metacopy is not lost', (t) => {
  t.same(brief([file('/a')], [ordinary('/a', { metacopy: true, mode: 0o600 })]), []);
  t.end();
});

t.test('random stacks: as the definition has it', (t) => {
  let seen = 0;
  for (let seed = 1; seed <= 400; seed += 1) {
    const random = makeRandom(seed);
    const stack = Array.from({ length: 2 + random.below(5) }, () => randomLayer(random));
    const wanted = lostEntries(stack.map(rawLayer));
    const found = lostIn(stack.map((entries) => layer(directory('/'), ...entries)));
    const byPath = found.toSorted((a, b) =>
      a.path < b.path ? -1 : a.path > b.path ? 1 : a.layer - b.layer,
    );
    seen += found.length;
    if (JSON.stringify(byPath) !== JSON.stringify(wanted)) t.same(byPath, wanted, `seed ${seed}`);
  }
  t.ok(seen > 2000, `${seen} entries of 400 stacks`);
  t.end();
});
