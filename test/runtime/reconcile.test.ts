// What killed processes leave in a store, made by hand, and what the next command makes of it.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import t, { type Test } from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { completeCreation, createContainer } from '../../src/runtime/create-container.js';
import { reconcile } from '../../src/runtime/reconcile.js';
import { findContainer, writeState } from '../../src/runtime/store/container-store.js';
import { containerPaths } from '../../src/runtime/store/paths.js';
import { identifyProcess } from '../../src/runtime/store/process-identity.js';
import { openStore, type Store } from '../../src/runtime/store/store.js';
import { makeTemporaryDirectory, writeWhole } from '../../src/runtime/store/temporary.js';
import { claimSupervision } from '../../src/runtime/supervision.js';
import { mountsBelow } from '../support/cli.js';

const host = linuxHost();
const skip = host.effectiveUid === 0 ? false : 'needs root';
/** Nobody: pids end below it (pid_max). */
const DEAD = { pid: 4_194_400, startTicks: 1 };
const DIGEST = `sha256:${'d'.repeat(64)}` as const;

function makeStore(t: Test): Store {
  const store = openStore(host, `${t.testdir()}/root`);
  t.teardown(() => {
    for (const point of mountsBelow(store.paths)) host.unmount(point);
    host.removeTree(store.paths.run);
  });
  return store;
}

function makeContainer(store: Store, name: string, options: { autoRemove?: boolean } = {}) {
  const image = {
    reference: 'busybox:latest',
    id: DIGEST,
    config: {
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers' as const, diff_ids: [] },
      history: [],
    },
    layers: [],
  };
  return createContainer(store, image, {
    name,
    args: ['true'],
    variables: [],
    terminal: false,
    openStdin: false,
    autoRemove: options.autoRemove ?? false,
    readOnly: false,
    network: 'none',
    mounts: [],
    volumesFrom: [],
    labels: {},
  });
}

/** As if it had been prepared: its directories, with something mounted. */
function mountContainer(store: Store, id: string): void {
  const { merged, upper, overlay } = containerPaths(store.paths, id);
  for (const path of [overlay, merged, upper]) mkdirSync(path);
  host.bindMount(upper, merged);
}

t.test('work in progress', { skip }, async (t) => {
  const store = makeStore(t);
  const { temporary, links } = store.paths;
  const own = makeTemporaryDirectory(store);
  const dead = `${temporary}/${DEAD.pid}-1-abcdef`;
  mkdirSync(`${dead}/view`, { recursive: true });
  mkdirSync(`${dead}/other`);
  writeFileSync(`${dead}/other/file`, '');
  host.bindMount(`${dead}/other`, `${dead}/view`);
  writeFileSync(`${temporary}/${DEAD.pid}-1-012345`, 'half a file');
  // The same pid as ours, started at another time.
  mkdirSync(`${temporary}/${process.pid}-1-abcdef`);
  mkdirSync(`${temporary}/no name of ours`);
  symlinkSync('../nowhere/diff', `${links}/DANGLING`);
  await reconcile(store);
  t.same(readdirSync(temporary), [own.slice(own.lastIndexOf('/') + 1)], 'ours stays');
  t.same(mountsBelow(store.paths), []);
  t.same(readdirSync(links), []);

  symlinkSync('../coming/diff', `${links}/COMING`);
  await reconcile(store);
  t.same(readdirSync(links), ['COMING'], 'where nobody was killed nothing dangles');
});

t.test('a whole file or none', { skip }, (t) => {
  const store = makeStore(t);
  const path = `${store.paths.images}/index.json`;
  writeWhole(store, path, 'one');
  writeWhole(store, path, 'two', 0o600);
  t.equal(host.readText(path), 'two');
  t.equal(host.lstat(path).mode, 0o600);
  t.throws(() => {
    writeWhole(store, `${store.paths.images}/no/such/place`, 'x');
  });
  t.same(readdirSync(store.paths.images), ['index.json']);
  t.end();
});

t.test('killed while it was being made', { skip }, async (t) => {
  const store = makeStore(t);
  const record = makeContainer(store, 'made');
  const gone = makeContainer(store, 'gone', { autoRemove: true });
  mountContainer(store, record.id);
  await reconcile(store);
  t.equal(mountsBelow(store.paths).length, 1, 'we are alive: nothing is touched');
  t.match(findContainer(store, record.id), { status: 'created' });

  for (const { id } of [record, gone]) writeState(store, id, { supervisor: DEAD });
  await reconcile(store);
  t.same(mountsBelow(store.paths), []);
  t.match(findContainer(store, record.id), { status: 'created', state: { supervisor: undefined } });
  t.equal(findContainer(store, gone.id), undefined, 'with --rm nobody wants it any more');
  t.same(readdirSync(store.paths.names), ['made']);
});

t.test('killed while it ran', { skip }, async (t) => {
  const store = makeStore(t);
  const record = makeContainer(store, 'ran');
  const gone = makeContainer(store, 'gone', { autoRemove: true });
  const startedAt = '2026-11-21T00:00:00.000Z';
  for (const { id } of [record, gone]) {
    mountContainer(store, id);
    writeState(store, id, { startedAt, supervisor: DEAD });
    const { networkNamespace, pidFile, runtimeState } = containerPaths(store.paths, id);
    host.createNetworkNamespace((writeFileSync(networkNamespace, ''), networkNamespace));
    writeFileSync(pidFile, '1');
    mkdirSync(runtimeState.slice(0, runtimeState.lastIndexOf('/')));
  }
  await reconcile(store);
  t.same(mountsBelow(store.paths), []);
  for (const name of ['netns', 'pid', 'log', 'runc'])
    t.same(readdirSync(`${store.paths.run}/${name}`), []);
  const found = findContainer(store, record.id);
  t.match(found, { status: 'exited', state: { startedAt, error: /^its supervisor was killed/ } });
  t.ok((found?.state.finishedAt ?? '') > startedAt);
  t.equal(found?.state.exitCode, undefined);
  t.equal(findContainer(store, gone.id), undefined);
  t.same(readdirSync(store.paths.overlay).sort(), ['l', record.id].sort());

  await reconcile(store);
  t.same(findContainer(store, record.id), found, 'once is enough');
});

t.test('its supervisor is dead, the runtime is not', { skip }, async (t) => {
  const store = makeStore(t);
  const record = makeContainer(store, 'starts');
  writeState(store, record.id, { startedAt: '2026-11-21T00:00:00.000Z', supervisor: DEAD });
  const self = identifyProcess(host, process.pid);
  writeFileSync(containerPaths(store.paths, record.id).runtimePid, JSON.stringify(self));
  await reconcile(store);
  t.match(findContainer(store, record.id), { status: 'created', state: { supervisor: DEAD } });
});

t.test('killed while it was being removed', { skip }, async (t) => {
  const store = makeStore(t);
  const ended = {
    startedAt: '2026-11-21T00:00:00.000Z',
    finishedAt: '2026-11-21T00:00:01.000Z',
    exitCode: 3,
  };
  const claimed = makeContainer(store, 'claimed');
  writeState(store, claimed.id, { ...ended, supervisor: DEAD });
  const half = makeContainer(store, 'half');
  mountContainer(store, half.id);
  host.removeFile(containerPaths(store.paths, half.id).record);
  symlinkSync('0'.repeat(64), `${store.paths.names}/nobody`);
  await reconcile(store);
  t.same(findContainer(store, claimed.id)?.state, ended, 'how it ended is not forgotten');
  t.same(readdirSync(store.paths.names), ['claimed']);
  t.same(readdirSync(store.paths.containers).sort(), [claimed.id, 'names'].sort());
  t.same(readdirSync(store.paths.overlay), ['l']);
  t.same(mountsBelow(store.paths), []);
});

t.test('claims', { skip }, (t) => {
  const store = makeStore(t);
  const record = makeContainer(store, 'web');
  completeCreation(store, record);
  t.match(findContainer(store, record.id), { status: 'created', state: {} });
  writeState(store, record.id, { supervisor: DEAD });
  claimSupervision(store, record);
  t.match(
    findContainer(store, record.id)?.state.supervisor,
    { pid: process.pid },
    'a dead one’s is void',
  );
  claimSupervision(store, record);
  const other = identifyProcess(host, process.ppid);
  writeState(store, record.id, {
    startedAt: '2026-11-21T00:00:00.000Z',
    ...(other === undefined ? {} : { supervisor: other }),
  });
  t.throws(
    () => {
      claimSupervision(store, record);
    },
    {
      code: 'IN_USE',
      message: `start container "web": it is being started by process ${process.ppid}`,
    },
  );
  host.removeFile(containerPaths(store.paths, record.id).record);
  t.throws(
    () => {
      claimSupervision(store, record);
    },
    { code: 'NOT_FOUND', message: 'start container "web": it is gone' },
  );
  t.equal(readlinkSync(`${store.paths.names}/web`), record.id);
  t.ok(existsSync(store.paths.lock));
  t.end();
});
