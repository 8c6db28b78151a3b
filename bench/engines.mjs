// Real engines to measure against, each with a place of its own that goes when the bench ends.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export const quiet = { stdio: 'ignore' };

/** A private dockerd, or undefined where there is none. `docker` is the argv before the verb. */
export async function startDocker(place) {
  const daemon = ['/usr/sbin/dockerd', '/usr/bin/dockerd'].find((path) => existsSync(path));
  if (daemon === undefined || process.getuid() !== 0) return undefined;
  mkdirSync(place, { recursive: true });
  const socket = `unix://${place}/docker.sock`;
  const child = spawn(
    daemon,
    [
      ['--data-root', `${place}/data`],
      ['--exec-root', `${place}/exec`],
      ['--pidfile', `${place}/pid`],
      ['-H', socket],
      ['--bridge', 'none'],
      ['--iptables=false'],
    ].flat(),
    quiet,
  );
  // The client of the same package as the daemon, where several are installed.
  const client = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';
  const docker = [client, '-H', socket];
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (spawnSync(docker[0], [...docker.slice(1), 'version'], quiet).status === 0) break;
    await sleep(100);
  }
  return {
    docker,
    stop: async () => {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

/** Podman with a store of its own and limits that this process may set. */
export function preparePodman(place) {
  if (!existsSync('/usr/bin/podman') || process.getuid() !== 0) return undefined;
  mkdirSync(place, { recursive: true });
  const conf = `${place}/containers.conf`;
  writeFileSync(
    conf,
    '[containers]\ndefault_ulimits = ["nofile=1024:1024","nproc=1024:1024"]\n[engine]\nruntime = "runc"\n',
  );
  process.env.CONTAINERS_CONF = conf;
  return ['/usr/bin/podman', '--root', `${place}/root`, '--runroot', `${place}/run`];
}

export function run(argv, options = {}) {
  return execFileSync(argv[0], argv.slice(1), { encoding: 'utf8', ...options });
}
