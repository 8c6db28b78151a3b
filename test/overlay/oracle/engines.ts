// Real engines with stores of their own, taken down at the end.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { host } from './bench.js';

export interface Engine {
  readonly name: 'docker' | 'podman';
  run(...argv: string[]): string;
  /** Directories of a container, lower ones top first. */
  directories(container: string): { lower: string[]; upper: string };
  stop(): Promise<void>;
}

export function isInstalled(program: string): boolean {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  return path.split(':').some((directory) => fs.existsSync(join(directory, program)));
}

function command(program: string, fixed: readonly string[], env: NodeJS.ProcessEnv) {
  return (...argv: string[]): string =>
    execFileSync(program, [...fixed, ...argv], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
}

type Run = (...argv: string[]) => string;

function directoriesBy(run: Run): Engine['directories'] {
  return (container) => {
    const text = run(
      'inspect',
      '--type',
      'container',
      '--format',
      '{{json .GraphDriver.Data}}',
      container,
    );
    const data = JSON.parse(text) as { LowerDir: string; UpperDir: string };
    return { lower: data.LowerDir.split(':'), upper: data.UpperDir };
  };
}

export async function startDocker(root: string): Promise<Engine> {
  const socket = `unix://${root}/docker.sock`;
  const daemon = spawn(
    'dockerd',
    [
      ...['--data-root', join(root, 'docker'), '--exec-root', join(root, 'exec')],
      ...['-H', socket, '--pidfile', join(root, 'docker.pid')],
      ...['--bridge', 'none', '--iptables=false', '--storage-driver', 'overlay2'],
    ],
    { stdio: ['ignore', 'ignore', fs.openSync(join(root, 'docker.log'), 'w')] },
  );
  const run = command('docker', ['-H', socket], process.env);
  await untilReady(() => run('version'), daemon);
  return { name: 'docker', run, directories: directoriesBy(run), stop: () => stopDaemon(daemon) };
}

async function untilReady(probe: () => unknown, daemon: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 150; tries += 1) {
    if (daemon.exitCode !== null) throw new Error(`the daemon ended with ${daemon.exitCode}`);
    try {
      probe();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  throw new Error('the daemon does not answer');
}

async function stopDaemon(daemon: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  daemon.kill('SIGTERM');
  await ended;
}

/** Settings for a machine where raising a hard limit fails. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
`;

export function openPodman(root: string): Engine {
  fs.writeFileSync(join(root, 'containers.conf'), CONTAINERS_CONF);
  const env = { ...process.env, CONTAINERS_CONF: join(root, 'containers.conf') };
  const places = ['--root', join(root, 'podman'), '--runroot', join(root, 'podman-run')];
  const run = command('podman', [...places, '--storage-driver', 'overlay'], env);
  return {
    name: 'podman',
    run,
    directories: directoriesBy(run),
    // Podman leaves its store bind mounted on itself.
    stop: () => {
      try {
        host.unmount(join(root, 'podman/overlay'));
      } catch {
        // It was not: nothing has run.
      }
      return Promise.resolve();
    },
  };
}
