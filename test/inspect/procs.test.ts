import t from 'tap';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { linuxHost } from '../../src/host/linux-host.js';
import { recordedHost } from '../../src/host/recorded-host.js';
import { ProcsDocument } from '../../src/inspect/documents/procs.js';
import { inTreeOrder, inspectProcesses } from '../../src/inspect/procs.js';
import { HOST_INODES, recordProcesses } from '../ns/recorded-process.js';
import { commandOf, findBelow, listBelow, start, until } from '../ns/real-process.js';
import { schemaErrors } from '../support/schema-errors.js';

const live = linuxHost();
const unable = live.effectiveUid === 0 ? false : 'unshare(1) without a user namespace needs root';
const container = { kind: 'container', engine: 'cutaway', target: 'web' } as const;
const machine = { kind: 'host', engine: 'host', target: 'host' } as const;

t.test('tree order: parents first, siblings by pid, nobody lost', (t) => {
  const node = (pid: number, ppid: number) => ({ pid, ppid });
  const order = (nodes: { pid: number; ppid: number }[]) =>
    inTreeOrder(nodes).map(({ pid }) => pid);
  t.same(order([node(9, 2), node(5, 1), node(2, 1), node(3, 5), node(7, 2)]), [2, 7, 9, 5, 3]);
  t.same(order([node(8, 9), node(9, 8), node(1, 0)]), [1, 8, 9], 'a circle');
  t.same(order([node(4, 4)]), [4]);
  const chain = Array.from({ length: 50_000 }, (_, index) => node(index + 1, index));
  t.equal(order(chain).length, 50_000, 'deeper than any call stack');
  t.end();
});

t.test('a container of a recorded host', (t) => {
  const own = { pid: 100, user: 300, mnt: 301 };
  const cgroup = '2:pids:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n';
  const record = recordProcesses({
    1: { ppid: 0, comm: 'systemd' },
    20: { ppid: 1, comm: 'shim', cmdline: 'shim\0--id\0abc\0' },
    30: { ppid: 20, nsPid: [30, 1], uid: 100000, namespaces: own, cgroup },
    31: { ppid: 30, nsPid: [31, 2], uid: 100101, namespaces: own, cgroup, cmdline: '\u001b[2J\0' },
    33: { ppid: 30, nsPid: [33, 3], uid: 7, namespaces: own, cgroup },
    40: { ppid: 1, nsPid: [40, 4], namespaces: own, comm: 'intruder' },
    41: { ppid: 20, cgroup, comm: 'helper' },
    50: { ppid: 1 },
  });
  Object.assign(record.files, {
    '/etc/passwd': 'root:x:0:0\nsubuid:x:100000:1\n',
    '/proc/30/uid_map': '0 100000 65536\n',
    '/proc/30/root/etc/passwd': 'root:x:0:0\nweb:x:101:1\n',
  });
  const host = recordedHost({ ...record, now: 1_700_000_000_000, processId: 50 });
  const document = inspectProcesses(host, {
    subject: container,
    initPid: 30,
    cgroupPaths: ['/docker/abc'],
  });
  t.same(schemaErrors(ProcsDocument, document), []);
  t.same(document.problems, []);
  t.equal(document.init, 30);
  t.same(
    document.processes.map((one) => [one.pid, one.supervisor, one.belongsBy.join()]),
    [
      [20, true, ''],
      [30, false, 'namespace,cgroup'],
      [31, false, 'namespace,cgroup'],
      [33, false, 'namespace,cgroup'],
      [41, false, 'cgroup'],
      [40, false, 'namespace'],
    ],
  );
  const [shim, init, worker, unmapped] = document.processes;
  t.equal(shim?.userInside, undefined, 'the shim has the users of the host');
  t.match(init, { user: { uid: 100000, name: 'subuid' }, userInside: { uid: 0, name: 'root' } });
  t.match(worker, { user: { uid: 100101 }, userInside: { uid: 101, name: 'web' } });
  t.same(worker?.pidInNamespaces, [31, 2]);
  t.same(worker?.command, { comm: 'sleep', argv: ['\u001b[2J'] }, 'JSON keeps the truth');
  t.same(unmapped?.userInside, {}, 'an id that the map has no place for');
  t.same(init?.cgroups, [
    { path: '/docker/abc', controllers: ['pids', 'name=systemd'] },
    { path: '/', controllers: ['unified'] },
  ]);
  t.match(document.findings, [
    { code: 'outside-cgroup', pid: 40 },
    { code: 'outside-namespace', pid: 41 },
  ]);
  t.end();
});

t.test('a stopped container, and one that has nothing of its own', (t) => {
  const host = recordedHost(recordProcesses({ 1: { ppid: 0 }, 5: { ppid: 1 }, 6: { ppid: 5 } }));
  const gone = inspectProcesses(host, { subject: container, initPid: 77 });
  t.same(gone.processes, []);
  t.match(gone.problems, [{ code: 'not-running' }]);
  const plain = inspectProcesses(host, { subject: container, initPid: 5 });
  t.same(
    plain.processes.map(({ pid }) => pid),
    [5, 6],
  );
  t.match(plain.problems, [{ code: 'members-by-descent' }]);
  for (const one of [gone, plain]) t.same(schemaErrors(ProcsDocument, one), []);
  t.end();
});

t.test('names that are no UTF-8 carry their bytes', (t) => {
  const { files, links } = recordProcesses({ 5: {} });
  links['/proc/5/exe'] = '/bin/\udcff';
  const cmdline = Buffer.from([0x61, 0, 0xff, 0]);
  const host = recordedHost({ files: { ...files, '/proc/5/cmdline': cmdline }, links });
  const document = inspectProcesses(host, { subject: machine });
  t.same(schemaErrors(ProcsDocument, document), []);
  const [process] = document.processes;
  t.same(process?.command.argv, ['a', '\udcff']);
  t.equal(process?.command.argvBase64, cmdline.toString('base64'));
  t.equal(process?.exeBase64, Buffer.from('/bin/\xff', 'latin1').toString('base64'));
  t.end();
});

t.test('an ordinary user is told what could not be seen', (t) => {
  const { files, links } = recordProcesses({ 5: {}, 6: {}, 7: {} });
  files['/proc/self/mountinfo'] = '22 1 0:21 / /proc rw - proc proc rw,hidepid=invisible\n';
  const failures = { '/proc/5/exe': 'EACCES', '/proc/6/exe': 'EACCES', '/proc/7/stat': 'EPERM' };
  const host = recordedHost({ files, links, failures, effectiveUid: 1000 });
  const { problems, processes } = inspectProcesses(host, { subject: machine });
  t.equal(processes.length, 2);
  t.match(problems, [
    { code: 'EACCES', message: /and 1 more/ },
    { code: 'EPERM', path: '/proc/7/stat' },
    { code: 'processes-hidden' },
  ]);
  t.end();
});

t.test('the same machine gives the same bytes', (t) => {
  const record = recordProcesses({ 9: { ppid: 3 }, 3: { ppid: 1 }, 1: { ppid: 0 } });
  const backwards = {
    files: Object.fromEntries(Object.entries(record.files).reverse()),
    links: Object.fromEntries(Object.entries(record.links).reverse()),
  };
  const json = (one: typeof record) =>
    JSON.stringify(inspectProcesses(recordedHost(one), { subject: machine }));
  t.equal(json(record), json(backwards));
  t.ok(HOST_INODES.mnt);
  t.end();
});

t.test('live: all processes of the machine, as ps(1) has them', (t) => {
  const document = inspectProcesses(live, { subject: machine });
  t.same(schemaErrors(ProcsDocument, document), []);
  const { stdout } = spawnSync('ps', ['-eo', 'pid='], { encoding: 'utf8' });
  const theirs = new Set(stdout.trim().split(/\s+/).map(Number));
  const stable = document.processes.filter(({ pid }) => theirs.has(pid));
  t.ok(stable.length > 10);
  t.ok(document.processes.length - stable.length < 20);
  const own = document.processes.find(({ pid }) => pid === process.pid);
  t.equal(own?.user.uid, live.effectiveUid);
  t.equal(own?.exe, process.execPath);
  t.end();
});

t.test('live: a pid namespace with another nested in it', { skip: unable }, async (t) => {
  const nested = 'unshare -fp --mount-proc sh -c "sleep 64.5 & sleep 65.5 & wait"';
  const script = `sleep 66.5 & ${nested} & wait`;
  const outer = start(['unshare', '-fp', '--mount-proc', 'sh', '-c', script]);
  t.teardown(outer.stop);
  const last = await until(() => findBelow(outer.pid, 'sleep 65.5'));
  const members = listBelow(outer.pid);
  const [init = 0] = members;
  const document = inspectProcesses(live, {
    subject: { kind: 'process', engine: 'host', target: `pid:${init}` },
    initPid: init,
  });
  t.same(schemaErrors(ProcsDocument, document), []);
  t.same(
    document.processes.map(({ pid }) => pid).sort((a, b) => a - b),
    [outer.pid, ...members].sort((a, b) => a - b),
    'the init and all below it, with its parent on top',
  );
  t.equal(document.processes[0]?.supervisor, true);
  const deepest = document.processes.find(({ pid }) => pid === last);
  t.equal(
    deepest?.pidInNamespaces.length,
    (document.processes[0]?.pidInNamespaces.length ?? 0) + 2,
  );
  const pgrep = spawnSync('ps', ['-o', 'pidns=', '-p', `${last}`], { encoding: 'utf8' });
  t.equal(pgrep.stdout.trim(), /\d+/.exec(live.readLink(`/proc/${last}/ns/pid`))?.[0]);
  for (const one of document.processes.slice(1)) t.ok(one.belongsBy.includes('namespace'));
});

t.test('live: users through a user namespace', { skip: unable }, async (t) => {
  const argv = ['setpriv', '--reuid', '54321', '--clear-groups', 'unshare', '-Ur', 'sleep', '67.5'];
  const child = start(argv);
  t.teardown(child.stop);
  await until(() => (commandOf(child.pid) === 'sleep 67.5' ? true : undefined));
  const document = inspectProcesses(live, { subject: container, initPid: child.pid });
  const found = document.processes.find(({ pid }) => pid === child.pid);
  t.same(found?.user, { uid: 54321 });
  t.same(found?.userInside, { uid: 0, name: 'root' });
});

/** A container by runc, in the foreground, with a pid namespace and a cgroup of its own. */
async function runContainer(t: Teardown): Promise<{ init: number; runc: number; id: string }> {
  const directory = mkdtempSync(`${tmpdir()}/cutaway-`);
  const id = `cutaway-test-${process.pid}`;
  mkdirSync(`${directory}/rootfs/bin`, { recursive: true });
  mkdirSync(`${directory}/rootfs/etc`);
  copyFileSync('/usr/bin/busybox', `${directory}/rootfs/bin/busybox`);
  writeFileSync(`${directory}/rootfs/etc/passwd`, 'inner:x:0:0:::\n');
  spawnSync('runc', ['spec'], { cwd: directory });
  const spec = JSON.parse(readFileSync(`${directory}/config.json`, 'utf8'));
  spec.process.args = ['/bin/busybox', 'sh', '-c', 'busybox sleep 68.5 & wait'];
  spec.process.terminal = false;
  delete spec.process.rlimits;
  spec.linux.cgroupsPath = `/${id}`;
  writeFileSync(`${directory}/config.json`, JSON.stringify(spec));
  const root = ['--root', `${directory}/state`];
  const runc = spawn('runc', [...root, 'run', '-b', directory, id], { stdio: 'ignore' });
  t.teardown(() => {
    spawnSync('runc', [...root, 'delete', '--force', id]);
    rmSync(directory, { recursive: true, force: true });
  });
  const sleeper = await until(() => findBelow(runc.pid ?? 0, 'busybox sleep 68.5'));
  const init = listBelow(runc.pid ?? 0).find((pid) => listBelow(pid).includes(sleeper)) ?? 0;
  return { init, runc: runc.pid ?? 0, id };
}
interface Teardown {
  readonly teardown: (callback: () => void) => unknown;
}

const noRunc = spawnSync('runc', ['--version']).status === 0 ? unable : 'runc is not installed';

t.test('live: a container of runc, and who entered it', { skip: noRunc }, async (t) => {
  const { init, runc, id } = await runContainer(t);
  const enter = start(['nsenter', '-t', `${init}`, '-p', '-m', '/bin/busybox', 'sleep', '69.5']);
  t.teardown(enter.stop);
  const intruder = await until(() => findBelow(enter.pid, '/bin/busybox sleep 69.5'));
  const subject = { subject: container, initPid: init };
  for (const one of [subject, { ...subject, cgroupPaths: [`/${id}`] }]) {
    const document = inspectProcesses(live, one);
    t.same(schemaErrors(ProcsDocument, document), []);
    t.same(
      document.processes.map(({ pid, supervisor }) => [pid, supervisor]),
      [
        [runc, true],
        [init, false],
        [listBelow(init)[0], false],
        [intruder, false],
      ],
    );
    t.same(document.processes[1]?.pidInNamespaces.at(-1), 1);
    t.same(document.processes[1]?.userInside, { uid: 0, name: 'inner' });
    t.same(document.processes[1]?.belongsBy, ['namespace', 'cgroup']);
    t.same(
      document.findings.map(({ code, pid }) => [code, pid]),
      [
        ['outside-cgroup', intruder],
        ['less-confined', intruder],
      ],
      'it has kept the capabilities that it came with',
    );
  }
});
