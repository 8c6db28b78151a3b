// Whether the kernel killed a process of a container because its memory limit was reached.
import type { ReadHost } from '../host/host.js';
import { CutawayError, hasCode } from '../oci/error.js';
import type { ContainerRecord } from './store/container-store.js';
import { containerPaths } from './store/paths.js';
import type { Store } from './store/store.js';

/** Only what has a limit of its own is killed for it. */
export function watchesMemory({ settings }: ContainerRecord): boolean {
  return settings?.resources?.memory !== undefined;
}

/**
 * Only while the cgroup is there, until the runtime deletes the container. False when it cannot be told.
 */
export function wasOomKilled({ host, paths }: Store, id: string): boolean {
  const state = readState(host, containerPaths(paths, id).runtimeState);
  const { memory, '': unified } = state.cgroup_paths ?? {};
  // cgroup-v1/memory.rst, cgroup-v2.rst: the number of processes killed.
  const file =
    memory !== undefined ? `${memory}/memory.oom_control` : `${unified ?? ''}/memory.events`;
  return Number(/^oom_kill (\d+)$/m.exec(readOptional(host, file))?.[1] ?? 0) > 0;
}

interface KeptState {
  readonly cgroup_paths?: Readonly<Record<string, string>>;
}

function readState(host: ReadHost, path: string): KeptState {
  const text = readOptional(host, path);
  return text === '' ? {} : (JSON.parse(text) as KeptState);
}

function readOptional(host: ReadHost, path: string): string {
  try {
    return host.readText(path);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return '';
    // ENODEV: the cgroup goes away while it is read.
    if (error instanceof CutawayError && error.data['errno'] === 'ENODEV') return '';
    throw error;
  }
}
