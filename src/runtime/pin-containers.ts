// "container:NAME" is written down with the id: names change hands. What cannot go together, and a
// container that cannot be joined, is refused before anything is made.
import { CutawayError } from '../oci/error.js';
import type { CreateOptions } from './create-container.js';
import { containerID, isContainer } from './join-namespaces.js';
import type { ContainerNamespace, ContainerSettings, NamespaceWishes } from './spec/settings.js';
import { findContainer, resolveContainer, type ContainerRecord } from './store/container-store.js';
import type { Store } from './store/store.js';

export type Shared = Pick<ContainerRecord, 'network'> & {
  readonly settings: ContainerSettings;
  /** Of whom it shares the network or the uts namespace with. */
  readonly hostname?: string;
};

export function pinContainers(store: Store, options: CreateOptions): Shared {
  checkTogether(options);
  const { settings = {} } = options;
  const { namespaces = {} } = settings;
  const network = pin(store, options.network);
  const pinned: NamespaceWishes = {
    ...namespaces,
    ...(namespaces.pid === undefined ? {} : { pid: pin(store, namespaces.pid) }),
    ...(namespaces.uts === undefined ? {} : { uts: pin(store, namespaces.uts) }),
    ...(namespaces.ipc === undefined ? {} : { ipc: pin(store, namespaces.ipc) }),
  };
  if (isContainer(pinned.ipc)) requireShareable(store, pinned.ipc);
  const hostname = options.hostname ?? sharedHostname(store, network, pinned.uts);
  return {
    network,
    settings: {
      ...settings,
      ...(Object.keys(pinned).length === 0 ? {} : { namespaces: pinned }),
    },
    ...(hostname === undefined ? {} : { hostname }),
  };
}

function pin<Wish extends string>(store: Store, wish: Wish): Wish | ContainerNamespace {
  if (!isContainer(wish)) return wish;
  return `container:${resolveContainer(store, containerID(wish)).record.id}`;
}

function requireShareable(store: Store, wish: ContainerNamespace): void {
  const { record } = findContainer(store, containerID(wish)) ?? {};
  if (record?.settings?.namespaces?.ipc === 'shareable') return;
  const name = record?.name ?? '';
  throw new CutawayError('INVALID_INPUT', `--ipc container:${name}: it is not shareable`, {
    hint: 'a container that was made with --ipc shareable can be joined',
  });
}

function sharedHostname(
  store: Store,
  network: string,
  uts: NamespaceWishes['uts'],
): string | undefined {
  const other = isContainer(uts) ? uts : isContainer(network) ? network : undefined;
  if (other !== undefined) return findContainer(store, containerID(other))?.record.hostname;
  // With the host's uts namespace alone it is called by its id, as in Docker.
  return network === 'host' ? store.host.hostName() : undefined;
}

/** What belongs to a namespace cannot be said by who only shares it. */
function checkTogether({ hostname, network, settings = {} }: CreateOptions): void {
  const { namespaces: { uts } = {}, names = {} } = settings;
  if (hostname !== undefined && uts !== undefined) refuse('--hostname', `--uts ${uts}`);
  if (!isContainer(network)) return;
  const other = `--network ${network}`;
  if (hostname !== undefined) refuse('--hostname', other);
  if (names.servers ?? names.search ?? names.options) refuse('--dns', other);
  if (names.hosts) refuse('--add-host', other);
}

function refuse(option: string, other: string): never {
  throw new CutawayError('INVALID_INPUT', `${option} and ${other} exclude each other`);
}
