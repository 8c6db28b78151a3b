import { CutawayError } from '../oci/error.js';
import { awaitEnding } from './attach/connect-container.js';
import { isBusy, waitUntilIdle } from './running.js';
import { findContainer, type StoredContainer } from './store/container-store.js';
import type { Store } from './store/store.js';

/** Its exit status, now or when it has ended. */
export async function waitForContainer(store: Store, { record }: StoredContainer): Promise<number> {
  const { id, name } = record;
  const container = findContainer(store, id);
  if (container !== undefined && isBusy(store, container)) {
    const ending = await awaitEnding(store, id);
    if (ending?.exitCode !== undefined) return ending.exitCode;
  }
  const left = await waitUntilIdle(store, id, Infinity);
  // As Docker: one that has never run has not failed.
  if (left !== undefined && left.state.startedAt === undefined) return 0;
  if (left?.state.exitCode !== undefined) return left.state.exitCode;
  const reason = left?.state.error ?? 'it is gone';
  throw new CutawayError('UNAVAILABLE', `wait for container "${name}": ${reason}`);
}
