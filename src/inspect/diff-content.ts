// What differs within text files, as unified hunks. The library is loaded by whoever asks for it.
import type { structuredPatch } from 'diff';
import { decodeName, isUtf8Name } from '../oci/byte-name.js';
import { causeText } from '../oci/error.js';
import type { Change } from '../overlay/diff.js';
import type { MergedTree } from '../overlay/merged-tree.js';
import { findContent, type ContentPlace } from './content.js';
import type { ContentChange } from './documents/diff.js';
import { readContents } from './read-contents.js';
import type { Stack } from './stack.js';

/** Bytes of one file, and of all files together, that are compared line by line. */
const FILE_LIMIT = 1 << 20;
const TOTAL_LIMIT = 64 << 20;
/** Lines added and removed; beyond that nobody reads it, and finding it takes long. */
const EDIT_LIMIT = 4000;

export interface DiffSide {
  readonly stack: Stack;
  readonly tree: MergedTree;
}

interface Side {
  readonly place: ContentPlace;
  bytes?: Buffer;
  failure?: string;
}

interface Pair {
  readonly path: string;
  readonly before?: Side;
  readonly after?: Side;
}

/** By path, for changes in which the content of a file came, went or changed. */
export async function diffContents(
  sides: { readonly before: DiffSide; readonly after: DiffSide },
  changes: readonly Change[],
): Promise<Map<string, ContentChange>> {
  const found = new Map<string, ContentChange>();
  const pairs: Pair[] = [];
  let total = 0;
  for (const change of changes.filter(hasOtherContent)) {
    const pair = {
      path: change.path,
      ...sideOf('before', sides.before, change),
      ...sideOf('after', sides.after, change),
    };
    const sizes = [pair.before, pair.after].map((side) => side?.place.entry.size ?? 0);
    const size = sizes.reduce((sum, one) => sum + one, 0);
    if (Math.max(...sizes) > FILE_LIMIT) {
      found.set(change.path, { kind: 'over-limit', limit: `more than ${FILE_LIMIT} bytes` });
    } else if (total + size > TOTAL_LIMIT) {
      const limit = `more than ${TOTAL_LIMIT} bytes of files`;
      found.set(change.path, { kind: 'over-limit', limit });
    } else {
      total += size;
      pairs.push(pair);
    }
  }
  await readSides(pairs);
  if (pairs.length === 0) return found;
  const library = await import('diff');
  for (const pair of pairs) found.set(pair.path, comparePair(library.structuredPatch, pair));
  return found;
}

/** Between two versions of one file, each where a layer has it. */
export async function diffVersions(
  path: string,
  before: ContentPlace,
  after: ContentPlace,
): Promise<ContentChange> {
  const most = Math.max(before.entry.size, after.entry.size);
  if (most > FILE_LIMIT) return { kind: 'over-limit', limit: `more than ${FILE_LIMIT} bytes` };
  const pair: Pair = { path, before: { place: before }, after: { place: after } };
  await readSides([pair]);
  const library = await import('diff');
  return comparePair(library.structuredPatch, pair);
}

function hasOtherContent({ kind, aspects, before, after }: Change): boolean {
  const isFile = before?.type === 'file' || after?.type === 'file';
  return isFile && (kind !== 'C' || aspects.some((one) => one === 'content' || one === 'type'));
}

function sideOf<Key extends 'before' | 'after'>(
  key: Key,
  { stack, tree }: DiffSide,
  change: Change,
): Partial<Record<Key, Side>> {
  const row = change[key]?.type === 'file' ? tree.row(change.path) : -1;
  if (row === -1) return {};
  return { [key]: { place: findContent(stack, tree, row) } } as Record<Key, Side>;
}

async function readSides(pairs: readonly Pair[]): Promise<void> {
  const of = (key: 'before' | 'after') => pairs.flatMap((pair) => pair[key] ?? []);
  for (const sides of [of('before'), of('after')]) {
    for await (const { item, chunks } of readContents(sides)) {
      try {
        const parts: Buffer[] = [];
        for await (const chunk of chunks) parts.push(chunk);
        item.bytes = Buffer.concat(parts);
      } catch (error) {
        item.failure = causeText(error);
      }
    }
  }
}

type Patch = typeof structuredPatch;

function comparePair(findPatch: Patch, { path, before, after }: Pair): ContentChange {
  const failure = before?.failure ?? after?.failure;
  if (failure !== undefined) return { kind: 'unreadable', message: failure };
  const [old, now] = [textOf(before), textOf(after)];
  if (old === undefined || now === undefined) return { kind: 'binary' };
  const options = { context: 3, maxEditLength: EDIT_LIMIT };
  const patch = findPatch(path, path, old, now, '', '', options);
  if (patch === undefined) return { kind: 'over-limit', limit: `more than ${EDIT_LIMIT} lines` };
  const hunks = patch.hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) => {
    const span = (start: number, count: number) =>
      count === 1 ? `${start}` : `${count === 0 ? start - 1 : start},${count}`;
    const head = `@@ -${span(oldStart, oldLines)} +${span(newStart, newLines)} @@`;
    return [head, ...lines].map((line) => `${line}\n`).join('');
  });
  return { kind: 'text', patch: hunks.join('') };
}

/** Undefined for what is no text: a NUL, or bytes that are no UTF-8. */
function textOf(side: Side | undefined): string | undefined {
  const { bytes = Buffer.alloc(0) } = side ?? {};
  if (bytes.includes(0)) return undefined;
  const text = decodeName(bytes);
  return isUtf8Name(text) ? text : undefined;
}
