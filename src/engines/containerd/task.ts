// Whether a container runs. Only a live host knows: a pid from a file is a claim until /proc and
// what runc wrote of its start agree.
import type { ReadHost } from '../../host/host.js';
import { isInCgroup, parseCgroups } from '../../ns/cgroup.js';
import { parseProcessStat } from '../../ns/process-stat.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import { parseJson } from '../../oci/json-reader.js';
import { bundlePath, taskPath, type ContainerdPlaces } from './places.js';

export interface Task {
  readonly state: 'created' | 'running' | 'exited';
  /** While it runs: the pid with its start in clock ticks after boot. */
  readonly init?: { readonly pid: number; readonly startTicks: number };
  /** Present when it is there. */
  readonly bundle?: string;
}

export interface TaskQuestion {
  readonly namespace: string;
  readonly id: string;
  /** Its own cgroups, by its spec. */
  readonly cgroupPaths: readonly string[];
  /** Whether somebody wrote down that it was. */
  readonly wasStarted: boolean;
}

// runc keeps its state where the shim tells it: by default, or where dockerd wants it.
const RUNC_ROOTS = ['/run/containerd/runc', '/run/docker/runtime-runc'];

export function readTask(
  host: ReadHost,
  places: ContainerdPlaces,
  isLive: boolean,
  question: TaskQuestion,
): Task {
  const { namespace, id, wasStarted } = question;
  const bundle = bundlePath(places, namespace, id);
  const hasBundle = host.findStatus(bundle)?.type === 'directory';
  const found = hasBundle ? { bundle } : {};
  if (isLive && hasBundle) {
    const init = findInit(host, bundle, question);
    if (init !== undefined) {
      const state = isWaiting(host, bundle, question) ? 'created' : 'running';
      return { state, init, ...found };
    }
  }
  const hadTask = host.findStatus(taskPath(places, namespace, id)) !== undefined;
  return { state: hadTask || wasStarted ? 'exited' : 'created', ...found };
}

function findInit(
  host: ReadHost,
  bundle: string,
  question: TaskQuestion,
): Task['init'] | undefined {
  const text = readSmall(host, `${bundle}/init.pid`);
  if (text === undefined || !/^[1-9]\d{0,9}\s*$/.test(text)) return undefined;
  const pid = Number(text);
  const stat = readStat(host, pid);
  if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return undefined;
  const { startTicks } = stat;
  const known = findRuncState(host, bundle, question);
  const isIt =
    known === undefined
      ? isInItsCgroup(host, pid, question)
      : known.pid === pid && known.startTicks === startTicks;
  return isIt ? { pid, startTicks } : undefined;
}

function readStat(host: ReadHost, pid: number): ReturnType<typeof parseProcessStat> | undefined {
  try {
    return parseProcessStat(host.readFile(`/proc/${pid}/stat`));
  } catch (error) {
    if (error instanceof CutawayError) return undefined;
    throw error;
  }
}

function isInItsCgroup(host: ReadHost, pid: number, { cgroupPaths }: TaskQuestion): boolean {
  const text = readSmall(host, `/proc/${pid}/cgroup`) ?? '';
  return parseCgroups(text).some(({ path }) => isInCgroup(path, cgroupPaths));
}

/** libcontainer's state.json. */
function findRuncState(
  host: ReadHost,
  bundle: string,
  question: TaskQuestion,
): { pid: number; startTicks: number } | undefined {
  for (const directory of runcDirectories(host, bundle, question)) {
    const text = readSmall(host, `${directory}/state.json`);
    if (text === undefined) continue;
    try {
      const state = parseJson(Buffer.from(text), `"${directory}/state.json"`);
      const pid = state.get('init_process_pid').integer(1);
      return { pid, startTicks: state.get('init_process_start').integer(0) };
    } catch (error) {
      if (!(error instanceof CutawayError)) throw error;
    }
  }
  return undefined;
}

/** runc holds the program back at this FIFO until it is told to start. */
function isWaiting(host: ReadHost, bundle: string, question: TaskQuestion): boolean {
  return runcDirectories(host, bundle, question).some(
    (directory) => host.findStatus(`${directory}/exec.fifo`) !== undefined,
  );
}

/** options.json of the bundle has the `root` that the shim was told, if any. */
function runcDirectories(
  host: ReadHost,
  bundle: string,
  { namespace, id }: TaskQuestion,
): readonly string[] {
  const options = readSmall(host, `${bundle}/options.json`) ?? '';
  const told = /"root"\s*:\s*"(\/[^"\\]*)"/.exec(options)?.[1];
  const roots = told === undefined ? RUNC_ROOTS : [told, ...RUNC_ROOTS];
  return roots.map((root) => `${root}/${namespace}/${id}`);
}

/** Undefined for what is not there or no regular file: this is a claim, and others decide. */
function readSmall(host: ReadHost, path: string): string | undefined {
  try {
    return host.readText(path, 4 << 20);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND', 'INVALID_INPUT', 'LIMIT_EXCEEDED')) return undefined;
    throw error;
  }
}
