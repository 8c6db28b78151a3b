// The parent of a detached container, a process of its own: `shim DATA-ROOT CONTAINER-ID [attached]`. It
// runs the prepared bundle, keeps the log, serves those attached, and writes down the end. One line of
// JSON on stdout tells who started it whether the program runs; then stdout is closed. `attached`: its
// descriptor 3 is a connection to somebody attached from the start.
import { linuxHost } from '../host/linux-host.js';
import { causeText } from '../oci/error.js';
import { endingOf } from './run-container.js';
import { openSession } from './session.js';
import { findContainer } from './store/container-store.js';
import { openStore } from './store/store.js';
import { StartError } from './supervise.js';
import { superviseOn } from './supervise-on.js';
import { claimSupervision } from './supervision.js';

/** What the shim says when it knows. */
export type ShimReport =
  | { readonly started: true }
  | { readonly started: false; readonly message: string; readonly exitCode: number };

async function main(dataRoot: string, id: string, isAttached: boolean): Promise<void> {
  const host = linuxHost();
  const store = openStore(host, dataRoot);
  const container = findContainer(store, id);
  if (container === undefined) throw new Error(`no such container: ${id}`);
  const { record } = container;
  process.title = `cutaway-shim ${record.name} ${id.slice(0, 12)}`;
  claimSupervision(store, record);
  const session = await openSession(store, record);
  const channel = isAttached ? await host.inheritedChannel(3) : undefined;
  if (channel !== undefined) session.add(channel);
  const started = () => {
    say({ started: true });
  };
  try {
    const ending = await superviseOn(store, record, session, started);
    // It may have ended before it was seen to run: that it did is known from how it ended.
    started();
    session.end(ending, true);
  } catch (error) {
    const exitCode = error instanceof StartError ? error.exitCode : 125;
    say({ started: false, message: causeText(error), exitCode });
    session.end(endingOf(error), true);
  }
}

let said = false;

function say(report: ShimReport): void {
  if (said) return;
  said = true;
  process.stdout.end(`${JSON.stringify(report)}\n`);
}

// Terminal signals are for the foreground; the shim ends when its container does.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGTERM'] as const) {
  process.on(signal, () => undefined);
}
const [dataRoot = '', id = '', attached] = process.argv.slice(2);
main(dataRoot, id, attached === 'attached').catch((error: unknown) => {
  say({ started: false, message: causeText(error), exitCode: 125 });
  process.exitCode = 1;
});
