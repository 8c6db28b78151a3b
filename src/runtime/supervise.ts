// One supervisor owns a running container: its stdio, its exit status, what is left when it ends.
// In the foreground it lives in the command line's process, else in the shim.
import type { ChildProcess, Host, Terminal } from '../host/host.js';
import type { Readable, Writable } from 'node:stream';
import { CutawayError, hasCode } from '../oci/error.js';
import {
  deleteRuntimeState,
  findRuntime,
  isExecComplaint,
  readExecFailure,
  readStartFailure,
  runArguments,
} from './runc.js';
import { openStderrGate, type StderrGate } from './stderr-gate.js';
import type { ContainerRecord } from './store/container-store.js';
import { wasOomKilled, watchesMemory } from './oom-kills.js';
import { containerPaths, type ContainerPaths } from './store/paths.js';
import { identifyProcess } from './store/process-identity.js';
import type { Store } from './store/store.js';

export interface SupervisedStdio {
  /** Of a container without a terminal. */
  readonly stdin: 'ignore' | 'inherit' | 'fifo';
  /** `source` is what to pause when nobody takes it. With a terminal all output is on stdout. */
  readonly onOutput: (
    stream: 'stdout' | 'stderr',
    chunk: Buffer,
    source: Readable | undefined,
  ) => void;
}

export interface Ended {
  readonly exitCode: number;
  readonly oomKilled?: true;
}

export interface Supervised {
  /** Resolves to true once the container's program runs, to false when it never did. */
  readonly started: Promise<boolean>;
  /**
   * The container's exit status, 128+n for a signal. Rejects with a `StartError` when the
   * program never ran.
   */
  readonly ended: Promise<Ended>;
  /** The container's stdin, where it is a pipe. */
  readonly stdin: Writable | undefined;
  /** Resolves when it is there; undefined for a container without one, or when it never ran. */
  readonly terminal: Promise<Terminal | undefined>;
}

/** The program never ran; `exitCode` is what Docker would exit with. */
export class StartError extends CutawayError {
  readonly exitCode: number;

  constructor(error: CutawayError, exitCode: number) {
    super(error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });
    this.exitCode = exitCode;
  }
}

/**
 * Runs the container of a prepared bundle. The caller mounts before and tears down after. The runtime
 * starts it and ends: from then on the container's first process is a child of ours.
 */
export async function supervise(
  store: Store,
  record: ContainerRecord,
  stdio: SupervisedStdio,
): Promise<Supervised> {
  const { host } = store;
  const paths = containerPaths(store.paths, record.id);
  clearLeftovers(host, paths);
  host.adoptOrphans();
  const socket = record.terminal ? await host.openConsoleSocket(paths.consoleSocket) : undefined;
  const child = spawnRuntime(store, record, stdio);
  const { stdout } = child;
  stdout?.on('data', (chunk: Buffer) => {
    stdio.onOutput('stdout', chunk, stdout);
  });
  const gate = openStderrGate(child, {
    pass: (chunk) => {
      stdio.onOutput('stderr', chunk, child.stderr);
    },
    isStarted: () => isStarted(host, paths),
    mayBeComplaint: isExecComplaint,
  });
  const started = child.exited.then(({ exitCode }) => exitCode === 0);
  const terminal = started.then(async (isRunning) => {
    const found = isRunning ? socket?.receive() : undefined;
    socket?.close();
    if (found === undefined) return undefined;
    const opened = await host.openTerminal(found);
    readTerminal(opened, stdio);
    return opened;
  });
  const ended = waitForEnd(store, record, { child, gate, terminal });
  // Who asks for one of them only must not be told by a crash of the others.
  for (const promise of [started, terminal, ended]) promise.catch(() => undefined);
  return { started, ended, terminal, stdin: child.stdin };
}

interface Parts {
  readonly child: ChildProcess;
  readonly gate: StderrGate;
  readonly terminal: Promise<Terminal | undefined>;
}

async function waitForEnd(
  store: Store,
  record: ContainerRecord,
  { child, gate, terminal }: Parts,
): Promise<Ended> {
  const { host } = store;
  const paths = containerPaths(store.paths, record.id);
  const { exitCode: runtimeStatus, signal } = await child.exited;
  if (runtimeStatus !== 0) {
    await child.ended;
    await deleteRuntimeState(store, record.id);
    if (runtimeStatus === undefined) throw runtimeKilled(record, signal);
    const failure = readStartFailure(host, paths, record.name, gate.held());
    throw new StartError(failure.error, failure.exitCode);
  }
  const exitCode = await host.waitForOrphan(Number(host.readText(paths.pidFile)));
  await drain(child, await terminal);
  // Before its cgroup goes.
  const oomKilled = watchesMemory(record) && wasOomKilled(store, record.id);
  await deleteRuntimeState(store, record.id);
  const failure = readExecFailure(record.name, exitCode, gate.held());
  if (failure !== undefined) throw new StartError(failure.error, failure.exitCode);
  gate.open();
  return { exitCode, ...(oomKilled ? { oomKilled } : {}) };
}

const DRAIN_MILLISECONDS = 3000;

/**
 * What is still in the pipes. The container's other processes died with the first, but with the host's pid
 * namespace one may live on and hold them open.
 */
async function drain(child: ChildProcess, terminal: Terminal | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise((resolve) => {
    timer = setTimeout(resolve, DRAIN_MILLISECONDS);
  });
  await (terminal === undefined ? Promise.race([child.ended, enough]) : terminal.drain());
  clearTimeout(timer);
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.stdin?.destroy();
}

function readTerminal({ stream }: Terminal, { onOutput }: SupervisedStdio): void {
  stream.on('data', (chunk: Buffer) => {
    onOutput('stdout', chunk, stream);
  });
  // EIO: nobody has it open any more.
  stream.on('error', () => stream.destroy());
}

function spawnRuntime(store: Store, record: ContainerRecord, stdio: SupervisedStdio): ChildProcess {
  const { host } = store;
  const paths = containerPaths(store.paths, record.id);
  const child = host.spawn(runArguments(findRuntime(host), store.paths, paths, record), {
    stdin: record.terminal ? 'ignore' : stdio.stdin,
    stdout: record.terminal ? 'ignore' : 'fifo',
    stderr: 'fifo',
    // Terminal signals reach the container through us.
    detached: true,
    directory: paths.bundle,
    environment: runtimeEnvironment(host),
  });
  child.stdin?.on('error', () => undefined);
  rememberRuntime(host, paths, child.pid);
  return child;
}

/** The runtime is a Go program that lives for a moment: collecting garbage is not worth its time. */
function runtimeEnvironment(host: Host): Readonly<Record<string, string>> {
  const own = Object.entries(host.environment).filter(([, value]) => value !== undefined);
  return {
    GOGC: 'off',
    GOMEMLIMIT: '48MiB',
    ...(Object.fromEntries(own) as Record<string, string>),
  };
}

/** Should we be killed, others know by it that the container is still in somebody's hands. */
function rememberRuntime(host: Host, paths: ContainerPaths, pid: number): void {
  const runtime = identifyProcess(host, pid);
  if (runtime !== undefined) host.writeFile(paths.runtimePid, JSON.stringify(runtime), 0o600);
}

/** The pid file is written when the program has been started. */
function isStarted(host: Host, paths: ContainerPaths): boolean {
  return host.findStatus(paths.pidFile) !== undefined;
}

function clearLeftovers(host: Host, paths: ContainerPaths): void {
  for (const path of [paths.pidFile, paths.runtimeLog]) {
    try {
      host.removeFile(path);
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND')) throw error;
    }
  }
}

function runtimeKilled(record: ContainerRecord, signal: string | undefined): CutawayError {
  return new CutawayError(
    'UNAVAILABLE',
    `run container "${record.name}": the runtime was killed by ${signal ?? 'a signal'}`,
  );
}
