// Which files are there, and which layer does each come from?
import { CutawayError } from '../oci/error.js';
import type { LayerEntry, OrdinaryEntry } from '../overlay/layer-entry.js';
import { canonicalPath } from './canonical-path.js';
import { makeDocument } from './document.js';
import type { TreeDocument } from './documents/tree.js';
import { entryRecord, pathFacts } from './entry-facts.js';
import { anyGlob } from './glob.js';
import { layerName, pickLayer, whoHas } from './pick-layer.js';
import { mergeStack, targetStack, type Stack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';
import { sumSizes } from './tree-sizes.js';

export type EntryKind = OrdinaryEntry['type'];

export interface TreeOptions {
  /** Only this path and what is beneath it; default "/". */
  readonly path?: string;
  /** Read what a container has written for its sha256; default false. */
  readonly hash?: boolean;
  /** Only what comes from this layer ("3", "upper"), with the directories above it. */
  readonly layer?: string | undefined;
  /** Only what one of these globs matches, with the directories above it. */
  readonly filters?: readonly string[];
  /** Only these types, with the directories above them. */
  readonly kinds?: readonly EntryKind[];
  /** Siblings by name (default), or the largest first. */
  readonly sort?: 'name' | 'size';
  /** The layer as it lies, with what it deletes; needs `layer`. */
  readonly whiteouts?: boolean;
}

interface Node {
  readonly entry: OrdinaryEntry;
  readonly layer: number;
  readonly parent: number;
  /** It is what was asked for, and not only above that. */
  isWanted: boolean;
  isShown: boolean;
}

export async function inspectTree(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  options: TreeOptions = {},
): Promise<TreeDocument> {
  const { hash = false, sort = 'name' } = options;
  const root = canonicalPath(options.path ?? '/');
  const stack = await targetStack(context, target, { hash });
  const layer = options.layer === undefined ? undefined : pickLayer(stack, options.layer);
  const own = options.whiteouts === true ? ownView(stack, root, layer) : undefined;
  const nodes = own?.nodes ?? mergedNodes(stack, root);
  chooseNodes(nodes, { ...options, number: own === undefined ? layer : undefined });
  const sizes = sumSizes(nodes.map(sizedNode));
  const order = sort === 'size' ? bySize(nodes, sizes) : nodes.map((_, at) => at);
  const shown = order.filter((at) => nodes[at]?.isShown === true);
  const answer = {
    root,
    ...chosen(options, layer),
    layers: stack.layers.map(({ role, diffID, command }, at) => ({
      layer: at + 1,
      role,
      ...(diffID === undefined ? {} : { diffID }),
      ...(command === undefined ? {} : { command }),
    })),
    totals: countNodes(nodes, sizes[0] ?? 0),
    entries: shown.flatMap((at) => treeEntry(nodes[at], sizes[at] ?? 0, own !== undefined)),
    ...(own === undefined ? {} : { whiteouts: own.whiteouts.map(pathFacts) }),
  };
  return makeDocument(context.host, 'tree', target.subject, answer, stack.problems);
}

function chosen(options: TreeOptions, layer: number | undefined): Pick<TreeDocument, 'only'> {
  const { filters = [], kinds = [] } = options;
  if (layer === undefined && filters.length === 0 && kinds.length === 0) return {};
  return {
    only: {
      ...(layer === undefined ? {} : { layer }),
      ...(filters.length === 0 ? {} : { filters: [...filters] }),
      ...(kinds.length === 0 ? {} : { kinds: [...kinds] }),
    },
  };
}

function mergedNodes(stack: Stack, root: string): Node[] {
  const tree = mergeStack(stack, { root });
  const row = tree.row(root);
  if (row !== -1) return makeNodes(tree.walk(row));
  if (root === '/') return [];
  const having = whoHas(stack, root);
  throw new CutawayError('NOT_FOUND', `no "${root}" in it`, {
    ...(having === undefined ? {} : { hint: `${having}: TARGET@N has it as of layer N` }),
  });
}

/** What a layer itself says, whatever the others do. */
function ownView(
  stack: Stack,
  root: string,
  layer: number | undefined,
): { nodes: Node[]; whiteouts: string[] } {
  const here = layer === undefined ? undefined : stack.layers[layer - 1];
  if (here === undefined || layer === undefined) {
    throw new CutawayError('INVALID_INPUT', '--whiteouts is about one layer', {
      hint: '--layer N says which',
    });
  }
  const whiteouts: string[] = [];
  const isOrdinary = (entry: LayerEntry): entry is OrdinaryEntry => {
    if (entry.marker === 'whiteout') whiteouts.push(entry.path);
    return entry.marker === 'ordinary';
  };
  const entries = [...here.index.entriesBeneath(root)].filter(isOrdinary);
  if (entries.length + whiteouts.length === 0 && root !== '/') {
    const hint = whoHas(stack, root) ?? 'no other layer has it either';
    throw new CutawayError('NOT_FOUND', `${layerName(here, layer)} has no "${root}"`, { hint });
  }
  return { nodes: makeNodes(entries.map((entry) => ({ entry, layer }))), whiteouts };
}

function makeNodes(entries: Iterable<{ entry: OrdinaryEntry; layer: number }>): Node[] {
  const nodes: Node[] = [];
  const above: { readonly at: number; readonly prefix: string }[] = [];
  for (const { entry, layer } of entries) {
    const { path } = entry;
    while (above.length > 0 && !path.startsWith(above.at(-1)?.prefix ?? '')) above.pop();
    const parent = above.at(-1)?.at ?? -1;
    above.push({ at: nodes.length, prefix: path === '/' ? '/' : `${path}/` });
    nodes.push({ entry, layer, parent, isWanted: true, isShown: true });
  }
  return nodes;
}

/** What is wanted, and the directories above it. */
function chooseNodes(
  nodes: readonly Node[],
  { filters = [], kinds = [], number }: TreeOptions & { readonly number: number | undefined },
): void {
  const matches = anyGlob(filters);
  if (matches === undefined && kinds.length === 0 && number === undefined) return;
  const isKind = (node: Node) => kinds.length === 0 || kinds.includes(node.entry.type);
  const isLayer = (node: Node) => number === undefined || node.layer === number;
  for (const node of nodes) {
    node.isWanted = isLayer(node) && isKind(node) && matches?.(node.entry.path) !== false;
    node.isShown = node.isWanted;
  }
  showParents(nodes);
}

function showParents(nodes: readonly Node[]): void {
  for (let at = nodes.length - 1; at >= 0; at -= 1) {
    const node = nodes[at];
    const parent = nodes[node?.parent ?? -1];
    if (node?.isShown === true && parent !== undefined) parent.isShown = true;
  }
}

function sizedNode({ entry, layer, parent, isWanted }: Node) {
  const { type, size, hardLinkTo, path } = entry;
  const counts = type === 'file' && isWanted;
  return {
    parent,
    size: counts ? size : undefined,
    file: counts && size > 0 ? `${layer} ${hardLinkTo ?? path}` : undefined,
  };
}

/** Parents first, and the largest of siblings first. */
function bySize(nodes: readonly Node[], sizes: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const [at, { parent }] of nodes.entries()) {
    const siblings = children.get(parent) ?? [];
    children.set(parent, siblings);
    siblings.push(at);
  }
  const order: number[] = [];
  const todo = [...(children.get(-1) ?? [])];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    order.push(at);
    const below = children.get(at) ?? [];
    below.sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0) || a - b);
    for (const child of below.reverse()) todo.push(child);
  }
  return order;
}

function treeEntry(
  node: Node | undefined,
  size: number,
  isOwnView: boolean,
): TreeDocument['entries'] {
  if (node === undefined) return [];
  const { entry, layer, isWanted } = node;
  const record: TreeDocument['entries'][number] = Object.assign(entryRecord(entry), { layer });
  if (entry.type === 'directory') record.treeSize = size;
  if (isOwnView && entry.opaque === true) record.opaque = true;
  if (!isWanted) record.above = true;
  return [record];
}

function countNodes(nodes: readonly Node[], contentSize: number): TreeDocument['totals'] {
  const wanted = nodes.filter(({ isWanted }) => isWanted);
  const count = (type: EntryKind) => wanted.filter(({ entry }) => entry.type === type).length;
  return {
    entries: wanted.length,
    files: count('file'),
    directories: count('directory'),
    contentSize,
  };
}
