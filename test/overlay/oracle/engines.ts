// Real engines with stores of their own, taken down at the end.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { startDocker as startDaemon } from '../../support/docker.js';
import { host } from './bench.js';

export interface Engine {
  readonly name: 'docker' | 'podman';
  run(...argv: string[]): string;
  /** Directories of a container, lower ones top first. */
  directories(container: string): { lower: string[]; upper: string };
  stop(): Promise<void>;
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
  const docker = await startDaemon(join(root, 'docker'));
  const run = (...argv: string[]) => docker.run(argv);
  return { name: 'docker', run, directories: directoriesBy(run), stop: () => docker.stop() };
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
