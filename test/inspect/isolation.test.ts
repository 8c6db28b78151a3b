import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import type { ReadHost } from '../../src/host/host.js';
import { recordedHost } from '../../src/host/recorded-host.js';
import { NsDocument, type IsolationFact } from '../../src/inspect/documents/ns.js';
import { inspectNamespaces } from '../../src/inspect/namespaces.js';
import { decodeCapabilities } from '../../src/ns/capability.js';
import { recordProcesses, type Said } from '../ns/recorded-process.js';
import { isInstalled, startDocker, whyNoDocker } from '../support/docker.js';
import { tarFile, tarOf } from '../support/build-tar.js';
import { schemaErrors } from '../support/schema-errors.js';

const OWN = { mnt: 11, pid: 12, net: 13, ipc: 14, uts: 15, cgroup: 16 };
const DEFAULT = { bounding: '00000000a80425fb', seccomp: 2, noNewPrivs: true };
const HOST_MOUNTS = [
  '20 1 8:1 / / rw - ext4 /dev/sda1 rw',
  '21 20 0:20 / /run rw - tmpfs tmpfs rw',
  '22 20 0:21 / /proc rw - proc proc rw',
  '23 20 0:22 / /dev rw - devtmpfs dev rw',
  '24 20 8:2 / /home rw - ext4 /dev/sda2 rw',
];
const PLAIN = [
  '50 1 0:50 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/u',
  '51 50 0:51 / /proc rw - proc proc rw',
  '52 51 0:51 /sys /proc/sys ro - proc proc rw',
  '53 50 0:53 / /sys ro - sysfs sysfs ro',
  '54 53 0:54 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw',
  '55 50 8:1 /var/lib/engine/c/hosts /etc/hosts rw - ext4 /dev/sda1 rw',
  '56 50 0:56 / /dev rw - tmpfs tmpfs rw',
];

function factsOf(said: Said, mounts: readonly string[] = PLAIN): readonly IsolationFact[] {
  const full = '000001ffffffffff';
  const { files, links } = recordProcesses({
    1: { ppid: 0, bounding: full, seccomp: 0 },
    30: { ppid: 1, nsPid: [30, 1], namespaces: OWN, ...DEFAULT, ...said },
  });
  const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;
  files['/proc/self/mountinfo'] = text(HOST_MOUNTS);
  files['/proc/30/mountinfo'] = text(mounts);
  files['/proc/30/attr/current'] = 'docker-default (enforce)\n';
  const statuses = { '/run/docker.sock': { type: 'socket' as const } };
  const host = recordedHost({ files, links, statuses, processId: 1 });
  const subject = { kind: 'container', engine: 'docker', target: 'web' } as const;
  const document = inspectNamespaces(host, [{ subject, initPid: 30 }]);
  t.same(schemaErrors(NsDocument, document), []);
  return document.isolation ?? [];
}

function codesOf(facts: readonly IsolationFact[]): string[] {
  return facts.map(({ code, effect, type, capability, hostPath, mountPoint }) =>
    [effect, code, type ?? capability ?? hostPath ?? mountPoint].filter(Boolean).join(' '),
  );
}

t.test('what there is of a careful container', (t) => {
  t.same(codesOf(factsOf({})), ['weaker host-namespace user'], 'its root is root');
  t.same(codesOf(factsOf({ uid: 1000 })), []);
  t.same(codesOf(factsOf({ namespaces: { ...OWN, user: 17 }, bounding: 'ffff' })), []);
  t.end();
});

t.test('each sign is a fact of its own', (t) => {
  const of = (said: Said, mounts?: readonly string[]) =>
    codesOf(factsOf({ uid: 1000, ...said }, mounts));
  const also = (line: string) => [...PLAIN, line];
  t.same(of({ seccomp: 0 }), ['weaker no-seccomp']);
  t.same(of({ noNewPrivs: false }), ['weaker new-privileges']);
  t.same(of({ bounding: '00000000a82425fb' }), ['escape dangerous-capability cap_sys_admin']);
  t.same(of({ bounding: '000001ffffffffff', seccomp: 0 }), [
    'escape privileged',
    'weaker no-seccomp',
  ]);
  t.same(of({ namespaces: { ...OWN, pid: 4026531836 }, bounding: '0000000000080000' }), [
    'weaker host-namespace pid',
    'escape dangerous-capability cap_sys_ptrace',
  ]);
  const socket = '60 50 0:20 /docker.sock /var/run/docker.sock rw - tmpfs tmpfs rw';
  t.same(of({}, also(socket)), ['escape engine-socket /run/docker.sock']);
  t.same(of({}, also('60 50 0:20 / /outside rw - tmpfs tmpfs rw')), [
    'escape engine-socket /run/docker.sock',
    'escape host-path /run',
  ]);
  t.same(of({}, also('60 50 8:1 / /mnt ro - ext4 /dev/sda1 rw')), [
    'escape engine-socket /run/docker.sock',
    'weaker host-root /',
  ]);
  t.same(of({}, also('60 50 8:1 /etc /mnt rw - ext4 /dev/sda1 rw')), ['escape host-path /etc']);
  t.same(of({}, also('60 50 8:2 / /mnt ro - ext4 /dev/sda2 rw')), ['weaker host-path /home']);
  t.same(of({}, also('60 50 8:2 /data /mnt rw - ext4 /dev/sda2 rw')), [], 'a volume of its own');
  t.same(of({}, also('60 50 0:22 / /d rw - devtmpfs dev rw')), ['escape host-devices /dev']);
  t.same(of({}, also('60 50 0:21 / /p ro - proc proc rw')), ['weaker host-proc /p']);
  const writable = PLAIN.map((line) => line.replace(/^(53 .*) ro - (\S+ \S+) ro/, '$1 rw - $2 rw'));
  t.same(of({}, writable), ['weaker writable-sys /sys']);
  const cgroup = PLAIN.map((line) => line.replace(/^(54 .*) ro - /, '$1 rw - '));
  t.same(of({}, cgroup), ['weaker writable-cgroup /sys/fs/cgroup']);
  const bare = PLAIN.filter((line) => !line.startsWith('52 '));
  t.same(of({}, bare), ['escape writable-proc-sys /proc/sys']);
  t.same(of({}, [...PLAIN, '60 51 0:51 /sys /proc/sys rw - proc proc rw']), [
    'escape writable-proc-sys /proc/sys',
  ]);
  t.end();
});

const unable = whyNoDocker() ?? (isInstalled('busybox') ? undefined : 'not installed: busybox');

t.test(
  'live: containers of Docker, by their first process',
  { skip: unable ?? false },
  async (t) => {
    const root = mkdtempSync('/tmp/cutaway-iso-');
    const docker = await startDocker(root);
    t.teardown(async () => {
      await docker.stop();
      rmSync(root, { recursive: true, force: true });
    });
    const busybox = spawnSync('cat', ['/bin/busybox'], { maxBuffer: 1 << 26 }).stdout;
    docker.run(['import', '-', 'bb'], {
      input: tarOf(
        tarFile({ name: 'bin/', typeflag: '5', mode: 0o755 }),
        tarFile({ name: 'bin/busybox', mode: 0o755, size: busybox.length }, busybox),
      ),
    });
    const host = linuxHost();
    const look = (...options: string[]) => {
      const argv = [
        'run',
        '-d',
        '--network',
        'none',
        ...options,
        'bb',
        '/bin/busybox',
        'sleep',
        '99',
      ];
      const id = docker.run(argv).trim();
      const { State } = docker.inspect(id) as { State: { Pid: number } };
      const subject = { kind: 'process', engine: 'host', target: `pid:${State.Pid}` } as const;
      const document = inspectNamespaces(host, [{ subject, initPid: State.Pid }]);
      docker.run(['rm', '-f', id]);
      t.same(
        document.problems.filter(({ path }) => path?.includes(String(State.Pid))),
        [],
      );
      const facts = document.isolation ?? [];
      // A kernel without security modules says so of everybody.
      return codesOf(facts.filter(({ code }) => code !== 'no-security-label'));
    };
    const usual = [
      'weaker host-namespace user',
      ...look().filter((one) => /cgroup|new-priv/.test(one)),
    ];
    t.same(look(), usual);
    t.same(
      look('--security-opt', 'no-new-privileges'),
      usual.filter((one) => !one.includes('new-privileges')),
    );
    const more = (...options: string[]) => look(...options).filter((one) => !usual.includes(one));
    t.same(more('--cap-add', 'SYS_ADMIN'), ['escape dangerous-capability cap_sys_admin']);
    t.same(more('--security-opt', 'seccomp=unconfined'), ['weaker no-seccomp']);
    t.same(more('--pid', 'host'), ['weaker host-namespace pid']);
    t.same(more('-v', `${root}/docker.sock:/var/run/docker.sock`), [
      `escape engine-socket ${root}/docker.sock`,
    ]);
    t.ok(more('-v', '/:/host').includes('escape host-root /'));
    t.same(more('-v', '/etc:/mnt:ro'), ['weaker host-path /etc']);
    // What this machine has taken from everybody, Docker cannot give.
    const missing = decodeCapabilities(((1n << 41n) - 1n).toString(16)).filter(
      (name) => !decodeCapabilities(boundingOf(host)).includes(name),
    );
    const privileged = more(
      ...['--cap-add', 'ALL', '--security-opt', 'systempaths=unconfined'],
      ...missing.flatMap((name) => ['--cap-drop', name.replace('cap_', '')]),
      ...['--security-opt', 'seccomp=unconfined'],
    );
    const own = boundingOf(host) === boundingOf(host, 1);
    if (own) t.ok(privileged.includes('escape privileged'));
    else t.ok(privileged.includes('escape dangerous-capability cap_sys_module'));
    t.ok(privileged.includes('weaker no-seccomp'));
    t.ok(privileged.includes('escape writable-proc-sys /proc/sys'));
  },
);

function boundingOf(host: ReadHost, pid: number | 'self' = 'self'): string {
  const status = host.readText(`/proc/${pid}/status`);
  return /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
}
