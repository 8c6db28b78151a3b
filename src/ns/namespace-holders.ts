// What a namespace hangs on besides its processes: nsfs mounts, its owner and its parent.
import { NAMESPACE_TYPES, type NamespaceType, type ReadHost } from '../host/host.js';
import type { Problem } from '../oci/problem.js';
import { readMountinfo, type MountinfoLine } from './mountinfo.js';
import type { NamespaceIndex } from './namespaces.js';
import { isGone, unreadable } from './unreadable.js';

/** A bind mount of a namespace: it lives on without a process as long as that is there. */
export interface NamespaceHolder {
  readonly type: NamespaceType;
  readonly inode: string;
  readonly mountPoint: string;
  /** The mount namespace that has the mount, and a process in it. */
  readonly mountNamespace: string;
  readonly pid: number;
}

/** The nsfs mounts among these lines: their root is "net:[4026532177]". */
export function nsfsMounts(
  mounts: readonly MountinfoLine[],
): { type: NamespaceType; inode: string; mountPoint: string }[] {
  return mounts.flatMap((mount) => {
    const match = mount.type === 'nsfs' ? /^([a-z]+):\[(\d+)\]$/.exec(mount.root) : null;
    const type = NAMESPACE_TYPES.find((one) => one === match?.[1]);
    const inode = match?.[2];
    if (type === undefined || inode === undefined) return [];
    return [{ type, inode, mountPoint: mount.mountPoint }];
  });
}

/**
 * The nsfs mounts of every mount namespace in the index, `first` before the others. Copies that
 * mount propagation made of the same mount point are listed once, where they are seen first.
 */
export function namespaceHolders(
  host: ReadHost,
  index: NamespaceIndex,
  first: string | undefined,
): { holders: NamespaceHolder[]; problems: Problem[] } {
  const holders: NamespaceHolder[] = [];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [mountNamespace, pids] of mountNamespaces(index, first)) {
    const look = readFirstMountinfo(host, pids);
    problems.push(...look.problems);
    for (const mount of nsfsMounts(look.mounts)) {
      const key = `${mount.type}:${mount.inode} ${mount.mountPoint}`;
      if (seen.has(key)) continue;
      seen.add(key);
      holders.push({ ...mount, mountNamespace, pid: look.pid });
    }
  }
  return { holders, problems };
}

function mountNamespaces(
  index: NamespaceIndex,
  first: string | undefined,
): [string, readonly number[]][] {
  return [...index.pids]
    .filter(([key]) => key.startsWith('mnt:'))
    .map(([key, pids]): [string, readonly number[]] => [key.slice('mnt:'.length), pids])
    .sort(([a], [b]) => Number(b === first) - Number(a === first) || Number(a) - Number(b));
}

/** Of the first process that is still there: all of a mount namespace see the same mounts. */
function readFirstMountinfo(
  host: ReadHost,
  pids: readonly number[],
): { pid: number; mounts: MountinfoLine[]; problems: Problem[] } {
  for (const pid of pids) {
    try {
      const mounts = readMountinfo(host, pid);
      // Kernel threads and processes with a root of their own may see none.
      if (mounts.length > 0) return { pid, mounts, problems: [] };
    } catch (error) {
      if (!isGone(error)) {
        return { pid, mounts: [], problems: [unreadable(error, `/proc/${pid}/mountinfo`)] };
      }
    }
  }
  return { pid: pids[0] ?? 0, mounts: [], problems: [] };
}

export interface NamespaceRelations {
  /** Inode of the user namespace whose capabilities count in it (user_namespaces(7)). */
  readonly owner?: string;
  /** Inode of the parent; user and pid namespaces only. */
  readonly parent?: string;
}

/** Asks nsfs by `path`, a /proc/PID/ns link or an nsfs mount; empty when it is out of reach. */
export function namespaceRelations(
  host: ReadHost,
  type: NamespaceType,
  path: string,
): NamespaceRelations {
  const ask = (question: () => { inode: bigint } | undefined) => {
    try {
      return question()?.inode.toString();
    } catch {
      return undefined;
    }
  };
  // The owner of a user namespace is its parent: ioctl_ns(2).
  const owner = ask(() => host.owningUserNamespace(path));
  const nested = type === 'user' || type === 'pid';
  const parent = nested ? ask(() => host.parentNamespace(path)) : undefined;
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(parent === undefined ? {} : { parent }),
  };
}
