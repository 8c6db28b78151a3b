import t from 'tap';
import { parseImageConfig } from '../../src/oci/image-config.js';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha512:${'b'.repeat(128)}`;
const BARE = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [A] } };
const parse = (document: unknown) => parseImageConfig(Buffer.from(JSON.stringify(document)));

t.test('the least there can be', (t) => {
  t.strictSame(parse(BARE), { ...BARE, history: [] });
  t.same(parse({ ...BARE, rootfs: { type: 'layers' } }).rootfs.diff_ids, [], 'Docker, no layers');
  t.same(parse({ ...BARE, rootfs: { type: 'layers', diff_ids: null } }).rootfs.diff_ids, []);
  t.same(parse({ ...BARE, rootfs: {} }).rootfs, { type: 'layers', diff_ids: [] });
  t.same(parse({ ...BARE, rootfs: { type: 'layers', diff_ids: [A, B] } }).rootfs.diff_ids, [A, B]);
  t.end();
});

t.test('all there can be', (t) => {
  const full = {
    created: '2026-05-07T00:00:00.123456789Z',
    author: 'somebody',
    architecture: 'arm',
    os: 'linux',
    variant: 'v7',
    'os.version': '10.0',
    'os.features': ['win32k'],
    config: {
      User: '1000:1000',
      Env: ['PATH=/bin', 'EMPTY='],
      Entrypoint: ['/entry'],
      Cmd: ['a', ''],
      WorkingDir: '/w',
      Volumes: { '/data': {} },
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      Labels: { a: 'b', '': 'empty' },
      StopSignal: 'SIGINT',
      StopTimeout: 3,
      Healthcheck: {
        Test: ['CMD-SHELL', 'true'],
        Interval: 30_000_000_000,
        Timeout: 1,
        StartPeriod: 2,
        StartInterval: 3,
        Retries: 4,
      },
      Shell: ['/bin/bash', '-c'],
      OnBuild: ['RUN x'],
      ArgsEscaped: true,
    },
    rootfs: { type: 'layers', diff_ids: [A] },
    history: [
      { created: '2026-05-07T00:00:00Z', created_by: 'x', author: 'y', comment: 'z' },
      { created_by: 'ENV', empty_layer: true },
    ],
  };
  const parsed = parse(full);
  t.same(parsed, full);
  t.equal(JSON.stringify(parsed.config?.Labels), '{"a":"b","":"empty"}');
  t.end();
});

t.test('as Docker writes them: nulls and keys of its own', (t) => {
  const docker = {
    ...BARE,
    created: '0001-01-01T00:00:00Z',
    id: 'abc',
    parent: 'def',
    container: '0123',
    docker_version: '20.10.24',
    container_config: { Cmd: ['/bin/sh', '-c', '#(nop) '], Hostname: 'x' },
    config: {
      Hostname: '',
      Domainname: '',
      User: '',
      AttachStdin: false,
      Tty: false,
      Env: null,
      Cmd: null,
      Image: 'sha256:xyz',
      Volumes: null,
      WorkingDir: '',
      Entrypoint: null,
      OnBuild: null,
      Labels: null,
      ExposedPorts: null,
      Healthcheck: null,
      Shell: null,
    },
    history: null,
  };
  t.strictSame(parse(docker), {
    ...BARE,
    created: '0001-01-01T00:00:00Z',
    config: { User: '', WorkingDir: '' },
    history: [],
  });
  t.notOk('config' in parse({ ...BARE, config: null }));
  t.end();
});

t.test('what old and other tools write', (t) => {
  const config = { Entrypoint: '/bin/sh', Cmd: '-x', Volumes: { '/v': null, '/w': { a: 1 } } };
  t.same(parse({ ...BARE, config }).config, {
    Entrypoint: ['/bin/sh'],
    Cmd: ['-x'],
    Volumes: { '/v': {}, '/w': {} },
  });
  t.match(parse({ rootfs: BARE.rootfs }), { architecture: '', os: '' });
  t.same(parse({ ...BARE, config: { Healthcheck: { Test: null } } }).config?.Healthcheck, {});
  t.end();
});

t.test('labels named like parts of every object', (t) => {
  const text = JSON.stringify({ ...BARE, config: { Labels: {} } }).replace(
    '"Labels":{}',
    '"Labels":{"__proto__":"p","toString":"s"}',
  );
  const labels = parseImageConfig(Buffer.from(text)).config?.Labels ?? {};
  t.same(Object.entries(labels), [
    ['__proto__', 'p'],
    ['toString', 's'],
  ]);
  t.notOk('valueOf' in labels);
  t.end();
});

t.test('errors name the place', (t) => {
  const rootfs = (fields: object) => ({ ...BARE, rootfs: { ...BARE.rootfs, ...fields } });
  const config = (fields: object) => ({ ...BARE, config: fields });
  const rows: [document: unknown, message: string, code?: string][] = [
    [rootfs({ diff_ids: [A, A, 'abc'] }), '$.rootfs.diff_ids[2]: not a digest: "abc"'],
    [rootfs({ diff_ids: [A, 7] }), '$.rootfs.diff_ids[1]: not a string: 7'],
    [rootfs({ diff_ids: A }), `$.rootfs.diff_ids: not an array: "${A}"`],
    [rootfs({ type: 'layers+base' }), '$.rootfs.type: not "layers": "layers+base"', 'UNSUPPORTED'],
    [{ ...BARE, rootfs: undefined }, '$.rootfs: missing'],
    [{ ...BARE, rootfs: null }, '$.rootfs: not an object: null'],
    [{}, '$.rootfs: missing'],
    [[], '$: not an object: an array'],
    [null, '$: not an object: null'],
    [{ ...BARE, os: 7 }, '$.os: not a string: 7'],
    [{ ...BARE, 'os.version': [] }, '$["os.version"]: not a string: an array'],
    [{ ...BARE, created: 0 }, '$.created: not a string: 0'],
    [{ ...BARE, history: {} }, '$.history: not an array: an object'],
    [{ ...BARE, history: [{}, 'x'] }, '$.history[1]: not an object: "x"'],
    [{ ...BARE, history: [{ empty_layer: 1 }] }, '$.history[0].empty_layer: not a boolean: 1'],
    [config({ Env: ['A=b', 1] }), '$.config.Env[1]: not a string: 1'],
    [config({ Env: 'A=b' }), '$.config.Env: not an array: "A=b"'],
    [config({ Cmd: [['x']] }), '$.config.Cmd[0]: not a string: an array'],
    [config({ Labels: { 'a.b': 1 } }), '$.config.Labels["a.b"]: not a string: 1'],
    [config({ Labels: ['a'] }), '$.config.Labels: not an object: an array'],
    [config({ Volumes: ['/a'] }), '$.config.Volumes: not an object: an array'],
    [
      config({ Healthcheck: { Retries: 1.5 } }),
      '$.config.Healthcheck.Retries: not an integer: 1.5',
    ],
    [config([]), '$.config: not an object: an array'],
  ];
  for (const [document, message, code = 'CORRUPT'] of rows) {
    const path = message.slice(0, message.indexOf(': '));
    t.throws(() => parse(document), {
      code,
      message: `parse image config: ${message}`,
      data: { path },
    });
  }
  t.throws(() => parseImageConfig(Buffer.from('{')), { message: /^parse image config: not JSON/ });
  t.throws(() => parseImageConfig(Buffer.alloc(9), { maximumBytes: 8 }), {
    code: 'LIMIT_EXCEEDED',
  });
  t.end();
});
