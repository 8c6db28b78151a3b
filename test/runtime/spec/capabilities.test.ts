import t from 'tap';
import {
  DEFAULT_CAPABILITIES,
  resolveCapabilities,
} from '../../../src/runtime/spec/capabilities.js';

t.test('added and dropped by any spelling of their names', (t) => {
  t.same(resolveCapabilities([], []), DEFAULT_CAPABILITIES);
  t.same(resolveCapabilities(['net_admin', 'CAP_CHOWN'], ['cap_kill']), [
    ...DEFAULT_CAPABILITIES.filter((name) => name !== 'CAP_KILL'),
    'CAP_NET_ADMIN',
  ]);
  t.same(resolveCapabilities(['BPF'], ['all']), ['CAP_BPF']);
  t.same(resolveCapabilities([], ['ALL']), []);
  t.end();
});

t.test('all but one', (t) => {
  const all = resolveCapabilities(['ALL'], []);
  t.equal(all.length, 41);
  t.same(
    resolveCapabilities(['all'], ['SYS_ADMIN']),
    all.filter((name) => name !== 'CAP_SYS_ADMIN'),
  );
  t.end();
});

t.test('an unknown name is an error', (t) => {
  t.throws(() => resolveCapabilities(['NET_ADMINS'], []), {
    code: 'INVALID_INPUT',
    message: 'unknown capability "NET_ADMINS"',
  });
  t.throws(() => resolveCapabilities([], ['']), { code: 'INVALID_INPUT' });
  t.end();
});
