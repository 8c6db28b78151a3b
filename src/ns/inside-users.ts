// Who a process is to itself: its uid through the uid_map, the name from its own passwd.
import type { ReadHost } from '../host/host.js';
import { parseIdMap, toInsideId, type IdMap } from './id-map.js';
import { hostNamespaces, parseNamespaceLink } from './namespaces.js';
import type { Process } from './process.js';
import { readUserNamesInside, type UserNames } from './user-names.js';

export interface InsideUser {
  /** Undefined when the id has no counterpart there (user_namespaces(7): shown as 65534). */
  readonly uid: number | undefined;
  readonly name: string | undefined;
}

/**
 * A reader with a memory, so that maps and passwd files are read once per namespace. It answers
 * undefined for a process that has the host's users, and when its namespaces cannot be read.
 */
export function insideUserReader(host: ReadHost): (process: Process) => InsideUser | undefined {
  const own = hostNamespaces(host).inodes;
  const maps = new Map<string, IdMap | undefined>();
  const names = new Map<string, UserNames>();
  return (process) => {
    if (process.kernelThread) return undefined;
    const user = namespaceOf(host, process.pid, 'user');
    const mount = namespaceOf(host, process.pid, 'mnt');
    if (user === undefined || mount === undefined) return undefined;
    const sameFiles = mount === own.mnt && (process.root ?? '/') === '/';
    if (user === own.user && sameFiles) return undefined;
    const map = remember(maps, user, () => readUidMap(host, process.pid));
    const uid = map === undefined ? undefined : toInsideId(map, process.uid.effective);
    const files = `${mount} ${process.root ?? ''}`;
    const known = remember(names, files, () => readUserNamesInside(host, process.pid));
    return { uid, name: uid === undefined ? undefined : known.get(uid) };
  };
}

function remember<Key, Value>(known: Map<Key, Value>, key: Key, read: () => Value): Value {
  if (!known.has(key)) known.set(key, read());
  return known.get(key) as Value;
}

function namespaceOf(host: ReadHost, pid: number, type: 'user' | 'mnt'): string | undefined {
  try {
    return parseNamespaceLink(host.readLink(`/proc/${pid}/ns/${type}`));
  } catch {
    return undefined;
  }
}

function readUidMap(host: ReadHost, pid: number): IdMap | undefined {
  try {
    return parseIdMap(host.readText(`/proc/${pid}/uid_map`));
  } catch {
    return undefined;
  }
}
