// The real Docker is the oracle: it is asked the same, and what it hands to runc is compared.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ImageConfig } from '../../../src/oci/image-config.js';
import type { RuntimeConfig, SeccompRule } from '../../../src/oci/runtime-config.js';
import { tarBytes, type TarEntry } from '../../../src/runtime/embedded/tar-bytes.js';
import { resolveCapabilities } from '../../../src/runtime/spec/capabilities.js';
import { resolveCommand } from '../../../src/runtime/spec/command.js';
import { mergeEnvironment, parseEnvFile } from '../../../src/runtime/spec/environment.js';
import {
  makeRuntimeConfig,
  type SpecInput,
} from '../../../src/runtime/spec/make-runtime-config.js';
import { resolveUser } from '../../../src/runtime/spec/user.js';
import { dockerObstacle, startDocker } from './private-docker.js';
import { sampleInput } from './sample.js';

// What the present Docker decides otherwise than the oldest one that this test meets (20.10).
const NEWER_SYSCALLS = `cachestat fchmodat2 futex_requeue futex_wait futex_wake getxattrat listmount
  listxattrat map_shadow_stack mseal name_to_handle_at pkey_alloc pkey_free pkey_mprotect
  process_vm_readv process_vm_writev removexattrat riscv_hwprobe setxattrat statmount uretprobe
  lsm_get_self_attr lsm_list_modules lsm_set_self_attr`.split(/\s+/);
const DIFFERENT_SYSCALLS = ['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'socket'];
const NEWER_MASKED = /^\/proc\/interrupts$|^\/sys\/devices\/(?:virtual\/powercap|system\/cpu\/)/;

const PASSWD = `root:x:0:0:root:/root:/bin/sh
toor:x:0:0:second root:/toor:/bin/sh
ann:x:1000:1001:Ann:/home/ann:/bin/sh
7up:x:1007:1007::/7:/bin/sh

2000:x:1008:1008::/number:/bin/sh
ben:x:1010:::/ben:/bin/sh
short:x:1009:1009
`;
const GROUP = `root:x:0:
wheel:x:10:root,ann
audio:x:29:ann
ann:x:1001:
3000:x:1044:ann
`;
const IMAGE_ENV = ['A=image', 'B=image', 'EMPTY=', 'PATH=/bin'];

const obstacle = dockerObstacle();
if (obstacle !== undefined) t.test('as Docker does', { skip: obstacle }, (t) => t.end());
else await compare();

async function compare() {
  const daemon = await startDocker();
  t.teardown(() => daemon.stop());
  const input = tarBytes(rootfs(), 0);
  const changes = IMAGE_ENV.flatMap((variable) => ['--change', `ENV ${variable}`]);
  daemon.docker(['import', '-', 'plain'], { input });
  daemon.docker(['import', ...changes, '-', 'env'], { input });
  daemon.docker(
    ['import', '--change', 'ENTRYPOINT ["echo","a"]', '--change', 'CMD ["b"]', '-', 'entry'],
    { input },
  );
  daemon.docker(['import', '--change', 'CMD ["echo","b"]', '-', 'cmd'], { input });
  const none = ['--network', 'none'];
  const plain = ['plain', 'sleep', '100'];

  const sameConfig = (name: string, options: string[], changes: Partial<SpecInput>) => {
    t.test(name, (t) => {
      const theirs = daemon.configOf([...options, ...plain]);
      const ours = JSON.parse(
        JSON.stringify(makeRuntimeConfig(asTheirs(theirs, changes))),
      ) as RuntimeConfig;
      t.same(withoutSeccomp(ours), withoutSeccomp(theirs));
      t.same(ours.linux?.seccomp?.architectures, theirs.linux?.seccomp?.architectures);
      t.equal(ours.linux?.seccomp?.defaultAction, theirs.linux?.seccomp?.defaultAction);
      t.same(...comparableRules(ours, theirs));
      t.end();
    });
  };

  const user = { uid: 1000, gid: 1000, additionalGids: [1000] };
  sameConfig('root', none, {});
  sameConfig('another user', [...none, '-u', '1000:1000'], { user });
  sameConfig('a terminal', [...none, '-t'], { terminal: true });
  sameConfig('a cgroup namespace', [...none, '--cgroupns', 'private'], { cgroupNamespace: true });
  sameConfig('a host network', ['--net=host'], { network: { mode: 'host' } });
  sameConfig(
    'a read-only root with binds',
    [
      ...none,
      '--read-only',
      '-v',
      '/usr:/data/x:ro',
      '-v',
      '/opt:/w',
      '-v',
      '/etc/hostname:/etc/hosts',
    ],
    {
      readOnlyRoot: true,
      binds: [
        { source: '/usr', destination: '/data/x', readOnly: true },
        { source: '/opt', destination: '/w', readOnly: false },
        { source: '/etc/hostname', destination: '/etc/hosts', readOnly: false },
      ],
    },
  );
  sameConfig('a bind in the place of /dev/shm', [...none, '-v', '/opt:/dev/shm'], {
    binds: [{ source: '/opt', destination: '/dev/shm', readOnly: false }],
  });
  sameConfig('a bind in the place of /dev', [...none, '-v', '/dev:/dev'], {
    binds: [{ source: '/dev', destination: '/dev', readOnly: false }],
  });
  sameConfig(
    'other capabilities',
    [...none, '--cap-add', 'sys_admin', '--cap-add', 'CAP_SYS_PTRACE', '--cap-drop', 'NET_RAW'],
    {
      capabilities: resolveCapabilities(['sys_admin', 'CAP_SYS_PTRACE'], ['NET_RAW']),
    },
  );
  sameConfig('no capabilities but one', [...none, '--cap-drop', 'ALL', '--cap-add', 'CHOWN'], {
    capabilities: resolveCapabilities(['CHOWN'], ['ALL']),
  });
  sameConfig('limits and shm size', [...none, '--ulimit', 'nofile=512:1024', '--shm-size', '1m'], {
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 512, hard: 1024 }],
    shmSize: 1024 * 1024,
  });

  t.test('who the user is', (t) => {
    const specs = ['', '0', 'root', 'toor', 'ann', '1000', 'ann:wheel', '1000:1000', 'ann:29', '5000',
      '5000:wheel', '7up', '2000', '0:0', ':10', ':wheel', 'ann:', '3000', 'ann:3000', 'ben', 'short',
      'nobody', 'ann:nogroup', '-1', '4294967296', '0:4294967296', 'ann:ann:ann', '00', '+5']; // prettier-ignore
    for (const spec of specs) {
      const options = [...none, ...(spec === '' ? [] : ['-u', spec]), ...plain];
      const theirs = attempt(() => daemon.configOf(options).process?.user);
      const ours = attempt(() => {
        const { uid, gid, additionalGids } = resolveUser(spec, PASSWD, GROUP);
        return { uid, gid, additionalGids };
      });
      t.same(ours, theirs, `user "${spec}"`);
    }
    for (const spec of ['', 'toor', 'ann', '1007', '5000', '2000', 'short']) {
      const options = ['run', '--rm', ...none, ...(spec === '' ? [] : ['-u', spec])];
      const theirs = daemon.docker([...options, 'plain', 'sh', '-c', 'echo $HOME']);
      t.equal(resolveUser(spec, PASSWD, GROUP).home, theirs, `home of "${spec}"`);
    }
    t.end();
  });

  t.test('the environment', (t) => {
    const caller = { B: 'caller', C: 'caller', PATH: process.env['PATH'] ?? '' };
    const file = '# comment\n\nQ="a b"  \n  LEAD=1\nC\nNOTSET\nX=1=2\nA\n';
    const path = join(t.testdir(), 'env');
    writeFileSync(path, file);
    const cases: { flags?: string[]; variables?: string[]; file?: true; terminal?: true }[] = [
      {},
      { terminal: true },
      { flags: ['A=1', 'A=2'] },
      { flags: ['A'] },
      { flags: ['A=1', 'A'] },
      { flags: ['B', 'C', 'D'] },
      { flags: ['PATH', 'HOSTNAME', 'TERM=vt100'], terminal: true },
      { flags: ['A=', 'sp ace=1', 'E=a=b'] },
      { flags: ['X=9', 'B'], file: true },
      { flags: ['=x'] },
      { flags: ['HOME=/elsewhere'] },
    ];
    for (const { flags = [], file: withFile, terminal = false } of cases) {
      const options = [
        ...none,
        ...(terminal ? ['-t'] : []),
        ...(withFile ? ['--env-file', path] : []),
        ...flags.flatMap((flag) => ['-e', flag]),
      ];
      let hostname = '';
      const theirs = attempt(() => {
        const config = daemon.configOf([...options, 'env', 'sleep', '100'], caller);
        hostname = config.hostname ?? '';
        // The runtime sets each in turn, so that the last value of a name is what counts.
        return variables(config.process?.env ?? []);
      });
      const ours = attempt(() => {
        const lines = withFile ? parseEnvFile(file, caller, path) : [];
        const image = imageWith({ Env: IMAGE_ENV });
        const options = { hostname, terminal, home: '/', variables: [...lines, ...flags], caller };
        return variables(mergeEnvironment(image, options));
      });
      // HOME is runc's doing there, and not in its config.json.
      if (ours instanceof Object && theirs instanceof Object && !('HOME' in theirs))
        delete ours['HOME'];
      const said = typeof theirs === 'string' && theirs.includes('invalid environment variable');
      if (said) t.match(ours, /invalid environment variable/);
      else t.same(ours, theirs, `${flags.join(' ')}${withFile ? ' with a file' : ''}`);
    }
    t.end();
  });

  t.test('the command', (t) => {
    const images = {
      plain: {},
      cmd: { Cmd: ['echo', 'b'] },
      entry: { Entrypoint: ['echo', 'a'], Cmd: ['b'] },
    };
    for (const [name, config] of Object.entries(images)) {
      for (const entrypoint of [undefined, '', 'ls']) {
        for (const args of [[], ['x', 'y'], ['']]) {
          const flags = entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`];
          const theirs = attempt(() => {
            const id = daemon.docker(['create', ...flags, name, ...args]);
            const format = '{{json .Path}} {{json .Args}}';
            const [path = '', rest = ''] = daemon
              .docker(['inspect', '-f', format, id])
              .split(/ (.*)/);
            return [JSON.parse(path), ...JSON.parse(rest)] as unknown;
          });
          const ours = attempt(() =>
            resolveCommand(imageWith(config), {
              ...(entrypoint === undefined ? {} : { entrypoint }),
              args,
            }),
          );
          const said = `${name} ${flags.join('')} ${JSON.stringify(args)}`;
          if (typeof theirs === 'string') t.match(theirs, new RegExp(String(ours), 'i'), said);
          else t.same(ours, theirs, said);
        }
      }
    }
    t.end();
  });
}

/** Our input for what their container was: its id, files and environment are its own. */
function asTheirs(theirs: RuntimeConfig, changes: Partial<SpecInput>): SpecInput {
  const file = (destination: string) =>
    theirs.mounts?.find((mount) => mount.destination === destination)?.source ?? '';
  const { uid, gid, additionalGids } = resolveUser('', PASSWD, GROUP);
  return sampleInput({
    user: { uid, gid, additionalGids },
    hostname: theirs.hostname ?? '',
    rootfs: theirs.root?.path ?? '',
    env: theirs.process?.env ?? [],
    cgroupsPath: theirs.linux?.cgroupsPath ?? '',
    files: {
      hosts: file('/etc/hosts'),
      hostname: file('/etc/hostname'),
      resolvConf: file('/etc/resolv.conf'),
    },
    ...changes,
  });
}

/** All but seccomp, in one form: order counts only where it does to the runtime. */
function withoutSeccomp(config: RuntimeConfig): unknown {
  const { linux, mounts, process } = config;
  return {
    root: config.root,
    hostname: config.hostname,
    process,
    // Docker's sort keeps no order among mounts of one depth.
    mounts: [...(mounts ?? [])].sort((a, b) => (a.destination < b.destination ? -1 : 1)),
    devices: linux?.resources?.devices,
    sysctl: linux?.sysctl,
    cgroupsPath: linux?.cgroupsPath,
    // Docker joins the host's network by a path; to leave the namespace out is to stay in it.
    namespaces: linux?.namespaces?.filter(
      ({ type, path }) => type !== 'network' || path === undefined,
    ),
    maskedPaths: linux?.maskedPaths?.filter((path) => !NEWER_MASKED.test(path)).sort(),
    readonlyPaths: linux?.readonlyPaths,
  };
}

/** Name → what is done with it, both sides, without what is known to differ. */
function comparableRules(ours: RuntimeConfig, theirs: RuntimeConfig) {
  const [left, right] = [ours, theirs].map((config) => {
    const byName = new Map<string, Set<string>>();
    for (const rule of config.linux?.seccomp?.syscalls ?? []) {
      for (const name of rule.names)
        byName.set(name, (byName.get(name) ?? new Set()).add(actionOf(rule)));
    }
    return byName;
  });
  const differing = new Set(DIFFERENT_SYSCALLS);
  const isNew = (name: string) => NEWER_SYSCALLS.includes(name) && !right?.has(name);
  const asObject = (rules: Map<string, Set<string>> | undefined) =>
    Object.fromEntries(
      [...(rules ?? [])]
        .filter(([name]) => !differing.has(name) && !isNew(name))
        .map(([name, actions]): [string, string[]] => [name, [...actions].sort()])
        // What is allowed without a condition needs no other rule.
        .map(([name, actions]) => [
          name,
          actions.includes('SCMP_ACT_ALLOW') ? ['SCMP_ACT_ALLOW'] : actions,
        ])
        .sort(),
    ) as unknown;
  return [asObject(left), asObject(right), 'the same action for each syscall'] as const;
}

function actionOf({ action, errnoRet, args = [] }: SeccompRule): string {
  const conditions = args.map(
    ({ index, op, value, valueTwo = 0 }) => `${index}${op}${value},${valueTwo}`,
  );
  return [action, errnoRet, ...conditions].filter((part) => part !== undefined).join(' ');
}

function rootfs(): TarEntry[] {
  const busybox = readFileSync('/bin/busybox');
  const links = ['sh', 'sleep', 'echo', 'ls'];
  return [
    { type: 'directory', path: 'bin', mode: 0o755 },
    { type: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
    ...links.map((name): TarEntry => ({ type: 'symlink', path: `bin/${name}`, target: 'busybox' })),
    { type: 'directory', path: 'etc', mode: 0o755 },
    { type: 'file', path: 'etc/passwd', mode: 0o644, content: Buffer.from(PASSWD) },
    { type: 'file', path: 'etc/group', mode: 0o644, content: Buffer.from(GROUP) },
  ];
}

function imageWith(config: NonNullable<ImageConfig['config']>): ImageConfig {
  const rootfs = { type: 'layers', diff_ids: [] } as const;
  return { architecture: 'amd64', os: 'linux', rootfs, history: [], config };
}

function variables(env: readonly string[]): Record<string, string> {
  return Object.fromEntries(env.map((variable) => variable.split(/=(.*)/s, 2)));
}

/** The value, or the last line of what it failed with, as both sides put it. */
function attempt<Value>(get: () => Value): Value | string {
  try {
    return get();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return (text.split('\n')[0] ?? '')
      .replace(/^docker: Error response from daemon: /, '')
      .replace(/\.$/, '');
  }
}
