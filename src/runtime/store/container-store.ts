// Containers on disk: an unchanging record, a small state, and what the runtime says of it.
import type { ReadHost } from '../../host/host.js';
import type { Digest } from '../../oci/digest.js';
import { CutawayError, during, hasCode } from '../../oci/error.js';
import type { Problem } from '../../oci/problem.js';
import type { Bind } from '../spec/mounts.js';
import type { ContainerNamespace, ContainerSettings } from '../spec/settings.js';
import { readHealth, type Healthcheck, type HealthState } from './health-state.js';
import { containerPaths } from './paths.js';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.js';
import type { ReadStore, Store } from './store.js';
import { writeQuickly, writeWhole } from './temporary.js';

/** By Docker's names. */
export interface RestartPolicy {
  readonly name: 'on-failure' | 'always' | 'unless-stopped';
  /** Of `on-failure`; absent or 0: again and again. */
  readonly maximumRetryCount?: number;
}

/** Of a container's log. */
export interface LogLimits {
  /** Bytes that a file may have before the next one is begun; absent for no limit. */
  readonly maxSize?: number;
  /** Files that are kept, the one that is written to among them. */
  readonly maxFiles: number;
}

/** What a container was made of: written when it is created, anew by `rename` and `update` only. */
export interface ContainerRecord {
  readonly version: 1;
  readonly id: string;
  readonly name: string;
  /** RFC 3339 */
  readonly created: string;
  readonly image: {
    /** As the user wrote it, in familiar form. */
    readonly reference: string;
    readonly id: Digest;
  };
  /** Base first. */
  readonly layers: readonly { readonly chainID: Digest; readonly diffID: Digest }[];
  readonly command: readonly string[];
  /** The part of `command` in front that is the entrypoint; absent in records of old. */
  readonly entrypoint?: readonly string[];
  /** "NAME=value" as asked for, in order. */
  readonly variables: readonly string[];
  readonly imageVariables: readonly string[];
  /** Empty for "/". */
  readonly workingDirectory: string;
  /** As `USER` has it: "", "name", "uid:gid". */
  readonly user: string;
  readonly hostname: string;
  readonly terminal: boolean;
  readonly openStdin: boolean;
  /** The end of the first input that somebody attached sends is the end of its stdin. */
  readonly stdinOnce?: boolean;
  readonly autoRemove: boolean;
  readonly readOnly: boolean;
  readonly network: 'none' | 'host' | ContainerNamespace;
  readonly binds: readonly Bind[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string;
  /** Seconds that `stop` waits before it kills; absent for the default. */
  readonly stopTimeout?: number;
  /** In the image-spec's names: "amd64". */
  readonly architecture: string;
  /** What else was asked for; absent for the usual, and in records of old. */
  readonly settings?: ContainerSettings;
  /** Absent: one file without a limit. */
  readonly logLimits?: LogLimits;
  /** Absent: it is never started again. */
  readonly restartPolicy?: RestartPolicy;
  /** An init of the host's runs it. */
  readonly init?: true;
  readonly healthcheck?: Healthcheck;
}

/** What changes: written by the supervisor only. Without `startedAt` it is being made. */
export interface ContainerState {
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** Absent when nobody was there to see it: the supervisor was killed. */
  readonly exitCode?: number;
  readonly error?: string;
  /** The kernel killed a process of it at its memory limit. */
  readonly oomKilled?: true;
  /** How often its policy has started it again since a user did. */
  readonly restartCount?: number;
  /** Its supervisor waits for a moment and starts it again. */
  readonly isRestarting?: true;
  readonly supervisor?: ProcessIdentity;
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'exited';

export interface StoredContainer {
  readonly record: ContainerRecord;
  readonly state: ContainerState;
  readonly status: ContainerStatus;
  /** The container's first process, while it runs. */
  readonly init: ProcessIdentity | undefined;
  /** Of one that runs and has a check. */
  readonly health?: HealthState;
}

const CONTAINER_ID = /^[0-9a-f]{64}$/;

/** Ids of all containers, also of one half removed. */
export function listContainerIDs(store: ReadStore): string[] {
  if (store.host.findStatus(store.paths.containers) === undefined) return [];
  return store.host
    .readDirectory(store.paths.containers)
    .map((entry) => entry.name)
    .filter((name) => CONTAINER_ID.test(name))
    .sort();
}

/** Newest first. What vanishes meanwhile is left out, and what cannot be read. */
export function listContainers(store: ReadStore): StoredContainer[] {
  return readContainers(store).containers;
}

/** Why the others cannot be read. */
export function listContainerProblems(store: ReadStore): Problem[] {
  return readContainers(store).problems;
}

function readContainers(store: ReadStore): { containers: StoredContainer[]; problems: Problem[] } {
  const containers: StoredContainer[] = [];
  const problems: Problem[] = [];
  for (const id of listContainerIDs(store)) {
    try {
      const container = findContainer(store, id);
      if (container !== undefined) containers.push(container);
    } catch (error) {
      if (!hasCode(error, 'CORRUPT')) throw error;
      problems.push({ code: 'container-unreadable', message: error.message });
    }
  }
  containers.sort((a, b) => (a.record.created < b.record.created ? 1 : -1));
  return { containers, problems };
}

/** By full id. */
export function findContainer(store: ReadStore, id: string): StoredContainer | undefined {
  const paths = containerPaths(store.paths, id);
  const record = readJson(store.host, paths.record) as ContainerRecord | undefined;
  if (record === undefined) return undefined;
  const state = (readJson(store.host, paths.state) ?? {}) as ContainerState;
  const init = readInit(store.host, paths.runtimeState);
  const running = init !== undefined && isAlive(store.host, init);
  const health =
    running && record.healthcheck !== undefined ? readHealth(store.host, paths.health) : undefined;
  return {
    record,
    state,
    status: statusOf(store, id, state, running),
    init: running ? init : undefined,
    ...(health === undefined ? {} : { health }),
  };
}

function statusOf(
  store: ReadStore,
  id: string,
  state: ContainerState,
  running: boolean,
): ContainerStatus {
  if (running) return isFrozen(store.host, id) ? 'paused' : 'running';
  if (state.isRestarting === true && isSupervised(store, id, state)) return 'restarting';
  return hasStarted(store, id, state) ? 'exited' : 'created';
}

/** cgroups(7), the freezer of version 1; cgroup-v2.rst, `cgroup.freeze`. */
function isFrozen(host: ReadHost, id: string): boolean {
  const places = [
    [`/sys/fs/cgroup/freezer/cutaway/${id}/freezer.state`, /^FR(EEZING|OZEN)/],
    [`/sys/fs/cgroup/cutaway/${id}/cgroup.freeze`, /^1/],
  ] as const;
  return places.some(([path, frozen]) => {
    try {
      return frozen.test(host.readText(path));
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND', 'PERMISSION_DENIED')) return false;
      throw error;
    }
  });
}

/** Whether its program has run, as opposed to being about to. */
function hasStarted(store: ReadStore, id: string, state: ContainerState): boolean {
  if (state.startedAt === undefined) return false;
  if (!isSupervised(store, id, state)) return true;
  return store.host.findStatus(containerPaths(store.paths, id).pidFile) !== undefined;
}

/**
 * Whether a living process answers for the container: its supervisor, or, when that was killed,
 * the runtime that it has started.
 */
export function isSupervised(
  store: ReadStore,
  id: string,
  { supervisor }: ContainerState,
): boolean {
  if (supervisor === undefined) return false;
  if (isAlive(store.host, supervisor)) return true;
  const runtime = readJson(store.host, containerPaths(store.paths, id).runtimePid);
  return runtime !== undefined && isAlive(store.host, runtime as ProcessIdentity);
}

/** The container that a name, an id or the beginning of an id stands for. */
export function resolveContainer(store: ReadStore, text: string): StoredContainer {
  const container = findContainerByText(store, text);
  if (container !== undefined) return container;
  throw new CutawayError('NOT_FOUND', `no such container: ${text}`, {
    hint: 'cutaway ps -a lists them',
  });
}

export function findContainerByText(store: ReadStore, text: string): StoredContainer | undefined {
  const id = findContainerID(store, text);
  return id === undefined ? undefined : findContainer(store, id);
}

/** By name, id, or the beginning of an id; also of one that cannot be read. */
export function findContainerID(store: ReadStore, text: string): string | undefined {
  const named = findNamed(store, text);
  if (named !== undefined) return named;
  if (!/^[0-9a-f]{1,64}$/.test(text)) return undefined;
  const matches = listContainerIDs(store).filter((id) => id.startsWith(text));
  if (matches.length > 1) {
    throw new CutawayError(
      'AMBIGUOUS',
      `"${text}" begins the ids of ${matches.length} containers: ${matches.map((id) => id.slice(0, 12)).join(', ')}`,
      { hint: 'give more of the id' },
    );
  }
  return matches[0];
}

function findNamed(store: ReadStore, name: string): string | undefined {
  if (!isContainerName(name)) return undefined;
  const claim = `${store.paths.names}/${name}`;
  if (store.host.findStatus(claim)?.type !== 'symlink') return undefined;
  const id = store.host.readLink(claim);
  return CONTAINER_ID.test(id) ? id : undefined;
}

/** Docker's rule for names of containers. */
export function isContainerName(name: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name) && name.length <= 253;
}

export function writeState(store: Store, id: string, state: ContainerState): void {
  const path = containerPaths(store.paths, id).state;
  const text = `${JSON.stringify(state, null, 2)}\n`;
  // What runs does not outlive a power cut; that it ended, and how, does.
  if (state.finishedAt === undefined) writeQuickly(store, path, text, 0o600);
  else writeWhole(store, path, text, 0o600);
}

/** runc's own state names the first process and when it started. */
function readInit(host: ReadHost, path: string): ProcessIdentity | undefined {
  const state = readJson(host, path) as
    { init_process_pid?: unknown; init_process_start?: unknown } | undefined;
  const pid = Number(state?.init_process_pid);
  const startTicks = Number(state?.init_process_start);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return {
    pid,
    startTicks: Number.isFinite(startTicks)
      ? startTicks
      : (identifyProcess(host, pid)?.startTicks ?? 0),
  };
}

/** Undefined when there is none; a damaged one is an error that names the file. */
function readJson(host: ReadHost, path: string): unknown {
  let text: string;
  try {
    text = host.readText(path);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
  // A power cut can leave the last state empty: see `writeState`.
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw during(`read "${path}"`, new CutawayError('CORRUPT', 'not JSON', { cause: error }));
  }
}
