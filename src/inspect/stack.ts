// The layers of a target with their indexes, lowest first: what tree, diff and overlay stand on.
import { indexTar } from '../overlay/index-tar.js';
import { indexDirectory } from '../overlay/index-directory.js';
import type { ImageLayer } from '../image/image.js';
import { alignHistory, commandOf } from '../oci/history.js';
import type { Digest } from '../oci/digest.js';
import { CutawayError, causeText } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { emptyLayer, withProblems, type LayerIndex } from '../overlay/layer-index.js';
import { mergeLayers } from '../overlay/merge.js';
import type { MergedTree } from '../overlay/merged-tree.js';
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
}

export interface Stack {
  /** Lowest first. */
  readonly layers: readonly StackLayer[];
  readonly problems: readonly Problem[];
}

/** The index of one layer: the engine's own where it keeps one, else read from the blob. */
export async function readLayerIndex(target: ImageTarget, layer: ImageLayer): Promise<LayerIndex> {
  const kept = target.stored?.engine.findLayerIndex(layer.diffID);
  if (kept !== undefined) return kept;
  const { limits = {} } = target;
  const problems: Problem[] = [];
  const tar = layer.openTar({ onProblem: (problem) => problems.push(problem) });
  const index = await indexTar(tar as AsyncIterable<Buffer>, { limits });
  return withProblems(index, problems);
}

/** The layers of an image, up to the one asked for. */
export async function imageStack(target: ImageTarget): Promise<Stack> {
  const { image } = target;
  const wanted = image.layers.slice(0, target.upTo ?? image.layers.length);
  const history = alignHistory(image.config.history, image.layers.length);
  const layers: StackLayer[] = [];
  for (const [at, layer] of wanted.entries()) {
    const command = commandOf(history.layers[at]);
    layers.push({
      role: 'layer',
      index: await readLayerIndex(target, layer),
      diffID: layer.diffID,
      ...(command === '' ? {} : { command }),
    });
  }
  return {
    layers,
    problems: [...image.problems, ...layers.flatMap(({ index }) => index.problems)],
  };
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
    .map(({ directory }) => indexDirectory(context.host, directory, options));
  return {
    layers: [...below.layers, ...readings.map((index) => ({ role: 'init' as const, index }))],
    problems: [...below.problems, ...readings.flatMap(({ problems }) => problems)],
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
    return { role: 'upper', index: indexDirectory(context.host, upper, options) };
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

export function mergeStack(stack: Stack): MergedTree {
  return mergeLayers(stack.layers.map(({ index }) => index));
}
