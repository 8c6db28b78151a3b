import type { ReadHost } from '../../host/host.js';
import type { EngineKind, EnginePlace } from '../engine-kind.js';
import type { EngineOptions } from '../engine.js';
import { findState, readConfiguredPlaces, type ContainerdPlaces } from './places.js';

interface KnownPlace extends ContainerdPlaces {
  readonly name: string;
}

const DOCKER = '/var/lib/docker';

// A host may have several: Docker's own where none is installed beside it, and those that small
// Kubernetes distributions bring along.
const KNOWN: readonly KnownPlace[] = [
  place('containerd', '/var/lib/containerd', '/run/containerd'),
  place('containerd@docker', `${DOCKER}/containerd/daemon`, '/run/docker/containerd/daemon'),
  place('containerd@k3s', '/var/lib/rancher/k3s/agent/containerd', '/run/k3s/containerd'),
  place('containerd@rke2', '/var/lib/rancher/rke2/agent/containerd', '/run/k3s/containerd'),
  place('containerd@k0s', '/var/lib/k0s/containerd', '/run/k0s/containerd'),
  place(
    'containerd@microk8s',
    '/var/snap/microk8s/common/var/lib/containerd',
    '/var/snap/microk8s/common/run/containerd',
  ),
];

function place(name: string, root: string, state: string): KnownPlace {
  return { name, root, state, docker: DOCKER };
}

export const containerdKind: EngineKind = {
  kind: 'containerd',
  find: (options) => listPlaces(options).map(({ name, root }): EnginePlace => ({ name, root })),
  load: async (options, { name, root }) => {
    const { containerdEngine } = await import('./containerd-engine.js');
    const found = listPlaces(options).find((one) => one.name === name);
    const places = found ?? place(name, root, '/run/containerd');
    return containerdEngine({ ...options, name, places: whole(options.host, places) });
  },
};

function listPlaces(options: EngineOptions): readonly KnownPlace[] {
  const { host, isLive, root } = options;
  if (root !== undefined) {
    const known = KNOWN.find((one) => one.root === root);
    const state = known?.state ?? (isLive ? findState(host, root) : undefined);
    return [place('containerd', root, state ?? '/run/containerd')];
  }
  const configured = readConfiguredPlaces(host);
  const [usual, ...others] = KNOWN;
  const first = usual === undefined ? [] : [{ ...usual, ...configured }];
  return [...first, ...others].filter((one) => host.findStatus(one.root) !== undefined);
}

/** As the mounts have it, when the directory is a link: disks get full, and people move things. */
function whole(host: ReadHost, places: KnownPlace): ContainerdPlaces {
  const { root, state, docker } = places;
  return { root: host.resolveInRoot('/', root) ?? root, state, docker };
}
