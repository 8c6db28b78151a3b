import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { linuxHost } from '../../../src/host/linux-host.js';
import {
  parseConfig,
  parseDockerConfig,
  readRegistryConfig,
} from '../../../src/image/registry/registry-config.js';
import { isInsecure, isPlainAllowed } from '../../../src/image/registry/transport.js';
import { parseJson } from '../../../src/oci/json-reader.js';

const parse = (value: object) => parseConfig(parseJson(Buffer.from(JSON.stringify(value)), 'file'));

t.test('the form of the file', (t) => {
  const registries = {
    'docker.io': { mirrors: ['https://mirror.test/hub'] },
    a: { insecure: true },
  };
  t.match(parse({ registries, insecure: ['10.0.0.0/8'], idleSeconds: 5 }), {
    registries,
    insecure: ['10.0.0.0/8'],
    idleSeconds: 5,
  });
  t.throws(() => parse({ registrys: {} }), /no such setting; there are registries, insecure/);
  t.throws(
    () => parse({ registries: { a: { mirror: [] } } }),
    /\$\.registries\.a\.mirror: no such/,
  );
  t.throws(() => parse({ attempts: 0 }), /\$\.attempts: not an integer from 1/);
  const mirrors = (url: string) => () => parse({ registries: { a: { mirrors: [url] } } });
  t.throws(mirrors('mirror.test'), /mirrors\[0\]: not an http or https URL/);
  t.throws(mirrors('ftp://mirror.test'), /not an http or https URL/);
  const secret = mirrors('https://user:secret@mirror.test');
  t.throws(secret, /a URL with a user/);
  t.throws(secret, { message: /^(?!.*secret)/ });
  t.end();
});

t.test('what dockerd is told', (t) => {
  const text = '{"insecure-registries":["a:5000"],"registry-mirrors":["https://m"],"debug":true}';
  t.match(parseDockerConfig(parseJson(Buffer.from(text), 'daemon.json')), {
    insecure: ['a:5000'],
    registries: { 'docker.io': { mirrors: ['https://m'] } },
  });
  t.end();
});

t.test('insecure means what was named and no more', (t) => {
  const config = {
    registries: { 'r.test:5000': { insecure: true } },
    insecure: ['10.0.0.0/8', 'plain.test'],
    idleSeconds: 1,
    leastBytes: 1,
    attempts: 1,
  };
  t.ok(isInsecure(config, 'r.test:5000'));
  t.notOk(isInsecure(config, 'r.test:5001'));
  t.notOk(isInsecure(config, 'r.test'));
  t.ok(isInsecure(config, '10.9.9.9:5000'));
  t.ok(isInsecure(config, 'plain.test:80'));
  t.notOk(isInsecure(config, 'a.plain.test'));
  t.ok(isPlainAllowed(config, '127.0.0.1', '5000'));
  t.notOk(isInsecure(config, '127.0.0.1:5000'), 'a certificate there is looked at');
  t.end();
});

t.test("the user's own file", (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-config-'));
  t.teardown(() => {
    rmSync(directory, { recursive: true });
  });
  mkdirSync(join(directory, 'cutaway'));
  const path = join(directory, 'cutaway/registries.json');
  const host = { ...linuxHost(), environment: { XDG_CONFIG_HOME: directory } };
  t.equal(readRegistryConfig(host).attempts, 5, 'no file is no settings');
  writeFileSync(path, '{"attempts": 2, "registries": {"a.test": {"insecure": true}}}');
  t.match(readRegistryConfig(host), {
    attempts: 2,
    idleSeconds: 60,
    registries: { 'a.test': { insecure: true } },
  });
  writeFileSync(path, '{"attempts": ');
  t.throws(() => readRegistryConfig(host), {
    code: 'INVALID_INPUT',
    message: `parse ${path}: not JSON: it starts with "{\\"attempts\\": "`,
  });
  t.end();
});
