// What the verbs on a running container have in common.
import { CutawayError } from '../oci/error.js';
import { freezeContainer } from './runc.js';
import { findContainer, isSupervised, type StoredContainer } from './store/container-store.js';
import { isAlive, type ProcessIdentity } from './store/process-identity.js';
import type { ReadStore, Store } from './store/store.js';

/** A container whose first process lives. */
export type RunningContainer = StoredContainer & { readonly init: ProcessIdentity };

/** `verb`: what was wanted of it, for the message. */
export function requireRunning(container: StoredContainer, verb: string): RunningContainer {
  const { init, record, status } = container;
  if (init !== undefined) return { ...container, init };
  throw new CutawayError('IN_USE', `${verb} container "${record.name}": it is not running`, {
    hint: `it is ${status}; cutaway start ${record.name} starts it`,
  });
}

/** One that stands still gets its signals when it goes on: so it is made to, as Docker does. */
export async function signalContainer(
  store: Store,
  { record, init, status }: StoredContainer,
  signal: number,
): Promise<void> {
  if (init === undefined || !isAlive(store.host, init)) return;
  store.host.sendSignal(init.pid, signal);
  if (status !== 'paused') return;
  try {
    await freezeContainer(store, record.id, 'resume');
  } catch (error) {
    // Somebody else was faster, or it is gone.
    if (findContainer(store, record.id)?.status === 'paused') throw error;
  }
}

/** Whether it runs, or somebody is at work on it. */
export function isBusy(store: ReadStore, { record, init, state }: StoredContainer): boolean {
  return init !== undefined || isSupervised(store, record.id, state);
}

const POLL_MILLISECONDS = 5;

/**
 * Waits until its end is written down, for so long at most; what is left of it, or `undefined` when it
 * is gone. A container that is still busy then is given back as it is.
 */
export async function waitUntilIdle(
  store: Store,
  id: string,
  milliseconds: number,
): Promise<StoredContainer | undefined> {
  const deadline = store.host.now() + milliseconds;
  for (;;) {
    const container = findContainer(store, id);
    if (container === undefined || !isBusy(store, container)) return container;
    if (store.host.now() >= deadline) return container;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}
