// Layers are unpacked where overlayfs can use them. Elsewhere a store keeps blobs and indexes, which
// is enough for every question about images.
import { CAP_SYS_ADMIN, hasCapability } from '../../ns/capability.js';
import { readMountinfo } from '../../ns/mountinfo.js';
import type { ReadStore } from './store.js';

/** Why this process cannot unpack layers into this store; undefined when it can. */
export function whyNotUnpack(store: ReadStore): string | undefined {
  const { host, paths } = store;
  if (host.effectiveUid !== 0) return 'only root may';
  // trusted.overlay.opaque is out of reach without it (xattr(7)), and so is mount(2).
  if (!hasCapability(host, CAP_SYS_ADMIN)) return 'root here has no CAP_SYS_ADMIN';
  // No whiteout can be made on overlayfs, and none of its directories can be an upperdir.
  if (fileSystemOf(store) === 'overlay') return `${paths.root} is itself on overlayfs`;
  return undefined;
}

/** The type of the file system that the store is on: of the last mount that covers it. */
function fileSystemOf({ host, paths }: ReadStore): string | undefined {
  const covers = (mountPoint: string) =>
    mountPoint === '/' || paths.root === mountPoint || paths.root.startsWith(`${mountPoint}/`);
  const mounts = readMountinfo(host, 'self').filter(({ mountPoint }) => covers(mountPoint));
  const longest = Math.max(0, ...mounts.map(({ mountPoint }) => mountPoint.length));
  return mounts.findLast(({ mountPoint }) => mountPoint.length === longest)?.type;
}
