// Images go to a registry byte for byte; what is there already is not sent again.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { buildLayer, layoutFiles, sha256, writeFiles } from '../support/build-image.js';
import { cannotRun } from '../support/cli.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { scratch, startRegistry, type Registry } from '../support/registry.js';
import { makeRegistryUser, type RegistryUser } from '../support/registry-user.js';
import { openTerminal } from '../support/terminal.js';
import { startTokenService } from '../support/token-service.js';

const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

interface StoredName {
  readonly digest: string;
  readonly size: number;
}

/** What the store's index.json says of a name. */
function stored({ cutaway }: RegistryUser, name: string): StoredName & { readonly bytes: Buffer } {
  const path = `${cutaway.paths.images}/index.json`;
  const { manifests } = JSON.parse(readFileSync(path, 'utf8')) as {
    manifests: (StoredName & { annotations: Record<string, string> })[];
  };
  const found = manifests.find((one) => Object.values(one.annotations).includes(name));
  if (found === undefined) throw new Error(`not in the store: ${name}`);
  return { ...found, bytes: readBlob({ cutaway }, found.digest) };
}

function readBlob({ cutaway }: Pick<RegistryUser, 'cutaway'>, digest: string): Buffer {
  return readFileSync(blobPath({ cutaway }, digest));
}

function blobPath({ cutaway }: Pick<RegistryUser, 'cutaway'>, digest: string): string {
  return `${cutaway.paths.images}/blobs/sha256/${digest.slice(7)}`;
}

function layersOf(bytes: Buffer): string[] {
  const { layers } = JSON.parse(bytes.toString('utf8')) as { layers: { digest: string }[] };
  return layers.map(({ digest }) => digest);
}

const ask = (registry: Registry, path: string, method = 'GET') =>
  registry.ask(method, path, { headers: { accept: ACCEPT } });

const uploads = ({ requests }: FaultProxy) =>
  requests.filter(
    ({ method, url }) => ['PUT', 'PATCH'].includes(method) && url.includes('/uploads/'),
  );

async function testPush(): Promise<void> {
  await t.test('every byte, and nothing twice', async (t) => {
    const registry = await startRegistry(t);
    const user = makeRegistryUser(t);
    const { host } = registry;
    await user.addImage(['base', 'middle', 'top'], `${host}/team/web:1`, `${host}/team/other:2`);
    const { digest, size, bytes } = stored(user, `${host}/team/web:1`);
    const layers = layersOf(bytes);
    const first = await user.run(['push', `${host}/team/web:1`]);
    t.match(first, { status: 0, stdout: `1: digest: ${digest} size: ${size}\n` });
    t.equal(first.stderr.split('\n')[0], `The push refers to repository [${host}/team/web]`);
    for (const layer of layers) t.match(first.stderr, `${layer.slice(7, 19)}: Pushed\n`);
    const manifest = await ask(registry, '/v2/team/web/manifests/1');
    t.ok(manifest.body.equals(bytes), 'the manifest is the same bytes');
    t.equal(manifest.headers['content-type'], MANIFEST);
    for (const layer of layers) {
      const blob = await ask(registry, `/v2/team/web/blobs/${layer}`);
      t.equal(sha256(blob.body), layer);
    }
    const again = await user.run(['push', `${host}/team/web:1`]);
    t.match(again, { status: 0, stdout: `1: digest: ${digest} size: ${size}\n` });
    t.equal(again.stderr.match(/: Layer already exists\n/g)?.length, 4, 'three layers, a config');
    const mounted = await user.run(['push', `${host}/team/other:2`]);
    t.match(mounted, { status: 0 });
    t.equal(mounted.stderr.match(/: Mounted from team\/web\n/g)?.length, 4);
    t.equal((await ask(registry, `/v2/team/other/manifests/${digest}`)).status, 200);
    const quiet = await user.run(['push', '-q', `${host}/team/web:1`]);
    t.match(quiet, { status: 0, stdout: `${host}/team/web:1\n`, stderr: '' });
  });

  await t.test('--all-tags, and names that are none', async (t) => {
    const registry = await startRegistry(t);
    const user = makeRegistryUser(t);
    const name = `${registry.host}/app`;
    await user.addImage(['one'], `${name}:1`, `${name}:latest`);
    await user.addImage(['two'], `${name}:2`, `${registry.host}/application:3`);
    t.match(await user.text('push', name), /^latest: digest: sha256:[0-9a-f]{64} size: \d+\n$/);
    const lines = (await user.text('push', '--all-tags', name)).trimEnd().split('\n');
    t.same(lines.map((line) => line.split(':')[0]).sort(), ['1', '2', 'latest']);
    const answer = await ask(registry, '/v2/app/tags/list');
    const { tags } = JSON.parse(answer.body.toString()) as { tags: string[] };
    t.same(tags.sort(), ['1', '2', 'latest']);
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [[`${name}:no`], /no image of this name in the store\n {2}cutaway images lists/],
      [['-a', `${registry.host}/none`], /no image of this name in the store/],
      [['-a', `${name}:1`], /--all-tags takes a name without a tag/],
      [[`${name}@sha256:${'0'.repeat(64)}`], /a digest is no name to push to/],
      [['--chunk-size', '0', `${name}:1`], /--chunk-size "0": not a size/],
    ];
    for (const [args, message] of cases) {
      t.match(await user.run(['push', ...args]), { status: 2, stderr: message }, args.join(' '));
    }
  });

  await t.test('an index: all of it, or the one image that is here', async (t) => {
    const registry = await startRegistry(t);
    const user = makeRegistryUser(t);
    const name = `${registry.host}/multi:1`;
    const images = ['amd64', 'arm64'].map((architecture) => ({
      layers: [
        buildLayer([{ path: 'shared', content: 's' }]),
        buildLayer([{ path: architecture }]),
      ],
      architecture,
      platform: { os: 'linux', architecture },
    }));
    const files = layoutFiles(images);
    const index = Buffer.from(
      JSON.stringify({
        ...(JSON.parse(files.get('index.json')?.toString() ?? '') as object),
        mediaType: 'application/vnd.oci.image.index.v1+json',
      }),
    );
    const digest = sha256(index);
    // The store is a layout: who writes one there is heard.
    await user.text('images');
    files.set(`blobs/sha256/${digest.slice(7)}`, index);
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const annotations = { 'org.opencontainers.image.ref.name': name };
    const manifests = [{ mediaType, digest, size: index.length, annotations }];
    files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
    writeFiles(user.cutaway.paths.images, files);
    t.match(await user.text('push', name), `1: digest: ${digest} size: ${index.length}\n`);
    const pushed = await ask(registry, '/v2/multi/manifests/1');
    t.ok(pushed.body.equals(index), 'the index is the same bytes');
    const children = (JSON.parse(index.toString()) as { manifests: { digest: string }[] })
      .manifests;
    for (const child of children) {
      t.equal((await ask(registry, `/v2/multi/manifests/${child.digest}`)).status, 200);
    }
    const one = await user.text('push', '--platform', 'linux/arm64', name);
    t.match(one, `1: digest: ${children[1]?.digest ?? ''} size:`);

    const other = makeRegistryUser(t);
    t.match(await user.text('push', name), digest);
    await other.text('pull', '-q', name);
    const own = children[process.arch === 'arm64' ? 1 : 0]?.digest ?? '';
    const part = await other.run(['push', name]);
    t.match(part, { status: 0, stdout: `1: digest: ${own} size:` });
    t.match(part.stderr, /! the store has only linux\/\w+ of .*: it goes without its index/);
  });

  await t.test('in chunks; a cut goes on where it was', async (t) => {
    const registry = await startRegistry(t);
    const proxy = await startFaultProxy(t, registry.url);
    const user = makeRegistryUser(t);
    const big = Buffer.alloc(200_000);
    for (let at = 0; at < big.length; at += 4) big.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
    const name = `${proxy.host}/app:1`;
    await user.addImage([big.toString('latin1')], name);
    const { digest, bytes } = stored(user, name);
    const [layer = ''] = layersOf(bytes);
    const { length } = readBlob(user, layer);
    const size = Math.ceil(length / 8);
    const chunked = ['push', '--chunk-size', String(size), name];
    // The request is lost on its way: what came before it stays.
    proxy.inject({
      when: /^PATCH /,
      fault: { kind: 'cut-upload', after: 1000 },
      skip: 3,
      times: 1,
    });
    t.match(await user.run(chunked), { status: 0, stdout: `1: digest: ${digest}` });
    const patches = uploads(proxy).filter(({ method }) => method === 'PATCH');
    const ranges = patches.map(({ headers }) => String(headers['content-range']).split('-')[0]);
    const expected = [0, 1, 2, 3, 3, 4, 5, 6, 7].map((part) => String(part * size));
    t.same(ranges, expected, 'one piece is sent twice, and none of those before it');
    const there = await ask(registry, `/v2/app/blobs/${layer}`);
    t.equal(sha256(there.body), layer);

    // The piece came and the answer is lost: docker-registry gives such an upload up.
    proxy.reset();
    proxy.inject({ when: /^PATCH /, fault: { kind: 'lose-answer' }, skip: 3, times: 1 });
    const again = `${proxy.host}/again:1`;
    await user.addImage([big.toString('latin1').slice(1)], again);
    t.match(await user.run(['push', '--chunk-size', String(size), again]), { status: 0 });
    t.ok((await ask(registry, '/v2/again/manifests/1')).status === 200);
  });

  await t.test('a registry in trouble is tried again', async (t) => {
    const registry = await startRegistry(t);
    const proxy = await startFaultProxy(t, registry.url);
    const user = makeRegistryUser(t);
    const name = `${proxy.host}/app:1`;
    await user.addImage(['a', 'b'], name);
    const busy = { kind: 'answer', status: 503, headers: { 'retry-after': '0' } } as const;
    proxy.inject(
      { when: /^HEAD /, fault: { ...busy, status: 429 }, times: 1 },
      { when: /^POST /, fault: busy, times: 1 },
      { when: /^PUT .*uploads/, fault: { kind: 'cut-upload', after: 0 }, times: 1 },
      { when: /^PUT .*uploads/, fault: busy, times: 1 },
      { when: /^PUT .*uploads/, fault: { kind: 'lose-answer' }, times: 1 },
      { when: /^PUT .*manifests/, fault: busy, times: 1 },
    );
    t.match(await user.run(['push', name]), { status: 0, stdout: /^1: digest: / });
    proxy.reset();
    proxy.inject({
      when: /^PUT .*manifests/,
      fault: { ...busy, headers: { 'retry-after': '86400' } },
    });
    const patient = await user.run(['push', name]);
    t.match(patient, { status: 2, stderr: /the registry fails with status 503/ });
    t.equal(proxy.requests.filter(({ method }) => method === 'PUT').length, 1, 'a day is too long');
  });

  await t.test('what is damaged here is not sent as if it were whole', async (t) => {
    const registry = await startRegistry(t);
    for (const options of [[], ['--chunk-size', '100']]) {
      const user = makeRegistryUser(t);
      const name = `${registry.host}/damaged:1`;
      await user.addImage(['a'.repeat(5000)], name);
      const { digest, bytes } = stored(user, name);
      const [layer = ''] = layersOf(bytes);
      const damaged = readBlob(user, layer);
      damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);
      writeFileSync(blobPath(user, layer), damaged);
      const outcome = await user.run(['push', ...options, name]);
      t.match(outcome, { status: 2, stdout: '' });
      t.match(outcome.stderr, new RegExp(`blob ${layer}: its content has`));
      t.equal((await ask(registry, `/v2/damaged/manifests/${digest}`)).status, 404);
    }
  });

  await t.test('tokens: each repository by its own, and a refusal with the way out', async (t) => {
    const service = await startTokenService(t, scratch(t, 'tokens'), {
      users: { kim: 's3cr3t-w0rd' },
      writable: (_, repository) => !repository.startsWith('others/'),
    });
    const registry = await startRegistry(t, { token: service.settings });
    const proxy = await startFaultProxy(t, registry.url);
    const user = makeRegistryUser(t);
    const name = `${proxy.host}/kim/app:1`;
    await user.addImage(['a', 'b'], name, `${proxy.host}/kim/copy:1`, `${proxy.host}/others/x:1`);
    const anonymous = await user.run(['push', name]);
    t.match(anonymous, { status: 2, stderr: new RegExp(`\n  cutaway login ${proxy.host}\n$`) });
    const login = ['login', '-u', 'kim', '--password-stdin', proxy.host];
    t.match(await user.run(login, { input: 's3cr3t-w0rd' }), { status: 0 });
    t.match(await user.run(['push', name]), { status: 0 });
    const copy = await user.run(['push', `${proxy.host}/kim/copy:1`]);
    t.match(copy, { status: 0, stderr: /Mounted from kim\/app/ });
    const scopes = service.requests.map(({ fields }) => fields.getAll('scope').join(' '));
    t.ok(scopes.includes('repository:kim/app:pull repository:kim/copy:pull,push'), scopes.join());
    const refused = await user.run(['push', `${proxy.host}/others/x:1`]);
    t.match(refused, { status: 2, stdout: '' });
    for (const { stdout, stderr } of [anonymous, copy, refused]) {
      t.notMatch(stdout + stderr, /s3cr3t|eyJ/, 'no password, no token');
    }
    t.notMatch(proxy.requests.map(({ url }) => url).join(), /s3cr3t|eyJ/);
    const basic = proxy.requests.filter(({ headers }) =>
      headers.authorization?.startsWith('Basic'),
    );
    t.same(basic, [], 'the password goes to the token service only');
  });

  await t.test('an upload that is sent elsewhere takes no credential along', async (t) => {
    const registry = await startRegistry(t, { htpasswd: { kim: 's3cr3t' } });
    const proxy = await startFaultProxy(t, registry.url);
    const thief = await startFaultProxy(t, undefined, { address: '127.0.0.2' });
    const user = makeRegistryUser(t);
    const name = `${proxy.host}/app:1`;
    await user.addImage(['a'], name);
    const login = ['login', '-u', 'kim', '--password-stdin', proxy.host];
    t.match(await user.run(login, { input: 's3cr3t' }), { status: 0 });
    const location = `${thief.url.replace('//', '//kim:x@')}/upload?state=1`;
    proxy.inject({ when: /^POST /, fault: { kind: 'answer', status: 202, headers: { location } } });
    t.match(await user.run(['push', name]), { status: 2 });
    t.ok(thief.requests.length > 0, 'it was sent there');
    t.same(
      thief.requests.filter(({ headers }) => headers.authorization !== undefined),
      [],
    );
    proxy.reset();
    proxy.inject({ when: /^(POST|PUT) /, fault: { kind: 'redirect', to: `${thief.url}*` } });
    const before = thief.requests.length;
    t.match(await user.run(['push', name]), { status: 2, stderr: /refuses with status 307/ });
    t.equal(thief.requests.length, before, 'what changes something follows no redirect');
  });

  await t.test(
    "a registry's words are shown safe and short, without what it was told",
    async (t) => {
      const registry = await startRegistry(t, { htpasswd: { kim: 's3cr3t' } });
      const proxy = await startFaultProxy(t, registry.url);
      const user = makeRegistryUser(t);
      const name = `${proxy.host}/app:1`;
      await user.addImage(['a'], name);
      const login = ['login', '-u', 'kim', '--password-stdin', proxy.host];
      t.match(await user.run(login, { input: 's3cr3t' }), { status: 0 });
      const secret = Buffer.from('kim:s3cr3t').toString('base64');
      const message = `\u001b]0;owned\u0007 no\n\u202e ${secret} s3cr3t ${'x'.repeat(100_000)}`;
      const body = JSON.stringify({
        errors: [{ code: 'DENIED', message: message.slice(0, 60_000) }],
      });
      proxy.inject({ when: /^POST /, fault: { kind: 'answer', status: 403, body } });
      const { status, stderr } = await user.run(['push', name]);
      t.equal(status, 2);
      const [line = ''] = stderr.split('\n').slice(-2);
      t.match(line, /not allowed \(\\x1b\]0;owned\\x07 no\\n\\u202e \*\*\* \*\*\* x+…\)$/);
      t.ok(line.length < 700, `${line.length} characters`);
    },
  );

  await t.test('on a terminal the lines stay in their places', async (t) => {
    const registry = await startRegistry(t);
    const user = makeRegistryUser(t);
    const name = `${registry.host}/app:1`;
    await user.addImage(
      Array.from({ length: 40 }, (_, at) => `layer ${at}`),
      name,
    );
    const { argv, dataRoot, directory } = user.cutaway;
    const command = `env HOME=${user.home} CUTAWAY_DATA_ROOT=${dataRoot} ${argv.join(' ')} push ${name}`;
    const terminal = openTerminal(t, join(directory, 'tmux'), command);
    await terminal.shows(/^1: digest: sha256:[0-9a-f]+\n.* size: /m);
    const lines = terminal.screen().split('\n');
    const pushed = lines.filter((line) => /^[0-9a-f]{12}: Pushed$/.test(line));
    t.equal(new Set(pushed).size, pushed.length, 'no line is there twice');
    t.ok(pushed.length > 15, `${pushed.length} lines`);
  });
}

const skip = cannotRun('docker-registry', 'openssl', 'tmux');
if (skip !== false) t.plan(0, skip);
else await testPush();
