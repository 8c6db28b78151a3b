// Namespaces that a container shares: with the host, or with another container that runs.
import type { NamespaceType } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import type { NetworkInput, SpecInput } from './spec/make-runtime-config.js';
import type { ContainerNamespace } from './spec/settings.js';
import { findContainer, type ContainerRecord } from './store/container-store.js';
import { containerPaths, type ContainerPaths } from './store/paths.js';
import type { Store } from './store/store.js';

export function networkInput(
  store: Store,
  { network }: ContainerRecord,
  paths: ContainerPaths,
): NetworkInput {
  if (network === 'host') return { mode: 'host' };
  if (network === 'none') return { mode: 'none', namespacePath: paths.networkNamespace };
  return { mode: 'container', namespacePath: namespacePath(store, network, 'net') };
}

/** Of pid, uts and ipc; what is absent is a new one. */
export function joinedNamespaces(
  store: Store,
  { settings: { namespaces = {} } = {} }: ContainerRecord,
): NonNullable<SpecInput['joined']> {
  const joined: Partial<Record<'pid' | 'uts' | 'ipc', string>> = {};
  for (const type of ['pid', 'uts', 'ipc'] as const) {
    const wanted = namespaces[type];
    if (wanted === 'host') joined[type] = wanted;
    else if (isContainer(wanted)) joined[type] = namespacePath(store, wanted, type);
  }
  return joined;
}

export function isContainer(wish: string | undefined): wish is ContainerNamespace {
  return wish?.startsWith('container:') ?? false;
}

/** The id in "container:ID". */
export function containerID(wish: ContainerNamespace): string {
  return wish.slice('container:'.length);
}

function namespacePath(store: Store, wish: ContainerNamespace, type: NamespaceType): string {
  const id = containerID(wish);
  const container = findContainer(store, id);
  const name = container?.record.name ?? id.slice(0, 12);
  const operation = `join the ${type} namespace of container "${name}"`;
  if (container === undefined) throw new CutawayError('NOT_FOUND', `${operation}: it is gone`);
  const { init } = container;
  if (init !== undefined) return `/proc/${init.pid}/ns/${type}`;
  throw new CutawayError('INVALID_INPUT', `${operation}: it is not running`, {
    hint: `cutaway start ${name}`,
  });
}

/**
 * What is mounted on /dev/shm: with the ipc namespace of somebody else goes his shared memory. Absent:
 * one of its own. A directory of the host for one that others may join.
 */
export function sharedMemory(
  store: Store,
  { settings: { namespaces: { ipc } = {} } = {} }: ContainerRecord,
  paths: ContainerPaths,
): 'none' | 'own' | { readonly source: string } {
  if (ipc === 'none') return ipc;
  if (ipc === 'host') return { source: '/dev/shm' };
  if (ipc === 'shareable') return { source: paths.sharedMemory };
  if (!isContainer(ipc)) return 'own';
  return { source: containerPaths(store.paths, containerID(ipc)).sharedMemory };
}

const SHM_SIZE = 64 * 1024 * 1024;

/** A tmpfs of the host that the container has on /dev/shm, and whoever joins its ipc namespace. */
export function holdSharedMemory(
  { host }: Store,
  { settings: { namespaces, shmSize = SHM_SIZE } = {} }: ContainerRecord,
  { sharedMemory: path }: ContainerPaths,
): void {
  if (namespaces?.ipc !== 'shareable') return;
  host.createDirectory(path, { mode: 0o700, parents: true });
  host.mountTmpfs(path, `mode=1777,size=${shmSize}`);
}
