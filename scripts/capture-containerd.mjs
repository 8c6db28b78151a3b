// Runs a real containerd on a root of its own, puts an image and containers into it, and keeps its
// files with what ctr says of them. Needs root, containerd with ctr, runc, GNU tar and mount.
//   node scripts/capture-containerd.mjs
// Its output differs from run to run: times, and numbers that containerd chooses.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const project = new URL('..', import.meta.url).pathname;
const fixture = join(project, 'fixtures/containerd');
const work = mkdtempSync(join(tmpdir(), 'ctd-'));
const host = join(work, 'host');
const root = join(host, 'var/lib/containerd');
const state = join(host, 'run/containerd');
const address = join(work, 'c.sock');
const CRI = { 'io.kubernetes.pod.name': 'web-0', 'io.kubernetes.pod.namespace': 'shop' };

const run = (program, ...args) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const ctr = (...args) => run('ctr', '-a', address, ...args);

/** The program of the hello-world image: fixtures/hello-world has its source. */
function helloProgram() {
  const source = join(project, 'src/runtime/embedded/hello-elf.ts');
  const [, base64] = /amd64: \{[^}]*base64:\s*'([^']+)'/.exec(readFileSync(source, 'utf8'));
  return Buffer.from(base64, 'base64');
}

function writeTree(name, files) {
  const directory = join(work, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    if (Array.isArray(content)) symlinkSync(content[0], join(directory, path));
    else writeFileSync(join(directory, path), content, { mode: path === 'hello' ? 0o755 : 0o644 });
  }
  return execFileSync(
    'tar',
    ['--sort=name', '--mtime=@1700000000', '--owner=0', '--group=0', '-C', directory, '-c', '.'],
    { maxBuffer: 1 << 28 },
  );
}

function writeImage() {
  const layers = [
    writeTree('base', {
      hello: helloProgram(),
      'etc/motd': 'welcome\n',
      'etc/secret': 'hunter2\n',
      'etc/link': ['motd'],
      'opt/tool/data': 'd'.repeat(3000),
      'opt/tool/doc': 'read me\n',
    }),
    writeTree('changes', {
      'etc/.wh.secret': '',
      'etc/motd': 'welcome back\n',
      'opt/tool/.wh..wh..opq': '',
      'opt/tool/data': 'D'.repeat(100),
    }),
  ];
  const layout = join(work, 'layout');
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const put = (type, bytes) => {
    const digest = sha256(bytes);
    writeFileSync(join(layout, 'blobs/sha256', digest.slice(7)), bytes);
    return { mediaType: `application/vnd.oci.image.${type}`, digest, size: bytes.length };
  };
  const putJson = (type, value) => put(`${type}+json`, Buffer.from(JSON.stringify(value)));
  const created = '2023-11-14T22:13:20Z';
  const platform = { architecture: 'amd64', os: 'linux' };
  const config = putJson('config.v1', {
    created,
    ...platform,
    config: { Cmd: ['/hello'], Env: ['PATH=/'] },
    rootfs: { type: 'layers', diff_ids: layers.map(sha256) },
    history: ['COPY base /', 'COPY changes /'].map((created_by) => ({ created, created_by })),
  });
  const manifest = putJson('manifest.v1', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: layers.map((tar) => put('layer.v1.tar+gzip', gzipSync(tar))),
  });
  const annotations = { 'io.containerd.image.name': 'docker.io/library/hello:1' };
  const manifests = [{ ...manifest, platform, annotations }];
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  run('tar', '-C', layout, '-cf', join(work, 'image.tar'), 'oci-layout', 'index.json', 'blobs');
}

async function startDaemon() {
  const config = join(work, 'config.toml');
  const lines = [
    'version = 2',
    `root = "${root}"`,
    `state = "${state}"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    `[grpc]\naddress = "${address}"`,
  ];
  writeFileSync(config, lines.join('\n'));
  const log = openSync(join(work, 'log'), 'w');
  const daemon = spawn('containerd', ['-c', config], { stdio: ['ignore', log, log] });
  for (let tries = 0; tries < 100; tries += 1) {
    await sleep(100);
    try {
      ctr('version');
      return daemon;
    } catch {
      // Not yet.
    }
  }
  throw new Error(readFileSync(join(work, 'log'), 'utf8'));
}

const labels = (extra) =>
  Object.entries({ ...CRI, ...extra }).flatMap(([key, value]) => ['--label', `${key}=${value}`]);

async function fill() {
  const image = 'docker.io/library/hello:1';
  for (const namespace of ['default', 'k8s.io']) {
    ctr('-n', namespace, 'images', 'import', join(work, 'image.tar'));
  }
  ctr('images', 'tag', image, 'registry.example/team/hello:stable');
  ctr('run', '-d', image, 'ended');
  ctr('containers', 'create', image, 'changed');
  ctr(
    'containers',
    'create',
    '--snapshotter',
    'overlayfs',
    '--label',
    'nerdctl/name=shop',
    '--label',
    'nerdctl/ports=[{"HostPort":8080,"ContainerPort":80,"Protocol":"tcp","HostIP":"127.0.0.1"}]',
    image,
    'f'.repeat(64),
  );
  const cri = (kind) => ({ 'io.cri-containerd.kind': kind });
  ctr('-n', 'k8s.io', 'containers', 'create', ...labels(cri('sandbox')), image, 'a'.repeat(64));
  const app = { ...cri('container'), 'io.kubernetes.container.name': 'app' };
  ctr('-n', 'k8s.io', 'containers', 'create', ...labels(app), image, 'b'.repeat(64));
  ctr('-n', 'k8s.io', 'containers', 'create', ...labels(app), image, 'c'.repeat(64));
  // What a program in the container would do.
  const [mount, ...rest] = ctr('snapshots', 'mounts', join(work, 'mnt'), 'changed')
    .trim()
    .split(' ');
  mkdirSync(join(work, 'mnt'));
  run(mount, ...rest);
  run(
    'sh',
    '-ec',
    'cd "$0"; echo new >etc/new; rm etc/motd; rm -r opt/tool; mkdir opt/tool',
    join(work, 'mnt'),
  );
  run('umount', join(work, 'mnt'));
  while (!ctr('tasks', 'ls').includes('STOPPED')) await sleep(50);
}

/** What ctr says, for the tests to compare. */
function listing() {
  return ['default', 'k8s.io']
    .flatMap((namespace) =>
      [
        ['images', 'ls'],
        ['containers', 'ls'],
        ['snapshots', 'ls'],
        ['tasks', 'ls'],
      ].map((command) => {
        const text = ctr('-n', namespace, ...command).replace(/ +$/gm, '');
        return `$ ctr -n ${namespace} ${command.join(' ')}\n${text}`;
      }),
    )
    .join('\n');
}

try {
  writeImage();
  const daemon = await startDaemon();
  const ended = new Promise((resolve) => daemon.on('exit', resolve));
  await fill();
  writeFileSync(join(fixture, 'ctr.txt'), listing());
  const versions = [run('containerd', '--version'), run('runc', '--version').split('\n')[0] + '\n'];
  writeFileSync(join(fixture, 'versions.txt'), versions.join(''));
  // While it runs: its bundles are there, as on a disk that was pulled out.
  const tar = execFileSync(
    'tar',
    [
      ...['--sort=name', '--xattrs', '--xattrs-include=*', '-C', host, '-c'],
      ...['--exclude=*.sock', '--exclude=*/rootfs/*', '--exclude=*/log', '--exclude=*/address'],
      ...['var/lib/containerd', 'run/containerd'],
    ],
    { maxBuffer: 1 << 28 },
  );
  writeFileSync(join(fixture, 'host.tar.gz'), gzipSync(tar, { level: 9 }));
  ctr('tasks', 'rm', '-f', 'ended');
  daemon.kill('SIGTERM');
  await ended;
} finally {
  rmSync(work, { recursive: true, force: true });
}
