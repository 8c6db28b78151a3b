// What we push others pull, with the digest and the files it had; what one of us has logged in to is
// open to the others.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { buildDockerArchive } from '../support/build-image.js';
import { cannotRun } from '../support/cli.js';
import { makeCredentialHelper } from '../support/credential-helper.js';
import { startDocker, whyNoDocker } from '../support/docker.js';
import { layeredImage } from '../support/layered-image.js';
import { scratch, startRegistry } from '../support/registry.js';
import { makeRegistryUser } from '../support/registry-user.js';

const PASSWORD = 'corr3ct:horse';

async function testInterop(): Promise<void> {
  const registry = await startRegistry(t, { htpasswd: { kim: PASSWORD } });
  const { host } = registry;
  const user = makeRegistryUser(t);
  const place = scratch(t, 'push-interop');
  // Its client finds the helper of the last test.
  const path = `${place}:${process.env['PATH'] ?? ''}`;
  const docker = await startDocker(join(place, 'docker'));
  t.teardown(() => docker.stop());
  const login = (...args: readonly string[]) => [
    ...args,
    ...['login', '-u', 'kim', '--password-stdin', host],
  ];
  const input = Buffer.from(PASSWORD);
  const storage = ['--root', join(place, 'podman'), '--runroot', join(place, 'podman-run')];
  const podman = (args: readonly string[], stdin = '') =>
    execFileSync('podman', [...storage, '--storage-driver', 'vfs', ...args], {
      input: stdin,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  const skopeo = (...args: readonly string[]) =>
    execFileSync('skopeo', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const archive = join(place, 'image.tar');
  writeFileSync(archive, buildDockerArchive([{ layers: layeredImage(), tags: ['made:1'] }]));
  await user.text('load', archive);
  const name = (who: string) => `${host}/${who}/app:1`;
  const config = (directory: string) => ({ DOCKER_CONFIG: join(place, directory) });
  const authFile = (file: string) => ({ REGISTRY_AUTH_FILE: join(place, file) });
  const push = async (who: string, env: Readonly<Record<string, string>>) => {
    await user.text('tag', 'made:1', name(who));
    const { status, stdout, stderr } = await user.run(['push', name(who)], { env });
    t.equal(status, 0, stderr);
    return /digest: (sha256:\S+)/.exec(stdout)?.[1] ?? '';
  };
  const sameFiles = async (t: { same: (a: unknown, b: unknown) => boolean }, target: string) => {
    const { status, stdout, stderr } = await user.run(['diff', '--json', archive, target]);
    if (status !== 0) throw new Error(stderr);
    t.same((JSON.parse(stdout) as { changes: unknown[] }).changes, []);
  };

  await t.test('without a login nobody pushes', async (t) => {
    await user.text('tag', 'made:1', name('nobody'));
    const { status, stderr } = await user.run(['push', name('nobody')]);
    t.equal(status, 2);
    t.match(stderr, `\n  cutaway login ${host}\n`);
  });

  await t.test("Docker: its login is ours, and ours is Docker's", async (t) => {
    const theirs = config('docker-login');
    docker.run(login(), { environment: theirs, input });
    const digest = await push('docker', theirs);
    const ours = config('our-login');
    t.match(await user.run(login(), { input, env: ours }), { status: 0 });
    const written = (directory: string) =>
      JSON.parse(readFileSync(join(place, directory, 'config.json'), 'utf8')) as object;
    t.same(written('our-login'), written('docker-login'), 'the same file');
    const pulled = docker.run(['pull', name('docker')], { environment: ours });
    t.match(pulled, `Digest: ${digest}\n`);
    t.match(docker.inspect(name('docker')), { RepoDigests: [`${host}/docker/app@${digest}`] });
    const saved = join(place, 'docker.tar');
    docker.run(['save', '-o', saved, name('docker')]);
    await sameFiles(t, `docker-archive:${saved}`);
    docker.run(['logout', host], { environment: ours });
    t.match(await user.run(['push', name('docker')], { env: ours }), { status: 2 });
    t.match(await user.run(['logout', host], { env: theirs }), { status: 0 });
    const pull = () => docker.run(['pull', name('docker')], { environment: theirs });
    t.throws(pull, /no basic auth credentials|unauthorized/);
  });

  await t.test('Podman and skopeo: their login is ours, and ours is theirs', async (t) => {
    const theirs = authFile('podman-auth.json');
    const file = ['--authfile', theirs.REGISTRY_AUTH_FILE];
    podman(
      ['login', '--tls-verify=false', ...file, '-u', 'kim', '--password-stdin', host],
      PASSWORD,
    );
    const digest = await push('podman', theirs);
    const ours = authFile('deep/our-auth.json');
    t.match(await user.run(login(), { input, env: ours }), { status: 0 });
    const own = ['--authfile', ours.REGISTRY_AUTH_FILE];
    podman(['pull', '-q', '--tls-verify=false', ...own, name('podman')]);
    const [image] = JSON.parse(podman(['image', 'inspect', name('podman')])) as {
      Digest: string;
    }[];
    t.equal(image?.Digest, digest);
    const saved = join(place, 'podman.tar');
    podman(['save', '-q', '-o', saved, name('podman')]);
    await sameFiles(t, `docker-archive:${saved}`);
    const layout = join(place, 'skopeo');
    const from = ['--src-tls-verify=false', ...own, `docker://${name('podman')}`];
    skopeo('copy', '--preserve-digests', ...from, `oci:${layout}:1`);
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
      manifests: { digest: string }[];
    };
    t.equal(index.manifests[0]?.digest, digest);
    await sameFiles(t, `oci:${layout}`);
    podman(['logout', ...own, host]);
    t.match(await user.run(['push', name('podman')], { env: ours }), { status: 2 });
  });

  await t.test('Podman: a part of a registry has its own', async (t) => {
    const theirs = authFile('parts.json');
    const auth = (pair: string) => ({ auth: Buffer.from(pair).toString('base64') });
    const auths = { [host]: auth('kim:wrong'), [`${host}/part/app`]: auth(`kim:${PASSWORD}`) };
    writeFileSync(theirs.REGISTRY_AUTH_FILE, JSON.stringify({ auths }));
    const digest = await push('part', theirs);
    const inspect = ['inspect', '--tls-verify=false', '--authfile', theirs.REGISTRY_AUTH_FILE];
    const seen = JSON.parse(skopeo(...inspect, `docker://${name('part')}`)) as { Digest: string };
    t.equal(seen.Digest, digest, 'skopeo agrees');
    await user.text('tag', 'made:1', name('other'));
    t.match(await user.run(['push', name('other')], { env: theirs }), { status: 2 });
    t.throws(() => skopeo(...inspect, `docker://${name('other')}`), 'and here');
  });

  await t.test("Docker's credential helper is ours", async (t) => {
    const helper = makeCredentialHelper(place, 'keep');
    const theirs = config('docker-helper');
    mkdirSync(theirs.DOCKER_CONFIG);
    writeFileSync(join(theirs.DOCKER_CONFIG, 'config.json'), '{"credsStore": "keep"}');
    docker.run(login(), { environment: { ...theirs, PATH: path }, input });
    t.equal(helper.kept().length, 1, 'Docker has stored there');
    await push('helper', { ...theirs, PATH: path });
    t.match(await user.run(['logout', host], { env: { ...theirs, PATH: path } }), { status: 0 });
    t.equal(helper.kept().length, 0);
    t.match(await user.run(login(), { input, env: { ...theirs, PATH: path } }), { status: 0 });
    const environment = { ...theirs, PATH: path };
    docker.run(['pull', name('helper')], { environment });
    t.notOk(existsSync(user.configPath), 'nothing was written elsewhere');
  });

  await t.test('cutaway push, cutaway pull', async (t) => {
    const env = config('round');
    t.match(await user.run(login(), { input, env }), { status: 0 });
    const digest = await push('round', env);
    const other = makeRegistryUser(t);
    const { status, stderr } = await other.run(['pull', name('round')], { env });
    t.equal(status, 0, stderr);
    t.match(stderr, `Digest: ${digest}\n`);
    const { stdout } = await other.run(['diff', '--json', archive, name('round')]);
    t.same((JSON.parse(stdout) as { changes: unknown[] }).changes, []);
  });
}

const why = whyNoDocker();
const skip = why ?? cannotRun('docker-registry', 'podman', 'skopeo', 'openssl');
if (skip !== false) t.plan(0, skip);
else await testInterop();
