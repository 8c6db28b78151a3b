// Starting a container in a shim: this process does not stay with it, or is attached to it as anybody is.
import type { Duplex } from 'node:stream';
import type { ChildProcess, Host } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import type { ConsoleSize } from './prepare-container.js';
import { takeContainer } from './run-container.js';
import type { ShimReport } from './shim.js';
import type { ContainerRecord } from './store/container-store.js';
import type { Store } from './store/store.js';
import { StartError } from './supervise.js';
import { handOverSupervision } from './supervision.js';

/** Resolves when the container's program runs. `shim`: argv of the shim without its arguments. */
export async function startDetached(
  store: Store,
  record: ContainerRecord,
  shim: readonly string[],
): Promise<void> {
  takeContainer(store, record);
  const child = spawnShim(store, record, [...shim, store.paths.root, record.id]);
  await requireStart(child);
  child.unref();
}

export interface AttachedStart {
  /** Attached from before the program's first byte. */
  readonly connection: Duplex;
  /** Rejects with a `StartError` when the program never ran. */
  readonly started: Promise<void>;
}

export function startAttached(
  store: Store,
  record: ContainerRecord,
  shim: readonly string[],
  options: { readonly consoleSize?: ConsoleSize } = {},
): AttachedStart {
  takeContainer(store, record, options);
  const child = spawnShim(store, record, [...shim, store.paths.root, record.id, 'attached']);
  const { channel } = child;
  if (channel === undefined) throw new CutawayError('INTERNAL', 'spawn: no channel');
  child.unref();
  const started = requireStart(child);
  started.catch(() => undefined);
  return { connection: channel, started };
}

function spawnShim(store: Store, record: ContainerRecord, argv: readonly string[]): ChildProcess {
  return handOverSupervision(store, record, () =>
    store.host.spawn(argv, {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'ignore',
      detached: true,
      directory: '/',
      environment: shimEnvironment(store.host),
      channel: argv.at(-1) === 'attached',
    }),
  );
}

async function requireStart(child: ChildProcess): Promise<void> {
  const report = await readReport(child.stdout);
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
