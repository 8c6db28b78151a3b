import type { ReadHost } from '../host/host.js';

/**
 * Where we reach what a process would open as `path`; undefined when it is not there. A file in
 * another mount namespace has a path that counts from the root of that namespace
 * (path_resolution(7)): it is put behind /proc/PID/root, or it would name a file of the host.
 */
export function pathInRoot(host: ReadHost, pid: number, path: string): string | undefined {
  const root = `/proc/${pid}/root`;
  const resolved = host.resolveInRoot(root, path);
  if (resolved === undefined || resolved === root || resolved.startsWith(`${root}/`)) {
    return resolved;
  }
  const base = host.readLink(root).replace(/\/$/, '');
  return resolved.startsWith(`${base}/`) ? `${root}${resolved.slice(base.length)}` : undefined;
}
