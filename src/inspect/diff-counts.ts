import type { Change } from '../overlay/diff.js';
import type { MergedTree } from '../overlay/merged-tree.js';
import type { DirectoryCounts } from './documents/diff.js';
import { pathFacts } from './entry-facts.js';

type Counts = Omit<DirectoryCounts, 'path' | 'pathBase64'>;

/** `lower`: where a deleted directory is one change, the tree that has what was beneath it. */
export function countChanges(changes: readonly Change[], lower?: MergedTree): Counts {
  const counts = { added: 0, changed: 0, deleted: 0, bytesAdded: 0, bytesDeleted: 0 };
  for (const change of changes) {
    if (change.kind === 'A') counts.added += 1;
    else if (change.kind === 'C') counts.changed += 1;
    else counts.deleted += 1;
    const { aspects, kind } = change;
    if (kind === 'C' && !aspects.includes('content') && !aspects.includes('type')) continue;
    counts.bytesAdded += bytesOf(change.after);
    counts.bytesDeleted += bytesOf(change.before) + bytesBeneath(change, lower);
  }
  return counts;
}

/** Another name of a file has no bytes of its own. */
function bytesOf(entry: Change['after']): number {
  return entry?.type === 'file' && entry.hardLinkTo === undefined ? entry.size : 0;
}

function bytesBeneath({ path, before, after }: Change, lower: MergedTree | undefined): number {
  if (before?.type !== 'directory' || after?.type === 'directory') return 0;
  const row = lower?.row(path) ?? -1;
  if (lower === undefined || row === -1) return 0;
  let bytes = 0;
  for (const { entry } of lower.walk(row)) bytes += bytesOf(entry);
  return bytes;
}

/** By the first name of the path; "/" for what is in no directory. */
export function countByDirectory(
  changes: readonly Change[],
  lower?: MergedTree,
): DirectoryCounts[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const top = topDirectory(change);
    const group = groups.get(top);
    if (group === undefined) groups.set(top, [change]);
    else group.push(change);
  }
  return [...groups].map(([path, group]) => ({
    ...pathFacts(path),
    ...countChanges(group, lower),
  }));
}

function topDirectory({ path, before, after }: Change): string {
  const slash = path.indexOf('/', 1);
  if (slash !== -1) return path.slice(0, slash);
  return (after ?? before)?.type === 'directory' ? path : '/';
}
