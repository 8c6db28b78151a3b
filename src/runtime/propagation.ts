// Mounts that pass between the host and a container: mount_namespaces(7), "shared subtrees".
import type { ReadHost } from '../host/host.js';
import { readMountinfo, type MountinfoLine } from '../ns/mountinfo.js';
import { CutawayError } from '../oci/error.js';
import type { Bind } from './spec/mounts.js';

/**
 * Refuses what the host does not share: the kernel would take it and nothing would pass. Undefined
 * where the runtime's own choice, a slave of the host, is enough.
 */
export function rootPropagation(host: ReadHost, binds: readonly Bind[]): 'shared' | undefined {
  const passing = binds.filter(({ propagation = '' }) => /shared|slave/.test(propagation));
  if (passing.length === 0) return undefined;
  const mounts = readMountinfo(host, 'self');
  for (const { source, propagation = '' } of passing) {
    const mount = mountOf(mounts, host.realPath(source));
    const fields = mount?.optionalFields ?? [];
    const isShared = fields.some((field) => field.startsWith('shared:'));
    const isSlave = fields.some((field) => field.startsWith('master:'));
    if (isShared || (isSlave && propagation.endsWith('slave'))) continue;
    throw new CutawayError(
      'INVALID_INPUT',
      `mount "${source}" ${propagation}: it is on ${mount?.mountPoint ?? '/'}, which is not shared`,
      { hint: `mount --make-shared ${mount?.mountPoint ?? '/'} shares it` },
    );
  }
  return passing.some(({ propagation = '' }) => propagation.endsWith('shared'))
    ? 'shared'
    : undefined;
}

/** The innermost; of several in one place the last one. */
function mountOf(mounts: readonly MountinfoLine[], path: string): MountinfoLine | undefined {
  const isAbove = ({ mountPoint }: MountinfoLine) =>
    mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
  return mounts
    .filter(isAbove)
    .reduce<MountinfoLine | undefined>(
      (best, mount) =>
        best === undefined || mount.mountPoint.length >= best.mountPoint.length ? mount : best,
      undefined,
    );
}
