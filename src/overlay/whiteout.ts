// The two ways to say "the layers below lose this": names in a tar (image-spec layer.md#whiteouts)
// and device nodes or xattrs on a disk (overlayfs.rst, "whiteouts and opaque directories").
import type { FileStatus } from '../host/host.js';
import { hasFlag, OPAQUE, pathOf, typeAt, WHITEOUT } from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';
import { whyNoPath } from './linux-limits.js';

/** Before the name that a layer whiteout hides. */
export const LAYER_WHITEOUT_PREFIX = '.wh.';
/** Exactly this name makes its directory opaque; `.wh..wh..opqX` does not. */
export const OPAQUE_MARKER = '.wh..wh..opq';
/** Other names that start so are bookkeeping of AUFS and stand for no file. */
const AUFS_PREFIX = '.wh..wh.';

/** Who may write the attributes: `trusted.` needs CAP_SYS_ADMIN, `user.` is for `userxattr`. */
export const OVERLAY_XATTR_PREFIXES: readonly string[] = ['trusted.', 'user.'];
export const OPAQUE_XATTR = 'overlay.opaque';
export const WHITEOUT_XATTR = 'overlay.whiteout';
export const REDIRECT_XATTR = 'overlay.redirect';
export const METACOPY_XATTR = 'overlay.metacopy';

export function isOpaqueMarker(name: string): boolean {
  return name === OPAQUE_MARKER;
}

/** `.wh..wh.plnk`, `.wh..wh.aufs`, …: to be left out of every view, and no whiteout. */
export function isAufsBookkeeping(name: string): boolean {
  return name.startsWith(AUFS_PREFIX) && name !== OPAQUE_MARKER;
}

/** The name that a layer whiteout called `name` hides; undefined when it is no valid one. */
export function hiddenName(name: string): string | undefined {
  if (!name.startsWith(LAYER_WHITEOUT_PREFIX) || name.startsWith(AUFS_PREFIX)) return undefined;
  const hidden = name.slice(LAYER_WHITEOUT_PREFIX.length);
  return hidden === '' || hidden === '.' || hidden === '..' ? undefined : hidden;
}

/** Character device 0:0, which no driver can own. */
export function isKernelWhiteout(status: Pick<FileStatus, 'type' | 'major' | 'minor'>): boolean {
  return status.type === 'char' && status.major === 0 && status.minor === 0;
}

export type OverlayXattr =
  /** overlayfs's own: `name` is without the prefix, "overlay.opaque". */
  | { readonly kind: 'machinery'; readonly name: string }
  /** A file's own attribute, stored under an escaped name since Linux 6.7. */
  | { readonly kind: 'escaped'; readonly name: string };

/**
 * What an extended attribute on a layer's disk is to overlayfs; undefined when it is nothing
 * to it. `overlay.overlay.x` is what a nested overlay wrote as `overlay.x` (overlayfs.rst,
 * "nesting overlayfs mounts").
 */
export function parseOverlayXattr(
  stored: string,
  prefixes: readonly string[] = OVERLAY_XATTR_PREFIXES,
): OverlayXattr | undefined {
  const prefix = prefixes.find((candidate) => stored.startsWith(`${candidate}overlay.`));
  if (prefix === undefined) return undefined;
  const rest = stored.slice(prefix.length);
  if (!rest.startsWith('overlay.overlay.')) return { kind: 'machinery', name: rest };
  return { kind: 'escaped', name: prefix + rest.slice('overlay.'.length) };
}

export interface KernelMarkers {
  /** Paths where a character device 0:0 must stand. */
  readonly whiteouts: readonly string[];
  /** Directories that must carry `overlay.opaque` = `y`. */
  readonly opaque: readonly string[];
}

/** What must be made in an unpacked directory so that the kernel sees what the layer says. */
export function kernelMarkers(index: LayerIndex): KernelMarkers {
  const whiteouts: string[] = [];
  const opaque: string[] = [];
  const { columns } = index;
  for (let row = 0; row < columns.count; row += 1) {
    if (typeAt(columns, row) === WHITEOUT) whiteouts.push(pathOf(columns, row));
    else if (hasFlag(columns, row, OPAQUE)) opaque.push(pathOf(columns, row));
  }
  // What cannot be there need not be hidden.
  return {
    whiteouts: whiteouts.filter((path) => whyNoPath(path) === undefined),
    opaque: opaque.filter((path) => whyNoPath(path) === undefined),
  };
}
