// Which files are to be written where, of the merged tree or of one layer as it lies? Nothing is
// written here: this is the plan, and the document of what became of it.
import { CutawayError } from '../oci/error.js';
import { comparePaths } from '../overlay/path-order.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import { canonicalPath } from './canonical-path.js';
import { findContent, placeOf, type ContentPlace } from './content.js';
import { makeDocument } from './document.js';
import type { ExtractDocument, SkippedRecord, WrittenRecord } from './documents/extract.js';
import { entryFacts, pathFacts } from './entry-facts.js';
import { layerName, pickLayer, whoHas } from './pick-layer.js';
import { resolvePath, stackUpTo } from './resolve-path.js';
import { mergeStack, targetStack, type Stack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

export interface ExtractOptions {
  readonly layer?: string | undefined;
  /** Write symlinks; default false. */
  readonly links?: boolean;
}

/** One thing to write; `file` is its path from the destination, "" for the destination itself. */
export interface ExtractItem {
  readonly file: string;
  readonly layer: number;
  /** With the path that was found. */
  readonly entry: OrdinaryEntry;
  /** Whether it is one of the paths that were named. */
  readonly isNamed: boolean;
}

export interface FileItem extends ExtractItem {
  readonly place: ContentPlace;
}

export interface ExtractPlan {
  readonly stack: Stack;
  readonly paths: readonly string[];
  readonly layer: number | undefined;
  /** Parents first. */
  readonly directories: readonly ExtractItem[];
  readonly files: readonly FileItem[];
  /** Further names of those files. */
  readonly hardLinks: readonly (ExtractItem & { readonly first: FileItem })[];
  readonly symlinks: readonly ExtractItem[];
  readonly skipped: readonly SkippedRecord[];
}

export async function planExtract(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  paths: readonly string[],
  options: ExtractOptions,
): Promise<ExtractPlan> {
  const stack = await targetStack(context, target, { hash: false });
  const layer = options.layer === undefined ? undefined : pickLayer(stack, options.layer);
  const skipped: SkippedRecord[] = [];
  const plan = {
    stack,
    paths: paths.map(canonicalPath),
    layer,
    directories: [] as ExtractItem[],
    files: [] as FileItem[],
    hardLinks: [] as (ExtractItem & { first: FileItem })[],
    symlinks: [] as ExtractItem[],
    skipped,
  };
  for (const path of plan.paths) {
    const found =
      layer === undefined ? findMerged(stack, path) : findIn(stack, path, layer, skipped);
    const firsts = new Map<string, FileItem>();
    for (const { place, ...item } of found) {
      const { type } = item.entry;
      if (type === 'directory') plan.directories.push(item);
      else if (type === 'symlink' && options.links === true) plan.symlinks.push(item);
      else if (type !== 'file') skipped.push(skipSpecial(item));
      else {
        const key = `${item.layer} ${item.entry.hardLinkTo ?? item.entry.path}`;
        const first = firsts.get(key);
        const file = { ...item, place: place() };
        if (first === undefined) firsts.set(key, file);
        if (first === undefined) plan.files.push(file);
        else plan.hardLinks.push({ ...item, first });
      }
    }
  }
  return plan;
}

interface Found extends ExtractItem {
  readonly place: () => ContentPlace;
}

function* findMerged(stack: Stack, path: string): Generator<Found> {
  const root = resolvePath(stack, path, { followLast: false });
  const tree = mergeStack(stack, { root });
  const top = tree.row(root);
  if (top === -1) {
    const having = whoHas(stack, root);
    throw new CutawayError('NOT_FOUND', `no "${root}" in it`, {
      ...(having === undefined ? {} : { hint: `${having}: --layer takes a version of it` }),
    });
  }
  let row = top;
  for (const { entry, layer } of tree.walk(top)) {
    const at = row;
    row += 1;
    const file = fileName(root, entry.path);
    yield { file, layer, entry, isNamed: at === top, place: () => findContent(stack, tree, at) };
  }
}

/** What the layer itself has beneath a path, and what it deletes there. */
function* findIn(
  stack: Stack,
  path: string,
  layer: number,
  skipped: SkippedRecord[],
): Generator<Found> {
  const here = stack.layers[layer - 1];
  const root = resolvePath(stackUpTo(stack, layer), path, { followLast: false });
  const entries = here === undefined ? [] : here.index.entriesBeneath(root);
  let isEmpty = true;
  for (const entry of entries) {
    if (entry.marker === 'whiteout') {
      const message = `${layerName(here, layer)} deletes it`;
      const failed = entry.path === root;
      skipped.push({
        ...pathFacts(entry.path),
        type: 'whiteout',
        reason: 'whiteout',
        message,
        failed,
      });
    } else {
      const file = fileName(root, entry.path);
      const place = () => placeOf(here, { layer, entry });
      yield { file, layer, entry, isNamed: entry.path === root, place };
    }
    isEmpty = false;
  }
  if (!isEmpty) return;
  const hint = whoHas(stack, root) ?? 'no other layer has it either';
  throw new CutawayError('NOT_FOUND', `${layerName(here, layer)} has no "${root}"`, { hint });
}

/** The name of what was asked for, and what is beneath it. */
function fileName(root: string, path: string): string {
  return root === '/' ? path.slice(1) : path.slice(root.lastIndexOf('/') + 1);
}

function skipSpecial({ entry, isNamed }: ExtractItem): SkippedRecord {
  const { path, type } = entry;
  const isLink = type === 'symlink';
  return {
    ...pathFacts(path),
    type,
    reason: isLink ? 'symlink' : 'special',
    message: isLink ? 'a symlink: --links writes it' : 'devices, FIFOs and sockets are never made',
    failed: isNamed,
  };
}

export interface ExtractResult {
  readonly directory: string;
  readonly written: readonly WrittenRecord[];
  /** Beside those of the plan. */
  readonly skipped: readonly SkippedRecord[];
}

export function extractDocument(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  plan: ExtractPlan,
  result: ExtractResult,
): ExtractDocument {
  const order = (a: { path: string }, b: { path: string }) => comparePaths(a.path, b.path);
  const written = [...result.written].sort(order);
  const skipped = [...plan.skipped, ...result.skipped].sort(order);
  const count = (type: string) => written.filter((one) => one.type === type).length;
  const size = written.reduce((sum, one) => sum + (one.hardLinkTo === undefined ? one.size : 0), 0);
  const answer = {
    directory: result.directory,
    paths: [...plan.paths],
    ...(plan.layer === undefined ? {} : { layer: plan.layer }),
    totals: {
      files: count('file'),
      directories: count('directory'),
      symlinks: count('symlink'),
      size,
      skipped: skipped.length,
      failed: skipped.filter(({ failed }) => failed).length,
    },
    written,
    skipped,
  };
  return makeDocument(context.host, 'extract', target.subject, answer, plan.stack.problems);
}

/** `sha256`: of what was written. */
export function writtenRecord(
  { file, layer, entry }: ExtractItem,
  more: { readonly sha256?: string | undefined; readonly hardLinkTo?: string } = {},
): WrittenRecord {
  const { type, mode, size, linkTarget } = entryFacts(entry);
  const { sha256, hardLinkTo } = more;
  const { path: name, pathBase64: fileBase64 } = pathFacts(file === '' ? '.' : file);
  return {
    ...pathFacts(entry.path),
    file: name,
    ...(fileBase64 === undefined ? {} : { fileBase64 }),
    type,
    mode,
    size,
    layer,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(hardLinkTo === undefined ? {} : { hardLinkTo }),
  };
}
