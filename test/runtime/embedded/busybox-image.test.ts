import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sha256Digest } from '../../../src/oci/digest.js';
import { parseImageConfig } from '../../../src/oci/image-config.js';
import { parseImageIndex } from '../../../src/oci/image-index.js';
import { parseManifest } from '../../../src/oci/manifest.js';
import { busyboxImage } from '../../../src/runtime/embedded/busybox-image.js';
import { HELLO_ELF } from '../../../src/runtime/embedded/hello-elf.js';
import { writeLayout } from './write-layout.js';

// Any static program will do where only the shape of the image is looked at.
const program = Buffer.from(HELLO_ELF.amd64.base64, 'base64');

const partsOf = (image: ReturnType<typeof busyboxImage>) => {
  const [descriptor] = parseImageIndex(image.index.bytes).manifests;
  const manifest = parseManifest(image.blobs.get(descriptor!.digest)!);
  const config = parseImageConfig(image.blobs.get(manifest.config.digest)!);
  return { descriptor: descriptor!, manifest, config };
};

t.test('three layers, and a history that tells them', (t) => {
  const { manifest, config, descriptor } = partsOf(
    busyboxImage(program, 'arm64', ['sh', 'ls', '[', '[[', 'busybox', 'sh']),
  );
  t.same(descriptor.platform, { os: 'linux', architecture: 'arm64' });
  t.equal(manifest.layers.length, 3);
  t.same(
    config.rootfs.diff_ids,
    manifest.layers.map(({ digest }) => digest),
  );
  t.same(
    config.history.map(({ empty_layer = false }) => empty_layer),
    [false, false, false, true],
  );
  t.match(config.history[0]?.created_by, /4 links/);
  t.same(config.config?.Cmd, ['sh']);
  t.equal(config.config?.Labels?.['cutaway.busybox.digest'], sha256Digest(program));
  t.end();
});

t.test('the same busybox gives the same image, another another', (t) => {
  const first = busyboxImage(program, 'amd64', ['ls', 'sh']);
  t.same(busyboxImage(program, 'amd64', ['sh', 'ls']), first);
  t.equal(
    first.index.descriptor.digest,
    'sha256:aa3d28c62f7c90baabe7c97e9e794817e4bfc2f6d8e495ab177b074aeccace7a',
  );
  t.not(
    busyboxImage(program, 'amd64', ['sh']).index.descriptor.digest,
    first.index.descriptor.digest,
  );
  t.end();
});

t.test('what would not run, or lead out of /bin, is refused', (t) => {
  const make = (bytes: Buffer, applets: string[]) => () => busyboxImage(bytes, 'amd64', applets);
  for (const name of ['../x', 'a/b', '', '.', '..', 'a b', 'x'.repeat(65)]) {
    t.throws(make(program, [name]), { code: 'INVALID_INPUT' }, `applet "${name}"`);
  }
  t.throws(make(Buffer.from('#!/bin/sh\n'), []), { message: /not a 64-bit ELF file/ });
  t.throws(make(program.subarray(0, 100), []), { message: /cut short/ });
  t.throws(make(readFileSync(process.execPath), []), {
    message: /dynamically linked/,
    hint: /busybox-static/,
  });
  t.end();
});

const obstacle = ['umoci', 'skopeo', 'chroot'].filter(
  (name) => spawnSync(name, ['--version']).error !== undefined,
);
const skip =
  process.getuid?.() !== 0
    ? 'needs root to unpack owners and chroot'
    : !existsSync('/bin/busybox')
      ? 'busybox not installed'
      : obstacle.length > 0 && `${obstacle.join(', ')} not installed`;

t.test("an image of this machine's busybox unpacks and runs", { skip }, (t) => {
  const applets = spawnSync('busybox', ['--list'], { encoding: 'utf8' }).stdout.trim().split('\n');
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const image = busyboxImage(readFileSync('/bin/busybox'), architecture, applets);
  const folder = t.testdir();
  writeLayout(folder, image, { latest: partsOf(image).descriptor, index: image.index.descriptor });
  const inspect = spawnSync('skopeo', ['inspect', `oci:${folder}:index`], { encoding: 'utf8' });
  t.match(JSON.parse(inspect.stdout), { Labels: { 'org.opencontainers.image.title': 'busybox' } });

  const bundle = join(folder, 'bundle');
  const unpack = spawnSync('umoci', ['unpack', '--image', `${folder}:latest`, bundle], {
    encoding: 'utf8',
  });
  t.equal(unpack.status, 0, unpack.stderr);
  const rootfs = join(bundle, 'rootfs');
  t.match(readFileSync(join(rootfs, 'etc/motd'), 'utf8'), /layer 3/);
  t.notOk(existsSync(join(rootfs, 'usr/share/doc/draft.txt')), 'deleted by layer 3');
  t.notOk(existsSync(join(rootfs, 'usr/share/doc/.wh.draft.txt')));
  t.match(readFileSync(join(rootfs, 'usr/share/doc/layers.txt'), 'utf8'), /three layers/);
  t.equal(lstatSync(join(rootfs, 'tmp')).mode & 0o7777, 0o1777);

  const script =
    'for a in sh ls [ env id wc; do [ -x /bin/$a ] || echo no $a; done; id -un; ls /bin | wc -l';
  const run = spawnSync('chroot', [rootfs, '/bin/sh', '-c', script], {
    encoding: 'utf8',
  });
  t.equal(run.stdout, `root\n${new Set([...applets, 'busybox']).size}\n`, run.stderr);
  t.end();
});
