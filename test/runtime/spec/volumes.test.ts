import t from 'tap';
import { parseBind } from '../../../src/runtime/spec/volumes.js';

t.test('host path, container path, modes', (t) => {
  t.same(parseBind('/a:/b'), { source: '/a', destination: '/b', readOnly: false });
  t.same(parseBind('/a//c/../b/:/x//y/:ro,Z'), {
    source: '/a/b',
    destination: '/x/y',
    readOnly: true,
  });
  t.same(parseBind('/:/h:rw,rslave,cached'), {
    source: '/',
    destination: '/h',
    readOnly: false,
    propagation: 'rslave',
  });
  t.end();
});

t.test('what is no mount', (t) => {
  const bad = ['', '/a:x', '/a:/', '/a:/x/../..', '/a:/b:', ':/b', '/a:', '/a:/b:ro:z', '/a:/b:foo',
    '/a:/b:ro,rw', '/a:/b:ro,ro', '/a:/b:z,Z', '/a:/b:toString', '/a:/b:shared,private']; // prettier-ignore
  for (const text of bad) t.throws(() => parseBind(text), { code: 'INVALID_INPUT' }, `"${text}"`);
  t.throws(() => parseBind('/a:x'), {
    message: 'mount "/a:x": container path "x" is not absolute',
  });
  t.end();
});

t.test('what is not there yet says so', (t) => {
  for (const text of ['/only', 'name:/x', './rel:/x', 'rel/x:/x']) {
    t.throws(() => parseBind(text), { code: 'UNSUPPORTED', hint: /\S/ }, text);
  }
  t.end();
});
