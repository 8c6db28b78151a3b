// What a user wants of a container that runs, left for its supervisor, who reads it when the container
// has ended: a file beside the record, gone with the next start.
import { hasCode } from '../oci/error.js';
import { containerPaths } from './store/paths.js';
import type { ReadStore, Store } from './store/store.js';
import { writeQuickly } from './store/temporary.js';

/** `stopped`: no restart policy starts it again. `restarting`: whoever asked starts it, --rm or not. */
export type Wish = 'stopped' | 'restarting';

export function noteWish(store: Store, id: string, wish: Wish): void {
  try {
    writeQuickly(store, containerPaths(store.paths, id).wish, wish, 0o600);
  } catch (error) {
    // With --rm it has ended and is gone.
    if (!hasCode(error, 'NOT_FOUND')) throw error;
  }
}

export function readWish(store: ReadStore, id: string): Wish | undefined {
  try {
    const text = store.host.readText(containerPaths(store.paths, id).wish);
    return text === 'stopped' || text === 'restarting' ? text : undefined;
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

export function forgetWish(store: Store, id: string): void {
  try {
    store.host.removeFile(containerPaths(store.paths, id).wish);
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
  }
}
