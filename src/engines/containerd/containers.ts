// A container's facts joined with what is on the disk and in /proc.
import type { ReadHost } from '../../host/host.js';
import { readProcessContext } from '../../ns/process.js';
import { TICKS_PER_SECOND } from '../../ns/process-stat.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { CutawayError } from '../../oci/error.js';
import type { Problem } from '../../oci/problem.js';
import type { EngineContainer, LowerDirectory } from '../engine.js';
import type { ContainerFacts } from './container-facts.js';
import type { ContainerdImage } from './images.js';
import { bundlePath, isIdentifier, type ContainerdPlaces } from './places.js';
import {
  listParents,
  snapshotDirectory,
  snapshotKey,
  type Snapshot,
  type Snapshotter,
} from './snapshotter.js';
import { readTask, type Task } from './task.js';

export interface ContainerContext {
  readonly engine: string;
  readonly host: ReadHost;
  readonly isLive: boolean;
  readonly places: ContainerdPlaces;
  /** Of the container's namespace. */
  readonly images: readonly ContainerdImage[];
  /** Throws for one that cannot be read. */
  readonly findSnapshotter: (name: string) => Snapshotter | undefined;
  readonly problems: Problem[];
}

export function toEngineContainer(
  context: ContainerContext,
  facts: ContainerFacts,
): EngineContainer {
  const { host, places, isLive, engine } = context;
  const { id, namespace, life, cgroupPaths, createdAt, ports } = facts;
  if (!isIdentifier(id) || !isIdentifier(namespace.name)) {
    throw new CutawayError('CORRUPT', 'a name that containerd would not take');
  }
  const stack = findStack(context, facts);
  const task = readTask(host, places, isLive, {
    namespace: namespace.name,
    id,
    cgroupPaths,
    wasStarted: life.startedAt !== undefined,
  });
  const image = findImage(context.images, facts, stack.chain);
  const bundle = task.bundle ?? bundlePath(places, namespace.name, id);
  return {
    engine,
    id,
    name: facts.name,
    ...imageFacts(context, facts, image),
    command: facts.command,
    ...stateFacts(context, facts, task),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(cgroupPaths.length === 0 ? {} : { cgroupPaths }),
    labels: facts.labels,
    ...(ports.length === 0 ? {} : { ports }),
    directories: { ...directoriesOf(stack, image), merged: `${bundle}/rootfs` },
    ...(facts.home === undefined ? {} : { home: facts.home }),
    ...(task.bundle === undefined ? {} : { runtimeConfig: `${task.bundle}/config.json` }),
    ...(facts.log === undefined ? {} : { log: facts.log }),
    record: facts.record,
  };
}

function imageFacts(
  { problems }: ContainerContext,
  { name, imageReference, imageID }: ContainerFacts,
  image: ContainerdImage | undefined,
): Pick<EngineContainer, 'imageReference' | 'imageID'> {
  const id = image?.manifest.config.digest ?? imageID;
  if (image === undefined && imageReference !== '') {
    const message = `${name}: its image ${imageReference} is gone, or is another by now`;
    problems.push({ code: 'container-image-gone', message });
  }
  return {
    ...(imageReference === '' ? {} : { imageReference }),
    ...(id === undefined ? {} : { imageID: id }),
  };
}

function directoriesOf(
  { lower, upper, work }: SnapshotStack,
  image: ContainerdImage | undefined,
): EngineContainer['directories'] {
  return {
    lower: lower.map((one) => withIndex(one, image)),
    ...(upper === undefined ? {} : { upper }),
    ...(work === undefined ? {} : { work }),
  };
}

/** What ended has its end; what runs now began when its process did. */
function stateFacts(
  { host }: ContainerContext,
  { life, recordedState }: ContainerFacts,
  { state, init }: Task,
): Partial<EngineContainer> & Pick<EngineContainer, 'state'> {
  const { startedAt, finishedAt, exitCode, error } = life;
  if (init === undefined) {
    return {
      state,
      ...life,
      ...(recordedState === undefined ? {} : { recordedState }),
    };
  }
  const began = startedAt ?? (state === 'running' ? startTime(host, init.startTicks) : undefined);
  const wasRunBefore = finishedAt !== undefined && state === 'created';
  return {
    state,
    init,
    ...(began === undefined ? {} : { startedAt: began }),
    ...(wasRunBefore ? { finishedAt } : {}),
    ...(wasRunBefore && exitCode !== undefined ? { exitCode } : {}),
    ...(wasRunBefore && error !== undefined ? { error } : {}),
  };
}

/** To the second: the boot time has no more. */
function startTime(host: ReadHost, startTicks: number): string | undefined {
  const { bootTime } = readProcessContext(host);
  if (bootTime === undefined) return undefined;
  const seconds = bootTime + Math.floor(startTicks / TICKS_PER_SECOND);
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

interface PlacedLayer {
  readonly role: LowerDirectory['role'];
  readonly directory: string;
  readonly chainID: Digest | undefined;
}

interface SnapshotStack {
  readonly lower: readonly PlacedLayer[];
  readonly upper?: string;
  readonly work?: string;
  /** ChainIDs of what is below, top first; undefined when nobody knows. */
  readonly chain: readonly Digest[] | undefined;
}

const NOTHING: SnapshotStack = { lower: [], chain: undefined };

function findStack(context: ContainerContext, facts: ContainerFacts): SnapshotStack {
  const { problems } = context;
  const report = (error: unknown) => {
    if (!(error instanceof CutawayError)) throw error;
    const code = 'snapshot-unreadable';
    problems.push({ code, message: `${facts.name}: ${error.message}` });
  };
  try {
    const found = findSnapshot(context, facts);
    return found === undefined ? NOTHING : readStack(context, facts, found, report);
  } catch (error) {
    report(error);
    return NOTHING;
  }
}

/** Undefined for a container whose root file system is none of containerd's: `ctr run --rootfs`. */
function findSnapshot(
  { findSnapshotter }: ContainerContext,
  { namespace, snapshotter: name, snapshotKey: key }: ContainerFacts,
): { snapshotter: Snapshotter; snapshot: Snapshot } | undefined {
  if (key === '') return undefined;
  const snapshotter = findSnapshotter(name);
  const backend = namespace.snapshots.get(name)?.get(key);
  const snapshot = snapshotter?.snapshots.get(backend ?? '');
  if (snapshotter !== undefined && snapshot !== undefined) return { snapshotter, snapshot };
  throw new CutawayError('NOT_FOUND', `there is no snapshot ${JSON.stringify(key)} of ${name}`);
}

function readStack(
  { host }: ContainerContext,
  { id }: ContainerFacts,
  { snapshotter, snapshot }: { snapshotter: Snapshotter; snapshot: Snapshot },
  report: (error: unknown) => void,
): SnapshotStack {
  const find = (one: Snapshot, part?: 'work'): string | undefined => {
    try {
      return snapshotDirectory(host, snapshotter, one, part);
    } catch (error) {
      report(error);
      return undefined;
    }
  };
  const parents = listParents(snapshotter, snapshot);
  const chain = parents.map(snapshotKey).filter(isDigest);
  // With copies of everything there is nothing below: the directory is the whole root.
  if (snapshotter.form === 'whole') {
    const upper = find(snapshot);
    return { lower: [], chain, ...(upper === undefined ? {} : { upper }) };
  }
  const lower = parents.flatMap((parent): PlacedLayer[] => {
    const directory = find(parent);
    if (directory === undefined) return [];
    const key = snapshotKey(parent);
    // Docker puts a layer between, with the places to mount on.
    const role = key === `${id}-init` ? 'init' : 'layer';
    return [{ role, directory, chainID: isDigest(key) ? key : undefined }];
  });
  if (snapshot.kind === 'view') return { lower, chain };
  const [upper, work] = [find(snapshot), find(snapshot, 'work')];
  return {
    lower,
    chain,
    ...(upper === undefined ? {} : { upper }),
    ...(work === undefined ? {} : { work }),
  };
}

/**
 * The image that the snapshots below were made of. A name may stand for another one by now, so that
 * it counts only where the top layer agrees.
 */
function findImage(
  images: readonly ContainerdImage[],
  { imageKeys }: ContainerFacts,
  chain: readonly Digest[] | undefined,
): ContainerdImage | undefined {
  const isNamed = ({ entries, manifest, manifestDescriptor }: ContainerdImage) =>
    imageKeys.includes(manifest.config.digest) ||
    imageKeys.includes(manifestDescriptor.digest) ||
    entries.some(
      ({ name, target }) => imageKeys.includes(name) || imageKeys.includes(target.digest),
    );
  const isBelow = ({ layers }: ContainerdImage) =>
    chain === undefined || layers.at(-1)?.chainID === chain[0];
  const fitting = images.filter(isBelow);
  const named = fitting.find(isNamed);
  return named ?? (chain === undefined || chain.length === 0 ? undefined : fitting[0]);
}

function withIndex(
  { role, directory, chainID }: PlacedLayer,
  image: ContainerdImage | undefined,
): LowerDirectory {
  const at = image?.layers.findIndex((layer) => layer.chainID === chainID) ?? -1;
  return { role, directory, ...(at === -1 ? {} : { layerIndex: at + 1 }) };
}
