import { CutawayError } from '../oci/error.js';
import { deleteRuntimeState } from './runc.js';
import { isBusy } from './running.js';
import { killToTheEnd } from './stop-container.js';
import {
  findContainer,
  writeState,
  type ContainerRecord,
  type StoredContainer,
} from './store/container-store.js';
import { tidyStore } from './store/garbage.js';
import { blobPath } from './store/image-store.js';
import { exclusively, type Store } from './store/store.js';
import { removeUnused } from './store/volume-store.js';
import { identifySelf } from './supervision.js';
import { removeContainerFiles, tearDown } from './tear-down.js';
import { noteWish } from './wish.js';

/** A container is gone, and with it the volumes that were made for it and nobody else has. */
export function discardContainer(store: Store, { id, binds }: ContainerRecord): void {
  const own = binds.filter(({ anonymous }) => anonymous === true);
  removeContainerFiles(store, id);
  removeUnused(
    store,
    own.flatMap(({ volume }) => (volume === undefined ? [] : [volume])),
  );
}

/** Removes a container that does not run; with `force` a running one is killed first. */
export async function removeContainer(
  store: Store,
  { record }: StoredContainer,
  options: { force: boolean; volumes?: boolean },
): Promise<void> {
  for (;;) {
    const container = findContainer(store, record.id);
    // With --rm its supervisor has removed it already.
    if (container === undefined) break;
    if (options.force) await endForGood(store, container);
    else refuseBusy(store, container);
    if (!claimIdle(store, record.id)) continue;
    await deleteRuntimeState(store, record.id);
    tearDown(store, record);
    if (options.volumes === true) discardContainer(store, record);
    else removeContainerFiles(store, record.id);
    break;
  }
  // Its image was removed before it, and left it the layers.
  if (store.host.findStatus(blobPath(store.paths, record.image.id)) === undefined) tidyStore(store);
}

/** One whose record cannot be read: whatever runs of it is killed. */
export async function removeDamagedContainer(store: Store, id: string): Promise<void> {
  await deleteRuntimeState(store, id);
  tearDown(store, { id });
  removeContainerFiles(store, id);
}

/** From then on nobody starts it; false when somebody has started or removed it meanwhile. */
function claimIdle(store: Store, id: string): boolean {
  return exclusively(store, () => {
    const container = findContainer(store, id);
    if (container === undefined || isBusy(store, container)) return false;
    writeState(store, id, { ...container.state, supervisor: identifySelf(store) });
    return true;
  });
}

function refuseBusy(store: Store, container: StoredContainer): void {
  if (!isBusy(store, container)) return;
  const { name } = container.record;
  const what = container.init !== undefined ? 'running' : 'about to be started or removed';
  throw new CutawayError('IN_USE', `remove container "${name}": it is ${what}`, {
    hint: `cutaway rm -f ${name} kills it first`,
  });
}

async function endForGood(store: Store, container: StoredContainer): Promise<void> {
  if (isBusy(store, container)) noteWish(store, container.record.id, 'stopped');
  await killToTheEnd(store, container);
}
