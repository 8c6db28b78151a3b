// Namespaces that somebody has open: a descriptor on /proc/PID/ns/* or on an nsfs mount keeps one
// alive when its last process is gone (namespaces(7)).
import { NAMESPACE_TYPES, type NamespaceType, type ReadHost } from '../host/host.js';
import type { Problem } from '../oci/problem.js';
import { readDescriptors } from './descriptors.js';
import type { Process } from './process.js';

export interface OpenNamespace {
  readonly type: NamespaceType;
  readonly inode: string;
  readonly pid: number;
  readonly fd: number;
}

/** Over all these processes, in their order. */
export function openNamespaces(
  host: ReadHost,
  processes: Iterable<Process>,
): { open: OpenNamespace[]; problems: Problem[] } {
  const open: OpenNamespace[] = [];
  const problems: Problem[] = [];
  for (const { pid, kernelThread } of processes) {
    if (kernelThread) continue;
    const { descriptors, problem } = readDescriptors(host, pid);
    if (problem !== undefined) problems.push(problem);
    for (const { fd, target } of descriptors) {
      // Most are files and sockets: a path begins with a slash.
      const match = target.startsWith('/') ? null : /^([a-z]+):\[(\d+)\]$/.exec(target);
      const type = NAMESPACE_TYPES.find((one) => one === match?.[1]);
      if (type !== undefined) open.push({ type, inode: match?.[2] ?? '', pid, fd });
    }
  }
  return { open, problems };
}
