import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  makeRuntimeConfig,
  type SpecInput,
} from '../../../src/runtime/spec/make-runtime-config.js';
import { schemaCheck, schemaObstacle } from './oci-schemas.js';
import { sampleInput } from './sample.js';

const EVERYTHING: Partial<SpecInput> = {
  readOnlyRoot: true,
  cwd: '/srv',
  user: { uid: 1000, gid: 1001, additionalGids: [1001, 10] },
  terminal: true,
  consoleSize: { width: 80, height: 24 },
  network: { mode: 'none', namespacePath: '/run/cutaway/netns/x' },
  cgroupNamespace: true,
  binds: [{ source: '/a', destination: '/b', readOnly: true }],
  files: { hosts: '/x/hosts', hostname: '/x/hostname', resolvConf: '/x/resolv.conf' },
  capabilities: ['CAP_SYS_ADMIN'],
  rlimits: [{ type: 'RLIMIT_NOFILE', soft: 10, hard: 20 }],
  annotations: { a: 'b' },
  shmSize: 4096,
};

t.test('it is what the runtime-spec allows', { skip: schemaObstacle ?? false }, (t) => {
  const check = schemaCheck('runtime-spec', 'config-schema.json');
  const inputs = [{}, EVERYTHING, { network: { mode: 'host' as const } }];
  for (const architecture of [
    'amd64',
    'arm64',
    's390x',
    'riscv64',
    'loong64',
    'ppc64le',
    'arm',
    '386',
  ]) {
    for (const changes of inputs) {
      const config = makeRuntimeConfig(sampleInput({ ...changes, architecture }));
      check(JSON.parse(JSON.stringify(config)));
      t.same(check.errors ?? [], [], architecture);
    }
  }
  check({ ociVersion: '1.0.2', linux: { namespaces: [{ type: 'nonsense' }] } });
  t.match(check.errors, [{}], 'and the check can fail');
  t.end();
});

t.test('everything that was asked for is in it', (t) => {
  const config = makeRuntimeConfig(sampleInput(EVERYTHING));
  t.match(config, {
    ociVersion: '1.0.2',
    root: { path: 'rootfs', readonly: true },
    process: {
      terminal: true,
      consoleSize: { width: 80, height: 24 },
      cwd: '/srv',
      user: { uid: 1000, gid: 1001, additionalGids: [1001, 10] },
      rlimits: [{ type: 'RLIMIT_NOFILE', soft: 10, hard: 20 }],
    },
    annotations: { a: 'b' },
  });
  t.same(config.linux?.namespaces, [
    { type: 'mount' },
    { type: 'network', path: '/run/cutaway/netns/x' },
    { type: 'uts' },
    { type: 'pid' },
    { type: 'ipc' },
    { type: 'cgroup' },
  ]);
  t.same(
    config.process?.capabilities,
    { bounding: ['CAP_SYS_ADMIN'] },
    'none in effect for a user',
  );
  t.ok(config.mounts?.some(({ destination }) => destination === '/etc/hosts'));
  t.end();
});

t.test('a console size without a terminal is left out', (t) => {
  const size = { width: 1, height: 1 };
  t.notHas(makeRuntimeConfig(sampleInput({ consoleSize: size })).process, { consoleSize: size });
  t.end();
});

const obstacle =
  process.getuid?.() !== 0
    ? 'needs root to run runc'
    : spawnSync('runc', ['--version']).status !== 0 || !existsSync('/bin/busybox')
      ? 'runc or busybox not installed'
      : undefined;

t.test('runc takes it, and the container is closed', { skip: obstacle ?? false }, (t) => {
  const run = (script: string, changes: Partial<SpecInput> = {}) => {
    const bundle = t.testdir({ rootfs: { bin: {} } });
    copyFileSync('/bin/busybox', join(bundle, 'rootfs/bin/busybox'));
    symlinkSync('busybox', join(bundle, 'rootfs/bin/sh'));
    mkdirSync(join(bundle, 'state'));
    const id = `cutaway-spec-${process.pid}`;
    const config = makeRuntimeConfig(
      sampleInput({ args: ['sh', '-c', script], cgroupsPath: `/${id}`, ...changes }),
    );
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    const options = ['--root', join(bundle, 'state'), 'run', '--bundle', bundle, id];
    const { stdout, stderr, status } = spawnSync('runc', options, {
      encoding: 'utf8',
      timeout: 30_000,
    });
    return { text: stdout + stderr, status };
  };
  const status = run('busybox cat /proc/self/status; busybox hostname; exit 7');
  t.equal(status.status, 7);
  // The 14 capabilities of capabilities(7), as a mask.
  t.match(
    status.text,
    /CapInh:\t0{16}\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb/,
  );
  t.match(status.text, /Seccomp:\t2\n/);
  t.match(status.text, /sample\n$/);

  const user = { uid: 1000, gid: 1000, additionalGids: [1000] };
  t.match(
    run('busybox cat /proc/self/status', { user }).text,
    /CapEff:\t0{16}\nCapBnd:\t00000000a80425fb/,
  );

  const closed = run(`cd /; b=busybox
    $b wc -c < /proc/kcore; $b wc -c < /proc/timer_list; $b ls /sys/firmware | $b wc -l
    echo x > /proc/sys/kernel/hostname; $b mount -t tmpfs x /bin; $b unshare -U true
    $b mknod disk b 8 0 && $b cat disk; $b cat /proc/sys/net/ipv4/ip_unprivileged_port_start
    $b ls /sys/class/net; $b ps | $b wc -l; echo a > /made && $b cat /made`).text;
  t.match(closed, /^0\n0\n0\n/, 'masked paths are empty');
  t.match(closed, /hostname: Read-only file system/, 'read-only paths');
  t.match(
    closed,
    /mount: permission denied|mount: mounting x on \/bin failed: Operation not permitted/,
  );
  t.match(closed, /unshare.*Operation not permitted/, 'no new user namespace');
  t.match(closed, /'?disk'?: Operation not permitted/, 'no device of the host');
  t.match(closed, /\n0\nlo\n\d\na\n/, 'a network of its own, a root that can be written');

  const bound = run('busybox cat /x/config.json | busybox head -c 13; echo y > /x/y; echo z > /z', {
    readOnlyRoot: true,
    binds: [{ source: t.testdirName, destination: '/x', readOnly: true }],
  });
  t.match(bound.text, /^\{"ociVersion"/);
  t.match(bound.text, /\/x\/y: Read-only file system/);
  t.match(bound.text, /\/z: Read-only file system/);
  t.end();
});
