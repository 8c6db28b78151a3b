// Which files are there, and which layer does each come from?
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { DIRECTORY, ENTRY_TYPES, FILE } from '../overlay/layer-columns.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import { emptyLayer } from '../overlay/layer-index.js';
import { canonicalPath } from './canonical-path.js';
import { makeDocument } from './document.js';
import type { TreeDocument } from './documents/tree.js';
import { entryRecord, pathFacts } from './entry-facts.js';
import { anyGlob } from './glob.js';
import { layerName, pickLayer, whoHas } from './pick-layer.js';
import { mergeStack, targetStack, type Stack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';
import { layerRows, mergedRows, type TreeRows } from './tree-rows.js';
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

type Entries = TreeDocument['entries'];

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
  const { rows, problems } = own ?? merged(stack, root);
  const choice = choose(rows, { ...options, number: own === undefined ? layer : undefined });
  const sizes = sumSizes(rows, choice.isWanted);
  const entries = makeEntries(rows, choice, sizes, own !== undefined);
  const answer = {
    root,
    ...chosen(options, layer),
    layers: stack.layers.map(({ role, diffID, command }, at) => ({
      layer: at + 1,
      role,
      ...(diffID === undefined ? {} : { diffID }),
      ...(command === undefined ? {} : { command }),
    })),
    totals: countRows(rows, choice, sizes[0] ?? 0),
    entries: sort === 'size' ? bySize(rows, sizes, entries) : present(entries),
    ...(own === undefined ? {} : { whiteouts: own.whiteouts.map(pathFacts) }),
  };
  return makeDocument(context.host, 'tree', target.subject, answer, [
    ...stack.problems,
    ...problems,
  ]);
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

/** Problems are those of merging: what a layer says of the others and cannot be so. */
function merged(stack: Stack, root: string): { rows: TreeRows; problems: readonly Problem[] } {
  const tree = mergeStack(stack, { root });
  const row = tree.row(root);
  const { problems } = tree;
  if (row !== -1) return { rows: mergedRows(tree, row), problems };
  if (root === '/') return { rows: layerRows(emptyLayer(), root, 0), problems };
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
): { rows: TreeRows; whiteouts: string[]; problems: readonly Problem[] } {
  const here = layer === undefined ? undefined : stack.layers[layer - 1];
  if (here === undefined || layer === undefined) {
    throw new CutawayError('INVALID_INPUT', '--whiteouts is about one layer', {
      hint: '--layer N says which',
    });
  }
  const whiteouts: string[] = [];
  for (const { marker, path } of here.index.entriesBeneath(root)) {
    if (marker === 'whiteout') whiteouts.push(path);
  }
  const rows = layerRows(here.index, root, layer);
  if (rows.count + whiteouts.length === 0 && root !== '/') {
    const hint = whoHas(stack, root) ?? 'no other layer has it either';
    throw new CutawayError('NOT_FOUND', `${layerName(here, layer)} has no "${root}"`, { hint });
  }
  return { rows, whiteouts, problems: [] };
}

interface Choice {
  /** It is what was asked for, and not only above that. */
  readonly isWanted: (at: number) => boolean;
  readonly isShown: (at: number) => boolean;
}

const EVERYTHING: Choice = { isWanted: () => true, isShown: () => true };
const WANTED = 1;
const SHOWN = 2;

/** What is wanted, and the directories above it. */
function choose(
  rows: TreeRows,
  { filters = [], kinds = [], number }: TreeOptions & { readonly number: number | undefined },
): Choice {
  const matches = anyGlob(filters);
  if (matches === undefined && kinds.length === 0 && number === undefined) return EVERYTHING;
  const types = kinds.map((kind) => ENTRY_TYPES.indexOf(kind));
  const isKind = (at: number) => types.length === 0 || types.includes(rows.type[at] ?? 0);
  const isLayer = (at: number) => number === undefined || rows.layer[at] === number;
  const states = Uint8Array.from(rows.parent, (_, at) =>
    isLayer(at) && isKind(at) ? WANTED | SHOWN : 0,
  );
  if (matches !== undefined) {
    let at = 0;
    for (const { path } of rows.entries()) {
      if (!matches(path)) states[at] = 0;
      at += 1;
    }
  }
  showDirectories(rows, states);
  return {
    isWanted: (at) => ((states[at] ?? 0) & WANTED) !== 0,
    isShown: (at) => states[at] !== 0,
  };
}

function showDirectories({ parent }: TreeRows, states: Uint8Array): void {
  for (let at = states.length - 1; at > 0; at -= 1) {
    const above = parent[at] ?? 0;
    if (states[at] !== 0) states[above] = (states[above] ?? 0) | SHOWN;
  }
}

/** By position; a hole for what is not shown. */
function makeEntries(
  rows: TreeRows,
  { isWanted, isShown }: Choice,
  sizes: Float64Array,
  isOwnView: boolean,
): (Entries[number] | undefined)[] {
  const entries: (Entries[number] | undefined)[] = [];
  for (const entry of rows.entries()) {
    const at = entries.length;
    if (!isShown(at)) {
      entries.push(undefined);
      continue;
    }
    const record = entryRecord(entry) as Entries[number];
    record.layer = rows.layer[at] ?? 0;
    if (entry.type === 'directory') record.treeSize = sizes[at] ?? 0;
    if (isOwnView && entry.opaque === true) record.opaque = true;
    if (!isWanted(at)) record.above = true;
    entries.push(record);
  }
  return entries;
}

function present(entries: (Entries[number] | undefined)[]): Entries {
  return entries.includes(undefined)
    ? entries.filter((entry) => entry !== undefined)
    : (entries as Entries);
}

/** Parents first, and the largest of siblings first. */
function bySize(
  { count, parent }: TreeRows,
  sizes: Float64Array,
  entries: readonly (Entries[number] | undefined)[],
): Entries {
  const children = new Map<number, number[]>();
  for (let at = 0; at < count; at += 1) {
    const directory = parent[at] ?? -1;
    const siblings = children.get(directory);
    if (siblings === undefined) children.set(directory, [at]);
    else siblings.push(at);
  }
  const order: Entries = [];
  const todo = [...(children.get(-1) ?? [])];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    const entry = entries[at];
    if (entry !== undefined) order.push(entry);
    const below = children.get(at) ?? [];
    below.sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0) || a - b);
    for (const child of below.reverse()) todo.push(child);
  }
  return order;
}

function countRows(
  { count, type }: TreeRows,
  { isWanted }: Choice,
  contentSize: number,
): TreeDocument['totals'] {
  const totals = { entries: 0, files: 0, directories: 0, contentSize };
  for (let at = 0; at < count; at += 1) {
    if (!isWanted(at)) continue;
    totals.entries += 1;
    if (type[at] === FILE) totals.files += 1;
    else if (type[at] === DIRECTORY) totals.directories += 1;
  }
  return totals;
}
