// A dockerd of the test's own, beside any other: its own roots, socket and containerd, no network.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeConfig } from '../../../src/oci/runtime-config.js';

export interface PrivateDocker {
  /** stdout of `docker ARGUMENTS`, without its last newline. Fails with what docker says. */
  docker(arguments_: readonly string[], options?: DockerOptions): string;
  /** The config.json that dockerd hands to runc for `docker run OPTIONS`; the rest is removed. */
  configOf(options: readonly string[], environment?: DockerOptions['environment']): RuntimeConfig;
  stop(): Promise<void>;
}

export interface DockerOptions {
  readonly input?: Buffer;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Why a dockerd cannot be started here; undefined when it can. */
export function dockerObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root to start a dockerd';
  const missing = ['dockerd', 'containerd', 'docker', 'busybox'].filter((name) => !isThere(name));
  return missing.length === 0 ? undefined : `${missing.join(', ')} not installed`;
}

export async function startDocker(): Promise<PrivateDocker> {
  const root = mkdtempSync(join(tmpdir(), 'cutaway-docker-'));
  const socket = `unix://${root}/socket`;
  const execRoot = join(root, 'exec');
  const environment = { PATH: process.env['PATH'] ?? '', DOCKER_CONFIG: join(root, 'cli') };
  const daemon = spawn(
    'dockerd',
    // prettier-ignore
    ['--data-root', join(root, 'data'), '--exec-root', execRoot, '-H', socket, '--pidfile',
      join(root, 'pid'), '--bridge', 'none', '--iptables=false'],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) =>
    daemon.on('exit', () => {
      resolve();
    }),
  );
  mkdirSync(environment.DOCKER_CONFIG);

  const docker = (arguments_: readonly string[], options: DockerOptions = {}): string => {
    const result = spawnSync('docker', ['-H', socket, ...arguments_], {
      input: options.input ?? '',
      encoding: 'utf8',
      env: { ...environment, ...options.environment },
      timeout: 60_000,
    });
    if (result.status !== 0) throw new Error(result.stderr || String(result.error));
    return result.stdout.replace(/\n$/, '');
  };
  const stop = async () => {
    daemon.kill('SIGTERM');
    await ended;
    for (const mount of mountsBelow(root)) spawnSync('umount', ['-l', mount]);
    rmSync(root, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 100 && daemon.exitCode === null; tries += 1) {
    if (spawnSync('docker', ['-H', socket, 'version'], { env: environment }).status === 0) break;
    await sleep(200);
    if (tries === 99) await stop();
  }
  if (daemon.exitCode !== null) throw new Error('dockerd did not start');
  return {
    docker,
    stop,
    configOf(options, more = {}) {
      const id = docker(['run', '-d', ...options], { environment: more });
      try {
        const tasks = 'containerd/daemon/io.containerd.runtime.v2.task/moby';
        const path = join(execRoot, tasks, id, 'config.json');
        return JSON.parse(readFileSync(path, 'utf8')) as RuntimeConfig;
      } finally {
        docker(['rm', '-f', id]);
      }
    },
  };
}

function isThere(program: string): boolean {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  return path.split(':').some((folder) => existsSync(join(folder, program)));
}

/** Innermost first. */
function mountsBelow(root: string): string[] {
  const mounts = execFileSync('cat', ['/proc/self/mountinfo'], { encoding: 'utf8' });
  const points = mounts.split('\n').map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) => point.startsWith(`${root}/`)).reverse();
}
