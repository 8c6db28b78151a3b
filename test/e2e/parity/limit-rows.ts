// How much of the machine a container may use, as its cgroup and its limits say.
import { probed, refused, scripted, together, type Part, type Row } from '../../support/parity.js';

const show = (what: string, options: readonly string[], ...files: string[]): Part => ({
  what,
  options,
  script: `cd /sys/fs/cgroup; for f in ${files.join(' ')}; do [ -e $f ] && cat $f; done; true`,
});
const MEMORY = ['memory/memory.limit_in_bytes', 'memory/memory.memsw.limit_in_bytes'];
const QUOTA = ['cpu/cpu.cfs_quota_us', 'cpu/cpu.cfs_period_us', 'cpu.max'];
const limits = (what: string, ...options: string[]): Part => ({
  what,
  options,
  script: 'cat /proc/self/limits',
});

/** `disk`: a block device of this machine, as "/dev/vda". */
export function limitRows(disk: string): Row[] {
  return [
    probed('-m and --cpus and --pids-limit', '-m', '64m', '--cpus', '0.5', '--pids-limit', '50'),
    together([
      show('--memory', ['--memory', '64m'], ...MEMORY, 'memory.max', 'memory.swap.max'),
      show(
        '--memory-reservation',
        ['--memory-reservation', '32mb'],
        'memory/memory.soft_limit_in_bytes',
      ),
      show('--memory-swappiness', ['--memory-swappiness', '10'], 'memory/memory.swappiness'),
      show('--cpus', ['--cpus', '1.25'], ...QUOTA),
      show('--cpu-shares', ['--cpu-shares', '512'], 'cpu/cpu.shares', 'cpu.weight'),
      show('--cpuset-cpus', ['--cpuset-cpus', '0'], 'cpuset/cpuset.cpus', 'cpuset.cpus'),
      show('--cpuset-mems', ['--cpuset-mems', '0'], 'cpuset/cpuset.mems', 'cpuset.mems'),
      show('--pids-limit', ['--pids-limit', '77'], 'pids/pids.max', 'pids.max'),
      show(
        '--device-read-bps',
        ['--device-read-bps', `${disk}:1mb`],
        'blkio/blkio.throttle.read_bps_device',
      ),
      show(
        '--device-write-bps',
        ['--device-write-bps', `${disk}:2m`],
        'blkio/blkio.throttle.write_bps_device',
      ),
      show(
        '--device-read-iops',
        ['--device-read-iops', `${disk}:100`],
        'blkio/blkio.throttle.read_iops_device',
      ),
      show(
        '--device-write-iops',
        ['--device-write-iops', `${disk}:200`],
        'blkio/blkio.throttle.write_iops_device',
      ),
      {
        what: '--oom-score-adj',
        options: ['--oom-score-adj', '500'],
        script: 'cat /proc/self/oom_score_adj',
      },
      limits('--ulimit', '--ulimit', 'nofile=100:200', '--ulimit', 'cpu=10'),
      limits('--ulimit without a limit', '--ulimit', 'core=-1'),
    ]),
    together([
      show('--memory-swap', ['-m', '64m', '--memory-swap', '1G'], ...MEMORY),
      show('--oom-kill-disable', ['--oom-kill-disable'], 'memory/memory.oom_control'),
      show(
        '--cpu-period and --cpu-quota',
        ['--cpu-period', '50000', '--cpu-quota', '25000'],
        ...QUOTA,
      ),
      show('-c', ['-c', '2048'], 'cpu/cpu.shares'),
      show('--pids-limit without a limit', ['--pids-limit', '-1'], 'pids/pids.max'),
      show('--cpuset-cpus, a range', ['--cpuset-cpus', '0-1'], 'cpuset/cpuset.cpus'),
    ]),
    together([
      show('--memory-swap without a limit', ['-m', '6m', '--memory-swap=-1'], ...MEMORY),
      show('--cpu-quota alone', ['--cpu-quota', '30000'], ...QUOTA),
      limits('the last --ulimit of a name', '--ulimit', 'nofile=10', '--ulimit', 'nofile=20:30'),
    ]),
    together([
      show('-m with a fraction', ['-m', '10.5m'], ...MEMORY),
      show('--cpu-period alone', ['--cpu-period', '20000'], ...QUOTA),
    ]),
    {
      ...scripted(
        '--oom-kill-disable without -m',
        ['--oom-kill-disable'],
        'head -1 /sys/fs/cgroup/memory/memory.oom_control',
      ),
      warns: true,
    },
    {
      ...scripted(
        '--blkio-weight',
        ['--blkio-weight', '300'],
        'cat /sys/fs/cgroup/blkio/*weight 2>/dev/null; true',
      ),
      warns: true,
    },
    scripted(
      'killed at its memory limit',
      ['-m', '8m', '--memory-swap', '8m'],
      'dd if=/dev/zero of=/dev/null bs=100M count=1 2>/dev/null; echo $?',
    ),
    refused('-m too small', '-m', '4m'),
    refused('-m that is no size', '-m', 'much'),
    refused('--memory-swap below -m', '-m', '64m', '--memory-swap', '32m'),
    refused('--memory-swap alone', '--memory-swap', '64m'),
    refused('--memory-reservation above -m', '-m', '64m', '--memory-reservation', '65m'),
    refused('--memory-swappiness too large', '--memory-swappiness', '101'),
    refused('--cpus above what there is', '--cpus', '4097'),
    refused('--cpus and --cpu-quota', '--cpus', '0.5', '--cpu-quota', '1000'),
    refused('--cpus that is no number', '--cpus', 'two'),
    refused('--cpu-period too short', '--cpu-period', '100'),
    refused('--cpu-quota too short', '--cpu-quota', '100'),
    refused('--cpuset-cpus that are not there', '--cpuset-cpus', '4097'),
    refused('--cpuset-cpus that is no list', '--cpuset-cpus', '0;1'),
    refused('--cpuset-mems that are not there', '--cpuset-mems', '99'),
    refused('--oom-score-adj too large', '--oom-score-adj', '1001'),
    refused('--ulimit of no name', '--ulimit', 'foo=1'),
    refused('--ulimit above its hard limit', '--ulimit', 'nofile=200:100'),
    refused('--ulimit without a value', '--ulimit', 'nofile'),
    {
      ...refused('--device-read-bps of nothing', '--device-read-bps', '/dev/no-such-disk:1mb'),
      statuses: {
        reason: 'Docker takes the missing disk for a missing program',
        ours: 125,
        theirs: 127,
      },
    },
    refused('--device-read-bps without a rate', '--device-read-bps', disk),
    refused('--device-write-iops with a size', '--device-write-iops', `${disk}:1mb`),
  ];
}
