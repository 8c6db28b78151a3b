import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { recordedHost } from '../../src/host/recorded-host.js';
import {
  cgroupDirectory,
  cgroupMode,
  isInCgroup,
  parseCgroups,
  readCgroupUsage,
} from '../../src/ns/cgroup.js';
import { parseMountinfo, readMountinfo } from '../../src/ns/mountinfo.js';

const V1 = parseMountinfo(
  `30 29 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
31 29 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
32 29 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
33 29 0:29 /docker/abc /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
`,
);
const V2 = parseMountinfo('30 29 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n');

t.test('lines of v1, v2 and both; colons in paths', (t) => {
  t.same(parseCgroups('12:cpu,cpuacct:/docker/abc\n1:name=systemd:/a:b\n0::/system.slice\n'), [
    { hierarchy: 12, controllers: ['cpu', 'cpuacct'], path: '/docker/abc' },
    { hierarchy: 1, controllers: ['name=systemd'], path: '/a:b' },
    { hierarchy: 0, controllers: [], path: '/system.slice' },
  ]);
  t.same(parseCgroups('\nrubbish\n'), []);
  t.end();
});

t.test('the mode of the host', (t) => {
  t.equal(cgroupMode(V1), 'v1');
  t.equal(cgroupMode(V2), 'v2');
  t.equal(cgroupMode([...V1, ...V2]), 'hybrid');
  t.equal(cgroupMode([]), undefined);
  t.end();
});

t.test('in a cgroup is being it or below it', (t) => {
  t.equal(isInCgroup('/docker/abc', ['/docker/abc']), true);
  t.equal(isInCgroup('/docker/abc/init', ['/docker/abc']), true);
  t.equal(isInCgroup('/docker/abcd', ['/docker/abc']), false);
  t.equal(isInCgroup('/anything', ['/']), false, 'the root is nobody’s own');
  t.end();
});

t.test('directories: by controller, below the mounted root, never with ".."', (t) => {
  const directory = (controllers: string[], path: string) =>
    cgroupDirectory(V1, { hierarchy: 3, controllers, path });
  t.equal(directory(['memory'], '/docker/abc'), '/sys/fs/cgroup/memory/docker/abc');
  t.equal(directory(['memory'], '/'), '/sys/fs/cgroup/memory');
  t.equal(directory(['cpu', 'cpuacct'], '/x'), '/sys/fs/cgroup/cpu,cpuacct/x');
  t.equal(directory(['pids'], '/docker/abc/sub'), '/sys/fs/cgroup/pids/sub');
  t.equal(directory(['pids'], '/docker/other'), undefined, 'not in what is mounted');
  t.equal(directory(['memory'], '/../../etc'), undefined);
  t.equal(directory(['hugetlb'], '/'), undefined);
  t.end();
});

t.test('usage of v1: no limit is no number', (t) => {
  const host = recordedHost({
    files: {
      '/sys/fs/cgroup/memory/c/memory.usage_in_bytes': '1048576\n',
      '/sys/fs/cgroup/memory/c/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/cpu,cpuacct/c/cpuacct.usage': '5000000\n',
    },
  });
  const lines = parseCgroups('4:memory:/c\n5:cpu,cpuacct:/c\n6:pids:/c\n');
  t.same(readCgroupUsage(host, V1, lines), { memory: 1048576, cpuNanoseconds: 5000000 });
  t.end();
});

t.test('usage of v2', (t) => {
  const directory = '/sys/fs/cgroup/system.slice/x';
  const host = recordedHost({
    files: {
      [`${directory}/memory.current`]: '42\n',
      [`${directory}/memory.max`]: 'max\n',
      [`${directory}/pids.current`]: '3\n',
      [`${directory}/pids.max`]: '100\n',
      [`${directory}/cpu.stat`]: 'usage_usec 12\nuser_usec 7\n',
    },
  });
  t.same(readCgroupUsage(host, V2, parseCgroups('0::/system.slice/x\n')), {
    memory: 42,
    pids: 3,
    pidsLimit: 100,
    cpuNanoseconds: 12000,
  });
  t.end();
});

const live = linuxHost();
const mounts = readMountinfo(live, 'self');
const unable = cgroupMode(mounts) === undefined ? 'no cgroup file system is mounted' : false;

t.test('live: our own cgroup', { skip: unable }, (t) => {
  const lines = parseCgroups(live.readText('/proc/self/cgroup'));
  const directories = lines.flatMap((line) => cgroupDirectory(mounts, line) ?? []);
  t.ok(directories.length > 0);
  for (const directory of directories) {
    const pids = live.readText(`${directory}/cgroup.procs`).split('\n');
    t.ok(pids.includes(`${process.pid}`), directory);
  }
  const { memory } = readCgroupUsage(live, mounts, lines);
  if (memory !== undefined) t.ok(memory > 1_000_000, `${memory} bytes`);
  t.end();
});
