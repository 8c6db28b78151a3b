import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sha256Digest } from '../../../src/oci/digest.js';
import { parseImageConfig } from '../../../src/oci/image-config.js';
import { parseImageIndex } from '../../../src/oci/image-index.js';
import { parseManifest } from '../../../src/oci/manifest.js';
import { HELLO_ELF } from '../../../src/runtime/embedded/hello-elf.js';
import { embeddedImage, helloWorldImage } from '../../../src/runtime/embedded/hello-image.js';
import { schemaCheck, schemaObstacle } from '../spec/oci-schemas.js';
import { writeLayout } from './write-layout.js';

const architectures = ['amd64', 'arm64'] as const;
const image = helloWorldImage();
const index = parseImageIndex(image.index.bytes);

const isThere = (program: string, option = '--version') =>
  spawnSync(program, [option]).error === undefined;
const skipWithout = (...programs: string[]) => {
  const missing = programs.filter((program) => !isThere(program));
  return missing.length === 0 ? false : `${missing.join(', ')} not installed`;
};
const messageFor = (architecture: string) =>
  readFileSync('fixtures/hello-world/message.txt', 'utf8').replace('@ARCHITECTURE@', architecture);

const native = process.arch === 'x64' ? 'x86_64' : 'aarch64';
const other = native === 'x86_64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
t.test(
  'the programs are what their source says',
  { skip: skipWithout('as', 'ld', `${other}-as`, `${other}-ld`) },
  (t) => {
    const output = join(t.testdir(), 'hello-elf.ts');
    const { status, stderr } = spawnSync(process.execPath, ['scripts/hello-world.mjs', output], {
      encoding: 'utf8',
    });
    t.same({ status, stderr }, { status: 0, stderr: '' });
    t.equal(
      readFileSync(output, 'utf8'),
      readFileSync('src/runtime/embedded/hello-elf.ts', 'utf8'),
    );
    t.end();
  },
);

for (const architecture of architectures) {
  const isNative = architecture === (native === 'x86_64' ? 'amd64' : 'arm64');
  const emulator = architecture === 'arm64' ? 'qemu-aarch64-static' : 'qemu-x86_64-static';
  const skip = isNative ? false : skipWithout(emulator);
  t.test(`the ${architecture} program`, { skip }, (t) => {
    const bytes = Buffer.from(HELLO_ELF[architecture].base64, 'base64');
    t.equal(sha256Digest(bytes), `sha256:${HELLO_ELF[architecture].sha256}`);
    t.ok(bytes.length < 1000, `${bytes.length} bytes`);
    const program = join(t.testdir(), 'hello');
    writeFileSync(program, bytes);
    chmodSync(program, 0o755);
    const command = isNative ? program : `${emulator} ${program}`;
    const run = (script: string) => spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    t.match(run(command), { status: 0, stdout: messageFor(architecture), stderr: '' });
    t.equal(run(`${command} > /dev/full`).status, 1, 'an error is not silent');
    t.equal(run(`${command} | { sleep 0.1; cat; }`).stdout, messageFor(architecture));
    t.end();
  });
}

t.test(
  'a write that takes a part is followed by another',
  { skip: native === 'x86_64' ? false : 'needs an x86-64 machine' },
  (t) => {
    // RLIMIT_FSIZE lets a file take 512 bytes; the next write fails, as it should be tried.
    const program = join(t.testdir(), 'hello');
    writeFileSync(program, Buffer.from(HELLO_ELF.amd64.base64, 'base64'));
    chmodSync(program, 0o755);
    const script = `trap '' XFSZ; ulimit -f 1; ${program} > ${program}.out; echo $?`;
    t.equal(spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout, '1\n');
    t.equal(readFileSync(`${program}.out`, 'utf8'), messageFor('amd64').slice(0, 512));
    t.end();
  },
);

t.test('the message', (t) => {
  const text = messageFor('amd64');
  t.match(text, /^Hello from Cutaway!\n/);
  t.ok(text.length < 900);
  for (const line of text.split('\n')) t.ok(line.length <= 79 && /^[\x20-\x7e]*$/.test(line), line);
  t.end();
});

t.test('the digests stay as they are', (t) => {
  t.equal(image.reference, 'docker.io/library/hello-world:latest');
  t.same(
    {
      index: image.index.descriptor.digest,
      manifests: index.manifests.map(({ digest }) => digest),
    },
    {
      index: 'sha256:344b27c7a4d5319c6e2ebb7dd53595b27168fe85ce70dd38def9167aae8d8b72',
      manifests: [
        'sha256:413b32745c38e498ba46599a390e9ad71919f78b42893d322f9b3d89fedbab67',
        'sha256:ebae99c124c7ea1e1e7e2a593ee077d12d889b3d3497309563d7390cf3c8c494',
      ],
    },
  );
  t.same(helloWorldImage(), image);
  t.end();
});

t.test('everything that is named is there, with its size and digest', (t) => {
  const found = new Set([image.index.descriptor.digest]);
  const blob = ({
    digest,
    size,
  }: {
    digest: `sha256:${string}` | `sha512:${string}`;
    size: number;
  }) => {
    const bytes = image.blobs.get(digest) ?? Buffer.alloc(0);
    t.equal(sha256Digest(bytes), digest);
    t.equal(bytes.length, size);
    found.add(digest);
    return bytes;
  };
  blob(image.index.descriptor);
  t.same(
    index.manifests.map(({ platform }) => platform),
    [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64', variant: 'v8' },
    ],
  );
  for (const [at, descriptor] of index.manifests.entries()) {
    const manifest = parseManifest(blob(descriptor));
    const config = parseImageConfig(blob(manifest.config));
    t.equal(config.architecture, architectures[at]);
    t.same(config.config?.Cmd, ['/hello']);
    t.equal(manifest.layers.length, 1);
    t.same(
      config.rootfs.diff_ids,
      manifest.layers.map(({ digest }) => digest),
    );
    t.equal(config.history.filter(({ empty_layer }) => empty_layer !== true).length, 1);
    manifest.layers.forEach(blob);
  }
  t.equal(found.size, image.blobs.size, 'and nothing else');
  t.end();
});

t.test('it is what the image-spec allows', { skip: schemaObstacle ?? false }, (t) => {
  const check = (file: string, bytes: Buffer | undefined) => {
    const validate = schemaCheck('image-spec', file);
    validate(JSON.parse(String(bytes)));
    t.same(validate.errors ?? [], [], file);
  };
  check('image-index-schema.json', image.index.bytes);
  for (const { digest } of index.manifests) {
    const bytes = image.blobs.get(digest);
    check('image-manifest-schema.json', bytes);
    check(
      'config-schema.json',
      image.blobs.get(parseManifest(bytes ?? Buffer.alloc(0)).config.digest),
    );
  }
  const validate = schemaCheck('image-spec', 'image-manifest-schema.json');
  t.notOk(validate({ schemaVersion: 2, layers: [] }), 'and the check can fail');
  t.end();
});

t.test('skopeo takes it, index and all', { skip: skipWithout('skopeo') }, (t) => {
  const folder = t.testdir();
  writeLayout(folder, image, { latest: image.index.descriptor });
  for (const architecture of architectures) {
    const options = ['--override-arch', architecture, 'inspect', `oci:${folder}:latest`];
    const { stdout, stderr } = spawnSync('skopeo', options, { encoding: 'utf8' });
    t.equal(stderr, '');
    t.match(JSON.parse(stdout), { Architecture: architecture, Os: 'linux', Layers: [/^sha256:/] });
  }
  const copied = spawnSync(
    'skopeo',
    ['copy', '--all', `oci:${folder}:latest`, `oci:${folder}-copy:latest`],
    { encoding: 'utf8' },
  );
  t.equal(copied.status, 0, copied.stderr);
  t.end();
});

t.test('umoci unpacks it', { skip: skipWithout('umoci') }, (t) => {
  const folder = t.testdir();
  const [amd64, arm64] = index.manifests;
  writeLayout(folder, image, { amd64: amd64!, arm64: arm64! });
  for (const architecture of architectures) {
    const bundle = join(folder, `bundle-${architecture}`);
    const options = ['unpack', '--rootless', '--image', `${folder}:${architecture}`, bundle];
    const { status, stderr } = spawnSync('umoci', options, { encoding: 'utf8' });
    t.equal(status, 0, stderr);
    const hello = join(bundle, 'rootfs/hello');
    t.equal(sha256Digest(readFileSync(hello)), `sha256:${HELLO_ELF[architecture].sha256}`);
    t.equal(lstatSync(hello).mode & 0o7777, 0o755);
  }
  t.end();
});

t.test('found by its full reference, and only by it', (t) => {
  t.same(embeddedImage('docker.io/library/hello-world:latest'), image);
  t.equal(embeddedImage('docker.io/library/hello-world:linux'), undefined);
  t.equal(embeddedImage('hello-world'), undefined);
  t.end();
});
