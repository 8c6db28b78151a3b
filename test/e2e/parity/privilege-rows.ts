// What a container may do: capabilities, filters, devices, groups; and what is made for it.
import { writeFileSync } from 'node:fs';
import {
  probed,
  refused,
  scripted,
  together,
  type Engines,
  type Part,
  type Row,
} from '../../support/parity.js';

const CAPABILITIES = "grep -E '^Cap|NoNew|Seccomp:' /proc/self/status";
const cat = (what: string, options: readonly string[], ...files: string[]): Part => ({
  what,
  options,
  script: `cat ${files.join(' ')}`,
});
const bounded = (row: Row): Row => ({ ...row, dockerOptions: ['--runtime', 'bounded'] });

const PROFILE = {
  defaultAction: 'SCMP_ACT_ALLOW',
  archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
  syscalls: [
    { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 },
    { name: 'sethostname', action: 'SCMP_ACT_ERRNO', excludes: { caps: ['CAP_SYS_ADMIN'] } },
    { names: ['rmdir'], action: 'SCMP_ACT_ERRNO', includes: { minKernel: '99.0' } },
  ],
};

export function privilegeRows({ directory }: Engines): Row[] {
  const profile = `${directory}/profile.json`;
  writeFileSync(profile, JSON.stringify(PROFILE));
  writeFileSync(`${directory}/broken.json`, '{"defaultAction": ');
  const broken = `seccomp=${directory}/broken.json`;
  const capabilities = (what: string, ...options: string[]) =>
    scripted(what, options, CAPABILITIES);
  return [
    capabilities('--cap-add', '--cap-add', 'NET_ADMIN', '--cap-add', 'cap_sys_ptrace'),
    capabilities('--cap-drop', '--cap-drop', 'chown', '--cap-drop', 'CAP_NET_RAW'),
    capabilities('--cap-drop ALL', '--cap-drop', 'ALL'),
    capabilities('--cap-drop ALL, --cap-add', '--cap-drop=all', '--cap-add=SETUID'),
    bounded(capabilities('--cap-add ALL', '--cap-add', 'ALL')),
    bounded(capabilities('--cap-add ALL, --cap-drop', '--cap-add', 'ALL', '--cap-drop', 'MKNOD')),
    capabilities('--cap-add of another user', '-u', 'ann', '--cap-add', 'NET_ADMIN'),
    bounded(probed('--privileged', '--privileged')),
    bounded(capabilities('--privileged of another user', '--privileged', '-u', 'ann')),
    bounded(
      scripted(
        '--privileged, the devices it has',
        ['--privileged'],
        'find /dev -type b -o -type c | sort; cat /sys/fs/cgroup/devices/devices.list',
      ),
    ),
    bounded(
      scripted(
        '--privileged can mount',
        ['--privileged'],
        'mount -t tmpfs none /tmp && echo mounted; echo 1 >/proc/sys/net/ipv4/ip_forward && cat /proc/sys/net/ipv4/ip_forward',
      ),
    ),
    bounded(
      scripted(
        '--privileged with --read-only',
        ['--privileged', '--read-only'],
        "touch /x; grep -E ' /sys ' /proc/self/mountinfo | cut -d' ' -f6",
      ),
    ),
    probed('seccomp=unconfined', '--security-opt', 'seccomp=unconfined'),
    scripted(
      'seccomp=FILE',
      ['--security-opt', `seccomp=${profile}`],
      'mkdir /x; rmdir /deep/er; grep Seccomp: /proc/self/status',
    ),
    scripted('the usual filter', [], 'unshare -r true; mount -t tmpfs none /mnt; echo $?'),
    probed('no-new-privileges', '--security-opt', 'no-new-privileges'),
    capabilities('no-new-privileges:true', '--security-opt', 'no-new-privileges:true'),
    capabilities('no-new-privileges=false', '--security-opt', 'no-new-privileges=false'),
    probed('systempaths=unconfined', '--security-opt', 'systempaths=unconfined'),
    capabilities('apparmor=unconfined', '--security-opt', 'apparmor=unconfined'),
    capabilities('label=disable', '--security-opt', 'label=disable'),
    probed('--device', '--device', '/dev/null:/dev/xnull', '--device', '/dev/zero'),
    scripted(
      '--device without writing',
      ['--device', '/dev/zero:/dev/only:r', '--device', '/dev/full:/dev/both:rw'],
      'head -c 4 /dev/only | wc -c; ls -l /dev/only /dev/both | cut -c1-10; cat /sys/fs/cgroup/devices/devices.list | sort',
    ),
    scripted('--device of a directory', ['--device', '/dev/net'], 'find /dev/net | sort'),
    scripted(
      '--device-cgroup-rule',
      ['--device-cgroup-rule', 'c 10:* rw', '--device-cgroup-rule', 'b 7:3 r'],
      'sort /sys/fs/cgroup/devices/devices.list',
    ),
    scripted('mknod and what may be opened', [], 'mknod /dev/disk b 7 0 && cat /dev/disk; echo $?'),
    probed('--group-add', '--group-add', 'audio', '--group-add', '77', '-u', 'ann'),
    probed('--tmpfs', '--tmpfs', '/run', '--tmpfs', '/data:size=1m,mode=700,exec'),
    scripted(
      '--read-only with --tmpfs',
      ['--read-only', '--tmpfs', '/run:rw,noexec,size=65536k'],
      'touch /run/x && ls /run; touch /x',
    ),
    scripted(
      '--tmpfs over what the image has',
      ['--tmpfs', '/data:uid=1000,gid=1001'],
      'ls -lan /data | awk "{print \\$1, \\$3, \\$4, \\$9}"',
    ),
    scripted(
      '--tmpfs on /dev/shm',
      ['--tmpfs', '/dev/shm:size=2m'],
      "grep ' /dev/shm ' /proc/self/mountinfo | cut -d' ' -f6,9-",
    ),
    probed('--shm-size', '--shm-size', '1m'),
    together([
      cat('--sysctl net', ['--sysctl', 'net.ipv4.ip_forward=1'], '/proc/sys/net/ipv4/ip_forward'),
      cat('--sysctl kernel', ['--sysctl', 'kernel.msgmax=1000'], '/proc/sys/kernel/msgmax'),
      cat(
        '--sysctl fs.mqueue',
        ['--sysctl', 'fs.mqueue.msg_max=20'],
        '/proc/sys/fs/mqueue/msg_max',
      ),
      cat(
        '--sysctl in the place of ours',
        ['--sysctl', 'net.ipv4.ip_unprivileged_port_start=99'],
        '/proc/sys/net/ipv4/ip_unprivileged_port_start',
      ),
      cat('--dns', ['--dns', '1.2.3.4', '--dns', '2001:db8::53'], '/etc/resolv.conf'),
      cat('--dns-search', ['--dns-search', 'a.b', '--dns-search', 'c.d'], '/etc/resolv.conf'),
      cat('--dns-option', ['--dns-option', 'ndots:3', '--dns-opt', 'debug'], '/etc/resolv.conf'),
      cat('--add-host', ['--add-host', 'db:10.0.0.7', '--add-host', 'six:fe80::1'], '/etc/hosts'),
      cat('--domainname', ['--domainname', 'example.org'], '/proc/sys/kernel/domainname'),
      cat('--hostname', ['--hostname', 'inside'], '/etc/hostname'),
    ]),
    scripted('--dns-search .', ['--dns-search', '.'], 'cat /etc/resolv.conf'),
    scripted('--dns-option alone', ['--dns-option', 'ndots:2'], 'cat /etc/resolv.conf'),
    scripted(
      '--add-host with the network of the host',
      ['--network', 'host', '--add-host', 'db:10.0.0.7', '--dns', '9.9.9.9'],
      'cat /etc/hosts /etc/resolv.conf',
    ),
    scripted(
      'what is made can be written',
      [],
      'echo x >>/etc/hosts && echo y >/etc/resolv.conf && tail -1 /etc/hosts',
    ),
    refused('--cap-add of no name', '--cap-add', 'FLY'),
    refused('--cap-drop of no name', '--cap-drop', 'FLY'),
    refused('--security-opt of no name', '--security-opt', 'magic=1'),
    refused('--security-opt without a value', '--security-opt', 'seccomp'),
    refused('seccomp of no file', '--security-opt', 'seccomp=/no/such/file'),
    refused('seccomp of no JSON', '--security-opt', broken),
    {
      ...refused('--device that is not there', '--device', '/dev/no-such-device'),
      statuses: {
        reason: 'Docker takes the missing device for a missing program',
        ours: 125,
        theirs: 127,
      },
    },
    refused('--device with an unknown access', '--device', '/dev/null:/dev/x:q'),
    refused('--device-cgroup-rule of no form', '--device-cgroup-rule', 'c 10'),
    refused('--group-add nobody knows', '--group-add', 'strangers'),
    refused('--tmpfs with an unknown option', '--tmpfs', '/x:speed=9'),
    refused('--tmpfs of a relative path', '--tmpfs', 'x'),
    refused('--shm-size of nothing', '--shm-size', '0x'),
    refused('--sysctl of the host', '--sysctl', 'vm.swappiness=1'),
    refused(
      '--sysctl net with the network of the host',
      '--network',
      'host',
      '--sysctl',
      'net.ipv4.ip_forward=1',
    ),
    refused(
      '--sysctl kernel with the ipc of the host',
      '--ipc',
      'host',
      '--sysctl',
      'kernel.msgmax=1000',
    ),
    refused('--dns of no address', '--dns', 'nameserver'),
    refused('--add-host without an address', '--add-host', 'db'),
    refused('--add-host of no address', '--add-host', 'db:999.1.1.1'),
  ];
}
