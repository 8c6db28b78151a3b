// Our merged tree beside what is mounted, path by path.
import type { OrdinaryEntry } from '../../../src/overlay/layer-entry.js';
import type { MergedTree } from '../../../src/overlay/merged-tree.js';
import { prefixBeneath } from '../../../src/overlay/path-order.js';
import { findRefusal, REFUSED, takeSnapshot, type Seen } from './snapshot.js';

/**
 * One line for each difference between the tree and the directory. What the kernel refuses must be
 * in the tree's problems; the tree may show something there and beneath.
 */
export function compareTree(tree: MergedTree, directory: string): string[] {
  const seen = takeSnapshot(directory);
  const differences: string[] = [];
  const tell = (path: string, what: string) => differences.push(`${JSON.stringify(path)} ${what}`);
  /** What the paths beneath refused ones start with. */
  const refused: string[] = [];
  const isRefused = (path: string) => refused.some((prefix) => `${path}/`.startsWith(prefix));
  for (const { entry } of tree.entries) {
    const { path } = entry;
    const beneath = prefixBeneath(path);
    if (isRefused(path)) continue;
    const real = seen.get(path) ?? findRefusal(directory, path);
    seen.delete(path);
    // Without a list of its names nothing is known of what is in a directory.
    if (seen.delete(`${path}/`)) {
      refused.push(beneath);
      if (!tree.problems.some((problem) => problem.path?.startsWith(beneath) === true))
        tell(path, 'cannot be listed, and we have no problem');
    }
    if (real === undefined) tell(path, "is ours, not the kernel's");
    else if (real.type.startsWith(REFUSED)) {
      refused.push(beneath);
      if (!tree.problems.some((problem) => problem.path === path))
        tell(path, `${real.type}, and we have no problem`);
    } else {
      const ours = asSeen(entry);
      for (const key of Object.keys(real) as (keyof Seen)[]) {
        if (ours[key] === real[key]) continue;
        if (key === 'sameFileAs' && (isRefused(ours[key]) || isOneRow(tree, path, real[key])))
          continue;
        tell(path, `${key}: ours ${ours[key]}, kernel ${real[key]}`);
      }
    }
  }
  for (const path of seen.keys()) tell(path, "is the kernel's, not ours");
  return differences.map((line) => line.replaceAll(/n{254}/g, 'n…'));
}

/** Of two directories that were renamed from one: it is the same file, which our tree has twice. */
function isOneRow(tree: MergedTree, path: string, other: string): boolean {
  const a = tree.claim(tree.row(path));
  const b = tree.claim(tree.row(other));
  return a.rank === b.rank && a.row === b.row;
}

function asSeen(entry: OrdinaryEntry): Seen {
  const { type, mode, uid, gid, mtime, size, linkTarget, sha256, path, hardLinkTo } = entry;
  const { major, minor } = entry;
  const device =
    major === undefined || minor === undefined
      ? undefined
      : ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)).toString();
  const xattrs = Object.entries(entry.xattrs ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  const sameFileAs = hardLinkTo ?? path;
  return { type, mode, uid, gid, mtime, size, linkTarget, device, sha256, xattrs, sameFileAs };
}
