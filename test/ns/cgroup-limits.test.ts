import t from 'tap';
import { recordedHost } from '../../src/host/recorded-host.js';
import { parseCgroups } from '../../src/ns/cgroup.js';
import { cgroupAccountReader } from '../../src/ns/cgroup-limits.js';
import { parseMountinfo } from '../../src/ns/mountinfo.js';

const V2 = parseMountinfo('31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n');
const V1 = parseMountinfo(
  ['memory', 'pids', 'cpu', 'cpuacct']
    .map(
      (one, at) =>
        `${32 + at} 31 0:${30 + at} / /sys/fs/cgroup/${one} rw - cgroup cgroup rw,${one}`,
    )
    .join('\n'),
);

t.test('v2: the limit of a cgroup above counts where it is lower', (t) => {
  const host = recordedHost({
    files: {
      '/sys/fs/cgroup/pods/memory.max': '1000\n',
      '/sys/fs/cgroup/pods/pids.max': '50\n',
      '/sys/fs/cgroup/pods/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/pods/web/memory.current': '400\n',
      '/sys/fs/cgroup/pods/web/memory.max': 'max\n',
      '/sys/fs/cgroup/pods/web/pids.current': '3\n',
      '/sys/fs/cgroup/pods/web/pids.max': '20\n',
      '/sys/fs/cgroup/pods/web/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/pods/web/cpu.stat': 'usage_usec 7\n',
    },
  });
  t.same(cgroupAccountReader(host, V2)(parseCgroups('0::/pods/web\n')), {
    memory: 400,
    memoryLimit: 1000,
    pids: 3,
    pidsLimit: 20,
    cpuNanoseconds: 7000,
    cpuLimit: 1.5,
    limitedBy: { memoryLimit: '/pods' },
  });
  t.end();
});

t.test('v1 and hybrid: a path for each controller, and a quota of -1 is none', (t) => {
  const host = recordedHost({
    files: {
      '/sys/fs/cgroup/memory/a/memory.usage_in_bytes': '400\n',
      '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/pids/b/pids.current': '3\n',
      '/sys/fs/cgroup/pids/b/pids.max': 'max\n',
      '/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/a/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpu/half/cpu.cfs_quota_us': '50000\n',
      '/sys/fs/cgroup/cpu/half/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpuacct/a/cpuacct.usage': '9\n',
    },
  });
  const read = cgroupAccountReader(host, [...V1, ...V2]);
  t.same(read(parseCgroups('4:memory:/a\n3:pids:/b\n2:cpu:/a\n1:cpuacct:/a\n0::/\n')), {
    memory: 400,
    pids: 3,
    cpuNanoseconds: 9,
    limitedBy: {},
  });
  t.equal(read(parseCgroups('2:cpu:/half\n')).cpuLimit, 0.5);
  t.equal(read(parseCgroups('2:cpu:/half/deep\n')).limitedBy.cpuLimit, '/half');
  t.end();
});
