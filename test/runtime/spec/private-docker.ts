// What the real Docker hands to runc, asked of a dockerd of the test's own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuntimeConfig } from '../../../src/oci/runtime-config.js';
import {
  DockerFailure,
  isInstalled,
  startDocker as startDaemon,
  whyNoDocker,
  type DockerOptions,
} from '../../support/docker.js';

export interface PrivateDocker {
  /** stdout of `docker ARGUMENTS`, without its last newline. Fails with what docker says. */
  docker(arguments_: readonly string[], options?: DockerOptions): string;
  /** The config.json that dockerd hands to runc for `docker run OPTIONS`; the rest is removed. */
  configOf(options: readonly string[], environment?: DockerOptions['environment']): RuntimeConfig;
  stop(): Promise<void>;
}

/** Why a dockerd cannot be started here; undefined when it can. */
export function dockerObstacle(): string | undefined {
  return whyNoDocker() ?? (isInstalled('busybox') ? undefined : 'not installed: busybox');
}

export async function startDocker(): Promise<PrivateDocker> {
  const root = mkdtempSync(join(tmpdir(), 'cutaway-docker-'));
  const daemon = await startDaemon(root);
  const docker: PrivateDocker['docker'] = (arguments_, options) => {
    try {
      return daemon.run(arguments_, options).replace(/\n$/, '');
    } catch (error) {
      throw error instanceof DockerFailure ? new Error(error.stderr) : error;
    }
  };
  return {
    docker,
    configOf(options, environment = {}) {
      const id = docker(['run', '-d', ...options], { environment });
      try {
        return JSON.parse(readFileSync(daemon.runcConfigPath(id), 'utf8')) as RuntimeConfig;
      } finally {
        docker(['rm', '-f', id]);
      }
    },
    async stop() {
      await daemon.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
