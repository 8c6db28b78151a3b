// Which files are there, and which layer does each come from?
import { CutawayError } from '../oci/error.js';
import { canonicalPath } from './canonical-path.js';
import type { MergedEntry } from '../overlay/merged-tree.js';
import { makeDocument } from './document.js';
import type { TreeDocument } from './documents/tree.js';
import { entryFacts, pathFacts } from './entry-facts.js';
import { mergeStack, targetStack, type Stack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

export interface TreeOptions {
  /** Only this path and what is beneath it; default "/". */
  readonly path?: string;
  /** Read what a container has written for its sha256; default false. */
  readonly hash?: boolean;
}

export async function inspectTree(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  options: TreeOptions = {},
): Promise<TreeDocument> {
  const { hash = false } = options;
  const root = canonicalPath(options.path ?? '/');
  const stack = await targetStack(context, target, { hash });
  const entries = beneath(stack, root);
  const answer = {
    root,
    layers: stack.layers.map(({ role, diffID, command }, at) => ({
      layer: at + 1,
      role,
      ...(diffID === undefined ? {} : { diffID }),
      ...(command === undefined ? {} : { command }),
    })),
    totals: countEntries(entries),
    entries: entries.map(({ entry, layer }) => ({
      ...pathFacts(entry.path),
      ...entryFacts(entry),
      layer,
    })),
  };
  return makeDocument(context.host, 'tree', target.subject, answer, stack.problems);
}

function beneath(stack: Stack, root: string): readonly MergedEntry[] {
  const tree = mergeStack(stack);
  const row = tree.row(root);
  if (row !== -1) return [...tree.walk(row)];
  if (root === '/') return [];
  throw new CutawayError('NOT_FOUND', `no "${root}" in it`, {
    hint: 'a later layer may have deleted it',
  });
}

function countEntries(entries: readonly MergedEntry[]): TreeDocument['totals'] {
  let files = 0;
  let directories = 0;
  let contentSize = 0;
  for (const { entry } of entries) {
    if (entry.type === 'directory') directories += 1;
    if (entry.type !== 'file') continue;
    files += 1;
    if (entry.hardLinkTo === undefined) contentSize += entry.size;
  }
  return { entries: entries.length, files, directories, contentSize };
}
