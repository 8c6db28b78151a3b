// A podman with a store of the test's own.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Podman {
  /** `--engine-root podman=…`. */
  readonly root: string;
  /** stdout; fails with what podman says on stderr. */
  run(...arguments_: readonly string[]): string;
  /** Removes all containers and what is mounted. */
  stop(): void;
}

/** `base` is an absolute path. */
export function startPodman(base: string): Podman {
  mkdirSync(base, { recursive: true });
  const root = join(base, 'graph');
  const [config, storage] = [join(base, 'containers.conf'), join(base, 'storage.conf')];
  // More than this machine may have is asked for by default.
  const limits = '["nofile=1024:1024","nproc=1024:1024"]';
  const engine = 'runtime="runc"\ncgroup_manager="cgroupfs"\nevents_logger="file"\n';
  writeFileSync(config, `[containers]\ndefault_ulimits=${limits}\n[engine]\n${engine}`);
  writeFileSync(
    storage,
    `[storage]\ndriver="overlay"\ngraphroot="${root}"\nrunroot="${base}/run"\n`,
  );
  const where = ['--root', root, '--runroot', `${base}/run`, '--tmpdir', `${base}/tmp`];
  const call = (arguments_: readonly string[]) =>
    spawnSync('podman', [...where, ...arguments_], {
      env: { ...process.env, CONTAINERS_CONF: config, CONTAINERS_STORAGE_CONF: storage },
      encoding: 'utf8',
      timeout: 60_000,
    });
  return {
    root,
    run: (...arguments_) => {
      const { status, stdout, stderr } = call(arguments_);
      if (status === 0) return stdout;
      throw new Error(`podman ${arguments_.join(' ')}: ${stderr}`);
    },
    stop: () => {
      call(['rm', '-f', '-a', '-t', '0']);
      spawnSync('umount', ['-l', `${root}/overlay`]);
    },
  };
}
