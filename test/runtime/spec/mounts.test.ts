import t from 'tap';
import { makeMounts } from '../../../src/runtime/spec/mounts.js';

const USUAL = { readOnlyRoot: false, sharedMemory: 'own', tmpfs: [], privileged: false } as const;
const bind = (destination: string) => ({ source: '/s', destination, readOnly: false });

t.test('parents are mounted before what is inside them', (t) => {
  const binds = ['/a/b/c', '/a', '/a/b'].map(bind);
  const mounts = makeMounts({ ...USUAL, binds, files: {}, shmSize: 1 });
  t.same(
    mounts.slice(-3).map(({ destination }) => destination),
    ['/a', '/a/b', '/a/b/c'],
  );
  t.match(mounts.slice(-1), [{ type: 'bind', source: '/s', options: ['rbind', 'rprivate'] }]);
  t.end();
});

t.test('a path is mounted once', (t) => {
  const binds = [bind('/a'), bind('/a')];
  t.throws(() => makeMounts({ ...USUAL, binds, files: {}, shmSize: 1 }), {
    code: 'INVALID_INPUT',
    message: 'mount "/a": duplicate mount point',
  });
  const replaced = makeMounts({
    ...USUAL,
    binds: [bind('/proc')],
    files: {},
    shmSize: 1,
  });
  t.same(
    replaced.filter(({ destination }) => destination === '/proc').map(({ type }) => type),
    ['bind'],
  );
  t.end();
});
