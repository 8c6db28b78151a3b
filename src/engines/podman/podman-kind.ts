// Where containers-storage is (Podman, Buildah, CRI-O): containers-storage.conf(5).
import type { ReadHost } from '../../host/host.js';
import { hasCode } from '../../oci/error.js';
import type { EngineOptions } from '../engine.js';
import type { EngineKind, EnginePlace } from '../engine-kind.js';
import { listHostUsers, type HostUser } from '../users.js';

export interface StoragePlace extends EnginePlace {
  /** What does not survive a reboot. */
  readonly runRoot: string;
  /** More stores, of images only. */
  readonly imageStores: readonly string[];
}

const USUAL_ROOT = '/var/lib/containers/storage';
const USUAL_RUN_ROOT = '/run/containers/storage';
const SYSTEM_FILES = ['/etc/containers/storage.conf', '/usr/share/containers/storage.conf'];

export const podmanKind: EngineKind = {
  kind: 'podman',
  find: findStorage,
  load: async (options, place) => {
    const { podmanEngine } = await import('./podman-engine.js');
    const all = findStorage(options);
    const found = all.find(({ name }) => name === place.name);
    return podmanEngine(options, found ?? { ...place, runRoot: USUAL_RUN_ROOT, imageStores: [] });
  },
};

function findStorage(options: EngineOptions): StoragePlace[] {
  const { host, root } = options;
  const system = SYSTEM_FILES.map((path) => readSettings(host, path)).find(Boolean);
  const place: StoragePlace = {
    name: 'podman',
    root: root ?? system?.graphRoot ?? USUAL_ROOT,
    runRoot: system?.runRoot ?? USUAL_RUN_ROOT,
    imageStores: system?.imageStores ?? [],
  };
  if (root !== undefined) return [place];
  const rootless = listHostUsers(host)
    .filter((user) => !options.isLive || [0, user.uid].includes(host.effectiveUid))
    .map((user) => userPlace(host, user))
    .filter((one) => isThere(host, one.root));
  return [...(isThere(host, place.root) ? [place] : []), ...rootless];
}

function userPlace(host: ReadHost, user: HostUser): StoragePlace {
  const own = readSettings(host, `${user.home}/.config/containers/storage.conf`);
  return {
    name: `podman@${user.name}`,
    root: own?.graphRoot ?? `${user.home}/.local/share/containers/storage`,
    runRoot: own?.runRoot ?? `/run/user/${user.uid}/containers`,
    imageStores: own?.imageStores ?? [],
    owner: user,
  };
}

interface Settings {
  readonly graphRoot?: string;
  readonly runRoot?: string;
  readonly imageStores: readonly string[];
}

/** The three keys of its TOML that say where; what is in comments is none. */
function readSettings(host: ReadHost, path: string): Settings | undefined {
  const text = readIfThere(host, path)?.replace(/^\s*#.*$/gm, '');
  if (text === undefined) return undefined;
  const value = (key: string) =>
    new RegExp(`^\\s*${key}\\s*=\\s*["'](/[^"'$]*)["']`, 'm').exec(text)?.[1];
  const [graphRoot, runRoot] = [value('graphroot'), value('runroot')];
  const stores = /^\s*additionalimagestores\s*=\s*\[([^\]]*)\]/m.exec(text)?.[1] ?? '';
  return {
    ...(graphRoot === undefined ? {} : { graphRoot }),
    ...(runRoot === undefined ? {} : { runRoot }),
    imageStores: [...stores.matchAll(/["'](\/[^"'$]*)["']/g)].map(([, store = '']) => store),
  };
}

function readIfThere(host: ReadHost, path: string): string | undefined {
  try {
    return host.readText(path, 1 << 20);
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
