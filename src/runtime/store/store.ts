import type { Host, ReadHost } from '../../host/host.js';
import { storePaths, type StorePaths } from './paths.js';

/** A store to be read: all that a question needs. */
export interface ReadStore {
  readonly host: ReadHost;
  readonly paths: StorePaths;
}

/** A store to act on. */
export interface Store extends ReadStore {
  readonly host: Host;
}

export function readStore(host: ReadHost, root: string): ReadStore {
  return { host, paths: storePaths(host, root) };
}

/**
 * Makes the directories that are missing. Nobody else may enter: images hold secrets, and their
 * setuid programs are not this host's.
 */
export function openStore(host: Host, root: string): Store {
  const paths = storePaths(host, root);
  if (host.findStatus(paths.run) === undefined || host.findStatus(paths.names) === undefined) {
    for (const directory of [paths.root, paths.images, paths.containers, paths.temporary]) {
      host.createDirectory(directory, { mode: 0o700, parents: true });
    }
    for (const directory of [paths.links, paths.names, paths.indexes]) {
      host.createDirectory(directory, { mode: 0o700, parents: true });
    }
    for (const name of ['runc', 'pid', 'log', 'netns']) {
      host.createDirectory(`${paths.run}/${name}`, { mode: 0o700, parents: true });
    }
  }
  return { host, paths };
}

/** Runs `action` alone among all processes that use this store. Keep it short. */
export function exclusively<Value>(store: Store, action: () => Value): Value {
  const lock = store.host.lock(store.paths.lock, 'exclusive');
  try {
    return action();
  } finally {
    lock.release();
  }
}
