import t from 'tap';
import { parseRegistryName } from '../../../src/image/registry/registry-name.js';

t.test('how people write a registry', (t) => {
  const names: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'docker.io'],
    ['', 'docker.io'],
    ['docker.io', 'docker.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['localhost:5000', 'localhost:5000'],
    ['http://localhost:5000/v2/', 'localhost:5000'],
    ['https://Registry.Example/some/path', 'registry.example'],
    ['[::1]:5000', '[::1]:5000'],
    ['reg.lan/v2', 'reg.lan'],
  ];
  for (const [text, name] of names) t.equal(parseRegistryName(text), name, String(text));
  t.end();
});

t.test('what is none', (t) => {
  const texts = [
    'kim@reg.lan',
    'kim:word@reg.lan',
    'https://kim:word@reg.lan/',
    'reg lan',
    'reg.lan:port',
    'reg.lan:99999',
    'reg.lan/team',
    'ftp://reg.lan',
    '../reg',
    '/',
    'reg.lan?x',
    'reg.lan\u001b[2J',
  ];
  for (const text of texts) {
    t.throws(() => parseRegistryName(text), { code: 'INVALID_INPUT' }, JSON.stringify(text));
  }
  t.end();
});
