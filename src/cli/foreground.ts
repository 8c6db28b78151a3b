// A container in the foreground: its stdio is ours, our signals are its own. Without a terminal its
// supervisor is this process; with one it is a shim, and we are attached to it and may let go.
import type { Readable } from 'node:stream';
import { CutawayError } from '../oci/error.js';
import {
  finishContainer,
  startContainer,
  takeContainer,
  endingOf,
  waitContainer,
} from '../runtime/run-container.js';
import { openSession } from '../runtime/session.js';
import { parseSignal } from '../runtime/signal.js';
import { startAttached } from '../runtime/start-detached.js';
import { findContainer, type ContainerRecord } from '../runtime/store/container-store.js';
import type { Store } from '../runtime/store/store.js';
import type { Supervised } from '../runtime/supervise.js';
import { stayAttached, type AttachChoice } from './attached.js';
import { consoleSize } from './console-size.js';
import type { Context } from './context.js';
import { passSignals } from './pass-signals.js';
import { shimCommand } from './shim-command.js';

/** Runs to the end, or until the user lets go of it; the container's exit status. */
export async function runInForeground(
  context: Context,
  store: Store,
  record: ContainerRecord,
  attach: AttachChoice,
): Promise<number> {
  requireTerminal(context, record, attach.stdin);
  if (needsShim(record)) return await runAttached(context, store, record, attach);
  return await runHere(context, store, record, attach);
}

/** What outlives this command, or is to be looked after beyond one run. */
function needsShim({ terminal, restartPolicy, healthcheck }: ContainerRecord): boolean {
  return terminal || restartPolicy !== undefined || healthcheck !== undefined;
}

async function runAttached(
  context: Context,
  store: Store,
  record: ContainerRecord,
  attach: AttachChoice,
): Promise<number> {
  const { connection, started } = startAttached(store, record, shimCommand(), consoleSize(context));
  const status = await stayAttached(context, record, connection, attach, started);
  await started;
  return status;
}

/** Signals are heard before anything starts: one that ended us then would leave a container to nobody. */
async function runHere(
  context: Context,
  store: Store,
  record: ContainerRecord,
  attach: AttachChoice,
): Promise<number> {
  let supervised: Supervised | undefined;
  const signals = passSignals(async (signal) => {
    if (supervised === undefined || !(await supervised.started)) return;
    const init = findContainer(store, record.id)?.init;
    if (init !== undefined) store.host.sendSignal(init.pid, parseSignal(signal));
  });
  try {
    takeContainer(store, record);
    const session = await openSession(store, record).catch((error: unknown) => {
      finishContainer(store, record, endingOf(error));
      throw error;
    });
    try {
      const output = standardOutput(context);
      supervised = await startContainer(store, record, {
        stdin: record.openStdin ? 'fifo' : 'ignore',
        onOutput: (stream, chunk, source) => {
          session.onOutput(stream, chunk, source);
          output(stream, chunk, source);
        },
      });
      signals.flush();
      void session.serve(supervised);
      if (attach.stdin) giveInput(context, supervised);
      const exitCode = await waitContainer(store, record, supervised, session);
      session.end({ exitCode }, true);
      return exitCode;
    } catch (error) {
      session.end(endingOf(error), true);
      throw error;
    }
  } finally {
    signals.stop();
    if (attach.stdin) context.stdin.destroy();
  }
}

function giveInput({ stdin }: Context, { stdin: sink }: Supervised): void {
  if (sink === undefined) return;
  stdin.on('data', (chunk: Buffer) => {
    if (!sink.destroyed && !sink.write(chunk)) stdin.pause();
  });
  sink.on('drain', () => stdin.resume());
  stdin.on('end', () => sink.end());
  stdin.on('error', () => sink.end());
}

/** A reader that has seen enough closes our end of the container's pipe: it is told as any program is. */
function standardOutput(context: Context) {
  const closed = new Set<string>();
  const waiting = new Map<string, Readable>();
  for (const name of ['stdout', 'stderr'] as const) {
    context[name].removeAllListeners('error');
    context[name].on('error', () => {
      closed.add(name);
      waiting.get(name)?.destroy();
    });
    context[name].on('drain', () => {
      waiting.get(name)?.resume();
      waiting.delete(name);
    });
  }
  return (stream: 'stdout' | 'stderr', chunk: Buffer, source: Readable | undefined) => {
    if (closed.has(stream)) source?.destroy();
    else if (!context[stream].write(chunk) && source !== undefined) {
      source.pause();
      waiting.set(stream, source);
    }
  };
}

/** Before anything is made: a wish that cannot be met leaves nothing behind. */
export function requireTerminal(
  context: Context,
  container: { readonly terminal: boolean },
  attachStdin: boolean,
): void {
  if (!container.terminal || !attachStdin || context.stdin.isTTY) return;
  throw new CutawayError('INVALID_INPUT', 'the input device is not a TTY', {
    hint: 'leave out -t when stdin is a pipe or a file',
  });
}
