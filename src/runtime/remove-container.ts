import { CutawayError } from '../oci/error.js';
import { isAlive } from './store/process-identity.js';
import type { StoredContainer } from './store/container-store.js';
import { findContainer } from './store/container-store.js';
import type { Store } from './store/store.js';
import { removeContainerFiles, tearDown } from './tear-down.js';

/** Removes a container that does not run; with `force` a running one is killed first. */
export async function removeContainer(
  store: Store,
  container: StoredContainer,
  options: { force: boolean },
): Promise<void> {
  const { record } = container;
  if (container.status === 'running') {
    if (!options.force) {
      throw new CutawayError('IN_USE', `remove container "${record.name}": it is running`, {
        hint: `cutaway rm -f ${record.name} kills it first`,
      });
    }
    await killContainer(store, container);
  }
  // With --rm the supervisor has removed it already.
  if (findContainer(store, record.id) === undefined) return;
  tearDown(store, record);
  removeContainerFiles(store, record.id, record.name);
}

const KILL_MILLISECONDS = 10_000;

/** KILL to the first process, and a wait until its supervisor has written down the end. */
async function killContainer(
  store: Store,
  { record, init, state }: StoredContainer,
): Promise<void> {
  if (init === undefined) return;
  store.host.sendSignal(init.pid, 'SIGKILL');
  const deadline = store.host.now() + KILL_MILLISECONDS;
  while (store.host.now() < deadline) {
    const supervised = state.supervisor !== undefined && isAlive(store.host, state.supervisor);
    if (!supervised && !isAlive(store.host, init)) return;
    const now = findContainer(store, record.id);
    if (now === undefined || now.state.finishedAt !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new CutawayError('UNAVAILABLE', `kill container "${record.name}": it is still there`, {
    data: { pid: init.pid },
  });
}
