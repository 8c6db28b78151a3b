import t from 'tap';
import { parseRuntimeState } from '../../src/oci/runtime-config.js';

const state = (fields: object) =>
  parseRuntimeState(
    Buffer.from(
      JSON.stringify({
        ociVersion: '1.0.2',
        id: 'web',
        status: 'running',
        bundle: '/b',
        ...fields,
      }),
    ),
  );

t.test('what runc and crun print', (t) => {
  const printed = {
    pid: 4711,
    rootfs: '/b/rootfs',
    created: '2026-11-20T23:29:51.123456789Z',
    owner: '',
    annotations: { a: 'b' },
  };
  t.same(state(printed), {
    ociVersion: '1.0.2',
    id: 'web',
    status: 'running',
    pid: 4711,
    bundle: '/b',
    annotations: { a: 'b' },
  });
  for (const status of ['creating', 'created', 'running', 'paused', 'stopped']) {
    t.equal(state({ status }).status, status);
  }
  t.end();
});

t.test('no process is no pid', (t) => {
  t.notOk('pid' in state({ status: 'stopped', pid: 0 }));
  t.notOk('pid' in state({ status: 'stopped' }));
  t.end();
});

t.test('the bundle by its old name', (t) => {
  t.equal(state({ bundle: undefined, bundlePath: '/old' }).bundle, '/old');
  t.equal(state({ bundlePath: '/old' }).bundle, '/b');
  t.end();
});

t.test('what is none', (t) => {
  t.throws(() => state({ status: 'zombie' }), {
    code: 'CORRUPT',
    message: 'parse runtime state: $.status: not a status: "zombie"',
  });
  t.throws(() => state({ pid: -1 }), { code: 'CORRUPT', data: { path: '$.pid' } });
  t.throws(() => state({ bundle: undefined }), { code: 'CORRUPT', data: { path: '$.bundle' } });
  t.end();
});
