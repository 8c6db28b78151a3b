// A container from start to end under the eyes of its supervisor, which is this process.
import { causeText } from '../oci/error.js';
import type { Ending } from './attach/frame.js';
import { prepareContainer, type ConsoleSize } from './prepare-container.js';
import { findRuntime } from './runc.js';
import type { Session } from './session.js';
import {
  findContainer,
  writeState,
  type ContainerRecord,
  type ContainerState,
} from './store/container-store.js';
import type { Store } from './store/store.js';
import { StartError, supervise, type Supervised, type SupervisedStdio } from './supervise.js';
import { claimSupervision } from './supervision.js';
import { discardContainer } from './remove-container.js';
import { tearDown } from './tear-down.js';
import { readWish } from './wish.js';

/** Claims and mounts; whoever calls it runs the container, or finishes it. */
export function takeContainer(
  store: Store,
  record: ContainerRecord,
  options: { readonly consoleSize?: ConsoleSize } = {},
): void {
  findRuntime(store.host);
  claimSupervision(store, record);
  try {
    prepareContainer(store, record, options);
  } catch (error) {
    finishContainer(store, record, { error: causeText(error) });
    throw error;
  }
}

/** Runs a container that was taken; `finishContainer` when `ended` settles. */
export async function startContainer(
  store: Store,
  record: ContainerRecord,
  stdio: SupervisedStdio,
): Promise<Supervised> {
  try {
    return await supervise(store, record, stdio);
  } catch (error) {
    finishContainer(store, record, { error: causeText(error) });
    throw error;
  }
}

/** Unmounts, writes down how it ended, and with `--rm` removes it. */
export function finishContainer(store: Store, record: ContainerRecord, ending: Ending): void {
  tearDown(store, record);
  if (findContainer(store, record.id) === undefined) return;
  if (record.autoRemove && readWish(store, record.id) !== 'restarting') {
    discardContainer(store, record);
    return;
  }
  const { startedAt, restartCount } = findContainer(store, record.id)?.state ?? {};
  const state: ContainerState = {
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(restartCount === undefined ? {} : { restartCount }),
    finishedAt: new Date(store.host.now()).toISOString(),
    ...ending,
  };
  writeState(store, record.id, state);
}

/** Waits for the end and sees to what is left; the exit status, or the error that kept it from running. */
export async function waitContainer(
  store: Store,
  record: ContainerRecord,
  supervised: Supervised,
  session: Session,
): Promise<number> {
  try {
    const ending = await supervised.ended;
    session.closeLog();
    finishContainer(store, record, ending);
    return ending.exitCode;
  } catch (error) {
    session.closeLog();
    finishContainer(store, record, endingOf(error));
    throw error;
  }
}

export function endingOf(error: unknown): Ending {
  const exitCode = error instanceof StartError ? error.exitCode : undefined;
  return { ...(exitCode === undefined ? {} : { exitCode }), error: causeText(error) };
}
