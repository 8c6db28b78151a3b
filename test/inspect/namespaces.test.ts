import t from 'tap';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { linuxHost } from '../../src/host/linux-host.js';
import { recordedHost } from '../../src/host/recorded-host.js';
import { NsDocument } from '../../src/inspect/documents/ns.js';
import { inspectNamespaces } from '../../src/inspect/namespaces.js';
import { HOST_INODES, recordProcesses, type Said } from '../ns/recorded-process.js';
import { findBelow, start, until } from '../ns/real-process.js';
import { schemaErrors } from '../support/schema-errors.js';

const live = linuxHost();
const unable = live.effectiveUid === 0 ? false : 'unshare(1) without a user namespace needs root';

function containerNamed(name: string, initPid: number, cgroup?: string) {
  const subject = { kind: 'container', engine: 'docker', target: `docker:${name}`, name } as const;
  return { subject, initPid, ...(cgroup === undefined ? {} : { cgroupPaths: [cgroup] }) };
}

const OWN = { mnt: 11, pid: 12, net: 13, ipc: 14, uts: 15 };
const POD: Readonly<Record<number, Said>> = {
  1: { ppid: 0, comm: 'systemd' },
  20: { ppid: 1, comm: 'shim' },
  30: { ppid: 20, nsPid: [30, 1], namespaces: OWN, cgroup: '0::/c/git\n' },
  31: { ppid: 30, nsPid: [31, 2], namespaces: OWN, cgroup: '0::/c/git\n' },
  // A side-car: its own files and processes, the network of the first.
  40: { ppid: 20, nsPid: [40, 1], namespaces: { ...OWN, mnt: 21, pid: 22 }, cgroup: '0::/c/web\n' },
  50: { ppid: 1 },
};

function podHost(more: Readonly<Record<number, Said>> = {}) {
  const { files, links } = recordProcesses({ ...POD, ...more });
  const mounts = `9 1 0:4 net:[13] /run/netns/git rw - nsfs nsfs rw
9 1 0:4 net:[99] /run/netns/left\\040over rw - nsfs nsfs rw\n`;
  files['/proc/1/mountinfo'] = mounts;
  files['/etc/passwd'] = 'root:x:0:0\n';
  return recordedHost({
    files,
    links,
    processId: 50,
    namespaces: {
      '/proc/30/ns/net': { owner: `${HOST_INODES.user}` },
      '/proc/30/ns/pid': { owner: `${HOST_INODES.user}`, parent: `${HOST_INODES.pid}` },
      '/run/netns/left over': { owner: `${HOST_INODES.user}` },
    },
  });
}

t.test('one container: own, shared and the host’s', (t) => {
  const others = [containerNamed('web', 40, '/c/web')];
  const document = inspectNamespaces(podHost(), [containerNamed('git', 30, '/c/git')], { others });
  t.same(schemaErrors(NsDocument, document), []);
  t.equal(document.subject.target, 'docker:git');
  t.same(document.problems, []);
  t.same(document.findings, []);
  t.equal(document.host.pid, 1);
  t.same(
    document.subjects.map((one) =>
      one.namespaces.map(({ type, host }) => `${type}${host ? ' host' : ''}`),
    ),
    [['mnt', 'pid', 'net', 'ipc', 'uts', 'user host', 'cgroup host', 'time host']],
  );
  t.equal(document.namespaces.length, 8);
  const find = (type: string) => document.namespaces.find((one) => one.type === type);
  t.match(find('pid'), {
    inode: '12',
    host: false,
    processes: 2,
    sharedBy: [{ target: 'docker:git', name: 'git', processes: 2 }],
    otherProcesses: { count: 0, pids: [] },
    lowest: { pid: 30, user: { uid: 0, name: 'root' }, command: { argv: ['sleep', '60'] } },
    heldBy: [],
    owner: `${HOST_INODES.user}`,
    parent: `${HOST_INODES.pid}`,
  });
  t.match(find('net'), {
    processes: 3,
    sharedBy: [
      { name: 'git', processes: 2 },
      { name: 'web', processes: 1 },
    ],
    heldBy: [{ mountPoint: '/run/netns/git', mountNamespace: `${HOST_INODES.mnt}`, pid: 1 }],
  });
  t.match(find('user'), { host: true, otherProcesses: { count: 3, pids: [1, 20, 50] } });
  t.end();
});

t.test('several: one row each, every namespace once; a stopped one says so', (t) => {
  const subjects = [
    containerNamed('git', 30, '/c/git'),
    containerNamed('web', 40, '/c/web'),
    containerNamed('old', 77),
  ];
  const document = inspectNamespaces(podHost(), subjects);
  t.same(schemaErrors(NsDocument, document), []);
  t.equal(document.subject.kind, 'host');
  t.same(
    document.subjects.map(({ name, pid, namespaces }) => [name, pid, namespaces.length]),
    [
      ['git', 30, 8],
      ['web', 40, 8],
      ['old', undefined, 0],
    ],
  );
  t.match(document.problems, [{ code: 'not-running', message: /docker:old/ }]);
  t.same(
    document.namespaces.map(({ type, inode }) => `${type} ${inode}`),
    [
      'mnt 11',
      'mnt 21',
      'pid 12',
      'pid 22',
      'net 13',
      'ipc 14',
      'uts 15',
      `user ${HOST_INODES.user}`,
      `cgroup ${HOST_INODES.cgroup}`,
      `time ${HOST_INODES.time}`,
    ],
  );
  t.end();
});

t.test('one that is there but may not be read', (t) => {
  const { files, links } = recordProcesses(POD);
  const failures = { '/proc/30/ns': 'EACCES', '/proc/31/ns': 'EACCES' };
  const host = recordedHost({ files, links, failures, processId: 50 });
  const document = inspectNamespaces(host, [containerNamed('git', 30, '/c/git')]);
  t.same(schemaErrors(NsDocument, document), []);
  t.match(document.subjects, [{ pid: 30, namespaces: [] }]);
  t.match(document.problems, [
    { code: 'namespaces-unreadable', path: '/proc/30/ns' },
    { code: 'EACCES', message: /and 1 more/ },
  ]);
  t.end();
});

t.test('who entered, and who is in the cgroup only', (t) => {
  const host = podHost({
    60: { ppid: 1, comm: 'nsenter', namespaces: { mnt: 11, net: 13 } },
    61: { ppid: 20, comm: 'stray', cgroup: '0::/c/git\n' },
    62: { ppid: 1, comm: 'child', nsPid: [62, 3], namespaces: OWN },
  });
  const subjects = [containerNamed('git', 30, '/c/git')];
  const others = [containerNamed('web', 40, '/c/web')];
  const { findings } = inspectNamespaces(host, subjects, { others });
  t.same(
    findings.map(({ code, pid, types }) => [code, pid, types.join()]),
    [
      ['outsider-in-namespace', 60, 'mnt,net'],
      ['outsider-in-namespace', 62, 'mnt,pid,net,ipc,uts'],
      ['member-in-host-namespace', 61, 'mnt,pid,net,ipc,uts'],
    ],
  );
  t.equal(
    findings[0]?.message,
    'process 60 (nsenter) is in the mnt and net namespaces of git but outside its cgroup',
  );
  t.end();
});

t.test('a user namespace alone makes nobody an outsider', (t) => {
  const { files, links } = recordProcesses({
    1: { ppid: 0 },
    30: { ppid: 1, nsPid: [30, 1], namespaces: { ...OWN, user: 90 }, cgroup: '0::/c/git\n' },
    35: { ppid: 1, comm: 'slirp4netns', namespaces: { user: 90 } },
  });
  const host = recordedHost({ files, links, processId: 1 });
  t.same(inspectNamespaces(host, [containerNamed('git', 30, '/c/git')]).findings, []);
  t.end();
});

t.test('the whole machine, also what only a mount holds', (t) => {
  const document = inspectNamespaces(podHost(), [], { others: [containerNamed('git', 30)] });
  t.same(schemaErrors(NsDocument, document), []);
  t.same(document.subjects, []);
  const left = document.namespaces.find(({ inode }) => inode === '99');
  t.match(left, {
    type: 'net',
    processes: 0,
    heldBy: [{ mountPoint: '/run/netns/left over' }],
    owner: `${HOST_INODES.user}`,
  });
  t.equal(left?.lowest, undefined);
  t.equal(document.namespaces.length, 8 + 7 + 1);
  t.end();
});

t.test('a long list of others is cut at 20 and counted', (t) => {
  const more = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [200 + index, {}]));
  const document = inspectNamespaces(podHost(more), [containerNamed('git', 30, '/c/git')]);
  const user = document.namespaces.find(({ type }) => type === 'user');
  t.equal(user?.otherProcesses.count, 44);
  t.equal(user?.otherProcesses.pids.length, 20);
  t.end();
});

interface Lsns {
  readonly namespaces: { ns: number; type: string; pid: number; nsfs?: string }[];
}

t.test('live: the whole machine as lsns(8) lists it', { skip: unable }, async (t) => {
  const outer = start(['unshare', '-fpmuinC', '--mount-proc', 'sleep', '71.5']);
  t.teardown(outer.stop);
  await until(() => findBelow(outer.pid, 'sleep 71.5'));
  const list = () => {
    // It gives up when a process ends that it was looking at.
    let stdout = '';
    for (let tries = 0; stdout === '' && tries < 50; tries += 1) {
      ({ stdout } = spawnSync('lsns', ['-J', '-o', 'NS,TYPE,PID'], { encoding: 'utf8' }));
    }
    const { namespaces } = JSON.parse(stdout) as Lsns;
    return new Map(namespaces.map(({ type, ns, pid }) => [`${type} ${ns}`, pid]));
  };
  const before = list();
  const document = inspectNamespaces(live, []);
  const after = list();
  t.same(schemaErrors(NsDocument, document), []);
  const ours = new Map(document.namespaces.map((one) => [`${one.type} ${one.inode}`, one]));
  let compared = 0;
  for (const [key, pid] of before) {
    // Other tests come and go meanwhile: what stood still must agree.
    if (after.get(key) !== pid) continue;
    t.equal(ours.get(key)?.lowest?.pid, pid, key);
    compared += 1;
  }
  t.ok(compared >= 14, `${compared} namespaces`);
  const known = (key: string) => before.has(key) || after.has(key);
  const gone = [...ours].filter(([key, one]) => one.processes > 0 && !known(key));
  t.ok(gone.length < 8, `${gone.length} that lsns never saw`);
});

t.test(
  'live: one that was entered, and its network held by a mount',
  { skip: unable },
  async (t) => {
    const directory = mkdtempSync(`${tmpdir()}/cutaway-`);
    const point = `${directory}/net`;
    writeFileSync(point, '');
    t.teardown(() => {
      spawnSync('umount', [point]);
      rmSync(directory, { recursive: true });
    });
    const outer = start(['unshare', '-fpmui', `--net=${point}`, '--mount-proc', 'sleep', '72.5']);
    t.teardown(outer.stop);
    const init = await until(() => findBelow(outer.pid, 'sleep 72.5'));
    const enter = start(['nsenter', '-t', `${init}`, '-n', '-u', 'sleep', '73.5']);
    t.teardown(enter.stop);
    await until(() =>
      live.readLink(`/proc/${enter.pid}/exe`).endsWith('sleep') ? true : undefined,
    );
    const subject = { kind: 'process', engine: 'host', target: `pid:${init}` } as const;
    const document = inspectNamespaces(live, [{ subject, initPid: init }]);
    t.same(schemaErrors(NsDocument, document), []);
    const [row] = document.subjects;
    for (const { type, inode, host } of row?.namespaces ?? []) {
      t.equal(live.readLink(`/proc/${init}/ns/${type}`), `${type}:[${inode}]`);
      t.equal(host, ['user', 'cgroup', 'time'].includes(type), type);
    }
    t.equal(row?.namespaces.length, 8);
    const net = document.namespaces.find(({ type }) => type === 'net');
    t.match(net?.heldBy, [{ mountPoint: point }]);
    t.match(document.findings, [
      { code: 'outsider-in-namespace', pid: enter.pid, types: ['net', 'uts'] },
    ]);
    t.equal(document.findings.length, 1, 'unshare(1) itself is its supervisor');
  },
);

t.test('live: unshare without a fork shows where children will be', { skip: unable }, async (t) => {
  const child = start(['unshare', '-p', 'sh', '-c', 'sleep 74.5; true']);
  t.teardown(child.stop);
  await until(() => findBelow(child.pid, 'sleep 74.5'));
  const subject = { kind: 'process', engine: 'host', target: `pid:${child.pid}` } as const;
  const document = inspectNamespaces(live, [{ subject, initPid: child.pid }]);
  const pid = document.subjects[0]?.namespaces.find(({ type }) => type === 'pid');
  t.equal(pid?.host, true);
  const expected = live.readLink(`/proc/${child.pid}/ns/pid_for_children`);
  t.equal(`pid:[${pid?.forChildren}]`, expected);
});
