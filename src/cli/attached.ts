// Attached to a container with this command's terminal or pipes.
import type { Duplex } from 'node:stream';
import { CutawayError } from '../oci/error.js';
import { attachTo, type Attached } from '../runtime/attach/attach-client.js';
import type { Ending } from '../runtime/attach/frame.js';
import { parseDetachKeys } from '../runtime/attach/detach-keys.js';
import { parseSignal } from '../runtime/signal.js';
import type { ContainerRecord } from '../runtime/store/container-store.js';
import { StartError } from '../runtime/supervise.js';
import type { Context } from './context.js';
import { consoleSize } from './console-size.js';
import { passSignals } from './pass-signals.js';
import { enterRawMode } from './raw-terminal.js';

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
  const leaveRawMode = record.terminal ? enterRawMode(context, stdin) : () => undefined;
  const attached = attachTo(
    connection,
    { stdin, write: (stream, chunk) => context[stream].write(chunk) },
    // As Docker: without a terminal the keys are bytes like any other.
    { detachKeys: record.terminal ? detachKeys : undefined },
  );
  const stopPassing = passOn(context, record, attached, choice);
  try {
    const outcome = await attached.outcome;
    if (outcome !== 'detached') return await exitStatusOf(record, outcome, started);
    context.note(`\r\n(detached; cutaway attach ${record.name} comes back)`);
    return 0;
  } finally {
    stopPassing();
    leaveRawMode();
    stdin?.destroy();
    connection.destroy();
  }
}

async function exitStatusOf(
  record: ContainerRecord,
  ending: Ending,
  started: Promise<void> | undefined,
): Promise<number> {
  if (ending.exitCode !== undefined && ending.error === undefined) return ending.exitCode;
  await started;
  throw lostEnd(record, ending);
}

/** With a terminal its size; without one, signals. */
function passOn(
  context: Context,
  record: ContainerRecord,
  attached: Attached,
  { passesSignals = true }: AttachChoice,
): () => void {
  if (record.terminal) {
    return followSize(context, (size) => {
      attached.resize(size);
    });
  }
  if (!passesSignals) return () => undefined;
  const signals = passSignals((signal) => {
    attached.signal(parseSignal(signal));
  });
  signals.flush();
  return signals.stop;
}

function lostEnd(
  { name }: ContainerRecord,
  { exitCode = 125, error = 'nobody saw it end' }: Ending,
): StartError {
  return new StartError(
    new CutawayError('UNAVAILABLE', `attach to container "${name}": ${error}`),
    exitCode,
  );
}

function followSize(
  context: Context,
  resize: (size: { height: number; width: number }) => void,
): () => void {
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
