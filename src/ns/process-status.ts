// /proc/PID/status: proc_pid_status(5). Names here are escaped by the kernel, unlike in stat.

export interface ProcessIds {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fileSystem: number;
}

export interface ProcessStatus {
  /** As our own user namespace sees them (user_namespaces(7)). */
  readonly uid: ProcessIds;
  readonly gid: ProcessIds;
  /** The pid in each pid namespace, from ours to the innermost; empty before Linux 4.1. */
  readonly pidInNamespaces: readonly number[];
  /** The same for the session. */
  readonly sessionInNamespaces: readonly number[];
  /** Resident bytes; 0 for kernel threads and zombies. */
  readonly rss: number;
}

const WANTED = new Set(['Uid', 'Gid', 'NSpid', 'NSsid', 'VmRSS']);

export function parseProcessStatus(text: string): ProcessStatus {
  const found = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const key = line.slice(0, colon);
    if (colon > 0 && WANTED.has(key)) found.set(key, numbers(line.slice(colon + 1)));
  }
  return {
    uid: toIds(found.get('Uid') ?? []),
    gid: toIds(found.get('Gid') ?? []),
    pidInNamespaces: found.get('NSpid') ?? [],
    sessionInNamespaces: found.get('NSsid') ?? [],
    rss: (found.get('VmRSS')?.[0] ?? 0) * 1024,
  };
}

function numbers(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((part) => /^\d+$/.test(part))
    .map(Number);
}

function toIds([real = 0, effective = 0, saved = 0, fileSystem = 0]: number[]): ProcessIds {
  return { real, effective, saved, fileSystem };
}
