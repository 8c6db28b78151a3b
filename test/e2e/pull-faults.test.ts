// Pulls that go wrong on their way: nothing half-made is left, and what has come is not fetched again.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cannotRun, cutawayAt, eventually, makeCutaway, type Cutaway } from '../support/cli.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { noiseLayers } from '../support/noise-image.js';
import { startRegistry } from '../support/registry.js';
import { storeFaults } from '../support/store-check.js';
import { layoutImage, upload, type UploadImage } from '../support/upload-image.js';

const skip = cannotRun('docker-registry', 'runc', 'tar', 'busybox');
/** How often a pull is killed; 200 by hand. */
const KILLS = Number(process.env['CUTAWAY_KILLS'] ?? 30);

interface Place {
  readonly cutaway: Cutaway;
  readonly proxy: FaultProxy;
  readonly name: string;
  readonly image: UploadImage;
  /** Digests of the layers, lowest first. */
  readonly layers: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** An image behind a proxy, and a client that soon loses its patience. */
async function prepare(t: Test, layers = 3, megabytes = 2): Promise<Place> {
  const cutaway = makeCutaway(t);
  const registry = await startRegistry(t);
  const image = layoutImage(noiseLayers(layers, megabytes));
  await upload(registry, 'app', '1', image);
  const proxy = await startFaultProxy(t, registry.url);
  const settings = join(cutaway.directory, 'config/cutaway');
  mkdirSync(settings, { recursive: true });
  const config = { attempts: 3, idleSeconds: 2 };
  writeFileSync(join(settings, 'registries.json'), JSON.stringify(config));
  const manifest = JSON.parse(image.manifest.bytes.toString()) as {
    layers: { digest: string }[];
  };
  return {
    cutaway,
    proxy,
    image,
    name: `${proxy.host}/app:1`,
    layers: manifest.layers.map(({ digest }) => digest),
    env: { XDG_CONFIG_HOME: join(cutaway.directory, 'config') },
  };
}

const list = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);
const blobs = ({ paths }: Cutaway) => list(`${paths.images}/blobs/sha256`);
const isBlob = (digest: string | undefined) => new RegExp(`GET .*/blobs/${digest ?? 'none'}`);
const requestsOf = ({ proxy }: Place, digest: string | undefined) =>
  proxy.requests.filter(({ method, url }) => isBlob(digest).test(`${method} ${url}`));

/** As if nothing had been there: no image, no blob, no layer, no part of one. */
function checkNothing(t: Test, { cutaway }: Place): void {
  t.same(storeFaults(cutaway.paths), []);
  t.same(blobs(cutaway), [], 'no blob');
  t.same(list(cutaway.paths.overlay), ['l'], 'no layer');
  t.same(list(cutaway.paths.temporary), []);
  t.same(list(cutaway.paths.partial), []);
}

async function checkWhole(t: Test, place: Place): Promise<void> {
  const { cutaway, name } = place;
  t.same(storeFaults(cutaway.paths), []);
  t.equal(
    await cutaway.text('run', '--rm', '--pull', 'never', name, 'sh', '-c', 'echo ok'),
    'ok\n',
  );
}

t.test('a connection that is cut', { skip }, async (t) => {
  const place = await prepare(t);
  const { cutaway, proxy, name, layers, env } = place;
  const fault = { kind: 'cut', after: 500_000 } as const;
  proxy.inject({ when: isBlob(layers[1]), fault, times: 2 });
  const { status, stderr } = await cutaway.run(['pull', name], { env });
  t.equal(status, 0, stderr);
  const ranges = requestsOf(place, layers[1]).map(({ headers }) => headers.range?.split('-')[0]);
  t.same(ranges, [undefined, 'bytes=500000', 'bytes=1000000']);
  await checkWhole(t, place);
});

t.test('wrong bytes', { skip }, async (t) => {
  const place = await prepare(t);
  const { cutaway, proxy, name, layers, env } = place;
  proxy.inject({ when: isBlob(layers[1]), fault: { kind: 'corrupt', at: 700_000 } });
  const { status, stdout, stderr } = await cutaway.run(['pull', name], { env });
  t.equal(status, 2);
  t.equal(stdout, '');
  const layer = `pull layer 2 of 3: read layer 2 ${layers[1] ?? ''}`;
  t.match(stderr, `\ncutaway pull: ${layer}: its content has the digest sha256:`);
  checkNothing(t, place);
});

t.test('a mirror that gives wrong bytes', { skip }, async (t) => {
  const place = await prepare(t, 2, 1);
  const { cutaway, proxy, name, layers, env } = place;
  const mirror = await startFaultProxy(t, proxy.url, { address: '127.0.0.3' });
  const settings = join(cutaway.directory, 'config/cutaway/registries.json');
  const registries = { [proxy.host]: { mirrors: [mirror.url] } };
  writeFileSync(settings, JSON.stringify({ attempts: 2, idleSeconds: 2, registries }));
  const note = new RegExp(`\n! .*: ${mirror.url} gave it, now ${proxy.host} is asked\n`);
  const faults = [
    { kind: 'corrupt', at: 100_000 },
    { kind: 'length', add: -1 },
    { kind: 'cut', after: 10_000 },
  ] as const;
  for (const fault of faults) {
    for (const one of [mirror, proxy]) one.reset();
    mirror.inject({ when: isBlob(layers[1]), fault });
    const { status, stdout, stderr } = await cutaway.run(['pull', name], { env });
    t.equal(status, 0, stderr);
    t.equal(stdout, `${name}\n`);
    t.match(stderr, note, `${fault.kind}: said`);
    t.match(stderr, /\n! pull layer 2 of 2: /, 'and of what');
    t.ok(mirror.requests.some(({ url }) => url.includes(layers[1] ?? '-')));
    await checkWhole(t, place);
    await cutaway.text('rmi', name);
  }
  mirror.reset();
  proxy.inject({ when: isBlob(layers[1]), fault: { kind: 'corrupt', at: 9 } });
  const { status, stderr } = await cutaway.run(['pull', name], { env });
  t.equal(status, 2, 'when the registry has the same there is no third try');
  t.match(stderr, note);
  t.match(stderr, /cutaway pull: .*its content has the digest sha256:/);
  checkNothing(t, place);
});

t.test('a wrong size', { skip }, async (t) => {
  for (const add of [-1, 1]) {
    const place = await prepare(t, 2, 1);
    const { cutaway, proxy, name, layers, env } = place;
    proxy.inject({ when: isBlob(layers[0]), fault: { kind: 'length', add } });
    const { status, stderr } = await cutaway.run(['pull', name], { env });
    t.equal(status, 2);
    t.match(stderr, /read layer 1 sha256:[0-9a-f]{64}: the registry has \d+ bytes instead of \d+/);
    checkNothing(t, place);
  }
});

t.test('a trickle is given up, and its bytes are kept', { skip }, async (t) => {
  const place = await prepare(t, 1, 2);
  const { cutaway, proxy, name, layers, env } = place;
  proxy.inject({ when: isBlob(layers[0]), fault: { kind: 'cut', after: 800_000 }, times: 1 });
  proxy.inject({ when: isBlob(layers[0]), fault: { kind: 'trickle', bytes: 100, pause: 100 } });
  const { status, stderr } = await cutaway.run(['pull', name], { env });
  t.equal(status, 2);
  t.match(stderr, /tried 3 times: .*less than 16384 bytes in 2 seconds/);
  const [part = ''] = list(cutaway.paths.partial).filter((file) => !file.endsWith('.lock'));
  const { size } = statSync(join(cutaway.paths.partial, part));
  t.ok(size >= 800_000, `${size} bytes are kept`);
  proxy.reset();
  t.equal((await cutaway.run(['pull', name], { env })).status, 0);
  const [request, ...more] = requestsOf(place, layers[0]);
  t.match(request?.headers.range, new RegExp(`^bytes=${size}-`), 'the next pull goes on');
  t.same(more, []);
  await checkWhole(t, place);
});

t.test('a part that is wrong is fetched anew', { skip }, async (t) => {
  const place = await prepare(t, 1, 1);
  const { cutaway, name, layers, env, proxy } = place;
  mkdirSync(cutaway.paths.partial, { recursive: true });
  const part = join(cutaway.paths.partial, (layers[0] ?? '').replace(':', '-'));
  writeFileSync(part, Buffer.alloc(300_000, 'x'));
  t.equal((await cutaway.run(['pull', name], { env })).status, 0);
  const ranges = requestsOf(place, layers[0]).map(({ headers }) => headers.range);
  t.match(ranges, [/^bytes=300000-/, undefined]);
  t.equal(proxy.requests.length > 0, true);
  await checkWhole(t, place);
});

t.test('a redirect to another host takes no credentials along', { skip }, async (t) => {
  const place = await prepare(t, 1, 1);
  const { cutaway, proxy, name, layers, env } = place;
  const store = await startFaultProxy(t, proxy.url, { address: '127.0.0.2' });
  proxy.inject({
    when: isBlob(layers[0]),
    fault: { kind: 'redirect', to: `${store.url}*` },
    times: 1,
  });
  const auths = { [proxy.host]: { auth: Buffer.from('me:secret-word').toString('base64') } };
  const config = join(cutaway.directory, 'docker');
  mkdirSync(config);
  writeFileSync(join(config, 'config.json'), JSON.stringify({ auths }), { mode: 0o600 });
  const headers = { 'www-authenticate': 'Basic realm="test"' };
  const fault = { kind: 'answer', status: 401, headers } as const;
  proxy.inject({ when: /manifests/, fault, times: 1 });
  const { status } = await cutaway.run(['pull', name], { env: { ...env, DOCKER_CONFIG: config } });
  t.equal(status, 0);
  t.match(requestsOf(place, layers[0])[0]?.headers.authorization, /^Basic /);
  t.equal(store.requests.length, 1);
  t.equal(store.requests[0]?.headers.authorization, undefined);
});

t.test('two pulls of one image at once: one download', { skip }, async (t) => {
  const place = await prepare(t, 3, 2);
  const { cutaway, proxy, name, layers, env } = place;
  proxy.inject({ when: /blobs/, fault: { kind: 'trickle', bytes: 200_000, pause: 20 } });
  const [first, second] = await Promise.all([1, 2].map(() => cutaway.run(['pull', name], { env })));
  t.equal(first?.status, 0, String(first?.stderr));
  t.equal(second?.status, 0, String(second?.stderr));
  for (const digest of layers) t.equal(requestsOf(place, digest).length, 1, digest);
  await checkWhole(t, place);
  t.same(list(cutaway.paths.partial), [], 'no lock is left');
});

t.test('rmi and prune while a pull is under way', { skip }, async (t) => {
  const place = await prepare(t, 2, 1);
  const { cutaway, proxy, name, layers, env } = place;
  const startPull = async () => {
    proxy.reset();
    const fault = { kind: 'trickle', bytes: 100_000, pause: 200 } as const;
    proxy.inject({ when: isBlob(layers[1]), fault });
    const pull = cutaway.start(['pull', name], { env });
    pull.child.stdin?.end();
    await eventually(() => requestsOf(place, layers[1]).length > 0, 'the layer is on its way');
    return pull;
  };
  for (const image of ['busybox', 'hello-world']) await cutaway.text('load', image);
  const before = blobs(cutaway).length;
  let pull = await startPull();
  const { status, stdout, stderr } = await cutaway.run(['rmi', 'hello-world']);
  t.equal(status, 0);
  t.equal(stdout, 'Untagged: hello-world:latest\n');
  t.match(stderr, /^! an image is on its way into the store: /);
  t.notOk((await cutaway.text('images')).includes('hello-world'), 'the name is gone');
  t.ok(blobs(cutaway).length >= before, 'and nothing else yet');
  const pulled = await pull.ended;
  t.equal(pulled.status, 0, pulled.stderr);
  t.same(storeFaults(cutaway.paths), [], 'the pull has swept');
  await cutaway.text('rmi', name);

  pull = await startPull();
  const pruned = await cutaway.run(['prune', '-a', '-f', '--only', 'images']);
  t.equal(pruned.status, 0);
  t.match(pruned.stderr, /^prune: waiting for an image that is on its way into the store\n/);
  const again = await pull.ended;
  t.equal(again.status, 0, again.stderr);
  t.same(storeFaults(cutaway.paths), []);
  t.notOk((await cutaway.text('images')).includes('busybox'), 'what was planned is gone');
  await checkWhole(t, place);
});

t.test('a full disk', { skip: skip || cannotRun('mount') }, async (t) => {
  const place = await prepare(t, 3, 3);
  const { name, env, cutaway: outer } = place;
  const mount = join(outer.directory, 'small');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'none', mount]);
  t.teardown(() => execFileSync('umount', ['-l', mount]));
  const cutaway = cutawayAt(outer.directory, join(mount, 'root'));
  const { status, stderr } = await cutaway.run(['pull', name], { env });
  t.equal(status, 2);
  t.match(stderr, /\ncutaway pull: .*: no space left on device\n {2}.*free some space\n$/i);
  checkNothing(t, { ...place, cutaway });
});

t.test(`kill -9 at ${KILLS} moments`, { skip }, async (t) => {
  const place = await prepare(t, 4, 2);
  const { cutaway, proxy, name, layers, env } = place;
  proxy.inject({ when: /blobs/, fault: { kind: 'trickle', bytes: 65_536, pause: 8 } });
  let killed = 0;
  for (let round = 0; round < KILLS; round += 1) {
    const running = cutaway.start(['pull', name], { env });
    // A pull takes about a second; most moments are in the part that the earlier ones have not seen.
    await new Promise((resolve) => setTimeout(resolve, 60 + Math.random() * 700));
    running.child.kill('SIGKILL');
    if ((await running.ended).signal === 'SIGKILL') killed += 1;
    await cutaway.text('ps', '-a');
    await eventually(() => list(cutaway.paths.temporary).length === 0, 'nothing in tmp/');
    t.same(storeFaults(cutaway.paths), [], `round ${round}: the store is whole`);
    if ((await cutaway.json('images')).images.length > 0) await cutaway.text('rmi', name);
  }
  t.ok(killed > KILLS / 3, `${killed} of ${KILLS} were killed`);
  proxy.reset();
  proxy.inject({ when: isBlob(layers[3]), fault: { kind: 'trickle', bytes: 65_536, pause: 20 } });
  const last = cutaway.start(['pull', name], { env });
  await eventually(() => blobs(cutaway).length >= 3, 'three layers have come');
  last.child.kill('SIGKILL');
  await last.ended;
  proxy.reset();
  t.equal((await cutaway.run(['pull', name], { env })).status, 0);
  for (const digest of layers.slice(0, 3)) t.same(requestsOf(place, digest), [], 'it was complete');
  await checkWhole(t, place);
});
