import t from 'tap';
import type { LayerIndex } from '../../src/overlay/layer-index.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { efficiencyOf, findWaste, type Waste } from '../../src/overlay/waste.js';
import { directory, layer, ordinary, whiteout } from './entries.js';
import { makeRandom } from './oracle/random.js';
import { randomLayer, rawLayer, visibleFiles, type RawLayer } from './stack-oracle.js';

function wasteOf(...layers: readonly LayerIndex[]): Waste {
  return findWaste(layers, mergeLayers(layers));
}

t.test('each version that is not visible is wasted', (t) => {
  const file = (path: string, size: number) => ordinary(path, { size });
  const waste = wasteOf(
    layer(file('/a', 10), file('/b', 7), file('/c', 1)),
    layer(file('/a', 20), whiteout('/b')),
    layer(file('/a', 30)),
  );
  t.same(waste.layers, [
    { size: 18, wasted: 17 },
    { size: 20, wasted: 20 },
    { size: 30, wasted: 0 },
  ]);
  t.same(waste.paths, [
    { path: '/a', wasted: 30, layers: [1, 2, 3], visible: 3 },
    { path: '/b', wasted: 7, layers: [1], visible: undefined },
  ]);
  t.equal(efficiencyOf(waste.layers), 31 / 68);
  t.end();
});

t.test('a hard-linked file is wasted when its last name is', (t) => {
  const base = layer(ordinary('/a', { size: 50 }), ordinary('/b', { size: 50, hardLinkTo: '/a' }));
  t.same(wasteOf(base, layer(whiteout('/a'))).layers[0], { size: 50, wasted: 0 });
  t.same(wasteOf(base, layer(whiteout('/a'))).paths, []);
  const both = wasteOf(base, layer(whiteout('/a'), ordinary('/b', { size: 1 })));
  t.same(both.layers[0], { size: 50, wasted: 50 });
  t.same(both.paths, [{ path: '/a', wasted: 50, layers: [1], visible: undefined }]);
  t.end();
});

t.test('of nothing nothing is wasted', (t) => {
  t.equal(efficiencyOf(wasteOf().layers), 1);
  t.equal(efficiencyOf(wasteOf(layer(directory('/d')), layer(whiteout('/d'))).layers), 1);
  t.end();
});

/** Bytes of the files of each layer, and of those of which no name is visible. */
function countLayer(layer: RawLayer, rank: number, visible: ReturnType<typeof visibleFiles>) {
  let size = 0;
  let wasted = 0;
  for (const entry of layer.values()) {
    if (entry.marker !== 'ordinary' || entry.type !== 'file' || entry.hardLinkTo !== undefined)
      continue;
    const names = [...layer.values()]
      .filter(
        ({ path, ...other }) =>
          path === entry.path || ('hardLinkTo' in other && other.hardLinkTo === entry.path),
      )
      .map(({ path }) => path);
    size += entry.size;
    if (!names.some((name) => visible.get(name)?.[0] === rank + 1)) wasted += entry.size;
  }
  return { size, wasted };
}

t.test('random stacks: as counting one by one has it', (t) => {
  let sum = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = makeRandom(seed);
    const stack = Array.from({ length: 2 + random.below(5) }, () => randomLayer(random));
    const raw = stack.map(rawLayer);
    const visible = visibleFiles(raw);
    const wanted = raw.map((layer, rank) => countLayer(layer, rank, visible));
    const waste = wasteOf(...stack.map((entries) => layer(directory('/'), ...entries)));
    if (JSON.stringify(waste.layers) !== JSON.stringify(wanted)) {
      t.same(waste.layers, wanted, `seed ${seed}`);
    }
    const wasted = wanted.reduce((all, layer) => all + layer.wasted, 0);
    const byPath = waste.paths.reduce((all, path) => all + path.wasted, 0);
    if (byPath !== wasted) t.equal(byPath, wasted, `seed ${seed}: the paths add up`);
    for (const { path, visible: at } of waste.paths) {
      if (visible.get(path)?.[0] !== at)
        t.equal(at, visible.get(path)?.[0], `seed ${seed} ${path}`);
    }
    sum += wasted;
  }
  t.ok(sum > 10_000, `${sum} bytes of 300 stacks`);
  t.end();
});
