// User names: passwd(5), of the host and of what a process has for its root.
import { decodeName } from '../oci/byte-name.js';
import type { ReadHost } from '../host/host.js';

export type UserNames = ReadonlyMap<number, string>;

const PASSWD = '/etc/passwd';
const SIZE_LIMIT = 4 * 1024 * 1024;
const ENTRY_LIMIT = 50_000;
const NO_NAMES: UserNames = new Map();

/** The first line with a uid gives its name, as getpwuid(3) reads it. */
export function parsePasswd(text: string): UserNames {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':', 3);
    if (name === undefined || name === '' || !/^\d{1,10}$/.test(uid ?? '')) continue;
    if (!names.has(Number(uid))) names.set(Number(uid), name);
    if (names.size >= ENTRY_LIMIT) break;
  }
  return names;
}

/** Empty when the file cannot be read: a name is a comfort, the uid is the fact. */
export function readHostUserNames(host: ReadHost): UserNames {
  return readPasswd(host, () => PASSWD);
}

/** The names in the passwd that the process itself would open; no link leads out of its root. */
export function readUserNamesInside(host: ReadHost, pid: number): UserNames {
  return readPasswd(host, () => pathInRoot(host, `/proc/${pid}/root`, PASSWD));
}

/**
 * A file in another mount namespace has a path that counts from the root of that namespace
 * (path_resolution(7)): it is put behind /proc/PID/root, or it would name a file of the host.
 */
function pathInRoot(host: ReadHost, root: string, path: string): string | undefined {
  const resolved = host.resolveInRoot(root, path);
  if (resolved === undefined || resolved.startsWith(`${root}/`)) return resolved;
  const base = host.readLink(root).replace(/\/$/, '');
  return resolved.startsWith(`${base}/`) ? `${root}${resolved.slice(base.length)}` : undefined;
}

function readPasswd(host: ReadHost, findPath: () => string | undefined): UserNames {
  try {
    const path = findPath();
    return path === undefined ? NO_NAMES : parsePasswd(decodeName(host.readFile(path, SIZE_LIMIT)));
  } catch {
    return NO_NAMES;
  }
}
