// A containerd of the test's own, beside any other: its own root, state and socket.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isInstalled, mountsBeneath } from './docker.js';

export interface Containerd {
  readonly root: string;
  readonly state: string;
  /** "containerd github.com/containerd/containerd 1.6.20 …" */
  readonly version: string;
  /** stdout of `ctr ARGUMENTS`; fails with what ctr says on stderr. */
  readonly ctr: (...arguments_: readonly string[]) => string;
  /** Rows of a table that ctr prints, without its head. */
  readonly rows: (...arguments_: readonly string[]) => string[][];
  /** Ends the tasks in these namespaces, the daemon and what is left mounted. */
  readonly stop: () => Promise<void>;
}

/** Why a containerd cannot be started here; undefined when it can. */
export function whyNoContainerd(): string | undefined {
  if (process.getuid?.() !== 0) return 'starting a containerd needs root';
  const missing = ['containerd', 'ctr', 'runc', 'busybox'].filter((name) => !isInstalled(name));
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}

/**
 * Files lie below `directory` as they do below "/" of a host: var/lib/containerd, run/containerd.
 * `directory` is short enough for a socket in it.
 */
export async function startContainerd(directory: string): Promise<Containerd> {
  const [root, state] = [join(directory, 'var/lib/containerd'), join(directory, 'run/containerd')];
  const address = join(directory, 'c.sock');
  const config = join(directory, 'config.toml');
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    config,
    [
      'version = 2',
      `root = ${JSON.stringify(root)}`,
      `state = ${JSON.stringify(state)}`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      `[grpc]\naddress = ${JSON.stringify(address)}`,
    ].join('\n'),
  );
  const log = openSync(join(directory, 'log'), 'w');
  const daemon = spawn('containerd', ['-c', config], { stdio: ['ignore', log, log] });
  const ended = new Promise<void>((resolve) => {
    daemon.on('exit', () => {
      resolve();
    });
  });
  const call = (arguments_: readonly string[]) =>
    spawnSync('ctr', ['-a', address, ...arguments_], { encoding: 'utf8', timeout: 60_000 });
  const ctr = (...arguments_: readonly string[]): string => {
    const { status, stdout, stderr } = call(arguments_);
    if (status === 0) return stdout;
    throw new Error(`ctr ${arguments_.join(' ')}: ${stderr}`);
  };
  for (let tries = 0; call(['version']).status !== 0; tries += 1) {
    if (daemon.exitCode !== null || tries === 100) {
      daemon.kill('SIGKILL');
      throw new Error(`containerd did not start: ${readFileSync(join(directory, 'log'), 'utf8')}`);
    }
    await sleep(100);
  }
  const rows = (...arguments_: readonly string[]) =>
    ctr(...arguments_)
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([first = '']) => first !== '');
  const stop = async () => {
    if (daemon.exitCode === null && daemon.signalCode === null) {
      for (const namespace of ctr('namespaces', 'ls', '-q').split('\n').filter(Boolean)) {
        for (const [task = ''] of rows('-n', namespace, 'tasks', 'ls')) {
          ctr('-n', namespace, 'tasks', 'rm', '-f', task);
        }
      }
      daemon.kill('SIGTERM');
    }
    await ended;
    for (const mount of mountsBeneath(directory)) spawnSync('umount', ['-l', mount]);
  };
  const version = spawnSync('containerd', ['--version'], { encoding: 'utf8' }).stdout.trim();
  return { root, state, version, ctr, rows, stop };
}
