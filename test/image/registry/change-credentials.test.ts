import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Host } from '../../../src/host/host.js';
import { linuxHost } from '../../../src/host/linux-host.js';
import {
  eraseCredential,
  storeCredential,
} from '../../../src/image/registry/change-credentials.js';
import { storedCredentials } from '../../../src/image/registry/stored-credentials.js';
import { makeCredentialHelper } from '../../support/credential-helper.js';
import { scratch } from '../../support/registry.js';

const KIM = { username: 'kim', password: 's3cret:with"all' };

function makeHost(t: Test): { host: Host; home: string; file: string } {
  const directory = scratch(t, 'login');
  const home = join(directory, 'home');
  return {
    host: { ...linuxHost(), environment: { HOME: home, XDG_RUNTIME_DIR: directory } },
    home,
    file: join(home, '.docker/config.json'),
  };
}

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const readJson = (path: string) =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;

t.test('a new file, for its owner only', async (t) => {
  const { host, home, file } = makeHost(t);
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  t.same(await storeCredential(host, 'docker.io', KIM), { path: file, helper: undefined });
  t.equal(mode(file), '600');
  t.equal(mode(join(home, '.docker')), '700');
  const auth = Buffer.from('kim:s3cret:with"all').toString('base64');
  t.same(readJson(file), { auths: { 'https://index.docker.io/v1/': { auth } } });
  t.same(await storedCredentials(host).find('docker.io'), KIM);
});

t.test('what else is in the file stays, and its mode gets no wider', async (t) => {
  const { host, home, file } = makeHost(t);
  mkdirSync(join(home, '.docker'));
  const other = { auth: 'b3RoZXI6eA==' };
  const document = {
    auths: { 'other.lan': other, 'http://reg.lan/v1/': other, 'reg.lan/team': other },
    HttpHeaders: { 'User-Agent': 'Docker/1' },
    psFormat: 'table {{.ID}}',
    proxies: { default: { httpProxy: 'http://p' } },
  };
  writeFileSync(file, JSON.stringify(document));
  chmodSync(file, 0o644);
  await storeCredential(host, 'reg.lan', { ...KIM, password: '', identityToken: 'refresh' });
  const auths = {
    'other.lan': other,
    'reg.lan/team': other,
    'reg.lan': { auth: Buffer.from('kim:').toString('base64'), identitytoken: 'refresh' },
  };
  t.same(readJson(file), { ...document, auths }, 'the older key of the same registry is gone');
  t.equal(mode(file), '600');
  t.same(readdirSync(join(home, '.docker')), ['config.json'], 'no temporary file is left');
  t.same(await eraseCredential(host, 'reg.lan'), { path: file, helper: undefined });
  t.same(readJson(file)['auths'], { 'other.lan': other, 'reg.lan/team': other });
  t.equal(mode(file), '600');
  t.equal(await eraseCredential(host, 'reg.lan'), undefined, 'nothing to erase');
});

t.test('a file elsewhere: a link, a directory of one own, a file that is named', async (t) => {
  const { host, home, file } = makeHost(t);
  const dotfiles = join(home, 'dotfiles.json');
  writeFileSync(dotfiles, '{"detachKeys": "ctrl-e"}');
  mkdirSync(join(home, '.docker'));
  symlinkSync(dotfiles, file);
  await storeCredential(host, 'reg.lan', KIM);
  t.ok(lstatSync(file).isSymbolicLink(), 'the link is still one');
  t.match(readJson(dotfiles), { detachKeys: 'ctrl-e', auths: { 'reg.lan': {} } });
  const named = join(home, 'deep/er/auth.json');
  const elsewhere = { ...host, environment: { ...host.environment, REGISTRY_AUTH_FILE: named } };
  t.match(await storeCredential(elsewhere, 'reg.lan', KIM), { path: named });
  t.equal(mode(named), '600');
  const docker = { ...host, environment: { DOCKER_CONFIG: join(home, 'mine') } };
  t.match(await storeCredential(docker, 'reg.lan', KIM), { path: join(home, 'mine/config.json') });
  await t.rejects(storeCredential({ ...host, environment: {} }, 'reg.lan', KIM), {
    code: 'UNAVAILABLE',
    message: /HOME is not set/,
  });
});

t.test(
  'the owner of the file stays',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const { host, home, file } = makeHost(t);
    mkdirSync(join(home, '.docker'));
    writeFileSync(file, '{}');
    chownSync(file, 1234, 1235);
    await storeCredential(host, 'reg.lan', KIM);
    t.match(statSync(file), { uid: 1234, gid: 1235 });
  },
);

t.test('a damaged file is not replaced', async (t) => {
  const { host, home, file } = makeHost(t);
  mkdirSync(join(home, '.docker'));
  writeFileSync(file, '{"auths": {');
  await t.rejects(storeCredential(host, 'reg.lan', KIM), { code: 'CORRUPT', message: /no JSON$/ });
  t.equal(readFileSync(file, 'utf8'), '{"auths": {');
});

t.test('a helper keeps the secret, and the file says only that there is one', async (t) => {
  const { host, home, file } = makeHost(t);
  const bin = join(home, 'bin');
  mkdirSync(bin);
  mkdirSync(join(home, '.docker'));
  const path = process.env['PATH'];
  process.env['PATH'] = `${bin}:${path ?? ''}`;
  t.teardown(() => (process.env['PATH'] = path));
  const helper = makeCredentialHelper(bin, 'keep');
  writeFileSync(file, '{"credsStore": "keep"}');
  t.same(await storeCredential(host, 'docker.io', KIM), { path: file, helper: 'keep' });
  const server = 'https://index.docker.io/v1/';
  t.same(helper.kept(), [{ ServerURL: server, Username: 'kim', Secret: KIM.password }]);
  t.same(readJson(file), { credsStore: 'keep', auths: { [server]: {} } });
  t.same(await storedCredentials(host).find('docker.io'), KIM);
  await storeCredential(host, 'reg.lan', { username: 'k', password: '', identityToken: 'refresh' });
  t.match(helper.kept()[1], { Username: '<token>', Secret: 'refresh' });
  t.same(await eraseCredential(host, 'docker.io'), { path: file, helper: 'keep' });
  t.equal(helper.kept().length, 1);
  t.same(readJson(file)['auths'], { 'reg.lan': {} });
  t.same(helper.calls(), ['store', 'get', 'store', 'erase'], 'no secret among the arguments');
  writeFileSync(join(bin, 'docker-credential-keep'), '#!/bin/sh\ncat; exit 1\n');
  const failure = await storeCredential(host, 'reg.lan', KIM).then(String, String);
  t.match(failure, /docker-credential-keep store": \{/);
  t.notMatch(failure, /s3cret/, 'also where the helper gives it back');
});
