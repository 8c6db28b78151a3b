import t from 'tap';
import { detachScanner, parseDetachKeys } from '../../../src/runtime/attach/detach-keys.js';

t.test('keys by their names', (t) => {
  t.same([...parseDetachKeys('')], [0x10, 0x11], "Docker's own");
  t.same([...parseDetachKeys('ctrl-x,d,ctrl-@,ctrl-[,CTRL-a')], [0x18, 0x64, 0, 0x1b, 1]);
  for (const text of ['ctrl-', 'ctrl-pq', 'ab', ',', 'a,,b', 'ctrl-1', ' ']) {
    t.throws(() => parseDetachKeys(text), /invalid detach keys/, JSON.stringify(text));
  }
  t.end();
});

t.test('whatever is typed in whatever pieces, it is what an obvious scan says', (t) => {
  const obvious = (keys: string, text: string): [string, boolean] => {
    const at = text.indexOf(keys);
    if (at >= 0) return [text.slice(0, at), true];
    for (let held = keys.length - 1; held > 0; held -= 1) {
      if (text.endsWith(keys.slice(0, held))) return [text.slice(0, -held), false];
    }
    return [text, false];
  };
  for (const keys of ['pq', 'aab', 'abab', 'aaa', 'x']) {
    for (let number = 0; number < 729 * 3; number += 1) {
      const letters = keys.split('').concat('z');
      const text = Array.from({ length: 7 }, (_, at) => letters[(number >> at) % letters.length]);
      const scan = detachScanner(Buffer.from(keys));
      const passed: string[] = [];
      let detached = false;
      const size = (number % 3) + 1;
      for (let at = 0; at < text.length && !detached; at += size) {
        const found = scan(Buffer.from(text.slice(at, at + size).join('')));
        passed.push(found.pass.toString());
        detached = found.detached;
      }
      const [wanted, isDetached] = obvious(keys, text.join(''));
      if (passed.join('') === wanted && detached === isDetached) continue;
      t.same([passed.join(''), detached], [wanted, isDetached], `${keys} in ${text.join('')}`);
    }
  }
  t.same(detachScanner(undefined)(Buffer.from('pq')), { pass: Buffer.from('pq'), detached: false });
  t.end();
});
