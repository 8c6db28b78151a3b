// A part of a tree, merged alone, is that part of the whole: hard links across its edge included.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { indexDirectory } from '../../src/overlay/index-directory.js';
import type { LayerIndex } from '../../src/overlay/layer-index.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { prefixBeneath } from '../../src/overlay/path-order.js';
import { directory, layer, ordinary, whiteout } from './entries.js';
import { host } from './oracle/bench.js';
import { makeLayer, makeSocket, NAMES } from './oracle/random-layer.js';
import { makeRandom } from './oracle/random.js';

function partOf(layers: readonly LayerIndex[], root: string): unknown[] {
  const beneath = prefixBeneath(root);
  return mergeLayers(layers).entries.filter(
    ({ entry }) => entry.path === root || entry.path.startsWith(beneath),
  );
}

function merged(layers: readonly LayerIndex[], root: string): unknown[] {
  const tree = mergeLayers(layers, { root });
  const row = tree.row(root);
  return row === -1 ? [] : [...tree.walk(row)];
}

t.test('by hand', (t) => {
  const layers = [
    layer(
      directory('/a'),
      ordinary('/a/1', { size: 3 }),
      ordinary('/a/2', { size: 3, hardLinkTo: '/a/1' }),
      directory('/b'),
      ordinary('/b/1', { size: 3, hardLinkTo: '/a/1' }),
      ordinary('/b/2', { size: 5 }),
      ordinary('/a/0', { size: 5, hardLinkTo: '/b/2' }),
      ordinary('/c', { size: 7 }),
      ordinary('/b/3', { size: 7, hardLinkTo: '/c' }),
    ),
    layer(whiteout('/c'), directory('/b', { opaque: false as never }), whiteout('/b/none')),
  ];
  for (const root of ['/', '/a', '/b', '/b/1', '/b/3', '/none', '/a/1/x']) {
    t.same(merged(layers, root), partOf(layers, root), root);
  }
  t.equal(mergeLayers(layers, { root: '/b/1' }).count, 3, 'and nothing else was merged');
  t.equal(mergeLayers(layers, { root: '/b', shallow: true }).count, 2);
  t.equal(mergeLayers(layers, { root: '/b/1', shallow: true }).find('/b/1')?.layer, 1);
  t.end();
});

t.test('random stacks', { skip: host.effectiveUid === 0 ? false : 'needs root' }, async (t) => {
  let parts = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = makeRandom(seed);
    const top = mkdtempSync(join(tmpdir(), 'cutaway-part-'));
    try {
      const layers: LayerIndex[] = [];
      for (let at = 1 + random.below(4); at > 0; at -= 1) {
        const path = `${top}/${at}`;
        mkdirSync(path);
        await makeSocket(`${path}.socket`);
        makeLayer(
          {
            random,
            names: NAMES,
            width: 8,
            prefix: 'trusted.',
            xwhiteouts: false,
            redirects: random.chance(0.3),
            socket: `${path}.socket`,
          },
          path,
        );
        layers.push(indexDirectory(host, path, { hash: true }));
      }
      const paths = mergeLayers(layers).entries.map(({ entry }) => entry.path);
      for (const path of paths.filter(() => random.chance(0.2))) {
        parts += 1;
        const [part, whole] = [merged(layers, path), partOf(layers, path)];
        if (JSON.stringify(part) !== JSON.stringify(whole)) t.same(part, whole, `${seed} ${path}`);
      }
    } finally {
      rmSync(top, { recursive: true });
    }
  }
  t.ok(parts > 100, `${parts} parts`);
});
