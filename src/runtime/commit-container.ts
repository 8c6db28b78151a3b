// What a container has changed becomes a layer on top of its image's own, which the new image shares.
import { mergeLayers } from '../overlay/merge.js';
import { indexDirectory } from '../overlay/index-directory.js';
import type { LayerIndex } from '../overlay/layer-index.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import { layerTar, type LayerItem } from '../overlay/layer-tar.js';
import { upperItems } from '../overlay/upper-items.js';
import { changeConfig } from '../oci/config-change.js';
import type { Digest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import type { ExecutionConfig, HistoryEntry, ImageConfig } from '../oci/image-config.js';
import { present } from '../oci/json-reader.js';
import type { Problem } from '../oci/problem.js';
import { joinChunks } from '../image/tar-writer.js';
import type { Limits } from '../image/limits.js';
import { whilePaused } from './pause.js';
import { addMadeImage } from './store/add-made-image.js';
import type { ContainerRecord, StoredContainer } from './store/container-store.js';
import type { StoredImage } from './store/image-store.js';
import { findLayerIndex } from './store/layer-store.js';
import {
  containerPaths,
  initLayerName,
  layerDirectoryName,
  overlayDirectory,
} from './store/paths.js';
import { EMPTY_DIFF_ID, spoolTar, type SpooledLayer } from './store/spool-layer.js';
import type { Store } from './store/store.js';
import { makeTemporaryDirectory } from './store/temporary.js';

export interface CommitOptions {
  readonly author?: string;
  readonly message?: string;
  /** Lines such as `ENV A=1`. */
  readonly changes: readonly string[];
  /** Let a running container stand still while its files are read. */
  readonly pause: boolean;
  /** In full; may be none. */
  readonly references: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

export interface Commit {
  /** Of the new image. */
  readonly id: Digest;
  /** What the layer could not take. */
  readonly problems: readonly Problem[];
}

export async function commitContainer(
  store: Store,
  container: StoredContainer,
  image: StoredImage,
  options: CommitOptions,
): Promise<Commit> {
  const { record } = container;
  // What is wrong with the wishes is told before anything is read.
  const config = changeConfig(containerConfig(record, image.config), options.changes);
  const temporary = makeTemporaryDirectory(store);
  const problems: Problem[] = [];
  try {
    const read = () => spoolUpper(store, record, `${temporary}/layer`, { problems, ...options });
    const isRunning = container.status === 'running';
    const layer =
      isRunning && options.pause ? await whilePaused(store, record.id, read) : await read();
    // As Docker: nothing changed is a step without a layer.
    const isEmpty = layer.diffID === EMPTY_DIFF_ID;
    const id = await addMadeImage(
      store,
      {
        base: image,
        ...(isEmpty ? {} : { layer }),
        config: newConfig(store, image.config, config, { record, options, isEmpty }),
        references: options.references,
      },
      options.limits === undefined ? {} : { limits: options.limits },
    );
    return { id, problems };
  } finally {
    store.host.removeTree(temporary);
  }
}

interface Reading {
  readonly problems: Problem[];
  readonly signal?: AbortSignal;
}

async function spoolUpper(
  store: Store,
  record: ContainerRecord,
  path: string,
  { problems, signal }: Reading,
): Promise<SpooledLayer> {
  const onProblem = (problem: Problem) => problems.push(problem);
  const { upper } = containerPaths(store.paths, record.id);
  // Before its first start a container has no directory of its own.
  const hasUpper = store.host.findStatus(upper) !== undefined;
  const items = hasUpper ? changedItems(store, record, upper, onProblem) : [];
  return await spoolTar(store, path, joinChunks(layerTar(items, { onProblem })), signal);
}

function* changedItems(
  store: Store,
  record: ContainerRecord,
  upper: string,
  onProblem: (problem: Problem) => void,
): Generator<LayerItem> {
  const { host } = store;
  const lower = lowerDirectories(store, record);
  const directories = [...lower.map(({ directory }) => directory), upper];
  const index = indexDirectory(host, upper);
  // What cannot be read would be missing in silence.
  const [unreadable] = index.problems;
  if (unreadable !== undefined && unreadable.code !== 'unknown-file-type') {
    const { path = '', message } = unreadable;
    throw new CutawayError('UNAVAILABLE', `commit "${record.name}": read "${path}": ${message}`);
  }
  index.problems.forEach(onProblem);
  const root = index.entry(0);
  const below = lower.at(-1)?.directory;
  if (root.marker === 'ordinary' && below !== undefined && isOtherRoot(store, root, below)) {
    yield { entry: root };
  }
  yield* upperItems({
    upper: index,
    below: lower.length,
    lower: () => mergeLayers(lower.map(({ read }) => read())),
    open: (rank, path) => host.openBeneath(directories[rank] ?? upper, path),
  });
}

/** Files made in it change its time, which is nobody's work; its owner, mode and attributes are. */
function isOtherRoot(store: Store, root: OrdinaryEntry, below: string): boolean {
  const lower = indexTop(store, below);
  const facts = ({ mode, uid, gid, xattrs = {} }: OrdinaryEntry) =>
    JSON.stringify([mode, uid, gid, xattrs]);
  return lower !== undefined && facts(root) !== facts(lower);
}

/** The init layer, which shows the image's root as it is, has a handful of entries. */
function indexTop({ host }: Store, directory: string): OrdinaryEntry | undefined {
  if (host.findStatus(directory) === undefined) return undefined;
  const top = indexDirectory(host, directory).entry(0);
  return top.marker === 'ordinary' ? top : undefined;
}

interface LowerLayer {
  readonly directory: string;
  readonly read: () => LayerIndex;
}

/** Base first, the init layer last. */
function lowerDirectories(store: Store, record: ContainerRecord): LowerLayer[] {
  const place = (name: string) => `${overlayDirectory(store.paths, name)}/diff`;
  const layers = record.layers.map(({ chainID, diffID }) => {
    const directory = place(layerDirectoryName(chainID));
    const read = () => findLayerIndex(store, diffID) ?? indexDirectory(store.host, directory);
    return { directory, read };
  });
  const init = place(initLayerName(record.layers.at(-1)?.chainID));
  return [...layers, { directory: init, read: () => indexDirectory(store.host, init) }];
}

/**
 * What the container was started with, as Docker keeps it: what was asked for goes before the image's
 * own. A variable that was taken away stays away.
 */
function containerConfig(record: ContainerRecord, image: ImageConfig): ExecutionConfig {
  const entrypoint = record.entrypoint ?? imageEntrypoint(record, image);
  const command = record.command.slice(entrypoint.length);
  return present({
    ...image.config,
    User: record.user === '' ? undefined : record.user,
    Env: variablesOf(record),
    Entrypoint: entrypoint.length === 0 ? undefined : entrypoint,
    Cmd: command.length === 0 ? undefined : command,
    WorkingDir: record.workingDirectory === '' ? undefined : record.workingDirectory,
    Labels: Object.keys(record.labels).length === 0 ? undefined : record.labels,
  });
}

/** Of a record that does not say: the image's own where the command begins with it. */
function imageEntrypoint(record: ContainerRecord, image: ImageConfig): readonly string[] {
  const own = image.config?.Entrypoint ?? [];
  return own.every((word, at) => record.command[at] === word) ? own : [];
}

function variablesOf(record: ContainerRecord): readonly string[] | undefined {
  const nameOf = (variable: string) => variable.split('=', 1)[0] ?? '';
  const asked = new Map(record.variables.map((variable) => [nameOf(variable), variable]));
  const kept = record.imageVariables.filter((variable) => !asked.has(nameOf(variable)));
  const all = [...asked.values(), ...kept].filter((variable) => variable.includes('='));
  return all.length === 0 ? undefined : all;
}

function newConfig(
  store: Store,
  base: ImageConfig,
  config: ExecutionConfig,
  step: { record: ContainerRecord; options: CommitOptions; isEmpty: boolean },
): Omit<ImageConfig, 'rootfs'> {
  const { author, message } = step.options;
  const created = new Date(store.host.now()).toISOString();
  const entry: HistoryEntry = present({
    created,
    author,
    created_by: step.record.command.join(' '),
    comment: message,
    empty_layer: step.isEmpty ? true : undefined,
  });
  const { architecture, os, variant, 'os.version': version, 'os.features': features } = base;
  return present({
    created,
    author,
    architecture,
    os,
    variant,
    'os.version': version,
    'os.features': features,
    config,
    history: [...base.history, entry],
  });
}
