// What a killed process left behind: found by every command that acts, and cleaned up. The store
// says what was under way; a pid with its start time says whether anybody still works on it.
import { hasCode } from '../oci/error.js';
import { deleteArguments, findRuntime } from './runc.js';
import { removeContainerFiles, tearDown } from './tear-down.js';
import {
  findContainer,
  listContainerIDs,
  writeState,
  type StoredContainer,
} from './store/container-store.js';
import { containerPaths } from './store/paths.js';
import { isAlive } from './store/process-identity.js';
import { removeAbandonedWork } from './store/temporary.js';
import { exclusively, type Store } from './store/store.js';

/** Brings the store and the machine into agreement. Touches nothing that somebody works on. */
export async function reconcile(store: Store): Promise<void> {
  removeAbandonedWork(store);
  for (const id of listContainerIDs(store)) {
    const container = findContainer(store, id);
    if (container === undefined) finishRemoval(store, id);
    else if (isAbandoned(store, container)) await bury(store, container);
  }
  removeStaleNames(store);
}

/** It was started, its supervisor is gone, and so is its first process. */
function isAbandoned(store: Store, { state, status }: StoredContainer): boolean {
  if (status === 'running' || state.finishedAt !== undefined) return false;
  if (state.supervisor === undefined) return false;
  return !isAlive(store.host, state.supervisor);
}

async function bury(store: Store, { record, state }: StoredContainer): Promise<void> {
  const { id } = record;
  const paths = containerPaths(store.paths, id);
  if (store.host.findStatus(paths.runtimeState) !== undefined) {
    await store.host.run(deleteArguments(findRuntime(store.host), store.paths, id));
  }
  tearDown(store, record);
  if (record.autoRemove) removeContainerFiles(store, record.id, record.name);
  else {
    writeState(store, id, {
      ...(state.startedAt === undefined ? {} : { startedAt: state.startedAt }),
      finishedAt: new Date(store.host.now()).toISOString(),
      error: 'its supervisor was killed: the exit status is not known',
    });
  }
}

/** A directory without its record: a removal that was interrupted. */
function finishRemoval(store: Store, id: string): void {
  exclusively(store, () => {
    const { record } = containerPaths(store.paths, id);
    if (store.host.findStatus(record) === undefined) removeContainerFiles(store, id, undefined);
  });
}

/** A name whose container never came to be, or is gone. */
function removeStaleNames(store: Store): void {
  const stale = staleNames(store);
  if (stale.length === 0) return;
  exclusively(store, () => {
    for (const name of staleNames(store)) store.host.removeFile(`${store.paths.names}/${name}`);
  });
}

function staleNames(store: Store): string[] {
  return store.host
    .readDirectory(store.paths.names)
    .map((entry) => entry.name)
    .filter((name) => {
      try {
        const id = store.host.readLink(`${store.paths.names}/${name}`);
        return store.host.findStatus(containerPaths(store.paths, id).record) === undefined;
      } catch (error) {
        if (hasCode(error, 'NOT_FOUND')) return false;
        throw error;
      }
    });
}
