// A running container stands still while its files are read. Who pauses it writes that down first, in
// tmp/ under its own name, so that after its death the next command lets the container go on.
import { CutawayError, hasCode } from '../oci/error.js';
import { freezeContainer, readRuntimeStatus } from './runc.js';
import { requireRunning } from './running.js';
import type { StoredContainer } from './store/container-store.js';
import type { Store } from './store/store.js';
import { listAbandonedWork, makeTemporaryDirectory } from './store/temporary.js';

const MARK = 'paused';

/** One that is paused already stays so. */
export async function whilePaused<Value>(
  store: Store,
  id: string,
  action: () => Promise<Value>,
): Promise<Value> {
  if ((await readRuntimeStatus(store, id)) === 'paused') return await action();
  const note = makeTemporaryDirectory(store);
  store.host.writeFile(`${note}/${MARK}`, id);
  try {
    await freezeContainer(store, id, 'pause');
    return await action();
  } finally {
    await resume(store, id);
    store.host.removeTree(note);
  }
}

/** Stands still until `unpauseContainer`, or a signal of ours. */
export async function pauseContainer(store: Store, container: StoredContainer): Promise<void> {
  const { record, status } = requireRunning(container, 'pause');
  if (status === 'paused') {
    throw new CutawayError('IN_USE', `pause container "${record.name}": it is paused already`);
  }
  await freezeContainer(store, record.id, 'pause');
}

export async function unpauseContainer(store: Store, container: StoredContainer): Promise<void> {
  const { record, status } = container;
  if (status !== 'paused') {
    throw new CutawayError('IN_USE', `unpause container "${record.name}": it is not paused`);
  }
  await freezeContainer(store, record.id, 'resume');
}

/** What a killed command has left standing still goes on. */
export async function resumeAbandoned(store: Store): Promise<void> {
  for (const path of listAbandonedWork(store)) {
    const note = `${path}/${MARK}`;
    if (store.host.findStatus(note) === undefined) continue;
    const id = store.host.readText(note);
    if (/^[0-9a-f]{64}$/.test(id)) await resume(store, id);
  }
}

/** One that has ended meanwhile, or never came to stand still, is no error. */
async function resume(store: Store, id: string): Promise<void> {
  try {
    await freezeContainer(store, id, 'resume');
  } catch (error) {
    if (!hasCode(error, 'UNAVAILABLE')) throw error;
    if ((await readRuntimeStatus(store, id)) !== 'paused') return;
    throw new CutawayError('UNAVAILABLE', error.message, { cause: error });
  }
}
