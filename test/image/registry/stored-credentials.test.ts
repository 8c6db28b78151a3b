import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Host } from '../../../src/host/host.js';
import { linuxHost } from '../../../src/host/linux-host.js';
import { storedCredentials } from '../../../src/image/registry/stored-credentials.js';
import { makeCredentialHelper } from '../../support/credential-helper.js';
import { scratch } from '../../support/registry.js';

const basic = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

interface World {
  readonly directory: string;
  readonly host: Host;
  readonly docker: string;
  readonly podmanRun: string;
  readonly podmanHome: string;
  readonly problems: string[];
  write(path: string, document: unknown): void;
  find(registry: string, repository?: string): Promise<unknown>;
}

/** A home of the test's own; programs in it are found first. */
function makeWorld(t: Test, environment: Readonly<Record<string, string>> = {}): World {
  const directory = scratch(t, 'credentials');
  const path = process.env['PATH'];
  process.env['PATH'] = `${directory}:${path ?? ''}`;
  t.teardown(() => (process.env['PATH'] = path));
  const home = join(directory, 'home');
  const host: Host = {
    ...linuxHost(),
    environment: { HOME: home, XDG_RUNTIME_DIR: join(directory, 'run'), ...environment },
  };
  const problems: string[] = [];
  return {
    directory,
    host,
    docker: join(home, '.docker/config.json'),
    podmanRun: join(directory, 'run/containers/auth.json'),
    podmanHome: join(home, '.config/containers/auth.json'),
    problems,
    write: (path, document) => {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
    },
    find: (registry, repository) =>
      storedCredentials(host, { onProblem: (message) => problems.push(message) }).find(
        registry,
        repository,
      ),
  };
}

t.test('what a file of Docker says', async (t) => {
  const world = makeWorld(t);
  t.equal(await world.find('docker.io'), undefined, 'no file, nobody');
  world.write(world.docker, {
    auths: {
      'https://index.docker.io/v1/': basic('kim:pass:with:colons'),
      'quay.io': { ...basic('kim:'), identitytoken: 'refresh' },
      'ghcr.io': { registrytoken: 'bearer' },
      'reg.lan:5000': { username: 'lee', password: 'p' },
      'old.lan': basic('kim:padded\0\0'),
      'empty.lan': {},
      'null.lan': null,
    },
    HttpHeaders: { 'X-Other': 'kept' },
  });
  t.same(await world.find('docker.io', 'library/busybox'), {
    username: 'kim',
    password: 'pass:with:colons',
  });
  t.same(await world.find('quay.io'), { username: 'kim', password: '', identityToken: 'refresh' });
  t.same(await world.find('ghcr.io'), { username: '', password: '', registryToken: 'bearer' });
  t.same(await world.find('reg.lan:5000'), { username: 'lee', password: 'p' });
  t.same(await world.find('old.lan'), { username: 'kim', password: 'padded' });
  t.equal(await world.find('empty.lan'), undefined);
  t.equal(await world.find('null.lan'), undefined);
  t.equal(await world.find('reg.lan'), undefined, 'another port is another registry');
  t.same(world.problems, []);
});

t.test('files are asked in their order', async (t) => {
  const world = makeWorld(t);
  const registry = 'reg.lan';
  const say = (path: string, name: string) => {
    world.write(path, { auths: { [registry]: basic(`${name}:x`) } });
  };
  say(world.podmanHome, 'home');
  t.match(await world.find(registry), { username: 'home' });
  say(world.podmanRun, 'run');
  t.match(await world.find(registry), { username: 'run' });
  say(world.docker, 'docker');
  t.match(await world.find(registry), { username: 'docker' });
  const elsewhere = join(world.directory, 'elsewhere');
  say(join(elsewhere, 'config.json'), 'elsewhere');
  say(join(elsewhere, 'auth.json'), 'named');
  const find = (environment: Readonly<Record<string, string>>) =>
    storedCredentials({
      ...world.host,
      environment: { ...world.host.environment, ...environment },
    }).find(registry);
  t.match(await find({ DOCKER_CONFIG: elsewhere }), { username: 'elsewhere' });
  const file = join(elsewhere, 'auth.json');
  t.match(await find({ DOCKER_CONFIG: elsewhere, REGISTRY_AUTH_FILE: file }), {
    username: 'named',
  });
  t.match(await find({ DOCKER_CONFIG: '', REGISTRY_AUTH_FILE: '' }), { username: 'docker' });
});

t.test("parts of a registry have credentials of their own in Podman's files", async (t) => {
  const world = makeWorld(t);
  world.write(world.podmanHome, {
    auths: {
      'quay.io': basic('all:x'),
      'quay.io/team': basic('team:x'),
      'docker.io/library': basic('official:x'),
    },
  });
  t.match(await world.find('quay.io', 'team/web'), { username: 'team' });
  t.match(await world.find('quay.io', 'teams/web'), { username: 'all' });
  t.match(await world.find('quay.io'), { username: 'all' });
  t.match(await world.find('docker.io', 'library/busybox'), { username: 'official' });
  t.equal(await world.find('docker.io', 'kim/web'), undefined);
});

t.test('helpers answer by their protocol', async (t) => {
  const world = makeWorld(t);
  const helper = makeCredentialHelper(world.directory, 'keep');
  const other = makeCredentialHelper(world.directory, 'other');
  helper.keep({ ServerURL: 'https://index.docker.io/v1/', Username: 'kim', Secret: 'hub' });
  helper.keep({ ServerURL: 'quay.io', Username: '<token>', Secret: 'refresh' });
  other.keep({ ServerURL: 'ghcr.io', Username: 'kim', Secret: 'by its own helper' });
  world.write(world.docker, {
    auths: { 'reg.lan': basic('in-the-file:x') },
    credsStore: 'keep',
    credHelpers: { 'ghcr.io': 'other', 'plain.lan': '' },
  });
  t.same(await world.find('docker.io'), { username: 'kim', password: 'hub' });
  t.same(await world.find('quay.io'), { username: '', password: '', identityToken: 'refresh' });
  t.same(await world.find('ghcr.io'), { username: 'kim', password: 'by its own helper' });
  t.equal(await world.find('reg.lan'), undefined, 'where there is a helper the file is not asked');
  t.same(helper.calls(), ['get', 'get', 'get'], 'the server is not among the arguments');
  const credentials = storedCredentials(world.host);
  await Promise.all([credentials.find('ghcr.io'), credentials.find('ghcr.io')]);
  t.equal(other.calls().length, 2, 'one call for those who ask together');
  t.same(world.problems, []);
});

t.test('what cannot be asked is told, says no secret, and stops nothing', async (t) => {
  const SECRET = 'c2VjcmV0OnNlY3JldA==';
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['no JSON', `{"auths": {"a": {"auth": "${SECRET}"}`, /it is no JSON$/],
    ['no object', `["${SECRET}"]`, /it is no JSON object$/],
    ['no base64', { auths: { 'reg.lan': { auth: `!${SECRET}` } } }, /of reg\.lan is no name and/],
    ['no colon', { auths: { 'reg.lan': { auth: 'c2VjcmV0' } } }, /is no name and password$/],
    ['no such helper', { credsStore: 'is-not-here' }, /docker-credential-is-not-here": not found/],
    ['no helper name', { credsStore: '../../bin/sh' }, /credential helper "\.\.\/\.\.\/bin\/sh"/],
  ];
  for (const [name, document, message] of cases) {
    const world = makeWorld(t);
    world.write(world.docker, document);
    world.write(world.podmanHome, { auths: { 'reg.lan': basic('kim:x') } });
    t.match(await world.find('reg.lan'), { username: 'kim' }, `${name}: the next file is asked`);
    t.equal(world.problems.length, 1, name);
    t.match(world.problems[0], message);
    t.notMatch(world.problems[0], /c2VjcmV0|secret/);
  }
});

t.test('a helper that misbehaves', async (t) => {
  const world = makeWorld(t);
  const write = (script: string) => {
    writeFileSync(join(world.directory, 'docker-credential-bad'), `#!/bin/sh\n${script}\n`, {
      mode: 0o755,
    });
  };
  world.write(world.docker, { credsStore: 'bad' });
  const scripts: readonly (readonly [string, RegExp])[] = [
    ['echo "the keychain is locked"; exit 3', /get": the keychain is locked$/],
    ['exit 3', /status 3$/],
    ['echo nonsense', /no such answer$/],
    ['echo "{\\"Username\\": 1}"', /no such answer$/],
    ['head -c 3000000 /dev/zero', /says too much$/],
  ];
  for (const [script, message] of scripts) {
    write(script);
    world.problems.length = 0;
    t.equal(await world.find('reg.lan'), undefined);
    t.match(world.problems, [message], script);
  }
});
