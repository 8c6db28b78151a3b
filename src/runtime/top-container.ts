// The processes of a container as ps(1) of this host shows them: its rows, and of them those whose pid
// is in the container's cgroup (moby, daemon/top_unix.go).
import type { ChildResult } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import { listProcesses } from './runc.js';
import { requireRunning } from './running.js';
import type { StoredContainer } from './store/container-store.js';
import type { Store } from './store/store.js';

export interface ProcessTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export async function topContainer(
  store: Store,
  container: StoredContainer,
  psOptions: readonly string[],
): Promise<ProcessTable> {
  const { record } = requireRunning(container, 'show the processes of');
  const pids = new Set(await listProcesses(store, record.id));
  const { exitCode, stdout, stderr } = await runPs(store, psOptions, [...pids]);
  if (exitCode !== 0) {
    throw new CutawayError('INVALID_INPUT', `ps ${psOptions.join(' ')}: ${stderr.trim()}`);
  }
  const [head = '', ...lines] = stdout.trimEnd().split('\n');
  const titles = head.trim().split(/\s+/);
  const column = titles.indexOf('PID');
  if (column < 0) {
    throw new CutawayError('INVALID_INPUT', 'top: ps shows no PID, by which processes are known', {
      hint: 'ask for it too: cutaway top web -o pid,args',
    });
  }
  const rows = lines
    .map((line) => splitRow(line, titles.length))
    .filter((row) => pids.has(Number(row[column])));
  return { titles, rows };
}

/** Without `-q` ps shows those of its own user and terminal only; where it does not know it, as it is. */
async function runPs(
  store: Store,
  psOptions: readonly string[],
  pids: readonly number[],
): Promise<ChildResult> {
  const argv = [findPs(store), ...psOptions];
  const chosen = await store.host.run([...argv, '-q', pids.join(',')]);
  return chosen.exitCode === 0 ? chosen : await store.host.run(argv);
}

/** The last column has the rest, spaces and all. */
function splitRow(line: string, columns: number): string[] {
  const fields = line.trim().split(/\s+/);
  if (fields.length <= columns) return fields;
  return [...fields.slice(0, columns - 1), fields.slice(columns - 1).join(' ')];
}

function findPs({ host }: Store): string {
  const found = host.findProgram('ps');
  if (found !== undefined) return found;
  throw new CutawayError('UNAVAILABLE', 'top: ps is not installed', {
    hint: 'cutaway procs shows them without it; apt-get install -y procps',
  });
}
