// The parent of a detached container, a process of its own: `shim DATA-ROOT CONTAINER-ID`. It
// runs the prepared bundle, keeps the log, and writes down the end. One line of JSON on stdout
// tells who started it whether the program runs; then stdout is closed.
import { linuxHost } from '../host/linux-host.js';
import { causeText } from '../oci/error.js';
import { waitContainer } from './run-container.js';
import { findContainer } from './store/container-store.js';
import { containerPaths } from './store/paths.js';
import { openStore } from './store/store.js';
import { StartError, supervise } from './supervise.js';
import { claimSupervision } from './supervision.js';

/** What the shim says when it knows. */
export type ShimReport =
  | { readonly started: true }
  | { readonly started: false; readonly message: string; readonly exitCode: number };

async function main(dataRoot: string, id: string): Promise<void> {
  const host = linuxHost();
  const store = openStore(host, dataRoot);
  const container = findContainer(store, id);
  if (container === undefined) throw new Error(`no such container: ${id}`);
  const { record } = container;
  process.title = `cutaway-shim ${record.name} ${id.slice(0, 12)}`;
  claimSupervision(store, record);
  const log = containerPaths(store.paths, id).log;
  const logger = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    const time = new Date(host.now()).toISOString();
    host.appendFile(log, `${JSON.stringify({ log: chunk.toString('utf8'), stream, time })}\n`);
  };
  const supervised = supervise(store, record, {
    stdin: 'ignore',
    stdout: 'pipe',
    onStdout: logger('stdout'),
    onStderr: logger('stderr'),
  });
  void supervised.waitForStart().then((started) => {
    if (started) say({ started: true });
  });
  try {
    await waitContainer(store, record, supervised);
    // It may have ended before it was seen to run: that it did is known from how it ended.
    say({ started: true });
  } catch (error) {
    const exitCode = error instanceof StartError ? error.exitCode : 125;
    say({ started: false, message: causeText(error), exitCode });
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
const [dataRoot = '', id = ''] = process.argv.slice(2);
main(dataRoot, id).catch((error: unknown) => {
  say({ started: false, message: causeText(error), exitCode: 125 });
  process.exitCode = 1;
});
