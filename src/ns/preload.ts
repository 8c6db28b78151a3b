// What the dynamic linker is told to load before everything else: ld.so(8).
import { decodeName } from '../oci/byte-name.js';
import { hasCode } from '../oci/error.js';
import type { ReadHost } from '../host/host.js';
import { pathInRoot } from './path-in-root.js';

export const PRELOAD_VARIABLES = ['LD_PRELOAD', 'LD_AUDIT'] as const;
export const PRELOAD_FILE = '/etc/ld.so.preload';

export interface Preload {
  readonly source: (typeof PRELOAD_VARIABLES)[number] | typeof PRELOAD_FILE;
  readonly value: string;
}

const ENVIRON_LIMIT = 4 * 1024 * 1024;
const FILE_LIMIT = 65536;

/** From the environment that it was started with (proc_pid_environ(5)); it may have changed it. */
export function readPreloadVariables(host: ReadHost, pid: number): Preload[] {
  const bytes = host.readFile(`/proc/${pid}/environ`, ENVIRON_LIMIT);
  if (!bytes.includes('LD_')) return [];
  const variables = decodeName(bytes).split('\0');
  return PRELOAD_VARIABLES.flatMap((source) => {
    // The first of several is the one that getenv(3) finds.
    const found = variables.find((one) => one.startsWith(`${source}=`));
    const value = found?.slice(source.length + 1) ?? '';
    return value === '' ? [] : [{ source, value }];
  });
}

/** What the file says that the process would open itself; no link leads out of its root. */
export function readPreloadFile(host: ReadHost, pid: number): Preload[] {
  const path = pathInRoot(host, pid, PRELOAD_FILE);
  if (path === undefined) return [];
  try {
    const text = decodeName(host.readFile(path, FILE_LIMIT));
    const value = text
      .replace(/#.*$/gm, '')
      .trim()
      .split(/[\s:]+/)
      .join(' ');
    return value === '' ? [] : [{ source: PRELOAD_FILE, value }];
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return [];
    throw error;
  }
}
