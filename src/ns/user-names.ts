// User names: passwd(5), of the host and of what a process has for its root.
import { decodeName } from '../oci/byte-name.js';
import type { ReadHost } from '../host/host.js';
import { pathInRoot } from './path-in-root.js';

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
  return readPasswd(host, () => pathInRoot(host, pid, PASSWD));
}

function readPasswd(host: ReadHost, findPath: () => string | undefined): UserNames {
  try {
    const path = findPath();
    return path === undefined ? NO_NAMES : parsePasswd(decodeName(host.readFile(path, SIZE_LIMIT)));
  } catch {
    return NO_NAMES;
  }
}
