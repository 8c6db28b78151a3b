import t from 'tap';
import { recordedHost, type HostRecord } from '../../src/host/recorded-host.js';
import { containerMembers, type ContainerIdentity } from '../../src/ns/membership.js';
import { indexNamespaces } from '../../src/ns/namespaces.js';
import { listProcesses } from '../../src/ns/process.js';
import { HOST_INODES, recordProcesses, type Said } from './recorded-process.js';

const CGROUP = '0::/docker/abc\n';
const OWN = { pid: 100 };

/** systemd → shim 20 → init 30 (its own pid namespace) → 31; 32 nested in it; 40 elsewhere. */
const HOST: Readonly<Record<number, Said>> = {
  1: { comm: 'systemd', ppid: 0 },
  20: { comm: 'shim', ppid: 1, cgroup: '0::/system.slice\n' },
  30: { ppid: 20, nsPid: [30, 1], namespaces: OWN, cgroup: CGROUP },
  31: { ppid: 30, nsPid: [31, 2], namespaces: OWN, cgroup: '0::/docker/abc/sub\n' },
  32: { ppid: 31, nsPid: [32, 3, 1], namespaces: { pid: 101 }, cgroup: CGROUP },
  40: { ppid: 1, nsPid: [40, 1], namespaces: { pid: 200 }, cgroup: '0::/docker/other\n' },
  41: { ppid: 40, nsPid: [41, 2, 1], namespaces: { pid: 201 }, cgroup: '0::/docker/other\n' },
};
const RELATIONS = {
  '/proc/30/ns/pid': { parent: `${HOST_INODES.pid}` },
  '/proc/32/ns/pid': { parent: '100' },
  '/proc/40/ns/pid': { parent: `${HOST_INODES.pid}` },
  '/proc/41/ns/pid': { parent: '200' },
};

function members(
  said: Readonly<Record<number, Said>>,
  identity: ContainerIdentity,
  more: HostRecord = {},
) {
  const host = recordedHost({ ...recordProcesses(said), namespaces: RELATIONS, ...more });
  const { processes } = listProcesses(host);
  const found = containerMembers(host, processes, identity);
  const again = containerMembers(host, processes, identity, indexNamespaces(host));
  t.same([...again.belongings], [...found.belongings], 'the same with an index');
  return { ...found, belongings: Object.fromEntries(found.belongings) };
}

t.test('pid namespace and cgroup together; nested namespaces and sub-cgroups count', (t) => {
  const found = members(HOST, { initPid: 30, cgroupPaths: ['/docker/abc'] });
  t.same(found.belongings, {
    30: ['namespace', 'cgroup'],
    31: ['namespace', 'cgroup'],
    32: ['namespace', 'cgroup'],
  });
  t.same([...found.supervisors], [20]);
  t.equal(found.ownPidNamespace, true);
  t.end();
});

t.test('the cgroup is the init’s when nobody names one', (t) => {
  t.same(members(HOST, { initPid: 30 }).cgroupPaths, ['/docker/abc']);
  const shared = { ...HOST, 30: { ...HOST[30], cgroup: '0::/system.slice\n' } };
  t.same(members(shared, { initPid: 30 }).cgroupPaths, [], 'the parent’s is not its own');
  t.end();
});

t.test('who has only one of the two', (t) => {
  const said = {
    ...HOST,
    50: { ppid: 1, nsPid: [50, 9], namespaces: OWN },
    51: { ppid: 20, cgroup: CGROUP },
  };
  const { belongings } = members(said, { initPid: 30, cgroupPaths: ['/docker/abc'] });
  t.same(belongings[50], ['namespace']);
  t.same(belongings[51], ['cgroup']);
  t.end();
});

t.test('with the pid namespace of the host only the cgroup counts', (t) => {
  const said = {
    ...HOST,
    60: { ppid: 20, cgroup: '0::/docker/hostpid\n' },
    61: { ppid: 60, cgroup: '0::/docker/hostpid\n' },
  };
  const found = members(said, { initPid: 60, cgroupPaths: ['/docker/hostpid'] });
  t.same(found.belongings, { 60: ['cgroup'], 61: ['cgroup'] });
  t.equal(found.ownPidNamespace, false);
  t.end();
});

t.test('a container that joined another’s pid namespace does not own it', (t) => {
  const said = {
    ...HOST,
    70: { ppid: 20, nsPid: [70, 8], namespaces: OWN, cgroup: '0::/docker/guest\n' },
  };
  const guest = members(said, { initPid: 70, cgroupPaths: ['/docker/guest'] });
  t.same(guest.belongings, { 70: ['cgroup'] });
  const owner = members(said, { initPid: 30, cgroupPaths: ['/docker/abc'] });
  t.same(owner.belongings[70], ['namespace']);
  t.end();
});

t.test('with neither, what descends from the init', (t) => {
  const said = { 1: { ppid: 0 }, 5: { ppid: 1 }, 6: { ppid: 5 }, 7: { ppid: 6 }, 8: { ppid: 1 } };
  const found = members(said, { initPid: 6 });
  t.same(found.belongings, { 6: ['descendant'], 7: ['descendant'] });
  t.same([...found.supervisors], [5]);
  t.end();
});

t.test('supervisors: the named ones and what lies between; never the host’s init', (t) => {
  const said = { ...HOST, 19: { ppid: 1 }, 20: { ppid: 19 }, 30: { ...HOST[30], ppid: 20 } };
  t.same([...members(said, { initPid: 30, supervisorPids: [19] }).supervisors].sort(), [19, 20]);
  t.same([...members(said, { initPid: 30, supervisorPids: [] }).supervisors], []);
  t.same([...members(said, { initPid: 30, supervisorPids: [4711] }).supervisors], []);
  const adopted = { ...HOST, 30: { ...HOST[30], ppid: 1 } };
  t.same([...members(adopted, { initPid: 30 }).supervisors], []);
  t.end();
});

t.test('a supervisor in the cgroup of its container is not a member', (t) => {
  const said = { ...HOST, 20: { ppid: 1, comm: 'conmon', cgroup: CGROUP } };
  const found = members(said, { initPid: 30, cgroupPaths: ['/docker/abc'] });
  t.equal(found.belongings[20], undefined);
  t.same([...found.supervisors], [20]);
  t.end();
});

t.test('a pid that was used again is not the init', (t) => {
  const gone = members(HOST, { initPid: 30, initStartTicks: 1, cgroupPaths: ['/docker/none'] });
  t.equal(gone.init, undefined);
  t.same(gone.belongings, {});
  t.equal(members(HOST, { initPid: 30, initStartTicks: 12345 }).init?.pid, 30);
  t.equal(members(HOST, { initPid: 999 }).init, undefined);
  t.end();
});

t.test('out of reach of the kernel’s answer, descent counts', (t) => {
  const failures = { '/proc/32/ns': 'EACCES', '/proc/41/ns': 'EACCES' };
  const { belongings } = members(HOST, { initPid: 30, cgroupPaths: ['/x'] }, { failures });
  t.same(belongings[32], ['namespace']);
  t.equal(belongings[41], undefined);
  t.end();
});

t.test('a circle of parents ends the search', (t) => {
  const said = { 5: { ppid: 6 }, 6: { ppid: 5 }, 7: { ppid: 1 } };
  t.same(members(said, { initPid: 7 }).belongings, { 7: ['descendant'] });
  t.end();
});
