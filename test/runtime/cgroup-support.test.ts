// What is left out where the cgroups cannot do it: version 1, version 2, and both at once.
import t from 'tap';
import { recordedHost } from '../../src/host/recorded-host.js';
import { fitResources } from '../../src/runtime/cgroup-support.js';

const line = (id: number, place: string, type: string, options: string) =>
  `${id} 1 0:${id} / ${place} rw - ${type} none ${options}\n`;
const WISHES = {
  memory: 64 * 1024 * 1024,
  memorySwappiness: 10,
  nanoCpus: 1e9,
  cpusetCpus: '0-1',
  pidsLimit: 5,
  blkioWeight: 100,
};

const without = (key: string) =>
  Object.fromEntries(Object.entries(WISHES).filter(([name]) => name !== key));

const V1 = '/sys/fs/cgroup';
const version1 = (controllers: readonly string[], more = '') =>
  line(2, V1, 'tmpfs', 'rw') +
  controllers.map((name, at) => line(at + 3, `${V1}/${name}`, 'cgroup', `rw,${name}`)).join('') +
  more;
const V1_FILES = {
  [`${V1}/memory/memory.limit_in_bytes`]: '1',
  [`${V1}/memory/memory.swappiness`]: '60',
  [`${V1}/cpu/cpu.cfs_quota_us`]: '-1',
  [`${V1}/cpuset/cpuset.cpus`]: '0-3\n',
  [`${V1}/pids/cgroup.procs`]: '',
};
const ALL = ['memory', 'cpu', 'cpuset', 'pids', 'blkio'];

t.test('version 1: by the file of each controller', (t) => {
  const files = { ...V1_FILES, '/proc/self/mountinfo': version1(ALL) };
  const { wishes, warnings } = fitResources(recordedHost({ files }), WISHES);
  t.same(wishes, without('blkioWeight'));
  t.same(warnings, ['--blkio-weight is left out: the cgroups of this host do not have it']);
  t.throws(() => fitResources(recordedHost({ files }), { cpusetCpus: '2-4' }), {
    message: '--cpuset-cpus 2-4: there are 0-3',
  });
  t.throws(() => fitResources(recordedHost({ files }), { cpusetCpus: '2-' }), {
    code: 'INVALID_INPUT',
  });
  t.end();
});

t.test('both: version 2 beside version 1 has no controllers', (t) => {
  const unified = line(20, `${V1}/unified`, 'cgroup2', 'rw');
  const files = {
    ...V1_FILES,
    '/proc/self/mountinfo': version1(['memory', 'cpu'], unified),
    [`${V1}/unified/cgroup.controllers`]: '',
  };
  const { wishes, warnings } = fitResources(recordedHost({ files }), WISHES);
  t.same(Object.keys(wishes), ['memory', 'memorySwappiness', 'nanoCpus']);
  t.equal(warnings.length, 3);
  t.end();
});

t.test('version 2: by the list of controllers', (t) => {
  const files = {
    '/proc/self/mountinfo': line(2, V1, 'cgroup2', 'rw'),
    [`${V1}/cgroup.controllers`]: 'cpuset cpu io memory pids\n',
    [`${V1}/cpuset.cpus.effective`]: '0-1\n',
  };
  const { wishes, warnings } = fitResources(recordedHost({ files }), {
    ...WISHES,
    oomKillDisable: true,
  });
  t.same(wishes, without('memorySwappiness'));
  t.equal(warnings.length, 2, 'swappiness and the killer belong to version 1');
  t.end();
});

t.test('nothing asked for, nothing read', (t) => {
  t.same(fitResources(recordedHost({}), {}), { wishes: {}, warnings: [] });
  t.end();
});
