// The layers of a target with their indexes, lowest first: what tree, diff and overlay stand on.
import type { IndexedLayer } from '../overlay/index-layer.js';
import { indexLayers } from '../overlay/index-layers.js';
import type { EngineContainer, LowerDirectory } from '../engines/engine.js';
import type { ReadHost } from '../host/host.js';
import { indexDirectory } from '../overlay/index-directory.js';
import { choosePaths, type PathChoice } from '../overlay/path-choice.js';
import type { ImageLayer } from '../image/image.js';
import { alignHistory, commandOf } from '../oci/history.js';
import type { Digest } from '../oci/digest.js';
import { CutawayError, causeText } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { emptyLayer, type LayerIndex } from '../overlay/layer-index.js';
import { mergeLayers, type MergeOptions } from '../overlay/merge.js';
import type { MergedTree } from '../overlay/merged-tree.js';
import type { LayerSource } from './content.js';
import {
  storedImageTarget,
  type ContainerTarget,
  type ImageTarget,
  type TargetContext,
} from './target.js';

export interface StackLayer {
  readonly role: 'layer' | 'init' | 'upper';
  readonly index: LayerIndex;
  readonly diffID?: Digest;
  readonly command?: string;
  /** Where its files have their bytes; absent for what is not there. */
  readonly source?: LayerSource;
}

export interface Stack {
  /** Lowest first. */
  readonly layers: readonly StackLayer[];
  readonly problems: readonly Problem[];
}

/** Of layers that are read as directories; a blob is always read whole. */
export interface ReadLayersOptions {
  /** Read every file for its sha256. */
  readonly hash?: boolean;
  /** Only these paths and the directories above them; default all. */
  readonly only?: PathChoice;
}

/** The indexes of layers: those that are kept, else read from the blobs. */
export async function readLayers(
  target: ImageTarget,
  layers: readonly ImageLayer[],
  options: ReadLayersOptions = {},
): Promise<IndexedLayer[]> {
  const { memory } = target;
  const kept = layers.map(
    (layer) => findKept(target, layer) ?? readUnpacked(target, layer, options),
  );
  const rest = layers.filter((_, at) => kept[at] === undefined);
  const keepers = rest.map((layer) => memory?.watch(layer));
  const read = await indexLayers(rest, {
    limits: target.limits,
    seekPoints: memory !== undefined,
  });
  for (const [at, layer] of read.entries()) keepers[at]?.(layer);
  const next = read.values();
  return kept.flatMap((layer) => {
    const found = layer ?? next.next().value;
    return found === undefined ? [] : [found];
  });
}

/** A layer of which there is no blob: as it lies on the disk. */
function readUnpacked(
  { stored }: ImageTarget,
  layer: ImageLayer,
  options: ReadLayersOptions,
): IndexedLayer | undefined {
  if (layer.unpackedOnly !== true || stored === undefined) return undefined;
  const found = stored.engine.layerDirectory(layer.chainID);
  return { ...readDirectory(stored.engine.host, found?.directory, options), seekPoints: undefined };
}

/** What cannot be read is a layer without entries and a problem. */
function readDirectory(
  host: ReadHost,
  directory: string | undefined,
  options: ReadLayersOptions,
): { index: LayerIndex; problems: readonly Problem[] } {
  if (directory === undefined) {
    const problem = { code: 'layer-missing', message: 'the directory of a layer is not there' };
    return { index: emptyLayer(), problems: [problem] };
  }
  try {
    return { index: indexDirectory(host, directory, options), problems: [] };
  } catch (error) {
    const problem = { code: 'layer-unreadable', message: causeText(error), path: directory };
    return { index: emptyLayer(), problems: [problem] };
  }
}

/** The engine's own, or what was seen of the same file before. */
function findKept({ stored, memory }: ImageTarget, layer: ImageLayer): IndexedLayer | undefined {
  const index = stored?.engine.findLayerIndex?.(layer.diffID);
  if (index !== undefined) return { index, problems: [], seekPoints: undefined };
  return memory?.find(layer);
}

/** The layers of an image, up to the one asked for. */
export async function imageStack(
  target: ImageTarget,
  options: ReadLayersOptions = {},
): Promise<Stack> {
  const { image } = target;
  const wanted = image.layers.slice(0, target.upTo ?? image.layers.length);
  const history = alignHistory(image.config.history, image.layers.length);
  const read = await readLayers(target, wanted, options);
  const layers = read.map(({ index }, at): StackLayer => {
    const command = commandOf(history.layers[at]);
    const diffID = wanted[at]?.diffID;
    return {
      role: 'layer',
      index,
      ...(diffID === undefined ? {} : { diffID }),
      ...(command === '' ? {} : { command }),
      ...layerSource(target, wanted[at]),
    };
  });
  const found = read.flatMap(({ index, problems }) => [...problems, ...index.problems]);
  return { layers, problems: [...image.problems, ...found] };
}

function layerSource(
  { stored, memory }: ImageTarget,
  layer: ImageLayer | undefined,
): { source?: LayerSource } {
  if (layer === undefined) return {};
  if (layer.unpackedOnly === true) {
    const found = stored?.engine.layerDirectory(layer.chainID);
    if (stored === undefined || found === undefined) return {};
    const { host } = stored.engine;
    return { source: { kind: 'directory', directory: found.directory, host } };
  }
  const findSeekPoints = () =>
    stored?.engine.findSeekPoints?.(layer.descriptor.digest) ?? memory?.findSeekPoints(layer);
  return { source: { kind: 'blob', layer, findSeekPoints } };
}

/** The image of a container, as its engine still has it. */
export function containerImage(context: TargetContext, target: ContainerTarget): ImageTarget {
  const image = findContainerImage(context, target);
  if (image !== undefined) return image;
  const { name, imageID } = target.container;
  if (imageID === undefined) {
    throw new CutawayError('UNSUPPORTED', `container "${name}" was made of no image`, {
      hint: 'cutaway tree shows its files',
    });
  }
  throw new CutawayError('NOT_FOUND', `the image of container "${name}" is gone`, {
    hint: 'its layers are still there: cutaway overlay shows them',
    data: { imageID },
  });
}

export function findContainerImage(
  { limits = {}, memory }: TargetContext,
  { engine, container }: ContainerTarget,
): ImageTarget | undefined {
  const { imageID, imageReference } = container;
  const image = imageID === undefined ? undefined : engine.findImage(imageID);
  if (image === undefined) return undefined;
  return {
    ...storedImageTarget(engine, image, imageReference ?? image.id, undefined),
    limits,
    ...(memory === undefined ? {} : { memory }),
  };
}

/** Below the container's own directory: the image, and the init layer on top of it. */
export async function lowerStack(
  context: TargetContext,
  target: ContainerTarget,
  options: ReadLayersOptions,
): Promise<Stack> {
  const image = findContainerImage(context, target);
  const { engine, container } = target;
  const { lower } = container.directories;
  const isBlobs = image?.image.layers.some((layer) => layer.unpackedOnly !== true) === true;
  const ofImage = lower.filter(({ role }) => role === 'layer').reverse();
  const below = isBlobs ? await imageStack(image) : directoryStack(target, image, ofImage, options);
  const inits = lower.filter(({ role }) => role === 'init');
  const readings = inits
    .filter(({ directory }) => engine.host.findStatus(directory) !== undefined)
    .map(({ directory }) => {
      const { index, problems } = readDirectory(engine.host, directory, options);
      const source = { kind: 'directory', directory, host: engine.host } as const;
      return { layer: { role: 'init' as const, index, source }, problems };
    });
  return {
    layers: [...below.layers, ...readings.map(({ layer }) => layer)],
    problems: [
      ...below.problems,
      ...(container.directories.problems ?? []),
      ...missingImage(container, image),
      ...readings.flatMap(({ layer, problems }) => [...problems, ...layer.index.problems]),
    ],
  };
}

/** The directories that the container itself is made of, with what its image says of them. */
function directoryStack(
  { engine: { host } }: ContainerTarget,
  image: ImageTarget | undefined,
  lower: readonly LowerDirectory[],
  options: ReadLayersOptions,
): Stack {
  const history = alignHistory(image?.image.config.history ?? [], image?.image.layers.length ?? 0);
  const read = lower.map(({ directory }) => readDirectory(host, directory, options));
  const layers = lower.map(({ directory, layerIndex = 0 }, at): StackLayer => {
    const command = commandOf(history.layers[layerIndex - 1]);
    const diffID = image?.image.layers[layerIndex - 1]?.diffID;
    return {
      role: 'layer',
      index: read[at]?.index ?? emptyLayer(),
      ...(diffID === undefined ? {} : { diffID }),
      ...(command === '' ? {} : { command }),
      source: { kind: 'directory', directory, host },
    };
  });
  const problems = read.flatMap(({ index, problems }) => [...problems, ...index.problems]);
  return { layers, problems: [...(image?.image.problems ?? []), ...problems] };
}

function missingImage(container: EngineContainer, image: ImageTarget | undefined): Problem[] {
  const { imageID, name } = container;
  if (imageID === undefined || image !== undefined) return [];
  return [{ code: 'image-missing', message: `the image of container "${name}" is gone` }];
}

/** What the container itself has written; empty before its first start. */
export function upperLayer(
  { engine: { host }, container }: ContainerTarget,
  options: { hash: boolean },
): StackLayer {
  const { upper } = container.directories;
  if (upper === undefined || host.findStatus(upper) === undefined) {
    return { role: 'upper', index: emptyLayer() };
  }
  try {
    return {
      role: 'upper',
      index: indexDirectory(host, upper, options),
      source: { kind: 'directory', directory: upper, host },
    };
  } catch (error) {
    const problem = { code: 'upper-unreadable', message: causeText(error), path: upper };
    return { role: 'upper', index: emptyLayer([problem]) };
  }
}

/** Everything of a target that has files. */
export async function targetStack(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  options: { hash: boolean },
): Promise<Stack> {
  if (target.kind === 'image') return await imageStack(target, options);
  const lower = await lowerStack(context, target, options);
  const upper = upperLayer(target, options);
  return {
    layers: [...lower.layers, upper],
    problems: [...lower.problems, ...upper.index.problems],
  };
}

/** What a container changed, and as much of what is below it as that takes to compare. */
export async function changedStack(
  context: TargetContext,
  target: ContainerTarget,
  options: { hash: boolean },
): Promise<{ lower: Stack; upper: StackLayer }> {
  const upper = upperLayer(target, options);
  const only = choosePaths(upper.index);
  const lower = await lowerStack(context, target, {
    ...options,
    ...(only === undefined ? {} : { only }),
  });
  return { lower, upper };
}

export function mergeStack(stack: Stack, options?: MergeOptions): MergedTree {
  return mergeLayers(
    stack.layers.map(({ index }) => index),
    options,
  );
}
