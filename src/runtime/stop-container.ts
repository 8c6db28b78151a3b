// Ending a container: its stop signal, a time to obey, then KILL.
import { CutawayError } from '../oci/error.js';
import { isBusy, requireRunning, signalContainer, waitUntilIdle } from './running.js';
import { parseSignal, SIGKILL } from './signal.js';
import { findContainer, type StoredContainer } from './store/container-store.js';
import type { Store } from './store/store.js';
import { noteWish, type Wish } from './wish.js';

const DEFAULT_SECONDS = 10;
const KILL_MILLISECONDS = 10_000;

export interface StopOptions {
  /** Default: what it was created with, else 10. Negative: for ever. */
  readonly seconds?: number;
  /** Why it is ended: decides whether its supervisor starts or removes it. */
  readonly wish?: Wish;
}

/** Whoever stops what does not run has what he wants. */
export async function stopContainer(
  store: Store,
  { record }: StoredContainer,
  options: StopOptions = {},
): Promise<void> {
  const container = findContainer(store, record.id);
  if (container === undefined || !isBusy(store, container)) return;
  noteWish(store, record.id, options.wish ?? 'stopped');
  await signalContainer(store, container, parseSignal(record.stopSignal));
  const seconds = options.seconds ?? record.stopTimeout ?? DEFAULT_SECONDS;
  const wait = seconds < 0 ? Infinity : seconds * 1000;
  const left = await waitUntilIdle(store, record.id, wait);
  if (left !== undefined && isBusy(store, left)) await killToTheEnd(store, left);
}

/** KILL, and a wait until its supervisor has written down the end. */
export async function killToTheEnd(store: Store, { record }: StoredContainer): Promise<void> {
  const deadline = store.host.now() + KILL_MILLISECONDS;
  while (store.host.now() < deadline) {
    const container = findContainer(store, record.id);
    if (container === undefined || !isBusy(store, container)) return;
    // Again and again: it may only be about to start.
    await signalContainer(store, container, SIGKILL);
    await waitUntilIdle(store, record.id, 20);
  }
  throw new CutawayError('UNAVAILABLE', `kill container "${record.name}": it is still there`);
}

/** One signal. What ends a container for good, for its restart policy too, is a wish to stop it. */
export async function killContainer(
  store: Store,
  container: StoredContainer,
  signal: number,
): Promise<void> {
  const running = requireRunning(container, 'kill');
  const { id, stopSignal } = running.record;
  if (signal === SIGKILL || signal === parseSignal(stopSignal)) noteWish(store, id, 'stopped');
  await signalContainer(store, running, signal);
  if (signal === SIGKILL) await killToTheEnd(store, running);
}
