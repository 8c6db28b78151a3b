// /etc/hosts, /etc/hostname and /etc/resolv.conf of a container: written beside the bundle and
// mounted over the image's own, as Docker does.
import { hasCode } from '../oci/error.js';
import { containerID, isContainer } from './join-namespaces.js';
import type { NetworkFiles } from './spec/mounts.js';
import { makeHosts, makeResolvConf } from './spec/name-files.js';
import type { ContainerRecord } from './store/container-store.js';
import { containerPaths, type ContainerPaths } from './store/paths.js';
import type { Store } from './store/store.js';

/**
 * Writes the three files; with the host's network hosts is the host's own, copied. With another
 * container's network they are that container's.
 */
export function bundleAddresses(
  store: Store,
  record: ContainerRecord,
  paths: ContainerPaths,
): NetworkFiles {
  const { network, settings: { names = {} } = {} } = record;
  const directory = isContainer(network)
    ? containerPaths(store.paths, containerID(network)).directory
    : paths.directory;
  const files = {
    hosts: `${directory}/hosts`,
    hostname: `${directory}/hostname`,
    resolvConf: `${directory}/resolv.conf`,
  };
  if (isContainer(network)) return files;
  const ofHost = network === 'host' ? readHostFile(store, '/etc/hosts') : undefined;
  store.host.writeFile(files.hosts, makeHosts(names, ofHost));
  store.host.writeFile(files.hostname, `${record.hostname}\n`);
  const resolvConf = readHostFile(store, '/etc/resolv.conf') ?? '';
  store.host.writeFile(files.resolvConf, makeResolvConf(names, resolvConf));
  return files;
}

/** On a live host these are often links. */
function readHostFile(store: Store, path: string): string | undefined {
  try {
    return store.host.readText(store.host.realPath(path), 1 << 20);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND', 'PERMISSION_DENIED')) return undefined;
    throw error;
  }
}
