// containerd as an engine: under ctr, nerdctl, Kubernetes and Docker from 29 on, read from its files.
import { withDefaults } from '../../image/limits.js';
import { directoryStore, type MemberStore } from '../../image/member-store.js';
import { digestHex, type Digest } from '../../oci/digest.js';
import type { Problem } from '../../oci/problem.js';
import { formatReference, isReference, parseReference } from '../../oci/reference.js';
import { readBolt } from '../bolt/read-bolt.js';
import { once } from '../once.js';
import type { Engine, EngineContainer, EngineImage, EngineOptions } from '../engine.js';
import { checkContainerd } from './check-containerd.js';
import { listContainerFacts } from './container-facts.js';
import { uniqueNames } from './container-name.js';
import { toEngineContainer } from './containers.js';
import { DOCKER_NAMESPACE, listDockerContainers } from './docker-containers.js';
import { findByText } from './find-by-text.js';
import {
  listNamespaceImages,
  openContainerdImage,
  toEngineImage,
  type ContainerdImage,
  type ImageReader,
} from './images.js';
import { attempt, parseMetadata, type ContainerdMetadata } from './metadata.js';
import type { ContainerdPlaces } from './places.js';
import { readSnapshotter, snapshotDirectory, type Snapshotter } from './snapshotter.js';

export type ContainerdOptions = Omit<EngineOptions, 'root'> & {
  readonly name: string;
  readonly places: ContainerdPlaces;
};

/** Where the layers of images are, for all who do not say otherwise. */
const DEFAULT_SNAPSHOTTER = 'overlayfs';

export function containerdEngine(options: ContainerdOptions): Engine {
  const { host, name, platform, limits } = options;
  const root = options.places.root;
  const metadata = once(() => readMetadata(options));
  const findSnapshotter = memoized((one) => readSnapshotter(host, root, one));
  const reader = once((): ImageReader => ({
    store: openContent(options),
    platform,
    limits: withDefaults(limits),
  }));
  const images = once(() => readImages(metadata(), reader));
  const shown = once(() =>
    images().images.map((image) => ({ image, row: toEngineImage(name, image) })),
  );
  const containers = once(() =>
    readContainers(options, metadata(), images().images, findSnapshotter),
  );
  const layerDirectory = (chainID: Digest) =>
    findLayerDirectory(options, metadata(), findSnapshotter, chainID);
  return {
    name,
    kind: 'containerd',
    host,
    root,
    listContainers: () => containers().containers,
    listImages: () => shown().map(({ row }) => row),
    listProblems: () => [
      ...metadata().problems,
      ...snapshotterProblems(metadata(), findSnapshotter),
      ...images().problems,
      ...containers().problems,
    ],
    findContainer: (text) => findContainer(containers().containers, text),
    findImage: (text) => findImage(shown(), text),
    openImage: (wanted) => {
      const found = shown().find(({ row }) => isSame(row, wanted));
      if (found === undefined) throw new Error(`image ${wanted.id} is gone`);
      return openContainerdImage(reader(), found.image, (id) => layerDirectory(id) !== undefined);
    },
    layerDirectory: (chainID) => {
      const directory = layerDirectory(chainID);
      return directory === undefined ? undefined : { role: 'layer', directory };
    },
    checkStore: () =>
      checkContainerd({
        ...{ host, root, metadata: metadata(), findSnapshotter },
        containers: containers().containers,
        images: shown().map(({ row }) => row),
        problems: [...metadata().problems, ...images().problems, ...containers().problems],
      }),
  };
}

/** What failed once fails again in the same way. */
function memoized<Value>(read: (key: string) => Value): (key: string) => Value {
  const kept = new Map<string, () => Value>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined) return known();
    try {
      const value = read(key);
      kept.set(key, () => value);
      return value;
    } catch (error) {
      kept.set(key, () => {
        throw error;
      });
      throw error;
    }
  };
}

/** A directory in which containerd has never been started has nothing, and that is no error. */
function readMetadata({ host, places }: ContainerdOptions): ContainerdMetadata {
  const directory = `${places.root}/io.containerd.metadata.v1.bolt`;
  if (host.findStatus(directory) === undefined) return { namespaces: [], problems: [] };
  return readBolt(host, `${directory}/meta.db`, parseMetadata);
}

function openContent({ host, places }: ContainerdOptions): MemberStore {
  const path = `${places.root}/io.containerd.content.v1.content`;
  const what = `content store "${path}"`;
  return { ...directoryStore(host, path), what };
}

function readImages(
  { namespaces }: ContainerdMetadata,
  reader: () => ImageReader,
): { images: ContainerdImage[]; problems: Problem[] } {
  const read = namespaces
    .filter(({ images }) => images.length > 0)
    .map((namespace) => listNamespaceImages(reader(), namespace));
  return {
    images: read.flatMap(({ images }) => images),
    problems: read.flatMap(({ problems }) => problems),
  };
}

function readContainers(
  options: ContainerdOptions,
  { namespaces }: ContainerdMetadata,
  images: readonly ContainerdImage[],
  findSnapshotter: (name: string) => Snapshotter | undefined,
): { containers: EngineContainer[]; problems: Problem[] } {
  const { host, places, isLive, name: engine } = options;
  const problems: Problem[] = [];
  const hasDocker = namespaces.some(({ name }) => name === DOCKER_NAMESPACE);
  const docker = hasDocker ? listDockerContainers(host, places, problems) : [];
  const containers = namespaces.flatMap((namespace) => {
    const own = images.filter((image) => image.namespace === namespace);
    const context = { engine, host, isLive, places, images: own, findSnapshotter, problems };
    const facts = listContainerFacts({ host, places, namespace, docker, problems });
    return uniqueNames(facts).flatMap((one) =>
      attempt(problems, 'container-unreadable', one.name, () => toEngineContainer(context, one)),
    );
  });
  const age = ({ createdAt = '', id }: EngineContainer) => `${createdAt.replace(/Z$/, '')} ${id}`;
  containers.sort((a, b) => (age(a) < age(b) ? 1 : -1));
  return { containers, problems };
}

/** Of those that have anything: reading one that is not there fails where it is needed. */
function snapshotterProblems(
  { namespaces }: ContainerdMetadata,
  findSnapshotter: (name: string) => Snapshotter | undefined,
): Problem[] {
  const problems: Problem[] = [];
  for (const name of new Set(namespaces.flatMap(({ snapshots }) => [...snapshots.keys()]))) {
    const [found] = attempt(problems, 'snapshotter-unreadable', name, () => findSnapshotter(name));
    problems.push(...(found?.problems ?? []));
  }
  return problems;
}

/** In whichever namespace: the same chainID is the same content. */
function findLayerDirectory(
  { host }: ContainerdOptions,
  { namespaces }: ContainerdMetadata,
  findSnapshotter: (name: string) => Snapshotter | undefined,
  chainID: Digest,
): string | undefined {
  for (const { snapshots } of namespaces) {
    const backend = snapshots.get(DEFAULT_SNAPSHOTTER)?.get(chainID);
    if (backend === undefined) continue;
    const [directory] = attempt([], '', '', () => {
      const snapshotter = findSnapshotter(DEFAULT_SNAPSHOTTER);
      const snapshot = snapshotter?.snapshots.get(backend);
      if (snapshotter === undefined || snapshot?.kind !== 'committed') return undefined;
      return snapshotDirectory(host, snapshotter, snapshot);
    });
    if (directory !== undefined) return directory;
  }
  return undefined;
}

function findContainer(
  containers: readonly EngineContainer[],
  text: string,
): EngineContainer | undefined {
  return findByText(containers, text, 'container', [
    ({ name }) => name === text,
    ({ name, id }) => `${namespaceOf(name)}/${id}` === text,
    ({ name, id }) => id === text || withoutNamespace(name) === text,
    ({ id }) => /^[0-9a-f]{4,64}$/.test(text) && id.startsWith(text),
  ]);
}

interface ShownImage {
  readonly image: ContainerdImage;
  readonly row: EngineImage;
}

function findImage(shown: readonly ShownImage[], text: string): EngineImage | undefined {
  const named = shown.map((one) => ({ ...one, name: one.row.references[0] ?? one.row.id }));
  const slash = text.indexOf('/');
  const [namespace, rest] = [text.slice(0, Math.max(0, slash)), text.slice(slash + 1)];
  const hex = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(text)?.[1];
  return findByText(
    named,
    text,
    'image',
    [
      ({ image }) => image.namespace.name === namespace && isCalled(image, rest),
      ({ image }) => isCalled(image, text),
      ({ row }) => hex !== undefined && digestHex(row.id).startsWith(hex),
    ],
    ({ row }) => row.id,
  )?.row;
}

function isCalled(
  { entries, manifest, manifestDescriptor }: ContainerdImage,
  text: string,
): boolean {
  const full = fullName(text);
  const digest = /(?:^|@)(sha256:[0-9a-f]{64})$/.exec(text)?.[1];
  return (
    text === manifest.config.digest ||
    (digest !== undefined && digest === manifestDescriptor.digest) ||
    entries.some(({ name, target }) => fullName(name) === full || target.digest === digest)
  );
}

function fullName(text: string): string {
  return isReference(text) ? formatReference(parseReference(text)) : text;
}

function namespaceOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf('/')));
}

function withoutNamespace(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

function isSame(a: EngineImage, b: EngineImage): boolean {
  return a === b || (a.id === b.id && a.references[0] === b.references[0]);
}
