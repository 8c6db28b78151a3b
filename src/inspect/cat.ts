// What is in this file, in the merged tree or as one layer has it?
import { CutawayError } from '../oci/error.js';
import { findContent, placeOf, readContent, type ContentPlace } from './content.js';
import { findOrdinary, layerName, pickLayer, whoHas } from './pick-layer.js';
import { resolvePath, stackUpTo } from './resolve-path.js';
import { mergeStack, targetStack, type Stack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';
import { canonicalPath } from './canonical-path.js';

export interface CatOptions {
  /** As layer N has it ("3", "upper"), also when a later one deletes or changes it. */
  readonly layer?: string | undefined;
}

export interface FileContent {
  readonly place: ContentPlace;
  /** Bytes. */
  readonly size: number;
  /** Fails with CORRUPT at its end when the content is not what the index says. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** The content of a file; links on the way to it are followed inside the merged tree. */
export async function openContent(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  path: string,
  options: CatOptions = {},
): Promise<FileContent> {
  const stack = await targetStack(context, target, { hash: false });
  return openContentOf(stack, path, options);
}

/** The same of layers that have been read already. */
export function openContentOf(stack: Stack, path: string, options: CatOptions = {}): FileContent {
  const wanted = canonicalPath(path);
  const place =
    options.layer === undefined
      ? findMerged(stack, wanted)
      : findInLayer(stack, wanted, pickLayer(stack, options.layer));
  const { entry } = place;
  if (entry.type !== 'file') throw notFile(entry.type, entry.path);
  return { place, size: entry.size, chunks: readContent(place) };
}

function findMerged(stack: Stack, path: string): ContentPlace {
  const found = resolvePath(stack, path, { followLast: true });
  const tree = mergeStack(stack, { root: found, shallow: true });
  const row = tree.row(found);
  if (row !== -1) return findContent(stack, tree, row);
  const having = whoHas(stack, found);
  throw new CutawayError('NOT_FOUND', `no "${found}" in it${viaLink(path, found)}`, {
    ...(having === undefined ? {} : { hint: `${having}: --layer shows a version of it` }),
  });
}

/** What the layer itself has; of a link in it, what that leads to as of this layer. */
function findInLayer(stack: Stack, path: string, layer: number): ContentPlace {
  const here = stack.layers[layer - 1];
  const asOf = stackUpTo(stack, layer);
  const found = resolvePath(asOf, path, { followLast: false });
  const entry = findOrdinary(here, found);
  if (entry === undefined) {
    const having = whoHas(stack, found);
    throw new CutawayError('NOT_FOUND', `${layerName(here, layer)} has no "${found}"`, {
      hint: having ?? 'no other layer has it either',
    });
  }
  return entry.type === 'symlink' ? findMerged(asOf, found) : placeOf(here, { layer, entry });
}

function viaLink(path: string, found: string): string {
  return path === found ? '' : `, where "${path}" leads`;
}

function notFile(type: string, path: string): CutawayError {
  const isDirectory = type === 'directory';
  return new CutawayError('INVALID_INPUT', `"${path}" is a ${TYPE_WORDS[type] ?? type}, no file`, {
    hint: isDirectory
      ? 'cutaway tree lists what is in it, cutaway extract writes it out'
      : 'it has no content of its own',
  });
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  char: 'character device',
  block: 'block device',
  fifo: 'FIFO',
};
