import t from 'tap';
import { findProxy } from '../../../src/image/registry/proxy.js';
import { isInNetwork, isLoopback } from '../../../src/image/registry/network-name.js';

const proxyOf = (url: string, environment: Record<string, string>) =>
  findProxy(new URL(url), environment)?.href;

t.test('by the scheme of what is asked for', (t) => {
  const both = { HTTP_PROXY: 'http://plain:3128', HTTPS_PROXY: 'http://user:word@secure:3128' };
  t.equal(proxyOf('https://registry.test/v2/', both), 'http://user:word@secure:3128/');
  t.equal(proxyOf('http://registry.test/v2/', both), 'http://plain:3128/');
  t.equal(proxyOf('https://registry.test/', { HTTP_PROXY: 'http://plain:3128' }), undefined);
  t.equal(proxyOf('https://registry.test/', { HTTPS_PROXY: 'bare:3128' }), 'http://bare:3128/');
  const cases = { https_proxy: 'http://low', HTTPS_PROXY: 'http://high' };
  t.equal(proxyOf('https://registry.test/', cases), 'http://low/');
  t.equal(proxyOf('https://registry.test/', { HTTPS_PROXY: '' }), undefined);
  t.end();
});

t.test('this machine needs none', (t) => {
  const all = { HTTP_PROXY: 'http://p', HTTPS_PROXY: 'http://p' };
  for (const host of ['localhost:5000', '127.0.0.1', '127.1.2.3:5', '[::1]:5000', 'a.localhost']) {
    t.equal(proxyOf(`http://${host}/`, all), undefined, host);
  }
  t.end();
});

t.test('NO_PROXY', (t) => {
  const go = (host: string, list: string) =>
    proxyOf(`https://${host}/`, { HTTPS_PROXY: 'http://p', NO_PROXY: list }) === undefined;
  t.ok(go('a.example.com', 'example.com'));
  t.ok(go('example.com', 'example.com'));
  t.ok(go('a.example.com', 'other, .example.com '));
  t.notOk(go('example.com', '.example.com'));
  t.notOk(go('badexample.com', 'example.com'));
  t.ok(go('example.com:8443', 'example.com:8443'));
  t.notOk(go('example.com:8444', 'example.com:8443'));
  t.ok(go('10.1.2.3', '10.0.0.0/8'));
  t.notOk(go('11.1.2.3', '10.0.0.0/8'));
  t.ok(go('10.1.2.3', '10.1.2.3'));
  t.ok(go('anything.test', '*'));
  t.end();
});

t.test('a wrong value is told without its password', (t) => {
  t.throws(() => proxyOf('https://a.test/', { HTTPS_PROXY: 'socks5://u:secret@h' }), {
    message: 'the variable HTTPS_PROXY has no http or https URL',
  });
  t.end();
});

t.test('networks', (t) => {
  t.ok(isInNetwork('255.1.1.1', '0.0.0.0/0'));
  t.ok(isInNetwork('192.168.1.1', '192.168.1.1/32'));
  t.notOk(isInNetwork('192.168.1.2', '192.168.1.1/32'));
  t.notOk(isInNetwork('host', '10.0.0.0/8'));
  t.notOk(isInNetwork('10.0.0.1', '10.0.0.0/33'));
  t.notOk(isLoopback('127.evil.com'));
  t.notOk(isLoopback('localhost.evil.com'));
  t.notOk(isLoopback('128.0.0.1'));
  t.end();
});
