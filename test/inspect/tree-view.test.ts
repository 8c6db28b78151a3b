// The tree of a layer over the one below it, held against the diff and the tree of the commands.
import t from 'tap';
import { diffTrees } from '../../src/overlay/diff.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import type { MergedTree } from '../../src/overlay/merged-tree.js';
import { usedRows } from '../../src/overlay/visible-rows.js';
import { findWaste } from '../../src/overlay/waste.js';
import {
  ADDED,
  CHANGED,
  DELETED,
  SAME,
  viewTrees,
  type TreeView,
} from '../../src/inspect/tree-view.js';
import { indexOf } from '../support/index-layer.js';
import { layeredImage } from '../support/layered-image.js';

const LETTERS = { [ADDED]: 'A', [CHANGED]: 'C', [DELETED]: 'D' } as Record<number, string>;

function marked(view: TreeView): string[] {
  return rowsOf(view)
    .filter((row) => view.mark[row] !== SAME)
    .map((row) => `${LETTERS[view.mark[row] ?? 0] ?? ''} ${view.path(row)}`);
}

function rowsOf(view: TreeView): number[] {
  return Array.from({ length: view.count }, (_, row) => row);
}

t.test('each layer', async (t) => {
  const layers = await Promise.all(layeredImage().map((tar) => indexOf(tar)));
  const whole = mergeLayers(layers);
  const used = usedRows(whole);
  const upTo = (count: number): MergedTree => mergeLayers(layers.slice(0, count));
  for (let layer = 1; layer <= layers.length; layer += 1) {
    const [before, after] = [upTo(layer - 1), upTo(layer)];
    const changes = diffTrees(before, after).map(({ kind, path }) => `${kind} ${path}`);
    const view = viewTrees(before, after, { changesOnly: false, used });
    t.same(marked(view), changes, `layer ${layer}: what the diff says`);
    const there = rowsOf(view).filter((row) => view.mark[row] !== DELETED);
    t.same(
      there.map((row) => view.path(row)),
      after.entries.map(({ entry }) => entry.path),
      `layer ${layer}: all that is there`,
    );
    for (const row of rowsOf(view)) {
      t.equal(view.find(view.path(row)), row);
      const end = rowsOf(view).findIndex(
        (at) => at > row && (view.depth[at] ?? 0) <= (view.depth[row] ?? 0),
      );
      t.equal(view.end[row], end === -1 ? view.count : end);
      t.equal(view.facts(row).path, view.path(row));
    }
    const own = viewTrees(before, after, { changesOnly: true, used });
    const above = (path: string) =>
      changes.some((change) => change.slice(2).startsWith(path === '/' ? path : `${path}/`));
    t.same(
      rowsOf(own)
        .filter((row) => own.shown[row] === 1)
        .map((row) => own.path(row)),
      rowsOf(own)
        .filter((row) => own.mark[row] !== SAME || row === 0 || above(own.path(row)))
        .map((row) => own.path(row)),
      `layer ${layer}: only what it did`,
    );
  }
  const view = viewTrees(undefined, whole, { changesOnly: false });
  t.same(marked(view), []);
  const base = viewTrees(upTo(0), upTo(1), { changesOnly: true, used });
  const wasted = base.wasted.reduce((sum, bytes) => sum + bytes, 0);
  t.equal(wasted, findWaste(layers, whole).layers[0]?.wasted, 'what of the base is not visible');
});

t.test('sizes', async (t) => {
  const layers = await Promise.all(layeredImage().map((tar) => indexOf(tar)));
  const view = viewTrees(mergeLayers(layers.slice(0, 3)), mergeLayers(layers), {
    changesOnly: false,
  });
  const size = (path: string) => view.size[view.find(path)];
  t.equal(size('/opt'), 3040, 'of what is there');
  t.equal(size('/tmp'), 700, 'of what is gone with it');
  t.equal(view.facts(view.find('/etc/passwd')).aspects?.join(), 'mode');
});
