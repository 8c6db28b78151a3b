// The OCI runtime, runc(8), as a program: what we ask of it and what its failures mean.
import type { ReadHost } from '../host/host.js';
import { CutawayError, hasCode } from '../oci/error.js';
import { runtimeDirectory, type ContainerPaths, type StorePaths } from './store/paths.js';
import type { Store } from './store/store.js';

/** The full path of runc; UNAVAILABLE with the way out when there is none. */
export function findRuntime(host: ReadHost): string {
  const found = host.findProgram('runc');
  if (found !== undefined) return found;
  throw new CutawayError('UNAVAILABLE', 'run a container: runc is not installed', {
    hint: 'apt-get install -y runc (cutaway doctor shows all that is missing)',
  });
}

/** `runc run --detach`: creates and starts, with our stdio or a terminal that it sends us, and ends. */
export function runArguments(
  runtime: string,
  store: StorePaths,
  container: ContainerPaths,
  { id, terminal }: { readonly id: string; readonly terminal: boolean },
): string[] {
  return [
    ...runtimeArguments(runtime, store),
    '--log',
    container.runtimeLog,
    '--log-format',
    'json',
    'run',
    '--detach',
    ...(terminal ? ['--console-socket', container.consoleSocket] : []),
    '--bundle',
    container.bundle,
    '--pid-file',
    container.pidFile,
    id,
  ];
}

/** `runc exec` of what is in `process`; its end is the process's, unless detached. */
export function execArguments(
  { host, paths }: Store,
  id: string,
  files: { process: string; pid: string; runtimeLog: string; console: string },
  { detach, isTerminal }: { detach: boolean; isTerminal: boolean },
): string[] {
  return [
    ...runtimeArguments(findRuntime(host), paths),
    ...['--log', files.runtimeLog, '--log-format', 'json'],
    ...['exec', '--pid-file', files.pid, '--process', files.process],
    ...(detach ? ['--detach'] : []),
    ...(isTerminal ? ['--console-socket', files.console] : []),
    id,
  ];
}

/**
 * `runc delete --force`: what a supervisor that was killed has left behind, cgroups included.
 * Kills what still runs of it.
 */
export async function deleteRuntimeState({ host, paths }: Store, id: string): Promise<void> {
  const directory = runtimeDirectory(paths, id);
  if (host.findStatus(directory) === undefined) return;
  const runtime = host.findProgram('runc');
  if (runtime === undefined) return;
  await host.run([...runtimeArguments(runtime, paths), 'delete', '--force', id]);
  // Killed early, the runtime leaves a directory that it does not know itself.
  host.removeTree(directory);
}

/** `runc pause` and `runc resume`: the whole cgroup stands still, or goes on. */
export async function freezeContainer(
  store: Store,
  id: string,
  verb: 'pause' | 'resume',
): Promise<void> {
  const runtime = findRuntime(store.host);
  const argv = [...runtimeArguments(runtime, store.paths), verb, id];
  const { exitCode, stderr } = await store.host.run(argv);
  if (exitCode === 0) return;
  const reason = /msg="?(.*?)"?$/m.exec(stderr.trim())?.[1] ?? stderr.trim();
  throw new CutawayError('UNAVAILABLE', `${verb} container ${id.slice(0, 12)}: ${reason}`);
}

/** Pids on the host of all that runs in a container. */
export async function listProcesses(store: Store, id: string): Promise<number[]> {
  const runtime = runtimeArguments(findRuntime(store.host), store.paths);
  const { exitCode, stdout, stderr } = await store.host.run([...runtime, 'ps', '-f', 'json', id]);
  if (exitCode === 0) return JSON.parse(stdout) as number[];
  throw new CutawayError(
    'UNAVAILABLE',
    `list the processes of ${id.slice(0, 12)}: ${stderr.trim()}`,
  );
}

/** What the runtime says of a container: "running", "paused"; undefined when it knows of none. */
export async function readRuntimeStatus(store: Store, id: string): Promise<string | undefined> {
  const argv = [...runtimeArguments(findRuntime(store.host), store.paths), 'state', id];
  const { exitCode, stdout } = await store.host.run(argv);
  if (exitCode !== 0) return undefined;
  return (JSON.parse(stdout) as { status?: string }).status;
}

function runtimeArguments(runtime: string, store: StorePaths): string[] {
  return [runtime, '--root', `${store.run}/runc`];
}

/** Why the container's program never ran, from the runtime's log, with Docker's exit status. */
export interface StartFailure {
  /** 127: not found. 126: cannot be invoked. 125: anything else. */
  readonly exitCode: 125 | 126 | 127;
  readonly error: CutawayError;
}

export function readStartFailure(
  host: ReadHost,
  container: Pick<ContainerPaths, 'runtimeLog'>,
  name: string,
  stderr: string,
  verb = 'start',
): StartFailure {
  const reason = lastLogError(host, container.runtimeLog) ?? stderr.trim();
  const text = tidy(reason === '' ? 'the runtime said nothing' : reason);
  const exitCode = startFailureStatus(text);
  const code = exitCode === 127 ? 'NOT_FOUND' : exitCode === 126 ? 'INVALID_INPUT' : 'UNAVAILABLE';
  return { exitCode, error: new CutawayError(code, `${verb} container "${name}": ${text}`) };
}

/** What the runtime's child prints when execve(2) fails, after runc has called it started. */
const EXEC_COMPLAINT =
  /^(?:exec (\S.*?)|standard_init_linux\.go:\d+: exec user process caused): (exec format error|no such file or directory|permission denied|is a directory)\n$/;

export function isExecComplaint(stderr: string): boolean {
  return EXEC_COMPLAINT.test(stderr);
}

/**
 * A program that the kernel cannot run: the wrong format, or a lost interpreter. The status is
 * 1 (runc 1.1) or 255 (later), and the complaint is all there is on stderr.
 */
export function readExecFailure(
  name: string,
  exitCode: number | undefined,
  stderr: string,
  verb = 'start',
): StartFailure | undefined {
  const match = exitCode === 1 || exitCode === 255 ? EXEC_COMPLAINT.exec(stderr) : null;
  if (match === null) return undefined;
  const [, program, reason = ''] = match;
  const text = program === undefined ? `exec: ${reason}` : `exec "${program}": ${reason}`;
  const isLost = reason === 'no such file or directory';
  const code = isLost ? 'NOT_FOUND' : 'INVALID_INPUT';
  const error = new CutawayError(code, `${verb} container "${name}": ${text}`);
  return { exitCode: isLost ? 127 : 126, error };
}

/** runc gives every failure the status 1; its words are all there is to tell them apart. */
function startFailureStatus(text: string): 125 | 126 | 127 {
  if (/executable file not found|exec: .*no such file or directory|exec .*no such file/.test(text))
    return 127;
  if (/exec(:| ).*(permission denied|is a directory|exec format error)/.test(text)) return 126;
  return 125;
}

/** Drops what every message of the runtime begins with. */
function tidy(reason: string): string {
  return reason
    .replace(/^(runc run failed|exec failed): /, '')
    .replace(/^unable to start container process: /, '')
    .replace(/^container_linux\.go:\d+: /, '');
}

function lastLogError(host: ReadHost, log: string): string | undefined {
  let text: string;
  try {
    text = host.readText(log);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
  const messages = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map(parseLogLine)
    .filter((line) => line?.level === 'error' || line?.level === 'fatal')
    .map((line) => line?.msg);
  return messages.at(-1);
}

function parseLogLine(line: string): { level?: string; msg?: string } | undefined {
  try {
    return JSON.parse(line) as { level?: string; msg?: string };
  } catch {
    return undefined;
  }
}
