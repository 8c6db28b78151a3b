// The layers of a target with their indexes, lowest first: what tree, diff and overlay stand on.
import type { IndexedLayer } from '../overlay/index-layer.js';
import { indexLayers } from '../overlay/index-layers.js';
import { indexDirectory } from '../overlay/index-directory.js';
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

/** The indexes of layers: those that are kept, else read from the blobs. */
export async function readLayers(
  target: ImageTarget,
  layers: readonly ImageLayer[],
): Promise<IndexedLayer[]> {
  const { memory } = target;
  const kept = layers.map((layer) => findKept(target, layer));
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

/** The engine's own, or what was seen of the same file before. */
function findKept({ stored, memory }: ImageTarget, layer: ImageLayer): IndexedLayer | undefined {
  const index = stored?.engine.findLayerIndex(layer.diffID);
  if (index !== undefined) return { index, problems: [], seekPoints: undefined };
  return memory?.find(layer);
}

/** The layers of an image, up to the one asked for. */
export async function imageStack(target: ImageTarget): Promise<Stack> {
  const { image } = target;
  const wanted = image.layers.slice(0, target.upTo ?? image.layers.length);
  const history = alignHistory(image.config.history, image.layers.length);
  const read = await readLayers(target, wanted);
  const layers = read.map(({ index }, at): StackLayer => {
    const command = commandOf(history.layers[at]);
    const diffID = wanted[at]?.diffID;
    return {
      role: 'layer',
      index,
      ...(diffID === undefined ? {} : { diffID }),
      ...(command === '' ? {} : { command }),
      ...blobSource(target, wanted[at]),
    };
  });
  const found = read.flatMap(({ index, problems }) => [...problems, ...index.problems]);
  return { layers, problems: [...image.problems, ...found] };
}

function blobSource(
  { stored, memory }: ImageTarget,
  layer: ImageLayer | undefined,
): { source?: LayerSource } {
  if (layer === undefined) return {};
  const findSeekPoints = () =>
    stored?.engine.findSeekPoints?.(layer.descriptor.digest) ?? memory?.findSeekPoints(layer);
  return { source: { kind: 'blob', layer, findSeekPoints } };
}

/** The image of a container, as its engine still has it. */
export function containerImage(context: TargetContext, target: ContainerTarget): ImageTarget {
  const { engine, container } = target;
  const image = engine.findImage(container.imageID);
  if (image === undefined) {
    throw new CutawayError('NOT_FOUND', `the image of container "${container.name}" is gone`, {
      data: { imageID: container.imageID },
    });
  }
  const { limits = {} } = context;
  return { ...storedImageTarget(engine, image, container.imageReference, undefined), limits };
}

/** Below the container's own directory: the image, and the init layer on top of it. */
export async function lowerStack(
  context: TargetContext,
  target: ContainerTarget,
  options: { hash: boolean },
): Promise<Stack> {
  const below = await imageStack(containerImage(context, target));
  const inits = target.container.directories.lower.filter(({ role }) => role === 'init');
  const readings = inits
    .filter(({ directory }) => context.host.findStatus(directory) !== undefined)
    .map(({ directory }): StackLayer => ({
      role: 'init',
      index: indexDirectory(context.host, directory, options),
      source: { kind: 'directory', directory },
    }));
  return {
    layers: [...below.layers, ...readings],
    problems: [...below.problems, ...readings.flatMap(({ index }) => index.problems)],
  };
}

/** What the container itself has written; empty before its first start. */
export function upperLayer(
  context: TargetContext,
  target: ContainerTarget,
  options: { hash: boolean },
): StackLayer {
  const { upper } = target.container.directories;
  if (context.host.findStatus(upper) === undefined) {
    return { role: 'upper', index: emptyLayer() };
  }
  try {
    return {
      role: 'upper',
      index: indexDirectory(context.host, upper, options),
      source: { kind: 'directory', directory: upper },
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
  if (target.kind === 'image') return await imageStack(target);
  const lower = await lowerStack(context, target, options);
  const upper = upperLayer(context, target, options);
  return {
    layers: [...lower.layers, upper],
    problems: [...lower.problems, ...upper.index.problems],
  };
}

export function mergeStack(stack: Stack, options?: MergeOptions): MergedTree {
  return mergeLayers(
    stack.layers.map(({ index }) => index),
    options,
  );
}
