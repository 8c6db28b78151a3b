// One supervisor owns a running container: its stdio, its exit status, what is left when it ends.
// In the foreground it lives in the command line's process, else in the shim.
import type { ChildProcess, Host, SpawnOptions } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import {
  findRuntime,
  isExecComplaint,
  readExecFailure,
  readStartFailure,
  runArguments,
} from './runc.js';
import { openStderrGate } from './stderr-gate.js';
import type { ContainerRecord } from './store/container-store.js';
import { watchesMemory } from './oom-kills.js';
import { containerPaths, type ContainerPaths } from './store/paths.js';
import { identifyProcess } from './store/process-identity.js';
import type { Store } from './store/store.js';

export interface SupervisedStdio {
  readonly stdin: SpawnOptions['stdin'];
  readonly stdout: SpawnOptions['stdout'];
  /** What the container writes to stderr. With a terminal all output is on stdout. */
  readonly onStderr: (chunk: Buffer) => void;
  /** Called with the pipe when `stdout` is one. */
  readonly onStdout?: (chunk: Buffer) => void;
}

export interface Supervised {
  readonly child: ChildProcess;
  /** True once the container's program runs; false when it ended or failed without. */
  waitForStart(): Promise<boolean>;
  /**
   * The container's exit status, 128+n for a signal. Rejects with a `StartError` when the
   * program never ran.
   */
  readonly ended: Promise<number>;
}

/** The program never ran; `exitCode` is what Docker would exit with. */
export class StartError extends CutawayError {
  readonly exitCode: number;

  constructor(error: CutawayError, exitCode: number) {
    super(error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });
    this.exitCode = exitCode;
  }
}

const POLL_MILLISECONDS = 4;

/** Runs the container of a prepared bundle. The caller mounts before and tears down after. */
export function supervise(
  store: Store,
  record: ContainerRecord,
  stdio: SupervisedStdio,
): Supervised {
  const { host } = store;
  const paths = containerPaths(store.paths, record.id);
  clearLeftovers(host, paths);
  const keep = watchesMemory(record);
  const argv = runArguments(findRuntime(host), store.paths, paths, record.id, { keep });
  const child = host.spawn(argv, {
    stdin: stdio.stdin,
    stdout: stdio.stdout,
    stderr: 'pipe',
    // Terminal signals reach the container through us; with a terminal the runtime reads it.
    detached: !record.terminal,
    directory: paths.bundle,
    environment: runtimeEnvironment(host),
  });
  rememberRuntime(host, paths, child.pid);
  child.stdout?.on('data', (chunk: Buffer) => stdio.onStdout?.(chunk));
  const gate = openStderrGate(child, {
    pass: stdio.onStderr,
    isStarted: () => isStarted(host, paths),
    mayBeComplaint: isExecComplaint,
  });
  const ended = child.ended.then(({ exitCode, signal }) => {
    const failure = isStarted(host, paths)
      ? readExecFailure(record.name, exitCode, gate.held())
      : readStartFailure(host, paths, record.name, gate.held());
    if (failure !== undefined) throw new StartError(failure.error, failure.exitCode);
    gate.open();
    return exitCode ?? runtimeKilled(record, signal);
  });
  return { child, ended, waitForStart: () => waitForStart(host, paths, ended) };
}

/**
 * The runtime is a Go program that lives on for as long as the container. Collecting no garbage
 * before there is some worth it starts containers 3 ms sooner.
 */
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
    if (host.findStatus(path) !== undefined) host.removeFile(path);
  }
}

function runtimeKilled(record: ContainerRecord, signal: string | undefined): never {
  throw new CutawayError(
    'UNAVAILABLE',
    `run container "${record.name}": the runtime was killed by ${signal ?? 'a signal'}`,
  );
}

async function waitForStart(
  host: Host,
  paths: ContainerPaths,
  ended: Promise<number>,
): Promise<boolean> {
  const over = ended.then(
    () => true,
    () => true,
  );
  for (;;) {
    if (isStarted(host, paths)) return true;
    const pause = new Promise<boolean>((resolve) => {
      setTimeout(resolve, POLL_MILLISECONDS, false);
    });
    if (await Promise.race([over, pause])) return isStarted(host, paths);
  }
}
