// From what was asked for, what another container has and what the image declares to the mounts of a
// new container. Volumes that are missing are made.
import { randomBytes } from 'node:crypto';
import type { ImageConfig } from '../oci/image-config.js';
import { CutawayError } from '../oci/error.js';
import { present } from '../oci/json-reader.js';
import type { Bind } from './spec/mounts.js';
import { cleanDestination } from './spec/tmpfs.js';
import type { BindWish, MountWish, VolumeWish } from './spec/volumes.js';
import { resolveContainer } from './store/container-store.js';
import { ensureVolume, volumeContent } from './store/volume-store.js';
import type { Store } from './store/store.js';

export interface MountsWanted {
  readonly mounts: readonly MountWish[];
  readonly volumesFrom: readonly { readonly container: string; readonly readOnly: boolean }[];
  /** Destinations that something else is mounted on. */
  readonly taken: readonly string[];
}

/**
 * What was asked for stands above what comes from others, and that above the image's own. Call it under
 * the store's lock: a volume that is made here has a user only when the container's record is there.
 */
export function makeBinds(store: Store, image: ImageConfig, wanted: MountsWanted): Bind[] {
  const own = wanted.mounts.filter((mount) => !isDeclared(mount));
  requireOnce([...own.map(({ destination }) => destination), ...wanted.taken]);
  const inherited = new Map<string, Bind>();
  for (const { container, readOnly } of wanted.volumesFrom) {
    for (const bind of resolveContainer(store, container).record.binds) {
      inherited.set(bind.destination, { ...bind, readOnly: bind.readOnly || readOnly });
    }
  }
  const ofImage = Object.keys(image.config?.Volumes ?? {}).map((path): VolumeWish => {
    const destination = cleanDestination(path, `volume ${JSON.stringify(path)} of the image`);
    return { kind: 'volume', destination, readOnly: false };
  });
  const taken = new Set(wanted.taken);
  const firstOfEach = <Mount extends { readonly destination: string }>(mounts: readonly Mount[]) =>
    mounts.filter(({ destination }) => !taken.has(destination) && taken.add(destination));
  return [
    ...firstOfEach(own),
    ...firstOfEach([...inherited.values()]),
    ...firstOfEach([...wanted.mounts.filter(isDeclared), ...ofImage]),
  ].map((one) => {
    if (!('kind' in one)) return one;
    return one.kind === 'bind' ? bindOf(one) : volumeBind(store, one);
  });
}

function isDeclared(mount: MountWish): mount is VolumeWish {
  return mount.kind === 'volume' && mount.declared === true;
}

function bindOf(wish: BindWish): Bind {
  const { source, destination, readOnly, propagation, shallow } = wish;
  return present({ source, destination, readOnly, propagation, shallow });
}

function volumeBind(store: Store, wish: VolumeWish): Bind {
  const { name = randomBytes(32).toString('hex'), destination, readOnly } = wish;
  const isAnonymous = wish.name === undefined;
  ensureVolume(store, {
    name,
    labels: wish.labels ?? {},
    ...(isAnonymous ? { anonymous: true } : {}),
  });
  return {
    ...{ source: volumeContent(store, name), destination, readOnly, volume: name },
    ...(isAnonymous ? { anonymous: true } : {}),
    ...(wish.noCopy === true ? {} : { fresh: true }),
  };
}

function requireOnce(destinations: readonly string[]): void {
  const twice = destinations.find((path, at) => destinations.indexOf(path) !== at);
  if (twice === undefined) return;
  throw new CutawayError('INVALID_INPUT', `mount ${JSON.stringify(twice)}: duplicate mount point`);
}
