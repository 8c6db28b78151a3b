// Starting a container that this process does not stay with: it is handed to a shim.
import type { Host } from '../host/host.js';
import { CutawayError, causeText } from '../oci/error.js';
import { prepareContainer } from './prepare-container.js';
import { finishContainer } from './run-container.js';
import { findRuntime } from './runc.js';
import type { ShimReport } from './shim.js';
import type { ContainerRecord } from './store/container-store.js';
import type { Store } from './store/store.js';
import { StartError } from './supervise.js';
import { claimSupervision, handOverSupervision } from './supervision.js';

/** Resolves when the container's program runs. `shim`: argv of the shim without its arguments. */
export async function startDetached(
  store: Store,
  record: ContainerRecord,
  shim: readonly string[],
): Promise<void> {
  findRuntime(store.host);
  if (record.terminal) {
    throw new CutawayError(
      'UNSUPPORTED',
      `start container "${record.name}": it has a terminal and nobody is attached to it`,
      { hint: `cutaway start -ai ${record.name} runs it on this terminal` },
    );
  }
  claimSupervision(store, record);
  try {
    prepareContainer(store, record);
  } catch (error) {
    finishContainer(store, record, { error: causeText(error) });
    throw error;
  }
  const argv = [...shim, store.paths.root, record.id];
  const child = handOverSupervision(store, record, () =>
    store.host.spawn(argv, {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'ignore',
      detached: true,
      directory: '/',
      environment: shimEnvironment(store.host),
    }),
  );
  const report = await readReport(child.stdout);
  child.unref();
  if (report.started) return;
  throw new StartError(new CutawayError('UNAVAILABLE', report.message), report.exitCode);
}

/** Ours without what makes Node parse certificates at its start; the shim speaks no TLS. */
function shimEnvironment(host: Host): Readonly<Record<string, string>> {
  const own = Object.entries(host.environment as Record<string, string>);
  return Object.fromEntries(own.filter(([name]) => name !== 'NODE_EXTRA_CA_CERTS'));
}

async function readReport(stdout: AsyncIterable<Buffer> | undefined): Promise<ShimReport> {
  let text = '';
  for await (const chunk of stdout ?? []) text += chunk.toString('utf8');
  if (text !== '') return JSON.parse(text) as ShimReport;
  return { started: false, message: 'start container: its shim died', exitCode: 125 };
}
