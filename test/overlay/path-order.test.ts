import t from 'tap';
import { comparePaths } from '../../src/overlay/layer-index.js';
import { orderPaths, prefixBeneath, searchPath } from '../../src/overlay/path-order.js';
import { makeRandom } from './oracle/random.js';

t.test('orders as comparePaths does', (t) => {
  const random = makeRandom(3);
  const alphabet = ['/', '/', 'a', 'b', '.', '-', '\n', '\x01', 'ä', '\udcff', '\u{1f4a3}'];
  const path = () =>
    `/${Array.from({ length: random.below(6) }, () => random.pick(alphabet)).join('')}`;
  for (let round = 0; round < 20000; round += 1) {
    const [a, b] = [path(), path()];
    if (Math.sign(orderPaths(a, b)) !== comparePaths(a, b)) t.fail(`${a} and ${b}`);
  }
  t.same(['/a.b', '/a/x', '/a', '/', '/a-b'].sort(orderPaths), ['/', '/a', '/a/x', '/a-b', '/a.b']);
  t.end();
});

t.test('finds every path and no other', (t) => {
  const paths = ['/', '/a', '/a/x', '/a-b', '/a.b', '/c'];
  const find = (path: string) => searchPath(paths, path, (item) => item);
  t.same(paths.map(find), [0, 1, 2, 3, 4, 5]);
  t.same(['/b', '/a/', '', '/d', '/a/w'].map(find), [-1, -1, -1, -1, -1]);
  t.equal(searchPath([], '/a', String), -1);
  t.same(['/', '/a'].map(prefixBeneath), ['/', '/a/']);
  t.end();
});
