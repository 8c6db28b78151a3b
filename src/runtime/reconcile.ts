// What a killed process left behind: found by every command that acts, and cleaned up. The store
// says what was under way; a pid with its start time says whether anybody still works on it.
import { hasCode } from '../oci/error.js';
import { resumeAbandoned } from './pause.js';
import { deleteRuntimeState } from './runc.js';
import { identifySelf } from './supervision.js';
import { discardContainer } from './remove-container.js';
import { takeAway, tearDown } from './tear-down.js';
import {
  findContainer,
  isSupervised,
  listContainerIDs,
  writeState,
  type ContainerState,
  type StoredContainer,
} from './store/container-store.js';
import { containerPaths } from './store/paths.js';
import { removeDanglingLinks } from './store/layer-store.js';
import { removeAbandonedWork } from './store/temporary.js';
import { exclusively, type Store } from './store/store.js';

/** Brings the store and the machine into agreement. Touches nothing that somebody works on. */
export async function reconcile(store: Store): Promise<void> {
  await resumeAbandoned(store);
  if (removeAbandonedWork(store)) removeDanglingLinks(store);
  for (const id of listContainerIDs(store)) {
    const container = findReadable(store, id);
    if (container === 'damaged') continue;
    if (container === undefined) finishRemoval(store, id);
    else if (isAbandoned(store, container)) await bury(store, container);
  }
  removeStaleNames(store);
}

/** One damaged record must not keep anybody from working with the others. */
function findReadable(store: Store, id: string): StoredContainer | 'damaged' | undefined {
  try {
    return findContainer(store, id);
  } catch (error) {
    if (hasCode(error, 'CORRUPT')) return 'damaged';
    throw error;
  }
}

/** Its supervisor is gone, and so is its first process. */
function isAbandoned(store: Store, { record, state, init }: StoredContainer): boolean {
  if (init !== undefined || state.supervisor === undefined) return false;
  return !isSupervised(store, record.id, state);
}

async function bury(store: Store, { record, state }: StoredContainer): Promise<void> {
  if (!takeOver(store, record.id)) return;
  await deleteRuntimeState(store, record.id);
  tearDown(store, record);
  if (record.autoRemove) discardContainer(store, record);
  else writeState(store, record.id, endState(store, state));
}

/** Of several commands that find it abandoned, one sees to it. */
function takeOver(store: Store, id: string): boolean {
  return exclusively(store, () => {
    const container = findContainer(store, id);
    if (container === undefined || !isAbandoned(store, container)) return false;
    writeState(store, id, { ...container.state, supervisor: identifySelf(store) });
    return true;
  });
}

/** One that was killed while it was being made is made: its first start does the rest. */
function endState(store: Store, state: ContainerState): ContainerState {
  const { startedAt, finishedAt, exitCode, error } = state;
  if (startedAt === undefined) return {};
  // It had ended before, and whoever wanted to remove it was killed.
  if (finishedAt !== undefined) {
    return {
      startedAt,
      finishedAt,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(error === undefined ? {} : { error }),
    };
  }
  return {
    startedAt,
    finishedAt: new Date(store.host.now()).toISOString(),
    error: 'its supervisor was killed: the exit status is not known',
  };
}

/** A directory without its record: a removal that was interrupted. */
function finishRemoval(store: Store, id: string): void {
  const rubbish = exclusively(store, () => {
    const { record, directory } = containerPaths(store.paths, id);
    const isHalf = store.host.findStatus(record) === undefined;
    return isHalf && store.host.findStatus(directory) !== undefined
      ? takeAway(store, id)
      : undefined;
  });
  if (rubbish !== undefined) store.host.removeTree(rubbish);
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
  const names = store.host.readDirectory(store.paths.names).map((entry) => entry.name);
  // With more names than containers, one may have two: its renaming was interrupted.
  const isCrowded = names.length > listContainerIDs(store).length;
  return names.filter((name) => {
    try {
      const id = store.host.readLink(`${store.paths.names}/${name}`);
      const { record } = containerPaths(store.paths, id);
      if (store.host.findStatus(record) === undefined) return true;
      return isCrowded && hasOtherName(store, id, name);
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) return false;
      throw error;
    }
  });
}

function hasOtherName(store: Store, id: string, name: string): boolean {
  const container = findReadable(store, id);
  return container !== undefined && container !== 'damaged' && container.record.name !== name;
}
