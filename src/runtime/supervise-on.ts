// A container in a shim from its first start to its last end: started again as its policy wants, its
// health looked after.
import type { Ending } from './attach/frame.js';
import { watchHealth, type HealthWatch } from './health/watch-health.js';
import { nextDelay, shallRestart } from './restart-policy.js';
import { endingOf, finishContainer } from './run-container.js';
import type { Session } from './session.js';
import { findContainer, writeState, type ContainerRecord } from './store/container-store.js';
import type { Store } from './store/store.js';
import { supervise } from './supervise.js';
import { identifySelf } from './supervision.js';
import { readWish } from './wish.js';

const POLL_MILLISECONDS = 50;

/** `onStart` is told of the first start. Resolves to how the last run ended; rejects when the first never was. */
export async function superviseOn(
  store: Store,
  record: ContainerRecord,
  session: Session,
  onStart: () => void,
): Promise<Ending> {
  let delay: number | undefined;
  for (let restarts = 0; ; restarts += 1) {
    const began = store.host.monotonic();
    const { ending, failure } = await runOnce(store, record, session, onStart);
    const ran = Number((store.host.monotonic() - began) / 1_000_000n);
    const policy = findContainer(store, record.id)?.record.restartPolicy;
    // What cannot be started at all is not tried again.
    const isOver =
      (failure !== undefined && restarts === 0) ||
      !shallRestart(policy, ending, restarts, readWish(store, record.id));
    if (!isOver) {
      delay = nextDelay(delay, ran);
      session.end(ending, false);
      noteRestarting(store, record, ending, restarts);
      if (await staysWanted(store, record, delay)) {
        noteStarted(store, record, restarts + 1);
        continue;
      }
    }
    session.closeLog();
    finishContainer(store, record, ending);
    if (failure !== undefined && restarts === 0) throw failure;
    return ending;
  }
}

interface Run {
  readonly ending: Ending;
  /** Why it never ran. */
  readonly failure: Error | undefined;
}

async function runOnce(
  store: Store,
  record: ContainerRecord,
  session: Session,
  onStart: () => void,
): Promise<Run> {
  let health: HealthWatch | undefined;
  try {
    const supervised = await supervise(store, record, {
      stdin: record.openStdin ? 'fifo' : 'ignore',
      onOutput: session.onOutput,
    });
    void session.serve(supervised).catch(() => undefined);
    void supervised.started.then((started) => {
      if (!started) return;
      onStart();
      health = watchHealth(store, record);
    });
    return { ending: await supervised.ended, failure: undefined };
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    return { ending: endingOf(error), failure };
  } finally {
    health?.stop();
  }
}

function noteRestarting(
  store: Store,
  record: ContainerRecord,
  ending: Ending,
  restartCount: number,
): void {
  const startedAt = findContainer(store, record.id)?.state.startedAt;
  writeState(store, record.id, {
    ...(startedAt === undefined ? {} : { startedAt }),
    finishedAt: new Date(store.host.now()).toISOString(),
    ...ending,
    restartCount,
    isRestarting: true,
    supervisor: identifySelf(store),
  });
}

function noteStarted(store: Store, record: ContainerRecord, restartCount: number): void {
  writeState(store, record.id, {
    startedAt: new Date(store.host.now()).toISOString(),
    restartCount,
    supervisor: identifySelf(store),
  });
}

/** False when somebody wants it stopped, or to start it himself, before the time is over. */
async function staysWanted(store: Store, record: ContainerRecord, delay: number): Promise<boolean> {
  const end = store.host.monotonic() + BigInt(delay) * 1_000_000n;
  for (;;) {
    if (readWish(store, record.id) !== undefined) return false;
    const left = Number((end - store.host.monotonic()) / 1_000_000n);
    if (left <= 0) return true;
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, POLL_MILLISECONDS)));
  }
}
