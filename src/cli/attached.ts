// Attached to a container with this command's terminal or pipes.
import type { Duplex } from 'node:stream';
import { CutawayError } from '../oci/error.js';
import { attachTo } from '../runtime/attach/attach-client.js';
import { parseDetachKeys } from '../runtime/attach/detach-keys.js';
import { parseSignal } from '../runtime/signal.js';
import type { ContainerRecord } from '../runtime/store/container-store.js';
import { StartError } from '../runtime/supervise.js';
import type { Context } from './context.js';
import { consoleSize } from './console-size.js';
import { passSignals } from './pass-signals.js';

export interface AttachChoice {
  readonly stdin: boolean;
  /** As the user wrote them; undefined for Docker's own. */
  readonly detachKeys: string | undefined;
  /** Our signals are the container's, where it has no terminal; default true. */
  readonly passesSignals?: boolean;
}

export const DETACH_KEYS_OPTION = {
  'detach-keys': {
    type: 'string',
    value: 'KEYS',
    describe: 'what lets go of it and leaves it running; default ctrl-p,ctrl-q',
  },
} as const;

/**
 * Until its program ends or the user lets go; the exit status. `started`: of one that is only about to
 * start, what says that it never did.
 */
export async function stayAttached(
  context: Context,
  record: ContainerRecord,
  connection: Duplex,
  choice: AttachChoice,
  started?: Promise<void>,
): Promise<number> {
  const detachKeys = parseDetachKeys(choice.detachKeys ?? '');
  const stdin = choice.stdin && record.openStdin ? context.stdin : undefined;
  const isRaw = record.terminal && stdin?.isTTY === true;
  if (isRaw) stdin.setRawMode(true);
  const attached = attachTo(
    connection,
    { stdin, write: (stream, chunk) => context[stream].write(chunk) },
    // As Docker: without a terminal the keys are bytes like any other.
    { detachKeys: record.terminal ? detachKeys : undefined },
  );
  const stopFollowing = followSize(context, record, (size) => {
    attached.resize(size);
  });
  const signals = passedSignals(record, choice, (signal) => {
    attached.signal(parseSignal(signal));
  });
  try {
    const outcome = await attached.outcome;
    if (outcome === 'detached') {
      context.note(`\r\n(detached; cutaway attach ${record.name} comes back)`);
      return 0;
    }
    if (outcome.exitCode !== undefined && outcome.error === undefined) return outcome.exitCode;
    await started;
    throw lostEnd(record, outcome);
  } finally {
    signals?.stop();
    stopFollowing();
    if (isRaw) stdin.setRawMode(false);
    stdin?.destroy();
    connection.destroy();
  }
}

function passedSignals(
  { terminal }: ContainerRecord,
  { passesSignals = true }: AttachChoice,
  pass: (signal: string) => void,
): { stop(): void } | undefined {
  if (terminal || !passesSignals) return undefined;
  const signals = passSignals(pass);
  signals.flush();
  return signals;
}

function lostEnd(
  { name }: ContainerRecord,
  { exitCode = 125, error = 'nobody saw it end' }: { exitCode?: number; error?: string },
): StartError {
  return new StartError(
    new CutawayError('UNAVAILABLE', `attach to container "${name}": ${error}`),
    exitCode,
  );
}

function followSize(
  context: Context,
  { terminal }: ContainerRecord,
  resize: (size: { height: number; width: number }) => void,
): () => void {
  if (!terminal) return () => undefined;
  const follow = () => {
    const { consoleSize: size } = consoleSize(context);
    if (size !== undefined) resize(size);
  };
  // SIGWINCH itself: a terminal on stderr alone has no event of its own.
  // First of all: stdout has its own listener from its first use on, and must know the size before us.
  follow();
  process.on('SIGWINCH', follow);
  return () => process.off('SIGWINCH', follow);
}
