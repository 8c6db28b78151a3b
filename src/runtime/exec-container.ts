// Another process in a running container: `runc exec`, with a directory of its own for what passes
// between the runtime and us.
import { randomBytes } from 'node:crypto';
import type { ChildProcess, Terminal } from '../host/host.js';
import { makeExecProcess, type ExecWishes } from './exec-process.js';
import { execArguments, isExecComplaint, readExecFailure, readStartFailure } from './runc.js';
import { requireRunning } from './running.js';
import { openStderrGate } from './stderr-gate.js';
import type { StoredContainer } from './store/container-store.js';
import type { Store } from './store/store.js';
import { StartError } from './supervise.js';
import { identifySelf } from './supervision.js';
import { CutawayError } from '../oci/error.js';
import { formatRuntimeConfig } from '../oci/runtime-config.js';

export interface ExecStdio {
  readonly stdin: 'ignore' | 'inherit';
  readonly onStderr: (chunk: Buffer) => void;
  /** The runtime: signals to it are the process's. */
  readonly onChild: (child: ChildProcess) => void;
}

/** A process without a terminal, to its end; its exit status. Ours are its stdin and stdout. */
export async function execInContainer(
  store: Store,
  container: StoredContainer,
  wishes: ExecWishes,
  { stdin, onStderr, onChild }: ExecStdio,
): Promise<number> {
  return await withExecFiles(store, container, wishes, async (files) => {
    const child = spawnExec(store, container, files, { stdin, stdout: 'inherit', detach: false });
    onChild(child);
    const gate = openStderrGate(child, {
      pass: onStderr,
      isStarted: () => store.host.findStatus(files.pid) !== undefined,
      mayBeComplaint: isExecComplaint,
    });
    const { exitCode, signal } = await child.ended;
    const { name } = container.record;
    const isStarted = store.host.findStatus(files.pid) !== undefined;
    const failure = isStarted
      ? readExecFailure(name, exitCode, gate.held(), 'exec in')
      : readStartFailure(store.host, files, name, gate.held(), 'exec in');
    if (failure !== undefined) throw new StartError(failure.error, failure.exitCode);
    gate.open();
    if (exitCode !== undefined) return exitCode;
    throw new CutawayError(
      'UNAVAILABLE',
      `exec in container "${name}": runc was killed by ${signal ?? 'a signal'}`,
    );
  });
}

export interface ProbeOptions {
  /** Of both streams. */
  readonly onOutput: (chunk: Buffer) => void;
  readonly milliseconds: number;
  readonly signal: AbortSignal;
}

/** A process of the container's own user, for so long at most; undefined when it took longer. */
export async function probeInContainer(
  store: Store,
  container: StoredContainer,
  args: readonly string[],
  { onOutput, milliseconds, signal }: ProbeOptions,
): Promise<number | undefined> {
  const wishes = { args, variables: [], terminal: false, privileged: false };
  return await withExecFiles(store, container, wishes, async (files) => {
    const child = spawnExec(store, container, files, {
      stdin: 'ignore',
      stdout: 'pipe',
      detach: false,
    });
    child.stdout?.on('data', onOutput);
    child.stderr?.on('data', onOutput);
    const late = new AbortController();
    const kill = () => {
      const pid =
        store.host.findStatus(files.pid) === undefined ? '' : store.host.readText(files.pid);
      if (/^[1-9]\d*$/.test(pid)) store.host.sendSignal(Number(pid), 'SIGKILL');
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => {
      late.abort();
      kill();
    }, milliseconds);
    signal.addEventListener('abort', kill);
    const { exitCode } = await child.ended;
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
    return late.signal.aborted ? undefined : (exitCode ?? 137);
  });
}

/** Started, and left to itself. */
export async function execDetached(
  store: Store,
  container: StoredContainer,
  wishes: ExecWishes,
): Promise<void> {
  await withExecFiles(store, container, { ...wishes, terminal: false }, async (files) => {
    const child = spawnExec(store, container, files, {
      stdin: 'ignore',
      stdout: 'ignore',
      detach: true,
    });
    await requireExec(store, container, files, child);
  });
}

/** A process with a terminal of its own; `use` has it until the process ends. */
export async function execOnTerminal(
  store: Store,
  container: StoredContainer,
  wishes: ExecWishes,
  use: (terminal: Terminal) => void,
): Promise<number> {
  const { host } = store;
  host.adoptOrphans();
  return await withExecFiles(store, container, wishes, async (files) => {
    const socket = await host.openConsoleSocket(files.console);
    let terminal: Terminal;
    try {
      const child = spawnExec(store, container, files, {
        stdin: 'ignore',
        stdout: 'ignore',
        detach: true,
      });
      await requireExec(store, container, files, child);
      terminal = await host.openTerminal(socket.receive());
    } finally {
      socket.close();
    }
    terminal.stream.on('error', () => terminal.stream.destroy());
    use(terminal);
    const exitCode = await host.waitForOrphan(Number(host.readText(files.pid)));
    await terminal.drain();
    return exitCode;
  });
}

/** Waits until the runtime has started it and ended. */
async function requireExec(
  store: Store,
  { record }: StoredContainer,
  files: ExecFiles,
  child: ChildProcess,
): Promise<void> {
  const chunks: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { exitCode } = await child.exited;
  child.stderr?.destroy();
  if (exitCode === 0) return;
  const said = Buffer.concat(chunks).toString('utf8');
  const failure = readStartFailure(store.host, files, record.name, said, 'exec in');
  throw new StartError(failure.error, failure.exitCode);
}

export interface ExecFiles {
  readonly process: string;
  readonly pid: string;
  readonly runtimeLog: string;
  readonly console: string;
}

async function withExecFiles<Value>(
  store: Store,
  container: StoredContainer,
  wishes: ExecWishes,
  action: (files: ExecFiles) => Promise<Value>,
): Promise<Value> {
  const { host } = store;
  requireMoving(container);
  const process = makeExecProcess(store, container.record, wishes);
  const { pid, startTicks } = identifySelf(store);
  // By this name the next command knows it for rubbish when we were killed.
  const directory = `${store.paths.execs}/${pid}-${startTicks}-${randomBytes(4).toString('hex')}`;
  host.createDirectory(directory, { mode: 0o700, parents: true });
  const files = {
    process: `${directory}/process.json`,
    pid: `${directory}/pid`,
    runtimeLog: `${directory}/log`,
    console: `${directory}/console`,
  };
  try {
    host.writeFile(files.process, formatRuntimeConfig(process), 0o600);
    return await action(files);
  } finally {
    host.removeTree(directory);
  }
}

function requireMoving(container: StoredContainer): void {
  const { record, status } = requireRunning(container, 'exec in');
  if (status !== 'paused') return;
  throw new CutawayError('IN_USE', `exec in container "${record.name}": it is paused`, {
    hint: `cutaway unpause ${record.name} lets it go on`,
  });
}

interface SpawnChoice {
  readonly stdin: 'ignore' | 'inherit';
  readonly stdout: 'ignore' | 'inherit' | 'pipe';
  readonly detach: boolean;
}

function spawnExec(
  store: Store,
  { record }: StoredContainer,
  files: ExecFiles,
  { stdin, stdout, detach }: SpawnChoice,
): ChildProcess {
  const isTerminal = store.host.findStatus(files.console) !== undefined;
  const argv = execArguments(store, record.id, files, { detach, isTerminal });
  return store.host.spawn(argv, { stdin, stdout, stderr: 'pipe', detached: true });
}
