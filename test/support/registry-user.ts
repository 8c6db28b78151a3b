// Somebody who has a home, a store and nothing of this machine's own credentials.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { buildLayer, buildOciLayout } from './build-image.js';
import { makeCutaway, type Cutaway, type Outcome, type RunOptions } from './cli.js';

export interface RegistryUser {
  readonly cutaway: Cutaway;
  readonly home: string;
  /** What `login` writes. */
  readonly configPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs cutaway as this user. */
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** stdout; throws when the status is not 0. */
  text(...args: readonly string[]): Promise<string>;
  /** Brings an image of these files into the store, a layer for each, under these names. */
  addImage(files: readonly string[], ...names: readonly string[]): Promise<void>;
}

export function makeRegistryUser(t: Test): RegistryUser {
  const cutaway = makeCutaway(t);
  const home = join(cutaway.directory, 'home');
  mkdirSync(home);
  const env = {
    HOME: home,
    XDG_RUNTIME_DIR: home,
    XDG_CONFIG_HOME: undefined,
    DOCKER_CONFIG: undefined,
    REGISTRY_AUTH_FILE: undefined,
    HTTP_PROXY: undefined,
    HTTPS_PROXY: undefined,
    http_proxy: undefined,
    https_proxy: undefined,
  };
  const run: RegistryUser['run'] = (args, options = {}) =>
    cutaway.run(args, { ...options, env: { ...env, ...options.env } });
  const text = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await run(args);
    if (status === 0) return stdout;
    throw new Error(`cutaway ${args.join(' ')}: status ${String(status)}: ${stderr}`);
  };
  let count = 0;
  return {
    cutaway,
    home,
    configPath: join(home, '.docker/config.json'),
    env,
    run,
    text,
    addImage: async (files, ...names) => {
      count += 1;
      const layers = files.map((content, at) => buildLayer([{ path: `file-${at}`, content }]));
      const layout = buildOciLayout(join(cutaway.directory, `layout-${count}`), [
        { layers, tags: ['made:1'] },
      ]);
      await text('load', layout);
      for (const name of names) await text('tag', 'made:1', name);
      await text('rmi', 'made:1');
    },
  };
}
