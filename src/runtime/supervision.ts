// Who answers for a container: one process at a time, by its pid and its start, in state.json.
// Claims are made under the store's lock, so that of several only one is made.
import { CutawayError } from '../oci/error.js';
import {
  findContainer,
  isSupervised,
  writeState,
  type ContainerRecord,
  type ContainerState,
} from './store/container-store.js';
import { identifyProcess, type ProcessIdentity } from './store/process-identity.js';
import { exclusively, type Store } from './store/store.js';
import { forgetWish } from './wish.js';

/** From now on this process answers for the container; a dead one's claim is void. */
export function claimSupervision(store: Store, record: ContainerRecord): void {
  exclusively(store, () => {
    const container = findContainer(store, record.id);
    if (container === undefined) {
      throw new CutawayError('NOT_FOUND', `start container "${record.name}": it is gone`);
    }
    const self = identifySelf(store);
    const { state, status, init } = container;
    if (init !== undefined) refuse(record, 'it is running');
    if (isSupervised(store, record.id, state) && state.supervisor?.pid !== self.pid) {
      const what = status === 'created' ? 'being started' : 'brought to its end';
      refuse(record, `it is ${what} by process ${state.supervisor?.pid ?? 0}`);
    }
    writeState(store, record.id, startingState(store, self));
    // Whatever was wanted of it before, it is started now.
    forgetWish(store, record.id);
  });
}

function refuse(record: ContainerRecord, reason: string): never {
  throw new CutawayError('IN_USE', `start container "${record.name}": ${reason}`);
}

function startingState(store: Store, supervisor: ProcessIdentity): ContainerState {
  return { startedAt: new Date(store.host.now()).toISOString(), supervisor };
}

/**
 * Starts the process that is to answer for the container from now on. It makes its own claim
 * first of all, which waits for the lock and so comes after ours for it.
 */
export function handOverSupervision<Child extends { readonly pid: number }>(
  store: Store,
  record: ContainerRecord,
  spawn: () => Child,
): Child {
  return exclusively(store, () => {
    const child = spawn();
    const supervisor = identifyProcess(store.host, child.pid);
    if (supervisor !== undefined) {
      writeState(store, record.id, startingState(store, supervisor));
    }
    return child;
  });
}

export function identifySelf({ host }: Store): ProcessIdentity {
  const self = identifyProcess(host, host.processId);
  if (self !== undefined) return self;
  throw new CutawayError('UNAVAILABLE', 'read "/proc/self/stat": no /proc');
}
