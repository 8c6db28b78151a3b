// Images from Debian's docker-registry, which Docker, Podman and skopeo have filled.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  buildConfig,
  buildDockerArchive,
  buildLayer,
  sha256,
  type ImageOptions,
} from '../support/build-image.js';
import { cannotRun, makeCutaway, type Cutaway } from '../support/cli.js';
import { startDocker, whyNoDocker } from '../support/docker.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { layeredImage } from '../support/layered-image.js';
import { noiseLayers } from '../support/noise-image.js';
import { scratch, startRegistry, type Registry } from '../support/registry.js';
import { storeFaults } from '../support/store-check.js';
import { openTerminal } from '../support/terminal.js';
import {
  layoutImage,
  upload,
  uploadBlob,
  uploadManifest,
  type UploadImage,
} from '../support/upload-image.js';

const skip = cannotRun('docker-registry', 'runc', 'tar', 'busybox', 'openssl', 'perl');
const INDEX = 'application/vnd.oci.image.index.v1+json';

async function blobsOf(registry: Registry, name: string, image: UploadImage): Promise<string> {
  await upload(registry, name, '1', image);
  return `${registry.host}/${name}:1`;
}

const blobFiles = ({ paths }: Cutaway) => {
  const directory = `${paths.images}/blobs/sha256`;
  return existsSync(directory) ? readdirSync(directory) : [];
};

t.test('what is told, and what is told the second time', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const registry = await startRegistry(t);
  const [base, top] = noiseLayers(2, 1) as [Buffer, Buffer];
  const name = await blobsOf(registry, 'app', layoutImage([base]));
  const { status, stdout, stderr } = await cutaway.run(['pull', name]);
  t.equal(status, 0);
  t.equal(stdout, `${name}\n`);
  const image = layoutImage([base]);
  const id = /"digest":"sha256:([0-9a-f]{12})[^}]*\}\]/.exec(image.manifest.bytes.toString())?.[1];
  t.same(stderr.split('\n'), [
    '1: Pulling from app',
    `${id}: Pulling fs layer`,
    `${id}: Download complete`,
    `${id}: Pull complete`,
    `Digest: ${image.manifest.digest}`,
    `Status: Downloaded newer image for ${name}`,
    '',
  ]);
  t.same(storeFaults(cutaway.paths), []);
  const again = await cutaway.run(['pull', name]);
  t.match(again.stderr, /^1: Pulling from app\nDigest: [^\n]*\nStatus: Image is up to date for /);
  const quiet = await cutaway.run(['pull', '-q', `${registry.host}/app@${image.manifest.digest}`]);
  t.equal(quiet.stderr, '');
  t.equal(quiet.stdout, `${registry.host}/app@${image.manifest.digest}\n`);

  await upload(registry, 'app', '1', layoutImage([base, top]));
  const newer = await cutaway.run(['pull', name]);
  t.match(newer.stderr, `\n${id}: Already exists\n`);
  t.match(newer.stderr, `Status: Downloaded newer image for ${name}\n`);
  t.equal(
    await cutaway
      .text('run', '--rm', '--pull', 'never', name, 'cat', '/bin/busybox')
      .then((text) => text.length > 0),
    true,
  );
  await upload(registry, 'app', 'other', layoutImage([base]));
  const all = await cutaway.run(['pull', '--all-tags', `${registry.host}/app`]);
  t.equal(all.stdout, `${registry.host}/app\n`);
  t.match(all.stderr, /up to date for [^\n]*\/app:1\n[^]*newer image for [^\n]*\/app:other\n/);
  t.match((await cutaway.run(['pull', '-a', name])).stderr, /--all-tags takes a name without tag/);
});

const noPushers = skip || (whyNoDocker() ?? cannotRun('podman', 'skopeo'));

t.test('Docker, Podman and skopeo push; the files are theirs', { skip: noPushers }, async (t) => {
  const cutaway = makeCutaway(t);
  const registry = await startRegistry(t);
  const place = scratch(t, 'pushers');
  const archive = join(place, 'image.tar');
  const tags = ['example.test/app:1'];
  writeFileSync(archive, buildDockerArchive([{ layers: layeredImage(), tags }]));
  const remote = (tool: string) => `${registry.host}/${tool}/app:1`;
  const docker = await startDocker(join(place, 'docker'));
  t.teardown(() => docker.stop());
  docker.run(['load', '-i', archive]);
  docker.run(['tag', 'example.test/app:1', remote('docker')]);
  docker.run(['push', remote('docker')]);
  const storage = ['--root', join(place, 'podman'), '--runroot', join(place, 'podman-run')];
  const podman = (...args: string[]) =>
    execFileSync('podman', [...storage, '--storage-driver', 'vfs', ...args], { stdio: 'pipe' });
  podman('load', '-i', archive);
  podman('push', '--tls-verify=false', 'example.test/app:1', remote('podman'));
  const copy = ['copy', '--dest-tls-verify=false', `docker-archive:${archive}`];
  execFileSync('skopeo', [...copy, '--format=oci', `docker://${remote('skopeo')}`], {
    stdio: 'pipe',
  });
  const zstd = ['--dest-compress-format=zstd', `docker://${remote('zstd')}`];
  execFileSync('skopeo', [...copy, '--format=oci', ...zstd], { stdio: 'pipe' });
  for (const tool of ['docker', 'podman', 'skopeo', 'zstd']) {
    await cutaway.text('pull', remote(tool));
    const { changes } = await cutaway.json('diff', `docker-archive:${archive}`, remote(tool));
    t.same(changes, [], tool);
    const direct = await cutaway.json(
      'diff',
      `docker-archive:${archive}`,
      `registry:${remote(tool)}`,
    );
    t.same(direct.changes, [], `${tool}, as a target`);
  }
  t.same(storeFaults(cutaway.paths), []);
});

function indexOf(...manifests: readonly object[]): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
}

async function uploadPlatform(registry: Registry, options: ImageOptions, text: string) {
  const image = layoutImage([buildLayer([{ path: 'which', content: text }])], options);
  for (const blob of image.blobs) await uploadBlob(registry, 'multi', blob);
  const { bytes, digest } = image.manifest;
  await uploadManifest(registry, 'multi', bytes, image);
  return { mediaType: image.mediaType, digest, size: bytes.length };
}

t.test('indexes, and indexes in them', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const registry = await startRegistry(t);
  const amd = await uploadPlatform(registry, { architecture: 'amd64' }, 'amd\n');
  const arm = await uploadPlatform(registry, { architecture: 'arm64' }, 'arm\n');
  const platform = (architecture: string) => ({ platform: { os: 'linux', architecture } });
  const inner = indexOf({ ...amd, ...platform('amd64') }, { ...arm, ...platform('arm64') });
  const mediaType = INDEX;
  const own = process.arch === 'arm64' ? 'arm' : 'amd';
  const foreign = own === 'arm' ? 'amd64' : 'arm64';
  await uploadManifest(registry, 'multi:flat', inner, { mediaType });
  const flat = `${registry.host}/multi:flat`;
  const { stderr } = await cutaway.run(['pull', flat]);
  t.match(stderr, `Digest: ${sha256(inner)}\n`);
  t.equal(await cutaway.text('cat', flat, '/which'), `${own}\n`);
  t.match((await cutaway.run(['pull', flat])).stderr, /up to date/);
  const asked = await cutaway.run(['cat', '--platform', foreign, `registry:${flat}`, '/which']);
  t.equal(asked.stdout, `${foreign.slice(0, 3)}\n`);
  await cutaway.text('pull', '--platform', foreign, flat);
  t.equal(await cutaway.text('cat', flat, '/which'), `${foreign.slice(0, 3)}\n`);
  const run = await cutaway.run(['run', '--rm', flat, 'true']);
  t.equal(run.status, 125);
  t.match(run.stderr, /is for linux\/\w+, not for this machine/);
  const none = await cutaway.run(['pull', '--platform', 'linux/s390x', flat]);
  t.equal(none.status, 2);
  t.match(
    none.stderr,
    /no image for linux\/s390x\n {2}it has images for linux\/amd64, linux\/arm64/,
  );

  let bytes = inner;
  for (let depth = 0; depth < 4; depth += 1) {
    const digest = await uploadManifest(registry, 'multi', bytes, { mediaType });
    bytes = indexOf({ mediaType: INDEX, digest, size: bytes.length, ...platform(own + '64') });
    await uploadManifest(registry, `multi:depth${depth}`, bytes, { mediaType });
  }
  const nested = `${registry.host}/multi:depth0`;
  await cutaway.text('pull', nested);
  t.equal(await cutaway.text('cat', nested, '/which'), `${own}\n`);
  t.match((await cutaway.run(['pull', nested])).stderr, /up to date/);
  const deep = await cutaway.run(['pull', `${registry.host}/multi:depth3`]);
  t.equal(deep.status, 2);
  t.match(deep.stderr, /exceeds the limit indexDepth of 4/);
});

t.test('a target is read and remembered, and nothing is stored', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const registry = await startRegistry(t);
  const name = await blobsOf(registry, 'app', layoutImage(noiseLayers(2, 1)));
  const proxy = await startFaultProxy(t, registry.url);
  const target = `registry:${name.replace(registry.host, proxy.host)}`;
  const { layers, subject } = await cutaway.json('layers', target);
  t.equal(layers.length, 2);
  t.equal(subject.target, target);
  t.ok(layers.every(({ entries }: { entries: number }) => entries > 0));
  const asked = () => proxy.requests.filter(({ url }) => url.includes('/blobs/')).length;
  t.equal(asked(), 3, 'the config and two layers');
  proxy.reset();
  await cutaway.text('tree', target);
  t.equal(asked(), 1, 'the layers are known by their digests');
  t.equal(
    (await cutaway.json('tree', `docker://${target.slice('registry:'.length)}`)).layers.length,
    2,
  );
  const data = await cutaway.run(['cat', target, '/data/1/3']);
  t.equal(data.bytes.length, 100_000);
  t.match((await cutaway.run(['layers', `${target}@1`])).stdout, /RUN|step 1/);
  t.equal((await cutaway.json('images')).images.length, 0);
  t.same(blobFiles(cutaway), []);
  const missing = await cutaway.run(['layers', `registry:${proxy.host}/nosuch:1`]);
  t.equal(missing.status, 2);
  t.match(missing.stderr, /^cutaway layers: read [^\n]*nosuch:1: the registry does not have it/);
});

t.test('run and create pull what is missing', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const registry = await startRegistry(t);
  const name = await blobsOf(registry, 'app', layoutImage(noiseLayers(1, 1)));
  const never = await cutaway.run(['run', '--rm', '--pull', 'never', name, 'true']);
  t.equal(never.status, 125);
  t.match(never.stderr, /^cutaway run: no such image: [^\n]*, and --pull is never\n$/);
  const ran = await cutaway.run(['run', '--rm', name, 'sh', '-c', 'echo out; exit 7']);
  t.equal(ran.status, 7);
  t.equal(ran.stdout, 'out\n', 'the pull is told on stderr');
  t.match(ran.stderr, /^Unable to find image '[^']*' locally\n1: Pulling from app\n/);
  t.equal((await cutaway.run(['run', '--rm', name, 'true'])).stderr, '');
  const other = layoutImage([
    ...noiseLayers(1, 1),
    buildLayer([{ path: 'new', content: 'new\n' }]),
  ]);
  await upload(registry, 'app', '1', other);
  const always = await cutaway.run(['run', '--rm', '--pull=always', name, 'cat', '/new']);
  t.equal(always.stdout, 'new\n');
  const missing = await cutaway.run(['create', `${registry.host}/app:none`]);
  t.equal(missing.status, 125);
  t.match(missing.stderr, /cutaway create: pull [^\n]*app:none: the registry does not have it/);
  const outside = await cutaway.run(['run', 'nosuch']);
  t.equal(outside.status, 125);
  const place = 'https://registry-1.docker.io/v2/library/nosuch/manifests/latest';
  t.match(
    outside.stderr,
    `pull nosuch:latest: GET ${place}: connection refused (through the proxy`,
  );
  await registry.stop();
  const gone = await cutaway.run(['run', '--rm', '--pull', 'always', name, 'true']);
  t.equal(gone.status, 125);
  t.match(gone.stderr, /cutaway run: pull [^\n]*: connection refused\n$/);
});

t.test('TLS and a password, from the files that other tools keep', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const password = 'open sesame';
  const registry = await startRegistry(t, { tls: true, htpasswd: { me: password } });
  const auth = Buffer.from(`me:${password}`).toString('base64');
  const image = layoutImage(noiseLayers(1, 1));
  await upload(registry, 'app', '1', image, { authorization: `Basic ${auth}` });
  const name = `${registry.host}/app:1`;
  const certificates = `/etc/containers/certs.d/${registry.host}`;
  mkdirSync(certificates, { recursive: true });
  t.teardown(() => {
    rmSync(certificates, { recursive: true });
  });
  copyFileSync(registry.authority ?? '', `${certificates}/ca.crt`);
  const docker = scratch(t, 'docker-config');
  const env = { DOCKER_CONFIG: docker, REGISTRY_AUTH_FILE: undefined };
  const refused = await cutaway.run(['pull', name], { env });
  t.equal(refused.status, 2);
  t.match(
    refused.stderr,
    /the registry refuses: not logged in[^]*\n {2}cutaway login 127\.0\.0\.1:/,
  );
  const config = { auths: { [registry.host]: { auth } } };
  writeFileSync(join(docker, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  const pulled = await cutaway.run(['pull', name], { env });
  t.equal(pulled.status, 0, pulled.stderr);
  const outputs = [
    pulled,
    await cutaway.run(['layers', '--json', `registry:${name}`], { env }),
    await cutaway.run(['inspect', name], { env }),
    await cutaway.run(['pull', `${registry.host}/app:none`], {
      env: { ...env, CUTAWAY_DEBUG: '1' },
    }),
  ];
  for (const { stdout, stderr } of outputs) {
    t.notOk(`${stdout}${stderr}`.includes(auth), 'no credentials');
    t.notOk(`${stdout}${stderr}`.includes(password), 'no password');
  }
});

t.test('on a terminal the lines move', { skip: skip || cannotRun('tmux') }, async (t: Test) => {
  const cutaway = makeCutaway(t);
  const registry = await startRegistry(t);
  const name = await blobsOf(registry, 'app', layoutImage(noiseLayers(5, 2)));
  const proxy = await startFaultProxy(t, registry.url);
  proxy.inject({ when: /blobs/, fault: { kind: 'trickle', bytes: 100_000, pause: 50 } });
  const slow = name.replace(registry.host, proxy.host);
  const command = `CUTAWAY_DATA_ROOT=${cutaway.dataRoot} ${cutaway.argv.join(' ')} pull ${slow}`;
  const terminal = openTerminal(t, join(cutaway.directory, 'tmux'), command);
  await terminal.shows(/[0-9a-f]{12}: Downloading \[=*> *\] [\d.]+ [kM]B\/2 MB$/m);
  await terminal.shows(/[0-9a-f]{12}: Waiting/);
  await terminal.shows('Status: Downloaded newer image');
  const lines = terminal.screen().split('\n');
  t.equal(lines.filter((line) => /^[0-9a-f]{12}: Pull complete$/.test(line)).length, 5);
  t.equal(lines.filter((line) => line.includes('Downloading')).length, 0);
});

t.test('a config that is no image', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const registry = await startRegistry(t);
  const config = buildConfig([]);
  const digest = await uploadBlob(registry, 'chart', config);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const chart = {
    mediaType: 'application/vnd.cncf.helm.config.v1+json',
    digest,
    size: config.length,
  };
  const manifest = { schemaVersion: 2, mediaType, config: chart, layers: [] };
  await uploadManifest(registry, 'chart:1', Buffer.from(JSON.stringify(manifest)), { mediaType });
  const { status, stderr } = await cutaway.run(['pull', `${registry.host}/chart:1`]);
  t.equal(status, 2);
  t.match(stderr, /it is no image, but "application\/vnd\.cncf\.helm\.config\.v1\+json"/);
});
