// A container on this terminal: its stdio is ours, our signals are its own.
import type { ChildProcess } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import type { ConsoleSize } from '../runtime/prepare-container.js';
import { startContainer, waitContainer } from '../runtime/run-container.js';
import type { ContainerRecord } from '../runtime/store/container-store.js';
import type { Store } from '../runtime/store/store.js';
import type { Context } from './context.js';

/** With a terminal the kernel sends these to the whole foreground group, the runtime included. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** Runs to the end; the container's exit status. */
export async function runInForeground(
  context: Context,
  store: Store,
  record: ContainerRecord,
  attach: { stdin: boolean },
): Promise<number> {
  requireTerminal(context, record, attach.stdin);
  let child: ChildProcess | undefined;
  const forward = (signal: NodeJS.Signals) => {
    child?.kill(signal);
  };
  // Before anything starts: a signal that ended us then would leave a container to nobody. While
  // it is being started, in one turn, the signal waits, and then there is somebody to pass it to.
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    const supervised = startContainer(store, record, {
      ...consoleSize(context),
      stdin: attach.stdin || record.terminal ? 'inherit' : 'ignore',
      stdout: 'inherit',
      onStderr: (chunk) => {
        context.stderr.write(chunk);
      },
    });
    child = supervised.child;
    return await waitContainer(store, record, supervised);
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

/** Of our own terminal, where one of our outputs is one. */
function consoleSize({ stdout, stderr }: Context): { consoleSize?: ConsoleSize } {
  const terminal = [stdout, stderr].find((stream) => stream.isTTY && stream.rows > 0);
  if (terminal === undefined) return {};
  return { consoleSize: { height: terminal.rows, width: terminal.columns } };
}

/** Before anything is made: a wish that cannot be met leaves nothing behind. */
export function requireTerminal(
  context: Context,
  container: { readonly terminal: boolean },
  attachStdin: boolean,
): void {
  if (!container.terminal) return;
  if (attachStdin && !context.stdin.isTTY) {
    throw new CutawayError('INVALID_INPUT', 'the input device is not a TTY', {
      hint: 'leave out -t when stdin is a pipe or a file',
    });
  }
  if (context.stdin.isTTY || context.stdout.isTTY || context.stderr.isTTY) return;
  throw new CutawayError('UNSUPPORTED', '-t needs a terminal on stdin, stdout or stderr', {
    hint: 'leave out -t when there is none',
  });
}
