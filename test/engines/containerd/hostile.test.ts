// Disks made by an adversary: whatever the databases say, no path leads out of what is containerd's,
// nothing hangs, and what is wrong is told beside what is right.
import t from 'tap';
import type { HostRecord } from '../../../src/host/recorded-host.js';
import { protobufAny, uvarint, varint, type BoltTree } from '../../support/build-bolt.js';
import { layoutFiles, sha256 } from '../../support/build-image.js';
import { engineOn, firstImage, SNAPSHOTS } from './fixture.js';
import { shown, staysInside } from './shown.js';
import {
  CHAIN,
  container,
  contentFiles,
  forge,
  image,
  MANIFEST,
  snapshot,
  SPEC,
} from './forged.js';

interface HostileCase {
  readonly name: string;
  readonly host: HostRecord;
  /** Of a problem that tells. */
  readonly code: string;
  readonly message: RegExp;
  /** Names of the containers that are shown all the same. */
  readonly containers: readonly string[];
}

const good = { good: container('good') };
const withGood = (containers: BoltTree) =>
  forge('ns', { containers: { ...good, ...containers }, keys: ['good', 'bad'] });
const snapshots = (changed: BoltTree) =>
  forge('ns', { containers: { ...good, bad: container('bad') } }, changed);
const images = (one: BoltTree, files: Readonly<Record<string, Buffer>> = {}) => {
  const host = forge('ns', {
    containers: good,
    images: { 'docker.io/library/one:1': image(), bad: one },
  });
  return { ...host, files: { ...host.files, ...files } };
};
const rawSpec = (bytes: Buffer) => withGood({ bad: { ...container('bad'), spec: bytes } });
const both = ['ns/bad', 'ns/good'];
const TOP = `ns/2/${CHAIN[1]}`;

/** An index in an index, as deep as one likes. */
function nested(depth: number): { target: BoltTree; files: Record<string, Buffer> } {
  const files = new Map<string, Buffer>();
  let inner = { ...MANIFEST };
  for (let at = 0; at < depth; at += 1) {
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [inner] }));
    inner = { mediaType, digest: sha256(bytes), size: bytes.length };
    files.set(`blobs/sha256/${inner.digest.slice(7)}`, bytes);
  }
  return { target: image(inner), files: contentFiles(files) };
}

function otherLayout(change: (config: Record<string, unknown>) => void): {
  target: BoltTree;
  files: Record<string, Buffer>;
} {
  const files = layoutFiles([{ layers: [Buffer.alloc(1024)], tags: ['x'] }]);
  const blob = (digest: string) => `blobs/sha256/${digest.slice(7)}`;
  const index = JSON.parse(String(files.get('index.json'))) as { manifests: [{ digest: string }] };
  const manifest = JSON.parse(String(files.get(blob(index.manifests[0].digest)))) as {
    config: { digest: string; size: number };
  };
  const config = JSON.parse(String(files.get(blob(manifest.config.digest)))) as Record<
    string,
    unknown
  >;
  change(config);
  const put = (value: unknown) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = sha256(bytes);
    files.set(blob(digest), bytes);
    return { digest, size: bytes.length };
  };
  const made = put({ ...manifest, config: { ...manifest.config, ...put(config) } });
  return { target: image(made), files: contentFiles(files) };
}

const deep = nested(8);
const fewer = otherLayout((config) => (config['rootfs'] = { type: 'layers', diff_ids: [] }));
const climbing = otherLayout(
  (config) => (config['rootfs'] = { type: 'layers', diff_ids: ['sha256:../../../etc/passwd'] }),
);

const CASES: readonly HostileCase[] = [
  {
    name: 'an id that climbs',
    host: withGood({ '../../../../etc': container('bad') }),
    code: 'container-unreadable',
    message: /would not take/,
    containers: ['ns/good'],
  },
  {
    name: 'an absolute id',
    host: withGood({ '/etc': container('bad') }),
    code: 'container-unreadable',
    message: /would not take/,
    containers: ['ns/good'],
  },
  {
    name: 'an id of a megabyte',
    host: withGood({ ['a'.repeat(1 << 20)]: container('bad') }),
    code: 'container-unreadable',
    message: /would not take/,
    containers: ['ns/good'],
  },
  {
    name: 'a namespace that climbs',
    host: forge('..', { containers: good }),
    code: 'container-unreadable',
    message: /would not take/,
    containers: [],
  },
  {
    name: 'a snapshotter that climbs',
    host: withGood({ bad: container('bad', { snapshotter: '../../../etc' }) }),
    code: 'snapshot-unreadable',
    message: /is none of/,
    containers: both,
  },
  {
    name: 'a snapshotter called constructor',
    host: withGood({ bad: container('bad', { snapshotter: 'constructor' }) }),
    code: 'snapshot-unreadable',
    message: /is none of/,
    containers: both,
  },
  {
    name: 'a snapshot that does not exist',
    host: withGood({ bad: container('../../..') }),
    code: 'snapshot-unreadable',
    message: /there is no snapshot/,
    containers: both,
  },
  {
    name: 'a snapshot below itself',
    host: snapshots({ 'ns/4/bad': snapshot(4, 'ns/4/bad', 2) }),
    code: 'snapshot-unreadable',
    message: /below itself/,
    containers: both,
  },
  {
    name: 'snapshots below each other',
    host: snapshots({
      'ns/4/bad': snapshot(4, 'ns/9/a', 2),
      'ns/9/a': snapshot(9, 'ns/10/b', 3),
      'ns/10/b': snapshot(10, 'ns/9/a', 3),
    }),
    code: 'snapshot-unreadable',
    message: /below itself/,
    containers: both,
  },
  {
    name: 'a snapshot above nothing',
    host: snapshots({ 'ns/4/bad': snapshot(4, 'ns/77/gone', 2) }),
    code: 'snapshot-unreadable',
    message: /there is no ns\/77\/gone below/,
    containers: both,
  },
  {
    name: 'a snapshot with a number beyond all numbers',
    host: snapshots({ 'ns/4/bad': snapshot(2n ** 64n - 1n, TOP, 2) }),
    code: 'snapshot-unreadable',
    message: /a snapshot with the id/,
    containers: both,
  },
  {
    name: 'a number that does not end',
    host: snapshots({ 'ns/4/bad': { id: Buffer.alloc(100, 0xff), kind: Buffer.from([2]) } }),
    code: 'snapshot-unreadable',
    message: /not a number/,
    containers: both,
  },
  {
    name: 'a snapshot of no kind',
    host: snapshots({ 'ns/4/bad': snapshot(4, TOP, 200) }),
    code: 'snapshot-unreadable',
    message: /of no known kind/,
    containers: both,
  },
  {
    name: 'a spec that is no JSON',
    host: rawSpec(protobufAny(SPEC, '{"process":')),
    code: 'spec-unreadable',
    message: /not JSON/,
    containers: both,
  },
  {
    name: 'a spec as deep as the stack',
    host: rawSpec(protobufAny(SPEC, '['.repeat(200_000))),
    code: 'spec-unreadable',
    message: /nested deeper/,
    containers: both,
  },
  {
    name: 'a spec whose command is a number',
    host: rawSpec(protobufAny(SPEC, '{"process":{"args":[7]}}')),
    code: 'spec-unreadable',
    message: /not a string/,
    containers: both,
  },
  {
    name: 'a spec of another type',
    host: rawSpec(protobufAny('types.containerd.io/something', '{}')),
    code: 'spec-unreadable',
    message: /of the type/,
    containers: both,
  },
  {
    name: 'a protobuf that promises more than there is',
    host: rawSpec(Buffer.concat([Buffer.from([0x0a]), uvarint(2n ** 63n)])),
    code: 'container-unreadable',
    message: /not a protobuf/,
    containers: ['ns/good'],
  },
  {
    name: 'a time out of this world',
    host: withGood({
      bad: {
        ...container('bad'),
        createdat: Buffer.concat([Buffer.from([1]), Buffer.alloc(14, 0x7f)]),
      },
    }),
    code: 'container-unreadable',
    message: /not a time/,
    containers: ['ns/good'],
  },
  {
    name: 'an image that stands for a path',
    host: images(image({ digest: 'sha256:../../../../etc/passwd' })),
    code: 'image-unreadable',
    message: /stands for no digest/,
    containers: ['ns/good'],
  },
  {
    name: 'an image that stands for nothing',
    host: images({}),
    code: 'image-unreadable',
    message: /stands for nothing/,
    containers: ['ns/good'],
  },
  {
    name: 'a manifest of another size',
    host: images(image({ size: MANIFEST.size + 1 })),
    code: 'image-unreadable',
    message: /bytes/,
    containers: ['ns/good'],
  },
  {
    name: 'a manifest of an exabyte',
    host: images({
      target: { digest: MANIFEST.digest, mediatype: MANIFEST.mediaType, size: varint(2n ** 60n) },
    }),
    code: 'image-unreadable',
    message: /bytes/,
    containers: ['ns/good'],
  },
  {
    name: 'an index in an index in an index',
    host: images(deep.target, deep.files),
    code: 'image-unreadable',
    message: /nested deeper/,
    containers: ['ns/good'],
  },
  {
    name: 'more layers than diffIDs',
    host: images(fewer.target, fewer.files),
    code: 'image-unreadable',
    message: /1 layers, but 0 diff_ids/,
    containers: ['ns/good'],
  },
  {
    name: 'a diffID that climbs',
    host: images(climbing.target, climbing.files),
    code: 'image-unreadable',
    message: /digest/,
    containers: ['ns/good'],
  },
];

t.test('what databases and blobs say', (t) => {
  for (const { name, host, code, message, containers } of CASES) {
    t.test(name, (t) => {
      const engine = engineOn(host, true);
      const found = shown(engine);
      t.same(found.containers.map((one) => one.name).sort(), containers, 'the others are shown');
      t.ok(found.codes.includes(code), `${code} among ${found.codes.join(', ')}`);
      t.match(found.messages, message);
      staysInside(t, engine);
      t.ok(engine.listImages().length >= 1, 'images too');
      t.end();
    });
  }
  t.end();
});

t.test('links in the place of directories are not followed', (t) => {
  const host = forge('ns', { containers: good });
  const link = (path: string) => ({
    ...host,
    directories: host.directories?.filter((one) => !`${one}/`.startsWith(`${path}/`)) ?? [],
    links: { [path]: '/etc' },
    files: { ...host.files, '/etc/fs/passwd': 'secret', '/etc/3/fs/passwd': 'secret' },
  });
  for (const path of ['snapshots/3/fs', 'snapshots/3', 'snapshots/1/fs', 'snapshots']) {
    const engine = engineOn(link(`${SNAPSHOTS}/${path}`));
    t.equal(engine.listContainers().length, 1, path);
    staysInside(t, engine);
    t.match(shown(engine).messages, /is a symlink/, path);
    t.notOk(
      shown(engine).paths.some((one) => `${one}/`.startsWith(`${SNAPSHOTS}/${path}/`)),
      path,
    );
  }
  t.equal(
    engineOn(link(`${SNAPSHOTS}/snapshots/1/fs`)).layerDirectory(CHAIN[0] as `sha256:${string}`),
    undefined,
    'nor of the layers of an image',
  );
  t.end();
});

t.test('labels can be called anything', (t) => {
  const labels = { __proto__x: '1', constructor: '2', 'nerdctl/name': '../../x' };
  const host = forge('ns', {
    containers: { bad: container('bad', { labels: { ...labels, ['__proto__']: '3' } }) },
  });
  const engine = engineOn(host);
  t.equal(engine.listContainers()[0]?.labels['constructor'], '2');
  t.equal(engine.listContainers()[0]?.name, 'ns/../../x', 'a name is text');
  staysInside(t, engine);
  t.end();
});

t.test('a name that stands for another image by now', (t) => {
  const other = layoutFiles([{ layers: [Buffer.alloc(2048)], tags: ['x'] }]);
  const index = JSON.parse(String(other.get('index.json'))) as { manifests: [typeof MANIFEST] };
  const host = forge('ns', {
    containers: good,
    images: { 'docker.io/library/one:1': image(index.manifests[0]) },
  });
  const moved = engineOn({ ...host, files: { ...host.files, ...contentFiles(other) } });
  t.equal(moved.listContainers()[0]?.imageID, undefined, 'is not the image of the container');
  t.equal(
    moved.listContainers()[0]?.directories.lower.length,
    2,
    'whose layers are known all the same',
  );
  t.same(
    moved.listProblems?.().map(({ code }) => code),
    ['container-image-gone'],
  );
  const both = forge('ns', {
    containers: good,
    images: { 'docker.io/library/one:1': image(index.manifests[0]), old: image() },
  });
  const kept = engineOn({ ...both, files: { ...both.files, ...contentFiles(other) } });
  t.equal(kept.listContainers()[0]?.imageID, kept.findImage('ns/old')?.id, 'the one below it is');
  t.end();
});

t.test('a blob that was unpacked as something else', (t) => {
  const host = forge('ns', {});
  const opened = engineOn(host).openImage(firstImage(engineOn(host)));
  const digest = opened.layers[0]?.descriptor.digest ?? '';
  const labels = { 'containerd.io/uncompressed': `sha256:${'0'.repeat(64)}` };
  const lying = engineOn(forge('ns', { content: { blob: { [digest]: { labels } } } }));
  const problems = lying.openImage(firstImage(lying)).problems;
  t.same(
    problems.map(({ code }) => code),
    ['diffid-label-mismatch'],
  );
  t.end();
});
