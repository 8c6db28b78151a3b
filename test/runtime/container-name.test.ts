import t from 'tap';
import { inventName } from '../../src/runtime/container-name.js';
import { isContainerName } from '../../src/runtime/store/container-store.js';

t.test('invented names', (t) => {
  const seen = new Set<string>();
  for (let turn = 0; turn < 3000; turn += 1) {
    const name = inventName((taken) => seen.has(taken));
    if (seen.has(name) || !isContainerName(name)) t.fail(name);
    seen.add(name);
  }
  t.equal(seen.size, 3000, 'all of them different and allowed');
  t.ok(
    [...seen].some((name) => /\d$/.test(name)),
    'with a number where words run out',
  );
  t.match(
    inventName(() => false),
    /^[a-z]+_[a-z]+$/,
  );
  t.end();
});

t.test('names that are allowed: Docker’s rule', (t) => {
  for (const name of ['ab', 'a_b', 'A.b-c', '0x', 'a..', 'a'.repeat(253)])
    t.ok(isContainerName(name), name);
  for (const name of [
    '',
    'a',
    '_a',
    '.a',
    '-a',
    'a b',
    'a/b',
    '../a',
    'ä1',
    'a\n',
    'a\u0000',
    'a'.repeat(254),
  ]) {
    t.notOk(isContainerName(name), JSON.stringify(name));
  }
  t.end();
});
