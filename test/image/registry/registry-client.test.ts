// The client against Debian's docker-registry, a token service, and a proxy that gets it wrong.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { linuxHost } from '../../../src/host/linux-host.js';
import {
  openRegistry,
  type Credential,
  type Registry as Client,
  type RegistryOptions,
} from '../../../src/image/registry/registry-client.js';
import { fetchManifest } from '../../../src/image/registry/fetch-manifest.js';
import { listReferrers } from '../../../src/image/registry/list-referrers.js';
import { listTags } from '../../../src/image/registry/list-tags.js';
import { DEFAULT_REGISTRY_CONFIG } from '../../../src/image/registry/registry-config.js';
import { buildLayer } from '../../support/build-image.js';
import { cannotRun } from '../../support/cli.js';
import { startFaultProxy } from '../../support/fault-proxy.js';
import { startForwardProxy } from '../../support/forward-proxy.js';
import { layoutImage, upload } from '../../support/upload-image.js';
import { startRegistry, type RegistryOptions as Started } from '../../support/registry.js';
import { startTokenService, type TokenServiceOptions } from '../../support/token-service.js';

const skip = cannotRun('docker-registry', 'openssl', 'perl');
const LAYER = buildLayer([{ path: 'etc/motd', content: 'hello\n' }]);
const PASSWORD = 'correct horse battery';

function client(t: Test, name: string, options: RegistryOptions = {}, env = {}): Client {
  const host = linuxHost();
  const environment = { ...host.environment, ...env };
  const registry = openRegistry({ ...host, environment }, name, {
    config: { ...DEFAULT_REGISTRY_CONFIG, attempts: 3 },
    ...options,
  });
  t.teardown(() => {
    registry.close();
  });
  return registry;
}

const known = (credential: Partial<Credential>, asked: string[] = []) => ({
  find: (host: string, repository?: string) => {
    asked.push(`${host} ${repository ?? ''}`);
    return Promise.resolve({ username: 'me', password: PASSWORD, ...credential });
  },
});

const read = (registry: Client, reference = '1', repository = 'app') =>
  fetchManifest({ registry, repository, what: `pull ${repository}` }, reference);

async function startWithImage(t: Test, options: Started = {}) {
  const registry = await startRegistry(t, options);
  const image = layoutImage([LAYER]);
  await upload(registry, 'app', '1', image);
  return { registry, image };
}

t.test('manifests, tags and referrers', { skip }, async (t) => {
  const { registry, image } = await startWithImage(t);
  const own = client(t, registry.host);
  const { descriptor, bytes } = await read(own);
  t.equal(descriptor.digest, image.manifest.digest);
  t.same(bytes, image.manifest.bytes);
  const byDigest = await read(own, image.manifest.digest);
  t.same(byDigest, { descriptor, bytes });
  await t.rejects(read(own, 'other'), {
    code: 'NOT_FOUND',
    message: /^pull app: the registry does not have it \(manifest unknown\)$/,
  });
  for (let number = 2; number < 9; number += 1) {
    await upload(registry, 'app', `v${number}`, image);
  }
  const what = 'list';
  const tags = await listTags({ registry: own, repository: 'app', what });
  t.same(tags.sort(), ['1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8']);
  const asked = { registry: own, repository: 'app', what };
  t.same(await listReferrers(asked, image.manifest.digest), [], 'Debian 12 knows none');
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ ...descriptor, artifactType: 'text/x-signature' }],
    }),
  );
  await registry.ask('PUT', `/v2/app/manifests/${image.manifest.digest.replace(':', '-')}`, {
    headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
    body: index,
  });
  const [referrer] = await listReferrers(asked, image.manifest.digest);
  t.match(referrer, { digest: descriptor.digest, artifactType: 'text/x-signature' });
});

t.test('TLS: the authority of one registry', { skip }, async (t) => {
  const { registry } = await startWithImage(t, { tls: true });
  await t.rejects(read(client(t, registry.host)), {
    code: 'UNAVAILABLE',
    message: /self[- ]signed|unable to verify|unable to get/,
  });
  const directory = `/etc/docker/certs.d/${registry.host}`;
  mkdirSync(directory, { recursive: true });
  t.teardown(() => {
    rmSync(directory, { recursive: true });
  });
  copyFileSync(registry.authority ?? '', `${directory}/ca.crt`);
  t.ok(await read(client(t, registry.host)));
  rmSync(`${directory}/ca.crt`);
  const env = { NODE_EXTRA_CA_CERTS: registry.authority };
  t.ok(await read(client(t, registry.host, {}, env)), 'as Node is told of it');
  const insecure = { ...DEFAULT_REGISTRY_CONFIG, insecure: [registry.host] };
  t.ok(await read(client(t, registry.host, { config: insecure })));
});

t.test('plain http is for this machine only', { skip }, async (t) => {
  const config = { ...DEFAULT_REGISTRY_CONFIG, attempts: 1, idleSeconds: 5 };
  const { registry } = await startWithImage(t);
  const proxy = await startForwardProxy(t, registry.port);
  const url = `http://${proxy.host}`;
  const env = { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: '' };
  const refused = read(client(t, 'registry.test:5000', { config }, env));
  await t.rejects(refused, { code: 'UNAVAILABLE' });
  t.same(
    proxy.requests.map(({ place }) => place),
    ['registry.test:5000'],
    'a tunnel, and nothing in plain words',
  );
  const insecure = { ...config, insecure: ['registry.test'] };
  t.ok(await read(client(t, 'registry.test:5000', { config: insecure }, env)));
  t.equal(proxy.requests.at(-1)?.place, 'http://registry.test:5000/v2/app/manifests/1');
});

t.test('basic authentication', { skip }, async (t) => {
  const registry = await startRegistry(t, { htpasswd: { me: PASSWORD } });
  const basic = Buffer.from(`me:${PASSWORD}`).toString('base64');
  const headers = { authorization: `Basic ${basic}` };
  await upload(registry, 'app', '1', layoutImage([LAYER]), headers);
  const proxy = await startFaultProxy(t, registry.url);
  t.ok(await read(client(t, proxy.host, { credentials: known({}) })));
  const secondTime = client(t, proxy.host, { credentials: known({}) });
  await read(secondTime);
  proxy.reset();
  await read(secondTime);
  t.equal(proxy.requests.length, 1, 'what it wants is remembered');
  proxy.reset();
  await t.rejects(read(client(t, proxy.host)), {
    code: 'PERMISSION_DENIED',
    hint: `cutaway login ${proxy.host}`,
  });
  const wrong = read(client(t, proxy.host, { credentials: known({ password: 'wrong-word' }) }));
  await t.rejects(wrong, { code: 'PERMISSION_DENIED' });
  t.ok(proxy.requests.length <= 7, `no loop: ${proxy.requests.length}`);
});

async function startWithTokens(t: Test, options: TokenServiceOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-token-'));
  t.teardown(() => {
    rmSync(directory, { recursive: true });
  });
  const service = await startTokenService(t, directory, { users: { me: PASSWORD }, ...options });
  const registry = await startRegistry(t, { token: service.settings });
  const pusher = client(t, registry.host, { credentials: known({}) });
  const token = await fetchToken(service.url);
  await upload(registry, 'app', '1', layoutImage([LAYER]), { authorization: `Bearer ${token}` });
  service.requests.length = 0;
  return { service, registry, pusher };
}

async function fetchToken(url: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`me:${PASSWORD}`).toString('base64')}`;
  const query = 'service=test-registry&scope=repository:app:pull,push';
  const response = await fetch(`${url}?${query}`, { headers: { authorization } });
  return ((await response.json()) as { token: string }).token;
}

t.test('a token service', { skip }, async (t) => {
  const { service, registry } = await startWithTokens(t);
  const own = client(t, registry.host);
  await read(own);
  await read(own);
  await Promise.all([1, 2, 3].map(() => read(own)));
  t.equal(service.requests.length, 1, 'a token is kept');
  t.equal(service.requests[0]?.fields.get('scope'), 'repository:app:pull');
  t.equal(service.requests[0]?.headers.authorization, undefined, 'nobody is nobody');
  const asked: string[] = [];
  await read(client(t, registry.host, { credentials: known({}, asked) }));
  t.match(service.requests[1]?.headers.authorization, /^Basic /);
  t.equal(service.requests[1]?.fields.get('account'), 'me');
  t.same([...new Set(asked)], [`${registry.host} app`]);
  const wrong = client(t, registry.host, { credentials: known({ password: 'wrong-word' }) });
  await t.rejects(read(wrong), {
    code: 'PERMISSION_DENIED',
    message: /name or password are wrong/,
  });
});

t.test('refresh tokens and tokens as they are', { skip }, async (t) => {
  const { service, registry } = await startWithTokens(t, { refreshToken: 'refresh-me' });
  const credentials = known({ identityToken: 'refresh-me' });
  await read(client(t, registry.host, { credentials }));
  t.equal(service.requests[0]?.method, 'POST');
  t.equal(service.requests[0]?.fields.get('grant_type'), 'refresh_token');
  service.requests.length = 0;
  const registryToken = await fetchToken(service.url);
  service.requests.length = 0;
  await read(client(t, registry.host, { credentials: known({ registryToken }) }));
  t.equal(service.requests.length, 0);
});

t.test('a 401 that never ends', { skip }, async (t) => {
  const { service, registry } = await startWithTokens(t);
  const proxy = await startFaultProxy(t, registry.url);
  const challenge = `Bearer realm="${service.url}",service="test-registry"`;
  const headers = { 'www-authenticate': challenge };
  proxy.inject({ when: /manifests/, fault: { kind: 'answer', status: 401, headers } });
  const own = client(t, proxy.host, { credentials: known({}) });
  await t.rejects(read(own), { code: 'PERMISSION_DENIED' });
  const manifests = proxy.requests.filter(({ url }) => url.includes('manifests'));
  t.equal(manifests.length, 2, 'once without a token and once with it');
  await t.rejects(read(own), { code: 'PERMISSION_DENIED' });
  t.ok(service.requests.length <= 4);
});

t.test('a token that is refused is renewed once', { skip }, async (t) => {
  const { service, registry } = await startWithTokens(t);
  const proxy = await startFaultProxy(t, registry.url);
  const own = client(t, proxy.host);
  await read(own);
  const headers = { 'www-authenticate': `Bearer realm="${service.url}",service="test-registry"` };
  const fault = { kind: 'answer', status: 401, headers } as const;
  proxy.inject({ when: /manifests/, fault, times: 1 });
  t.ok(await read(own));
  t.equal(service.requests.length, 2);
});

t.test('credentials go to no other host, and into no message', { skip }, async (t) => {
  const registry = await startRegistry(t, { htpasswd: { me: PASSWORD } });
  const basic = Buffer.from(`me:${PASSWORD}`).toString('base64');
  const headers = { authorization: `Basic ${basic}` };
  await upload(registry, 'app', '1', layoutImage([LAYER]), headers);
  const other = await startFaultProxy(t, undefined, { address: '127.0.0.2' });
  const proxy = await startFaultProxy(t, registry.url);
  const own = client(t, proxy.host, { credentials: known({}) });
  await read(own);
  const to = `${other.url}/elsewhere?X-Signature=signed-secret`;
  proxy.inject({ when: /manifests/, fault: { kind: 'redirect', to }, times: 1 });
  const error = await read(own).catch((thrown: unknown) => thrown as Error);
  t.equal(other.requests[0]?.url, '/elsewhere?X-Signature=signed-secret');
  t.equal(other.requests[0]?.headers.authorization, undefined);
  t.notMatch(error, { message: /signed-secret/ });
  const echo = JSON.stringify({ errors: [{ message: `you sent Basic ${basic}, ${PASSWORD}` }] });
  proxy.inject({ when: /manifests/, fault: { kind: 'answer', status: 403, body: echo } });
  await t.rejects(read(own), {
    code: 'PERMISSION_DENIED',
    message: 'pull app: the registry refuses: not allowed (you sent Basic ***, ***)',
  });
});

t.test('redirects end', { skip }, async (t) => {
  const proxy = await startFaultProxy(t, undefined);
  proxy.inject({ when: /manifests/, fault: { kind: 'redirect', to: `${proxy.url}*` } });
  await t.rejects(read(client(t, proxy.host)), { message: /more than 5 redirects/ });
  proxy.reset();
  const to = 'http://elsewhere.test/blob';
  proxy.inject({ when: /manifests/, fault: { kind: 'redirect', to } });
  await t.rejects(read(client(t, proxy.host)), {
    code: 'PERMISSION_DENIED',
    message: /elsewhere\.test\/blob: plain http is only for this machine/,
  });
  proxy.reset();
  proxy.inject({ when: /manifests/, fault: { kind: 'redirect', to: 'file:///etc/passwd' } });
  await t.rejects(read(client(t, proxy.host)), { message: /it redirects to file:/ });
});

t.test('a busy registry is asked again when it says', { skip }, async (t) => {
  const { registry } = await startWithImage(t);
  const proxy = await startFaultProxy(t, registry.url);
  const headers = { 'retry-after': '0' };
  const busy = (status: number) => ({ kind: 'answer', status, headers }) as const;
  proxy.inject(
    { when: /manifests/, fault: busy(429), times: 1 },
    { when: /manifests/, fault: busy(503), times: 1 },
  );
  t.ok(await read(client(t, proxy.host)));
  t.same(
    proxy.requests.filter(({ url }) => url.includes('manifests')).map(({ status }) => status),
    [429, 503, 200],
  );
  proxy.reset();
  const long = { kind: 'answer', status: 429, headers: { 'retry-after': '86400' } } as const;
  proxy.inject({ when: /manifests/, fault: long });
  await t.rejects(read(client(t, proxy.host)), {
    code: 'UNAVAILABLE',
    message: /too many requests/,
    hint: 'it takes the next one in 86400 seconds',
  });
  proxy.reset();
  proxy.inject({ when: /manifests/, fault: busy(500) });
  await t.rejects(read(client(t, proxy.host)), { message: /fails with status 500/ });
  t.equal(proxy.requests.filter(({ url }) => url.includes('manifests')).length, 3);
});

t.test('limits and lies of manifests', { skip }, async (t) => {
  const { registry, image } = await startWithImage(t);
  const proxy = await startFaultProxy(t, registry.url);
  await t.rejects(read(client(t, proxy.host, { limits: { documentSize: 100 } })), {
    code: 'LIMIT_EXCEEDED',
    message: /exceeds the limit documentSize of 100/,
  });
  proxy.inject({ when: /manifests/, fault: { kind: 'corrupt', at: 30 } });
  await t.rejects(read(client(t, proxy.host)), { code: 'CORRUPT', message: /has the digest/ });
  await t.rejects(read(client(t, proxy.host), image.manifest.digest), { code: 'CORRUPT' });
  proxy.reset();
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  const body = image.manifest.bytes;
  proxy.inject({ when: /manifests/, fault: { kind: 'answer', status: 200, headers, body } });
  const { descriptor } = await read(client(t, proxy.host));
  t.equal(descriptor.mediaType, 'application/vnd.oci.image.manifest.v1+json');
});

t.test('a mirror is asked first, and the registry when it cannot', { skip }, async (t) => {
  const { registry, image } = await startWithImage(t);
  const origin = await startFaultProxy(t, registry.url);
  const mirror = await startFaultProxy(t, registry.url, { address: '127.0.0.3' });
  const registries = { [origin.host]: { mirrors: [mirror.url] } };
  const config = { ...DEFAULT_REGISTRY_CONFIG, attempts: 1, registries };
  const own = client(t, origin.host, { config, credentials: known({}) });
  t.equal((await read(own)).descriptor.digest, image.manifest.digest);
  t.equal(origin.requests.length, 0);
  mirror.inject({ when: /./, fault: { kind: 'answer', status: 503 } });
  t.equal((await read(own)).descriptor.digest, image.manifest.digest);
  t.ok(origin.requests.length > 0);
  await t.rejects(read(own, 'nosuch'), { code: 'NOT_FOUND' });
});

t.test('through a proxy by CONNECT', { skip }, async (t) => {
  const { registry } = await startWithImage(t, { tls: true });
  const proxy = await startForwardProxy(t, registry.port);
  const env = {
    HTTPS_PROXY: `http://me:proxy-word@${proxy.host}`,
    NO_PROXY: '',
    NODE_EXTRA_CA_CERTS: registry.authority,
  };
  // The certificate is for localhost, which a proxy would not be asked for.
  const insecure = { ...DEFAULT_REGISTRY_CONFIG, insecure: ['registry.test'], attempts: 1 };
  t.ok(await read(client(t, 'registry.test', { config: insecure }, env)));
  t.equal(proxy.requests[0]?.place, 'registry.test:443');
  const [, encoded = ''] = (proxy.requests[0]?.authorization ?? '').split(' ');
  t.equal(Buffer.from(encoded, 'base64').toString(), 'me:proxy-word');
  const strict = { ...DEFAULT_REGISTRY_CONFIG, attempts: 1 };
  await t.rejects(read(client(t, 'registry.test', { config: strict }, env)), {
    code: 'UNAVAILABLE',
    message: /Hostname\/IP does not match/,
  });
  proxy.refuse();
  const error = await read(client(t, 'other.test', { config: strict }, env)).catch(
    (thrown: unknown) => thrown as Error,
  );
  t.match(error, { message: /the proxy refuses with 403/ });
  t.notMatch(error, { message: /proxy-word/ });
});
