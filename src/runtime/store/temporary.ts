// Half-made things live in tmp/ in a directory named after their maker, and move to their place
// in one rename. A directory whose maker is gone is rubbish.
import { randomBytes } from 'node:crypto';
import { readMountinfo } from '../../ns/mountinfo.js';
import type { ReadHost } from '../../host/host.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import { identifyProcess, isAlive } from './process-identity.js';
import type { ReadStore, Store } from './store.js';

/** A new empty directory below tmp/. */
export function makeTemporaryDirectory(store: Store): string {
  const path = newTemporaryPath(store);
  store.host.createDirectory(path, { mode: 0o700 });
  return path;
}

/**
 * The old or the new content, never a part, as `writeFileAtomic` of the host, but with the half
 * written file among what the next command cleans up.
 */
export function writeWhole(
  store: Store,
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): void {
  const temporary = newTemporaryPath(store);
  store.host.writeFile(temporary, content, mode);
  store.host.sync(temporary);
  store.host.rename(temporary, path);
}

/** The same for what means nothing after a power cut, where it may be found empty: no waiting. */
export function writeQuickly(store: Store, path: string, content: string, mode: number): void {
  const temporary = newTemporaryPath(store);
  store.host.writeFile(temporary, content, mode);
  store.host.rename(temporary, path);
}

function newTemporaryPath(store: Store): string {
  const self = identifyProcess(store.host, store.host.processId);
  if (self === undefined) throw new CutawayError('UNAVAILABLE', 'read "/proc/self/stat": no /proc');
  const name = `${self.pid}-${self.startTicks}-${randomBytes(6).toString('hex')}`;
  return `${store.paths.temporary}/${name}`;
}

/** Whole paths of what lies below tmp/ and whose maker is gone. */
export function listAbandonedWork({ host, paths }: ReadStore): string[] {
  return [paths.temporary, paths.execs].flatMap((place) => listAbandoned(host, place));
}

function listAbandoned(host: ReadHost, place: string): string[] {
  if (host.findStatus(place) === undefined) return [];
  return host
    .readDirectory(place)
    .filter(({ name }) => {
      const match = /^(\d+)-(\d+)-[0-9a-f]+$/.exec(name);
      const maker = { pid: Number(match?.[1]), startTicks: Number(match?.[2]) };
      return match === null || !isAlive(host, maker);
    })
    .map(({ name }) => `${place}/${name}`);
}

/** True when there was some. */
export function removeAbandonedWork(store: Store): boolean {
  const abandoned = listAbandonedWork(store);
  for (const path of abandoned) {
    try {
      unmountBelow(store, path);
      store.host.removeTree(path);
    } catch (error) {
      // Another process cleans up at the same time, or a child of the one that was killed is still
      // at its last write: the next command will find what is left.
      if (!hasCode(error, 'NOT_FOUND', 'IN_USE') && !isNotEmpty(error)) throw error;
    }
  }
  return abandoned.length > 0;
}

function isNotEmpty(error: unknown): boolean {
  return error instanceof CutawayError && error.data['errno'] === 'ENOTEMPTY';
}

/** What looks into an image mounts it in its own directory, to unmount it a moment later. */
function unmountBelow({ host }: Store, path: string): void {
  for (const { mountPoint } of readMountinfo(host, 'self')) {
    if (mountPoint.startsWith(`${path}/`)) host.unmount(mountPoint);
  }
}
