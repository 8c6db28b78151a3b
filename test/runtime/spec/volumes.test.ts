import t from 'tap';
import { parseMountOption } from '../../../src/runtime/spec/mount-option.js';
import { parseVolume, parseVolumesFrom } from '../../../src/runtime/spec/volumes.js';

const parse = (text: string) => parseVolume(text, '/here');

t.test('host path, container path, modes', (t) => {
  const bind = { kind: 'bind', readOnly: false };
  t.same(parse('/a:/b'), { ...bind, source: '/a', destination: '/b' });
  t.same(parse('/a//c/../b/:/x//y/:ro,Z'), {
    ...{ kind: 'bind', source: '/a/b', destination: '/x/y', readOnly: true },
  });
  t.same(parse('/:/h:rw,rslave,cached'), {
    ...bind,
    ...{ source: '/', destination: '/h', propagation: 'rslave' },
  });
  t.same(parse('./rel/:/x'), { ...bind, source: '/here/rel', destination: '/x' });
  t.same(parse('..:/x'), { ...bind, source: '/', destination: '/x' });
  t.end();
});

t.test('volumes', (t) => {
  t.same(parse('/only'), {
    ...{ kind: 'volume', destination: '/only', readOnly: false, declared: true },
  });
  t.same(parse('data:/x:ro,nocopy'), {
    ...{ kind: 'volume', name: 'data', destination: '/x', readOnly: true, noCopy: true },
  });
  t.same(parseVolumesFrom('web:ro'), { container: 'web', readOnly: true });
  t.same(parseVolumesFrom('web'), { container: 'web', readOnly: false });
  for (const bad of ['', ':ro', 'web:sideways', 'a:b:c']) {
    t.throws(() => parseVolumesFrom(bad), { code: 'INVALID_INPUT' }, `"${bad}"`);
  }
  t.end();
});

t.test('what is no mount', (t) => {
  const bad = ['', '/a:x', '/a:/', '/a:/x/../..', '/a:/b:', ':/b', '/a:', '/a:/b:ro:z', '/a:/b:foo',
    '/a:/b:ro,rw', '/a:/b:ro,ro', '/a:/b:z,Z', '/a:/b:toString', '/a:/b:shared,private', 'rel/x:/x',
    'x:/y', 'name:/x:shared', '/a:/b:nocopy', 'only', '/']; // prettier-ignore
  for (const text of bad) t.throws(() => parse(text), { code: 'INVALID_INPUT' }, `"${text}"`);
  t.end();
});

t.test('the long form', (t) => {
  const long = (text: string) => parseMountOption(text, '/here');
  t.same(long('type=bind,src=/a,dst=/b,ro,bind-propagation=rslave,bind-nonrecursive'), {
    ...{ kind: 'bind', source: '/a', destination: '/b', readOnly: true },
    ...{ propagation: 'rslave', shallow: true },
  });
  t.same(long('source=data,target=/b,volume-nocopy=1,volume-label=a=b'), {
    ...{ kind: 'volume', name: 'data', destination: '/b', readOnly: false },
    ...{ noCopy: true, labels: { a: 'b' } },
  });
  t.same(long('type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=700,readonly=false'), {
    ...{ kind: 'tmpfs', destination: '/t', options: ['mode=700', 'size=1048576'] },
  });
  const bad = ['', 'type=bind,target=/b', 'type=npipe,target=/b', 'type=bind,src=/a', 'target',
    'type=bind,src=name,target=/b', 'type=tmpfs,src=/a,target=/b', 'target=/b,tmpfs-size=1m',
    'target=/b,readonly=maybe', 'target=b', 'target=/', 'target=/b,toString=1',
    'type=tmpfs,target=/b,tmpfs-mode=rwx', 'type=bind,src=/a,target=/b,bind-propagation=up']; // prettier-ignore
  for (const text of bad) t.throws(() => long(text), { code: 'INVALID_INPUT' }, `"${text}"`);
  t.end();
});
