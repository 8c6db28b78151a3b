import t from 'tap';
import { parseIdMap, toHostId, toInsideId } from '../../src/ns/id-map.js';

t.test('ranges, there and back', (t) => {
  const map = parseIdMap('         0       1000          1\n         1     100000      65536\n');
  t.same(map, [
    { inside: 0, outside: 1000, count: 1 },
    { inside: 1, outside: 100000, count: 65536 },
  ]);
  const pairs: [number, number | undefined][] = [
    [1000, 0],
    [1001, undefined],
    [99999, undefined],
    [100000, 1],
    [165535, 65536],
    [165536, undefined],
  ];
  for (const [outside, inside] of pairs) {
    t.equal(toInsideId(map, outside), inside, `${outside}`);
    if (inside !== undefined) t.equal(toHostId(map, inside), outside);
  }
  t.equal(toHostId(map, 65537), undefined);
  t.end();
});

t.test('the map of the first namespace, an empty one, rubbish', (t) => {
  const identity = parseIdMap('         0          0 4294967295\n');
  t.equal(toInsideId(identity, 4294967294), 4294967294);
  t.same(parseIdMap(''), []);
  t.same(parseIdMap('a b c\n-1 2 3\n1 2\n'), []);
  t.end();
});
