import { constants } from 'node:os';
import t from 'tap';
import { parseSignal } from '../../src/runtime/signal.js';

t.test('signals as this machine numbers them', (t) => {
  for (const [name, number] of Object.entries(constants.signals)) {
    t.equal(parseSignal(name), number, name);
    t.equal(parseSignal(name.slice(3).toLowerCase()), number, name.slice(3));
    t.equal(parseSignal(String(number)), number);
  }
  t.equal(parseSignal('RTMIN'), 34);
  t.equal(parseSignal('SIGRTMIN+3'), 37);
  t.equal(parseSignal('rtmax-14'), 50);
  for (const text of ['', '0', '65', '-9', 'SIG', 'NOPE', '9x', 'RTMAX-99']) {
    t.throws(() => parseSignal(text), /invalid signal/, text);
  }
  t.end();
});
