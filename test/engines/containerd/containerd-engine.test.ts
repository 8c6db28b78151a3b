// The engine on the files of a real containerd, against what ctr said of them.
import t from 'tap';
import type { HostRecord } from '../../../src/host/recorded-host.js';
import { ctrRows, engineOn, firstImage, fixtureRecord, ROOT, SNAPSHOTS } from './fixture.js';

const record = fixtureRecord();
const engine = engineOn(record);
const IDS = { sandbox: 'a'.repeat(64), first: 'b'.repeat(64), second: 'c'.repeat(64) };

t.test('containers are those of ctr, by names that people know', (t) => {
  const containers = engine.listContainers();
  for (const namespace of ['default', 'k8s.io']) {
    const theirs = ctrRows(`ctr -n ${namespace} containers ls`).map(
      ([id, image]) => `${id} ${image}`,
    );
    const ours = containers
      .filter(({ name }) => name.startsWith(`${namespace}/`))
      .map(({ id, imageReference }) => `${id} docker.io/library/${imageReference ?? ''}`);
    t.same(ours.sort(), theirs.sort(), namespace);
  }
  t.same(
    containers.map(({ name }) => name),
    [
      `k8s.io/shop/web-0/app/${IDS.second.slice(0, 12)}`,
      `k8s.io/shop/web-0/app/${IDS.first.slice(0, 12)}`,
      'k8s.io/shop/web-0/POD',
      'default/shop',
      'default/changed',
      'default/ended',
    ],
    'newest first; what two are called has the id behind it',
  );
  t.same(engine.listProblems?.(), []);
  t.end();
});

t.test('the state is that of the task, as far as files know', (t) => {
  const states = engine.listContainers().map(({ id, state }) => [id, state]);
  const theirs = ctrRows('ctr -n default tasks ls');
  t.same(
    theirs.map(([id, , state]) => [id, state]),
    [['ended', 'STOPPED']],
  );
  t.same(
    states.filter(([, state]) => state !== 'created'),
    [['ended', 'exited']],
  );
  t.end();
});

t.test('images are those of ctr', (t) => {
  const images = engine.listImages();
  for (const namespace of ['default', 'k8s.io']) {
    const rows = ctrRows(`ctr -n ${namespace} images ls`);
    const image = images.find(({ references }) => references[0]?.startsWith(`${namespace}/`));
    t.same(
      image?.references,
      rows.map(([name = '']) => `${namespace}/${name.replace('docker.io/library/', '')}`).sort(),
    );
    t.same(
      rows.map(([, , digest]) => digest),
      rows.map(() => image?.digest),
    );
    t.equal(image?.platform, rows[0]?.[5]);
  }
  t.end();
});

t.test('layers are the snapshots of ctr, base first', (t) => {
  const rows = ctrRows('ctr -n default snapshots ls');
  const parents = new Map(rows.map((row) => [row[0], row.length === 3 ? row[1] : undefined]));
  const [image] = engine.listImages();
  const chain: (string | undefined)[] = [];
  for (let key = parents.get('changed'); key !== undefined; key = parents.get(key)) chain.push(key);
  t.same(image?.layers.map(({ chainID }) => chainID).reverse(), chain);
  const lower = engine.findContainer('default/changed')?.directories.lower;
  t.same(lower, [
    { role: 'layer', directory: `${SNAPSHOTS}/snapshots/2/fs`, layerIndex: 2 },
    { role: 'layer', directory: `${SNAPSHOTS}/snapshots/1/fs`, layerIndex: 1 },
  ]);
  t.same(
    image?.layers.map(({ chainID }) => engine.layerDirectory(chainID)?.directory),
    [`${SNAPSHOTS}/snapshots/1/fs`, `${SNAPSHOTS}/snapshots/2/fs`],
  );
  t.end();
});

t.test('a container is found by each of its names', (t) => {
  const id = (text: string) => engine.findContainer(text)?.id;
  t.equal(id('k8s.io/shop/web-0/POD'), IDS.sandbox);
  t.equal(id('shop/web-0/POD'), IDS.sandbox, 'the namespace can be left out');
  t.equal(id(`k8s.io/${IDS.first}`), IDS.first);
  t.equal(id(IDS.second), IDS.second);
  t.equal(id('bbbbbb'), IDS.first, 'the beginning of an id');
  t.equal(id('shop'), 'f'.repeat(64), 'a name of nerdctl');
  t.equal(id('ended'), 'ended', 'an id of ctr');
  t.equal(id('default/nobody'), undefined);
  t.end();
});

t.test('an image is found by each of its names', (t) => {
  const found = (text: string) => engine.findImage(text)?.references[0];
  const [first] = engine.listImages();
  t.equal(found('k8s.io/hello:1'), 'k8s.io/hello:1');
  t.equal(found('default/docker.io/library/hello:1'), 'default/hello:1');
  t.equal(found('default/registry.example/team/hello:stable'), 'default/hello:1');
  t.equal(found('registry.example/team/hello:stable'), 'default/hello:1');
  t.ok(found('hello:1'), 'the same image in two namespaces is one image');
  t.ok(found(first?.id ?? ''));
  t.ok(found(`hello@${first?.digest ?? ''}`));
  t.ok(found((first?.id ?? '').slice(7, 19)));
  t.equal(found('nobody'), undefined);
  t.end();
});

t.test('what is recorded', (t) => {
  const container = engine.findContainer('default/shop');
  t.same(container?.ports, ['127.0.0.1:8080->80/tcp']);
  t.same(container?.command, ['/hello']);
  t.match(container?.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
  t.same(container?.cgroupPaths, [`/default/${'f'.repeat(64)}`]);
  t.match(container?.record, {
    namespace: 'default',
    image: 'docker.io/library/hello:1',
    snapshotter: 'overlayfs',
    runtime: 'io.containerd.runc.v2',
    spec: { process: { args: ['/hello'], env: ['PATH=/'] } },
  });
  const ended = engine.findContainer('ended');
  t.equal(
    ended?.runtimeConfig,
    '/run/containerd/io.containerd.runtime.v2.task/default/ended/config.json',
  );
  t.end();
});

t.test('the bytes of an image are verified blobs', async (t) => {
  const image = engine.openImage(firstImage(engine));
  t.same(image.problems, []);
  t.same([...image.references].sort(), [
    'docker.io/library/hello:1',
    'registry.example/team/hello:stable',
  ]);
  for (const layer of image.layers) {
    let size = 0;
    for await (const chunk of layer.openTar()) size += (chunk as Buffer).length;
    t.ok(size > 0, `layer ${layer.index} and its diffID`);
  }
});

t.test('layers whose blobs are gone are there as directories', (t) => {
  const image = engine.openImage(firstImage(engine));
  const blobs = image.layers.map(({ descriptor }) => descriptor.digest.slice(7));
  const isKept = ([path]: readonly [string, unknown]) =>
    !blobs.some((blob) => path.endsWith(`/sha256/${blob}`));
  const { files, statuses = {}, ...rest } = fixtureRecord();
  const pruned = engineOn({
    ...rest,
    files: Object.fromEntries(Object.entries(files).filter(isKept)),
    statuses: Object.fromEntries(Object.entries(statuses).filter(isKept)),
  });
  const opened = pruned.openImage(firstImage(pruned));
  t.same(
    opened.layers.map(({ unpackedOnly }) => unpackedOnly),
    [true, true],
  );
  t.same(opened.problems, [], 'that is how nodes are set up, and no damage');
  t.end();
});

/** The fixture on a machine where the container "ended" still runs, or seems to. */
function living(changes: {
  start?: number;
  state?: string;
  runc?: boolean;
  cgroup?: string;
}): HostRecord {
  const { start = 5000, state = 'S', runc = true, cgroup = '/default/ended' } = changes;
  const fixture = fixtureRecord();
  const bundle = '/run/containerd/io.containerd.runtime.v2.task/default/ended';
  const pid = Buffer.from(fixture.files[`${bundle}/init.pid`] ?? '').toString();
  const stat = `${pid} (hello) ${state} 1 ${pid} ${pid} 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${start} 0 0`;
  const known = JSON.stringify({ init_process_pid: Number(pid), init_process_start: 5000 });
  const text = (content: string) => Buffer.from(content);
  return {
    ...fixture,
    files: {
      ...fixture.files,
      '/proc/stat': text('btime 1700000000\n'),
      [`/proc/${pid}/stat`]: text(stat),
      [`/proc/${pid}/cgroup`]: text(`0::${cgroup}\n`),
      ...(runc ? { '/run/containerd/runc/default/ended/state.json': text(known) } : {}),
    },
  };
}

t.test('a pid counts when its process is the one that runc started', (t) => {
  const state = (record: HostRecord, isLive = true) =>
    engineOn(record, isLive).findContainer('ended')?.state;
  t.equal(state(living({})), 'running');
  t.equal(state(living({}), false), 'exited', 'nothing of a disk runs');
  t.equal(state(living({ start: 6000 })), 'exited', 'another process got its pid');
  t.equal(state(living({ state: 'Z' })), 'exited', 'a zombie');
  t.equal(state(living({ runc: false })), 'running', 'known by its cgroup alone');
  t.equal(state(living({ runc: false, cgroup: '/user.slice' })), 'exited', 'and not without');
  const running = engineOn(living({}), true).findContainer('ended');
  t.equal(running?.init?.startTicks, 5000);
  t.equal(running?.startedAt, '2023-11-14T22:14:10Z');
  const waiting = living({});
  const fifo = { '/run/containerd/runc/default/ended/exec.fifo': Buffer.alloc(0) };
  t.equal(state({ ...waiting, files: { ...waiting.files, ...fifo } }), 'created');
  t.end();
});

t.test('where containerd was never started there is nothing, and no complaint', (t) => {
  const nothing = engineOn({ directories: [ROOT] });
  t.same(nothing.listContainers(), []);
  t.same(nothing.listImages(), []);
  t.same(nothing.listProblems?.(), []);
  t.end();
});
