// Our own store as an engine like any other.
import type { Image } from '../image/image.js';
import { makeLayers } from '../image/image-layer.js';
import { withDefaults, type Limits } from '../image/limits.js';
import { blobName, directoryStore } from '../image/member-store.js';
import { alignHistory } from '../oci/history.js';
import { formatPlatform } from '../oci/platform.js';
import {
  findContainerByText,
  listContainerProblems,
  listContainers,
  type StoredContainer,
} from '../runtime/store/container-store.js';
import {
  findStoredImage,
  listImageProblems,
  listStoredImages,
  readBlob,
  type StoredImage,
} from '../runtime/store/image-store.js';
import {
  findLayerIndex,
  findLayerSummary,
  findSeekPoints,
  findUnpackedLayer,
} from '../runtime/store/layer-store.js';
import {
  containerPaths,
  initLayerName,
  layerDirectoryName,
  overlayDirectory,
  shortLinkName,
} from '../runtime/store/paths.js';
import { readStore, type ReadStore } from '../runtime/store/store.js';
import { checkCutaway } from './check-cutaway.js';
import type {
  Engine,
  EngineContainer,
  EngineImage,
  EngineOptions,
  LowerDirectory,
} from './engine.js';

const NAME = 'cutaway';

export function cutawayEngine({
  host,
  platform,
  limits,
  root,
}: EngineOptions & { readonly root: string }): Engine {
  const store = readStore(host, root);
  const findImage = (text: string) => findStoredImage(store, text, platform);
  return {
    name: NAME,
    kind: NAME,
    host,
    root,
    listContainers: () => listContainers(store).map((one) => toContainer(store, one)),
    listImages: () => listStoredImages(store, platform).map(toImage),
    listProblems: () => [...listContainerProblems(store), ...listImageProblems(store, platform)],
    findContainer: (text) => {
      const found = findContainerByText(store, text);
      return found === undefined ? undefined : toContainer(store, found);
    },
    findImage: (text) => {
      const found = findImage(text);
      return found === undefined ? undefined : toImage(found);
    },
    openImage: (image) => {
      const found = findImage(image.id);
      if (found === undefined) throw new Error(`image ${image.id} is gone`);
      return openStoredImage(store, found, withDefaults(limits));
    },
    layerDirectory: (chainID) => {
      const unpacked = findUnpackedLayer(store, chainID);
      return unpacked === undefined ? undefined : { role: 'layer', ...unpacked };
    },
    findLayerIndex: (diffID) => findLayerIndex(store, diffID),
    checkStore: () =>
      checkCutaway(store, {
        containers: listContainers(store).map((one) => toContainer(store, one)),
        images: listStoredImages(store, platform).map(toImage),
        problems: [...listContainerProblems(store), ...listImageProblems(store, platform)],
      }),
    findSeekPoints: (digest) => findSeekPoints(store, digest),
    findLayerSummary: (diffID) => findLayerSummary(store, diffID),
  };
}

function toImage(image: StoredImage): EngineImage {
  const { created } = image.config;
  return {
    engine: NAME,
    id: image.id,
    references: image.references,
    digest: image.descriptor.digest,
    platform: formatPlatform(image.config),
    ...(created === undefined ? {} : { createdAt: created }),
    layers: image.layers,
    labels: image.config.config?.Labels ?? {},
    steps: alignHistory(image.config.history, image.layers.length).layers,
    size: image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
  };
}

function openStoredImage(store: ReadStore, image: StoredImage, limits: Limits): Image {
  const members = directoryStore(store.host, store.paths.images);
  const stored = image.layers.map(({ descriptor }) => ({
    descriptor,
    member: blobName(descriptor.digest),
  }));
  const { layers, problems } = makeLayers(
    members,
    stored,
    image.layers.map(({ diffID }) => diffID),
    limits,
  );
  return {
    id: image.id,
    manifest: {
      descriptor: image.manifestDescriptor,
      bytes: readBlob(store, image.manifestDescriptor),
    },
    config: image.config,
    configBytes: readBlob(store, image.manifest.config),
    configDescriptor: image.manifest.config,
    layers,
    names: image.references,
    references: image.references,
    problems,
  };
}

function toContainer(store: ReadStore, container: StoredContainer): EngineContainer {
  const { record, state, status, init, health } = container;
  const paths = containerPaths(store.paths, record.id);
  return {
    engine: NAME,
    id: record.id,
    name: record.name,
    imageReference: record.image.reference,
    imageID: record.image.id,
    command: record.command,
    state: status,
    createdAt: record.created,
    ...(state.startedAt === undefined ? {} : { startedAt: state.startedAt }),
    ...(state.finishedAt === undefined ? {} : { finishedAt: state.finishedAt }),
    ...(state.exitCode === undefined ? {} : { exitCode: state.exitCode }),
    ...(state.error === undefined ? {} : { error: state.error }),
    ...(state.oomKilled === undefined ? {} : { oomKilled: state.oomKilled }),
    ...(init === undefined ? {} : { init }),
    supervisorPids:
      init !== undefined && state.supervisor !== undefined ? [state.supervisor.pid] : [],
    cgroupPaths: [`/cutaway/${record.id}`],
    labels: record.labels,
    directories: {
      lower: lowerDirectories(store, record),
      upper: paths.upper,
      work: paths.work,
      merged: paths.merged,
    },
    home: paths.directory,
    runtimeConfig: `${paths.bundle}/config.json`,
    log: paths.log,
    ...(health === undefined ? {} : { health }),
    ...(state.restartCount === undefined ? {} : { restartCount: state.restartCount }),
    settings: {
      ...record,
      entrypoint: record.entrypoint ?? [],
      stdinOnce: record.stdinOnce ?? false,
      environment: [...record.variables, ...record.imageVariables.filter(isNotGiven(record))],
    },
    record,
  };
}

/** What was asked for wins over what the image has. */
function isNotGiven({ variables }: StoredContainer['record']): (variable: string) => boolean {
  const given = new Set(variables.map(nameOf));
  return (variable) => !given.has(nameOf(variable));
}

function nameOf(variable: string): string {
  return variable.split('=', 1)[0] ?? '';
}

function lowerDirectories(
  store: ReadStore,
  record: StoredContainer['record'],
): readonly LowerDirectory[] {
  const layers = record.layers.map(({ chainID }, at) => ({
    ...lower(store, layerDirectoryName(chainID)),
    role: 'layer' as const,
    layerIndex: at + 1,
  }));
  const init = initLayerName(record.layers.at(-1)?.chainID);
  return [{ ...lower(store, init), role: 'init' as const }, ...layers.reverse()];
}

function lower(store: ReadStore, name: string): { directory: string; link: string } {
  return {
    directory: `${overlayDirectory(store.paths, name)}/diff`,
    link: `${store.paths.links}/${shortLinkName(name)}`,
  };
}
