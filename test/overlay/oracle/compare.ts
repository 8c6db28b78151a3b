// Our merged tree beside what is mounted, path by path.
import type { OrdinaryEntry } from '../../../src/overlay/layer-entry.js';
import type { MergedTree } from '../../../src/overlay/merged-tree.js';
import { takeSnapshot, type Seen } from './snapshot.js';

/** One line for each difference between the tree and the directory. */
export function compareTree(tree: MergedTree, directory: string): string[] {
  const seen = takeSnapshot(directory);
  const differences: string[] = [];
  for (const { entry } of tree.entries) {
    const real = seen.get(entry.path);
    seen.delete(entry.path);
    if (real === undefined) {
      differences.push(`${JSON.stringify(entry.path)}: ours, not the kernel's`);
      continue;
    }
    const ours = asSeen(entry);
    for (const key of Object.keys(real) as (keyof Seen)[]) {
      if (ours[key] === real[key]) continue;
      differences.push(
        `${JSON.stringify(entry.path)} ${key}: ours ${ours[key]}, kernel ${real[key]}`,
      );
    }
  }
  for (const path of seen.keys())
    differences.push(`${JSON.stringify(path)}: the kernel's, not ours`);
  return differences.map((line) => line.replaceAll(/n{254}/g, 'n…'));
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
