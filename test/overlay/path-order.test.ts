import t from 'tap';
import { encodeName } from '../../src/oci/byte-name.js';
import { comparePaths, prefixBeneath } from '../../src/overlay/path-order.js';
import { makeRandom } from './oracle/random.js';

/** The order by its definition: the bytes, a slash before all others. */
function byDefinition(a: string, b: string): number {
  const key = (path: string): Buffer => encodeName(path.replaceAll('/', '\0'));
  return Buffer.compare(key(a), key(b));
}

t.test('the order is that of the bytes, with a slash before all others', (t) => {
  const random = makeRandom(7);
  // A byte that is no UTF-8, a character beyond the BMP, one above the surrogates.
  const parts = ['a', 'b', '.', '-', '/', 'ü', '\udcff', '\u{1f4a3}', '\uff21', '\u07ff'];
  const path = (): string =>
    '/' + Array.from({ length: random.below(6) }, () => random.pick(parts)).join('');
  let unequal = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const [a, b] = [path(), path()];
    const expected = byDefinition(a, b);
    if (Math.sign(comparePaths(a, b)) !== expected) t.fail(`${a} and ${b}`);
    if (expected !== 0) unequal += 1;
  }
  t.ok(unequal > 10_000);
  t.same(['/a.b', '/a/x', '/a', '/', '/a-b'].sort(comparePaths), [
    '/',
    '/a',
    '/a/x',
    '/a-b',
    '/a.b',
  ]);
  t.end();
});

t.test('what is beneath', (t) => {
  t.equal(prefixBeneath('/'), '/');
  t.equal(prefixBeneath('/a'), '/a/');
  t.end();
});
