// What is there and nobody uses: containers that do not run, images without a name, or with `all` those
// of which there is no container, and whatever a killed command has left in the store.
import { parseImageConfig } from '../oci/image-config.js';
import type { Digest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import type { Platform } from '../oci/platform.js';
import { removeContainer } from './remove-container.js';
import { isSupervised, listContainers, type StoredContainer } from './store/container-store.js';
import { collectGarbage, findGarbage, withoutArrivals } from './store/garbage.js';
import {
  blobPath,
  familiar,
  findImageID,
  listImageNames,
  readBlob,
  STORED,
  writeImageNames,
  type ImageName,
} from './store/image-store.js';
import { containerPaths, overlayDirectory } from './store/paths.js';
import { exclusively, type Store } from './store/store.js';
import { measureTree } from './store/tree-size.js';

export interface PruneOptions {
  /** Images with a name too. */
  readonly all: boolean;
  readonly containers: boolean;
  readonly images: boolean;
  /** Only what is older: milliseconds since the epoch. */
  readonly until?: number;
  /** KEY or KEY=VALUE, all of them. */
  readonly labels: readonly string[];
  readonly platform: Platform;
  /** Told before it waits for an image that is on its way into the store. */
  readonly onWait: () => void;
}

export interface PrunedImage {
  readonly id: Digest;
  /** Familiar. */
  readonly references: readonly string[];
}

export interface Pruning {
  readonly containers: readonly StoredContainer[];
  readonly images: readonly PrunedImage[];
  readonly blobs: readonly Digest[];
  readonly freed: {
    readonly containers: number;
    readonly blobs: number;
    readonly unpacked: number;
  };
}

/** What would go now. Nothing is changed. */
export function planPruning(store: Store, options: PruneOptions): Pruning {
  const all = listContainers(store);
  const going = options.containers ? all.filter((one) => isIdle(store, one, options)) : [];
  const containers = all.filter((one) => !going.includes(one));
  const { names, images } = splitNames(store, containers, options);
  const garbage = options.images ? findGarbage(store, { names, containers }) : undefined;
  const own = new Set(all.map(({ record }) => record.id));
  const layers = (garbage?.directories ?? []).filter((name) => !own.has(name));
  return {
    containers: going,
    images,
    blobs: garbage?.blobs ?? [],
    freed: {
      containers: sum(going, ({ record }) =>
        measure(store, containerPaths(store.paths, record.id).upper),
      ),
      blobs:
        sum(garbage?.blobs ?? [], (digest) => sizeOf(store, blobPath(store.paths, digest))) +
        // What has come of blobs whose pull was interrupted.
        (garbage === undefined ? 0 : measure(store, store.paths.partial)),
      unpacked: sum(layers, (name) => measure(store, overlayDirectory(store.paths, name))),
    },
  };
}

/** Removes what a plan says and nothing else needs by now; what was started meanwhile stays. */
export async function prune(store: Store, plan: Pruning, options: PruneOptions): Promise<void> {
  for (const container of plan.containers) {
    try {
      await removeContainer(store, container, { force: false });
    } catch (error) {
      if (!(error instanceof CutawayError) || error.code !== 'IN_USE') throw error;
    }
  }
  if (!options.images) return;
  const planned = new Set(plan.images.map(({ id }) => id));
  withoutArrivals(
    store,
    () => {
      exclusively(store, () => {
        const { names, going } = splitNames(store, listContainers(store), options);
        const kept = going.filter(({ id }) => !planned.has(id)).map(({ name }) => name);
        writeImageNames(store, [...names, ...kept]);
        collectGarbage(store);
      });
    },
    options.onWait,
  );
}

function isIdle(store: Store, container: StoredContainer, options: PruneOptions): boolean {
  const { record, state, init } = container;
  if (init !== undefined || isSupervised(store, record.id, state)) return false;
  return isOld(record.created, options) && hasLabels(record.labels, options);
}

interface Going {
  readonly id: Digest;
  readonly name: ImageName;
}

/** The names that stay, and the images that lose theirs. */
function splitNames(
  store: Store,
  containers: readonly StoredContainer[],
  options: PruneOptions,
): { names: ImageName[]; going: Going[]; images: PrunedImage[] } {
  const used = new Set(containers.map(({ record }) => record.image.id));
  const names: ImageName[] = [];
  const going: Going[] = [];
  for (const name of listImageNames(store)) {
    const id = options.images ? findImageID(store, name, options.platform) : undefined;
    const isWanted = options.all || name.reference === undefined;
    const goes = id !== undefined && isWanted && !used.has(id) && matches(store, id, options);
    if (goes) going.push({ id, name });
    else names.push(name);
  }
  const ids = [...new Set(going.map(({ id }) => id))];
  const images = ids.map((id) => ({
    id,
    references: going.flatMap(({ id: own, name: { reference } }) =>
      own === id && reference !== undefined ? [familiar(reference)] : [],
    ),
  }));
  return { names, going, images };
}

function matches(store: Store, id: Digest, options: PruneOptions): boolean {
  if (options.until === undefined && options.labels.length === 0) return true;
  const size = sizeOf(store, blobPath(store.paths, id));
  const bytes = readBlob(store, { mediaType: '', digest: id, size });
  const { created, config } = parseImageConfig(bytes, STORED);
  return isOld(created ?? '', options) && hasLabels(config?.Labels ?? {}, options);
}

function isOld(created: string, { until }: PruneOptions): boolean {
  return until === undefined || Date.parse(created) < until;
}

function hasLabels(labels: Readonly<Record<string, string>>, options: PruneOptions): boolean {
  return options.labels.every((label) => {
    const at = label.indexOf('=');
    const key = at < 0 ? label : label.slice(0, at);
    return Object.hasOwn(labels, key) && (at < 0 || labels[key] === label.slice(at + 1));
  });
}

function measure({ host }: Store, path: string): number {
  return host.findStatus(path) === undefined ? 0 : measureTree(host, path);
}

function sizeOf({ host }: Store, path: string): number {
  return host.findStatus(path)?.size ?? 0;
}

function sum<Item>(items: readonly Item[], size: (item: Item) => number): number {
  return items.reduce((total, item) => total + size(item), 0);
}
