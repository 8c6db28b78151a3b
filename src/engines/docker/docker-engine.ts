// Docker with its own image store (until 28 the default), from the files below its data root.
import { CutawayError } from '../../oci/error.js';
import type { Problem } from '../../oci/problem.js';
import type { Digest } from '../../oci/digest.js';
import type { Engine, EngineOptions, LowerDirectory } from '../engine.js';
import type { EnginePlace } from '../engine-kind.js';
import { once } from '../once.js';
import { findContainerIn, findImageIn } from '../lookup.js';
import { checkDocker } from './check-docker.js';
import { listDockerContainers } from './docker-containers.js';
import { listDockerImages, openDockerImage, type DockerStore } from './docker-images.js';
import { layerDatabase } from './layer-database.js';

/** Drivers that stack directories; the others keep whole copies or use other file systems. */
const STACKING = ['overlay2', 'fuse-overlayfs'];

export function dockerEngine({ host, isLive }: EngineOptions, { name, root }: EnginePlace): Engine {
  const problems: Problem[] = [];
  const drivers = once(() =>
    (host.findStatus(`${root}/image`) === undefined ? [] : host.readDirectory(`${root}/image`))
      .map((entry) => entry.name)
      .filter((driver) => /^[a-z0-9-]{1,32}$/.test(driver))
      .sort(),
  );
  const storeOf = (driver: string): DockerStore => {
    const directory = `${root}/image/${driver}`;
    return {
      ...{ engine: name, host, directory },
      layers: layerDatabase(host, directory, `${root}/${driver}`),
    };
  };
  const stores = once(() => drivers().map((driver) => [driver, storeOf(driver)] as const));
  const images = once(() =>
    stores().flatMap(([, store]) =>
      listDockerImages(store, problems).map((image) => ({ store, image })),
    ),
  );
  const containers = once(() => {
    const directoriesOf = (id: string, driver: string) => {
      const store = stores().find(([known]) => known === driver)?.[1];
      if (store !== undefined && STACKING.includes(driver)) {
        return store.layers.containerDirectories(id);
      }
      throw new CutawayError('UNSUPPORTED', `the storage driver "${driver}" is not read`);
    };
    return listDockerContainers({ engine: name, host, isLive, root, directoriesOf }, problems);
  });
  const listImages = () => images().map(({ image }) => image);
  return {
    name,
    kind: 'docker',
    host,
    root,
    listContainers: containers,
    listImages,
    listProblems: () => problems,
    findContainer: (text) => findContainerIn(containers(), text),
    findImage: (text) => findImageIn(listImages(), text),
    openImage: (image) => {
      const found = images().find((one) => one.image.id === image.id);
      if (found !== undefined) return openDockerImage(found.store, image);
      throw new CutawayError('NOT_FOUND', `image ${image.id} is not in ${name}`);
    },
    layerDirectory: (chainID) => findDirectory(stores(), chainID),
    findTarSplit: (chainID) => {
      const found = stores().map(([, { layers }]) => layers.findTarSplit(chainID));
      return found.find((path) => path !== undefined);
    },
    checkStore: () => {
      const parts = { host, root, drivers: drivers().filter((one) => STACKING.includes(one)) };
      return checkDocker({ ...parts, containers: containers(), images: listImages(), problems });
    },
    ...idsOf(name),
  };
}

function findDirectory(
  stores: readonly (readonly [string, DockerStore])[],
  chainID: Digest,
): LowerDirectory | undefined {
  for (const [driver, { layers }] of stores) {
    const found = STACKING.includes(driver) ? layers.layerDirectory(chainID) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** dockerd --userns-remap names a root after the ids that 0 stands for: root "docker@100000.100000". */
function idsOf(name: string): Pick<Engine, 'ids'> {
  const [, uid, gid] = /^docker@(\d+)\.(\d+)$/.exec(name) ?? [];
  if (uid === undefined || gid === undefined) return {};
  return { ids: { uid: (id) => id + Number(uid), gid: (id) => id + Number(gid) } };
}
