// All that a person sees of an image or a container while looking at its layers and files: the
// layers, and the tree as it is after each of them. The indexes are read once and kept.
import type { Problem } from '../oci/problem.js';
import { usedRows } from '../overlay/visible-rows.js';
import { efficiencyOf, findWaste } from '../overlay/waste.js';
import type { MergedTree } from '../overlay/merged-tree.js';
import { mergeLayers } from '../overlay/merge.js';
import type { Subject } from './documents/common.js';
import type { Origin } from './documents/origin.js';
import { layerOrigins } from './origins.js';
import { containerImage, targetStack, type Stack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';
import { viewTrees, type TreeView } from './tree-view.js';

export interface LookLayer extends Origin {
  readonly chainID?: string;
  /** Bytes of the blob as it is stored; absent for what is no blob. */
  readonly storedSize?: number;
  /** Bytes of its files, each hard-linked file once. */
  readonly size: number;
  /** Of these, what no path of the final tree has. */
  readonly wasted: number;
  readonly entries: number;
  /** Where it is unpacked. */
  readonly directory?: string;
}

/** What a layer did, the tree as it is after it with what it did marked, or the final tree. */
export type LookMode = 'layer' | 'upTo' | 'whole';

export interface ImageLook {
  readonly subject: Subject;
  /** Base first. */
  readonly layers: readonly LookLayer[];
  /** Visible bytes to stored bytes. */
  readonly efficiency: number;
  readonly problems: readonly Problem[];
  readonly stack: Stack;
  /** `layer`: 1 is the base. */
  view(mode: LookMode, layer: number): TreeView;
}

/** Trees that are kept: going up and down between layers asks for the same ones. */
const TREES_KEPT = 4;

export async function openLook(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
): Promise<ImageLook> {
  const stack = await targetStack(context, target, { hash: false });
  const indexes = stack.layers.map(({ index }) => index);
  const whole = mergeLayers(indexes);
  const waste = findWaste(indexes, whole);
  const used = usedRows(whole);
  const trees = new Map<number, MergedTree>();
  const upTo = (count: number): MergedTree => {
    if (count === indexes.length) return whole;
    const tree = trees.get(count) ?? mergeLayers(indexes.slice(0, count));
    trees.delete(count);
    trees.set(count, tree);
    for (const old of [...trees.keys()].slice(0, -TREES_KEPT)) trees.delete(old);
    return tree;
  };
  return {
    subject: target.subject,
    layers: lookLayers(context, target, stack).map((layer, at) => ({
      ...layer,
      size: waste.layers[at]?.size ?? 0,
      wasted: waste.layers[at]?.wasted ?? 0,
    })),
    efficiency: efficiencyOf(waste.layers),
    problems: [...stack.problems, ...whole.problems],
    stack,
    view: (mode, layer) =>
      mode === 'whole'
        ? viewTrees(undefined, whole, { changesOnly: false })
        : viewTrees(upTo(layer - 1), upTo(layer), { changesOnly: mode === 'layer', used }),
  };
}

function lookLayers(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  stack: Stack,
): Omit<LookLayer, 'size' | 'wasted'>[] {
  const { image, stored } = target.kind === 'image' ? target : containerImage(context, target);
  return layerOrigins(context, target, stack).map((origin, at) => {
    const layer = origin.role === 'layer' ? image.layers[at] : undefined;
    const source = stack.layers[at]?.source;
    const directory =
      layer === undefined
        ? source?.kind === 'directory'
          ? source.directory
          : undefined
        : stored?.engine.layerDirectory(layer.chainID)?.directory;
    return {
      ...origin,
      ...(layer === undefined ? {} : { chainID: layer.chainID, storedSize: layer.descriptor.size }),
      entries: stack.layers[at]?.index.count ?? 0,
      ...(directory === undefined ? {} : { directory }),
    };
  });
}
