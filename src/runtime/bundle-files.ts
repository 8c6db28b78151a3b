// /etc/hosts, /etc/hostname and /etc/resolv.conf of a container: written beside the bundle and
// mounted over the image's own, as Docker does.
import { hasCode } from '../oci/error.js';
import type { NetworkFiles } from './spec/mounts.js';
import type { ContainerRecord } from './store/container-store.js';
import type { ContainerPaths } from './store/paths.js';
import type { Store } from './store/store.js';

const LOOPBACK_HOSTS = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/** Writes the three files; with the host's network they are the host's own, copied. */
export function bundleAddresses(
  store: Store,
  record: ContainerRecord,
  paths: ContainerPaths,
): NetworkFiles {
  const files = {
    hosts: `${paths.directory}/hosts`,
    hostname: `${paths.directory}/hostname`,
    resolvConf: `${paths.directory}/resolv.conf`,
  };
  const shared = record.network === 'host';
  const hosts = shared ? readHostFile(store, '/etc/hosts') : undefined;
  store.host.writeFile(files.hosts, hosts ?? LOOPBACK_HOSTS);
  store.host.writeFile(files.hostname, `${record.hostname}\n`);
  store.host.writeFile(files.resolvConf, readHostFile(store, '/etc/resolv.conf') ?? '');
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
