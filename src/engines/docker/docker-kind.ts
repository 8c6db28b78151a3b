// Where Docker keeps its things: /var/lib/docker, unless dockerd was told otherwise.
import type { ReadHost } from '../../host/host.js';
import { hasCode } from '../../oci/error.js';
import type { EngineOptions } from '../engine.js';
import type { EngineKind, EnginePlace } from '../engine-kind.js';
import { listHostUsers } from '../users.js';

const USUAL_ROOT = '/var/lib/docker';
/** https://snapcraft.io/docker */
const SNAP_ROOT = '/var/snap/docker/common/var-lib-docker';
/** dockerd --userns-remap: a root of its own for each pair of first ids. */
const REMAPPED = /^\d{1,10}\.\d{1,10}$/;

export const dockerKind: EngineKind = {
  kind: 'docker',
  find: (options) => {
    const { host, root } = options;
    if (root !== undefined) return [{ name: 'docker', root }, ...remapped(host, root)];
    return [...systemPlaces(host), ...rootlessPlaces(options)];
  },
  load: async (options, place) => {
    const { dockerEngine } = await import('./docker-engine.js');
    return dockerEngine(options, place);
  },
};

function systemPlaces(host: ReadHost): EnginePlace[] {
  const roots = [...new Set([configuredRoot(host) ?? USUAL_ROOT, SNAP_ROOT])];
  const found = roots.filter((root) => isDirectory(host, root));
  return found.flatMap((root, at) => {
    const name = at === 0 ? 'docker' : 'docker@snap';
    return [...(hasStore(host, root) ? [{ name, root }] : []), ...remapped(host, root)];
  });
}

/** With userns-remap from the start, the plain root has nothing but the remapped ones. */
function hasStore(host: ReadHost, root: string): boolean {
  return remapped(host, root).length === 0 || isDirectory(host, `${root}/image`);
}

/** https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file */
function configuredRoot(host: ReadHost): string | undefined {
  const path = '/etc/docker/daemon.json';
  try {
    const config = JSON.parse(host.readText(path, 1 << 20)) as Record<string, unknown> | null;
    const root = config?.['data-root'] ?? config?.['graph'];
    return typeof root === 'string' && root.startsWith('/') ? root : undefined;
  } catch (error) {
    // dockerd does not start with a broken file: what it wrote before is in the usual place.
    if (error instanceof SyntaxError) return undefined;
    if (hasCode(error, 'NOT_FOUND', 'PERMISSION_DENIED')) return undefined;
    throw error;
  }
}

function remapped(host: ReadHost, root: string): EnginePlace[] {
  try {
    return host
      .readDirectory(root)
      .filter(({ name, type }) => type === 'directory' && REMAPPED.test(name))
      .map(({ name }) => ({ name: `docker@${name}`, root: `${root}/${name}` }));
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND', 'PERMISSION_DENIED')) return [];
    throw error;
  }
}

/** https://docs.docker.com/engine/security/rootless/ */
function rootlessPlaces({ host, isLive }: EngineOptions): EnginePlace[] {
  return listHostUsers(host)
    .filter((user) => !isLive || host.effectiveUid === 0 || host.effectiveUid === user.uid)
    .map((user) => ({ user, root: `${user.home}/.local/share/docker` }))
    .filter(({ root }) => isDirectory(host, root))
    .map(({ user, root }) => ({ name: `docker@${user.name}`, root, owner: user }));
}

function isDirectory(host: ReadHost, path: string): boolean {
  try {
    const type = host.findStatus(path)?.type;
    // A link, as of a data root that was moved, is followed like any other above the root.
    return type === 'directory' || type === 'symlink';
  } catch {
    return false;
  }
}
