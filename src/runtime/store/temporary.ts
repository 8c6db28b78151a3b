// Half-made things live in tmp/ in a directory named after their maker, and move to their place
// in one rename. A directory whose maker is gone is rubbish.
import { randomBytes } from 'node:crypto';
import { CutawayError, hasCode } from '../../oci/error.js';
import { identifyProcess, isAlive } from './process-identity.js';
import type { Store } from './store.js';

/** A new empty directory below tmp/. */
export function makeTemporaryDirectory(store: Store): string {
  const self = identifyProcess(store.host, store.host.processId);
  if (self === undefined) throw new CutawayError('UNAVAILABLE', 'read "/proc/self/stat": no /proc');
  const name = `${self.pid}-${self.startTicks}-${randomBytes(6).toString('hex')}`;
  const path = `${store.paths.temporary}/${name}`;
  store.host.createDirectory(path, { mode: 0o700 });
  return path;
}

export function removeAbandonedWork(store: Store): void {
  for (const { name } of store.host.readDirectory(store.paths.temporary)) {
    const match = /^(\d+)-(\d+)-[0-9a-f]+$/.exec(name);
    const maker = { pid: Number(match?.[1]), startTicks: Number(match?.[2]) };
    if (match !== null && isAlive(store.host, maker)) continue;
    try {
      store.host.removeTree(`${store.paths.temporary}/${name}`);
    } catch (error) {
      // Another process cleans up at the same time.
      if (!hasCode(error, 'NOT_FOUND')) throw error;
    }
  }
}
