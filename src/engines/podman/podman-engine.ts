// Podman, Buildah and CRI-O from the files of containers-storage, whichever of them made a container.
import { CutawayError } from '../../oci/error.js';
import type { Problem } from '../../oci/problem.js';
import type { Engine, EngineOptions } from '../engine.js';
import { findContainerIn, findImageIn } from '../lookup.js';
import { once } from '../once.js';
import { userIds } from '../user-ids.js';
import type { StoragePlace } from './podman-kind.js';
import { checkStorage } from './check-storage.js';
import { listStorageContainers } from './storage-containers.js';
import { listStorageImages, openStorageImage } from './storage-images.js';
import { readStorageLayers, unpackedDirectory } from './storage-layers.js';

export function podmanEngine({ host, isLive }: EngineOptions, place: StoragePlace): Engine {
  const { name, root, imageStores } = place;
  const problems: Problem[] = [];
  const roots = [root, ...imageStores];
  const layers = once(() => readStorageLayers(host, roots, problems));
  const images = once(() => listStorageImages(name, host, roots, problems));
  const containers = once(() => listStorageContainers({ host, isLive, place, layers }, problems));
  const listImages = once(() => images().map(({ image }) => image));
  return {
    name,
    kind: 'podman',
    host,
    root,
    listContainers: containers,
    listImages,
    listProblems: () => {
      layers();
      return problems;
    },
    findContainer: (text) => findContainerIn(containers(), text),
    findImage: (text) => findImageIn(listImages(), text),
    openImage: (image) => {
      const found = images().find((one) => one.image.id === image.id);
      if (found !== undefined) return openStorageImage(host, layers(), found);
      throw new CutawayError('NOT_FOUND', `image ${image.id} is not in ${name}`);
    },
    layerDirectory: (chainID) => {
      const layer = layers().byChain.get(chainID);
      return layer === undefined ? undefined : unpackedDirectory(host, layer);
    },
    findTarSplit: (chainID) => {
      const layer = layers().byChain.get(chainID);
      if (layer === undefined) return undefined;
      return `${layer.root}/overlay-layers/${layer.id}.tar-split.gz`;
    },
    checkStore: () =>
      checkStorage({
        ...{ host, root, layers: layers(), containers: containers(), images: listImages() },
        problems,
      }),
    ...(place.owner === undefined ? {} : { ids: userIds(host, place.owner) }),
  };
}
