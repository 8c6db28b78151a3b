// Where LXC keeps containers: lxc.system.conf(5), `lxc.lxcpath`.
import type { ReadHost } from '../../host/host.js';
import { hasCode } from '../../oci/error.js';
import type { EngineKind, EnginePlace } from '../engine-kind.js';
import { listHostUsers } from '../users.js';

const USUAL_ROOT = '/var/lib/lxc';

export const lxcKind: EngineKind = {
  kind: 'lxc',
  find: ({ host, root, isLive }) => {
    if (root !== undefined) return [{ name: 'lxc', root }];
    const rootless = listHostUsers(host)
      .filter((user) => !isLive || [0, user.uid].includes(host.effectiveUid))
      .map((user): EnginePlace => ({
        name: `lxc@${user.name}`,
        root: `${user.home}/.local/share/lxc`,
        owner: user,
      }));
    const all = [{ name: 'lxc', root: configuredRoot(host) ?? USUAL_ROOT }, ...rootless];
    return all.filter((place) => isThere(host, place.root));
  },
  load: async (options, place) => {
    const { lxcEngine } = await import('./lxc-engine.js');
    return lxcEngine(options, place);
  },
};

function configuredRoot(host: ReadHost): string | undefined {
  try {
    const text = host.readText('/etc/lxc/lxc.conf', 1 << 20);
    return /^\s*lxc\.lxcpath\s*=\s*(\/\S*)\s*$/m.exec(text)?.[1];
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND', 'PERMISSION_DENIED')) return undefined;
    throw error;
  }
}

function isThere(host: ReadHost, path: string): boolean {
  try {
    return host.findStatus(path) !== undefined;
  } catch {
    return false;
  }
}
