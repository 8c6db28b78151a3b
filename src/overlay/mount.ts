// What to mount, decided before anything is mounted.
import type { OverlayMount } from '../host/host.js';
import { CutawayError } from '../oci/error.js';

export interface OverlayPlan {
  /** Top first: the layers' directories or their short links. */
  readonly lower: readonly string[];
  /** Without it the mount is read-only. */
  readonly upper?: string;
  /** Empty, and on the same file system as `upper`. */
  readonly work?: string;
  readonly target: string;
  /** Lower paths beneath it are written relative to it, so that many fit in mount(2)'s page. */
  readonly root?: string;
  readonly readOnly?: boolean;
  /** Markers as `user.` xattrs, for a mount inside a user namespace (Linux 5.11). */
  readonly userxattr?: boolean;
  /** No sync to the disk: a crash loses the upperdir (Linux 5.10). */
  readonly volatile?: boolean;
}

/** OVL_MAX_STACK of fs/overlayfs. */
export const MAX_LOWER_LAYERS = 500;

/**
 * Options as Docker has them, so that a layer never depends on where it was first mounted:
 * without index no file handle of a lower file is kept, without metacopy a copy-up is whole.
 * Redirects are not followed, because a layer from elsewhere could point with them at any
 * directory below (overlayfs.rst, "metadata only copy up", warns of it).
 */
const OPTIONS = ['index=off', 'metacopy=off', 'redirect_dir=nofollow'];
/** With `userxattr` the kernel itself has metacopy off and redirects not followed. */
const USERXATTR_OPTIONS = ['index=off', 'userxattr'];

export function planOverlayMount(plan: OverlayPlan): OverlayMount {
  const { lower, upper, work, target, root, readOnly } = plan;
  checkStack(plan);
  const options = plan.userxattr === true ? [...USERXATTR_OPTIONS] : [...OPTIONS];
  if (plan.volatile === true) options.push('volatile');
  return {
    lower: root === undefined ? [...lower] : lower.map((path) => relativeTo(root, path)),
    ...(upper === undefined ? {} : { upper }),
    ...(work === undefined ? {} : { work }),
    target,
    ...(readOnly === true || upper === undefined ? { readOnly: true } : {}),
    options,
    ...(root === undefined ? {} : { directory: root }),
  };
}

/** What the kernel refuses with no more than EINVAL or ELOOP, said in words. */
function checkStack({ lower, upper, work, target }: OverlayPlan): void {
  const refuse = (cause: string, hint?: string): never => {
    const detail = hint === undefined ? {} : { hint };
    throw new CutawayError('INVALID_INPUT', `plan overlay on "${target}": ${cause}`, detail);
  };
  if (lower.length > MAX_LOWER_LAYERS) {
    throw new CutawayError(
      'LIMIT_EXCEEDED',
      `plan overlay on "${target}": ${lower.length} layers, the kernel takes ${MAX_LOWER_LAYERS}`,
    );
  }
  if (lower.length === 0) refuse('no lower directory', 'an empty directory will do');
  if (lower.some((path) => path === '')) refuse('a lower directory without a name');
  if (new Set(lower).size < lower.length) refuse('the same lower directory twice');
  if (upper === undefined && lower.length < 2) {
    refuse('one layer alone makes no overlay', 'bind mount it, or add an empty directory below');
  }
  if ((upper === undefined) !== (work === undefined)) refuse('upperdir and workdir go together');
}

function relativeTo(root: string, path: string): string {
  const prefix = root.endsWith('/') ? root : `${root}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
