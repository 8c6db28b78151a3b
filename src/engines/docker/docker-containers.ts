// containers/ID/config.v2.json of Docker (moby container/container.go), with what /proc says of it.
import type { ReadHost } from '../../host/host.js';
import { isDigest } from '../../oci/digest.js';
import { causeText } from '../../oci/error.js';
import { parseJson, present, type JsonReader } from '../../oci/json-reader.js';
import type { Problem } from '../../oci/problem.js';
import type { ContainerDirectories, EngineContainer } from '../engine.js';
import { findLiveProcess } from '../live-process.js';
import { once } from '../once.js';
import { recordedTime } from '../recorded-time.js';

export interface DockerContainers {
  readonly engine: string;
  readonly host: ReadHost;
  readonly isLive: boolean;
  readonly root: string;
  /** By id, for a storage driver of this name; throws when they cannot be known. */
  directoriesOf(id: string, driver: string): ContainerDirectories;
}

const CONTAINER_ID = /^[0-9a-f]{64}$/;
const RECORD_LIMIT = 8 << 20;

/** Newest first. */
export function listDockerContainers(
  store: DockerContainers,
  problems: Problem[],
): EngineContainer[] {
  const { host, root } = store;
  const directory = `${root}/containers`;
  if (host.findStatus(directory) === undefined) return [];
  const containers = host
    .readDirectory(directory)
    .filter(({ name }) => CONTAINER_ID.test(name))
    .flatMap(({ name }): EngineContainer[] => {
      const path = `${directory}/${name}/config.v2.json`;
      try {
        const record = readJson(host, path);
        return isContainerdOwn(record) ? [] : [readContainer(store, name, record)];
      } catch (error) {
        problems.push({ code: 'container-unreadable', message: causeText(error), path });
        return [];
      }
    });
  return containers.sort((a, b) => ((a.createdAt ?? '') < (b.createdAt ?? '') ? 1 : -1));
}

/** Docker with containerd's image store names a snapshotter: that engine has the container. */
function isContainerdOwn(record: JsonReader): boolean {
  return record.get('Driver').optionalString() === 'overlayfs';
}

function readContainer(store: DockerContainers, id: string, record: JsonReader): EngineContainer {
  const { host, root, engine } = store;
  const home = `${root}/containers/${id}`;
  const driver = record.get('Driver').optionalString() ?? '';
  const config = record.get('Config');
  const imageID = record.get('Image').optionalString() ?? '';
  const imageReference = config.get('Image').optionalString();
  const directories = once(() => knownDirectories(store, id, driver));
  const logs = `${home}/${id}-json.log`;
  return {
    engine,
    id,
    name: (record.get('Name').optionalString() ?? id).replace(/^\//, ''),
    ...(imageReference === undefined ? {} : { imageReference }),
    ...(isDigest(imageID) ? { imageID } : {}),
    command: [
      record.get('Path').optionalString() ?? '',
      ...record.get('Args').list((one) => one.string()),
    ].filter((word, at) => at > 0 || word !== ''),
    ...present({ createdAt: recordedTime(record.get('Created').value) }),
    ...stateOf(store, id, record, () => directories().upper),
    labels: config.get('Labels').optional((labels) => labels.stringMap()) ?? {},
    ports: readPorts(record.get('NetworkSettings')),
    get directories() {
      return directories();
    },
    home,
    ...runtimeConfig(store, id),
    log: record.get('LogPath').optionalString() ?? logs,
    get record() {
      return { config: record.value, hostConfig: readOther(host, `${home}/hostconfig.json`) };
    },
  };
}

function knownDirectories(
  store: DockerContainers,
  id: string,
  driver: string,
): ContainerDirectories {
  try {
    return store.directoriesOf(id, driver);
  } catch (error) {
    return { lower: [], problems: [{ code: 'layers-unknown', message: causeText(error) }] };
  }
}

type State = Pick<EngineContainer, 'state' | 'startedAt' | 'finishedAt' | 'exitCode' | 'init'> &
  Pick<EngineContainer, 'recordedState' | 'error' | 'cgroupPaths' | 'oomKilled'>;

function stateOf(
  { host, isLive }: DockerContainers,
  id: string,
  record: JsonReader,
  upperOf: () => string | undefined,
): State {
  const state = record.get('State');
  const is = (key: string) => state.get(key).value === true;
  const startedAt = recordedTime(state.get('StartedAt').value);
  const finishedAt = recordedTime(state.get('FinishedAt').value);
  const pid = state.get('Pid').optional((value) => value.integer()) ?? 0;
  const live = isLive && is('Running') ? liveProcess(host, pid, id, upperOf) : undefined;
  if (live !== undefined) {
    const { startTicks, cgroupPaths } = live;
    return {
      state: is('Paused') ? 'paused' : 'running',
      ...present({ startedAt }),
      init: { pid, startTicks },
      ...(cgroupPaths.length === 0 ? {} : { cgroupPaths }),
    };
  }
  const special = ['Restarting', 'Paused', 'RemovalInProgress', 'Dead', 'Running'].find(is);
  const error = state.get('Error').optionalString() ?? '';
  const hasEnded = startedAt !== undefined && special !== 'Running' && special !== 'Paused';
  const exitCode = hasEnded ? state.get('ExitCode').optional((code) => code.integer()) : undefined;
  return {
    state: startedAt === undefined ? 'created' : 'exited',
    ...(special === undefined ? {} : { recordedState: RECORDED[special] ?? special }),
    ...present({ startedAt, finishedAt, exitCode }),
    ...oomKill(is('OOMKilled')),
    ...(error === '' ? {} : { error }),
  };
}

function oomKill(oomKilled: boolean): Pick<State, 'oomKilled'> {
  return oomKilled ? { oomKilled } : {};
}

/** As `docker ps` has them. */
const RECORDED: Readonly<Record<string, string>> = {
  Restarting: 'restarting',
  Paused: 'paused',
  RemovalInProgress: 'removing',
  Dead: 'dead',
  Running: 'running',
};

function liveProcess(host: ReadHost, pid: number, id: string, upperOf: () => string | undefined) {
  const byCgroup = findLiveProcess(host, pid, { id, upper: undefined });
  return byCgroup ?? findLiveProcess(host, pid, { id, upper: upperOf() });
}

/** {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}, null for what is not published. */
function readPorts(settings: JsonReader): string[] {
  if (!settings.isPresent || !settings.get('Ports').isPresent) return [];
  const ports = settings.get('Ports').map((bindings) =>
    bindings.list((one) => {
      const address = one.get('HostIp').optionalString() ?? '';
      const shown = address.includes(':') ? `[${address}]` : address;
      return `${shown}:${one.get('HostPort').optionalString() ?? ''}`;
    }),
  );
  return Object.entries(ports).flatMap(([inside, outside]) =>
    outside.map((place) => `${place}->${inside}`),
  );
}

/** Of Docker's own containerd, or of that of the system; there while the container runs. */
function runtimeConfig({ host, isLive }: DockerContainers, id: string): { runtimeConfig?: string } {
  if (!isLive) return {};
  const tasks = 'io.containerd.runtime.v2.task/moby';
  const places = [`/run/docker/containerd/daemon/${tasks}`, `/run/containerd/${tasks}`];
  const found = places
    .map((place) => `${place}/${id}/config.json`)
    .find((path) => isThere(host, path));
  return found === undefined ? {} : { runtimeConfig: found };
}

function isThere(host: ReadHost, path: string): boolean {
  try {
    return host.findStatus(path) !== undefined;
  } catch {
    return false;
  }
}

function readJson(host: ReadHost, path: string): JsonReader {
  return parseJson(host.readFile(path, RECORD_LIMIT), `"${path}"`);
}

function readOther(host: ReadHost, path: string): unknown {
  try {
    return readJson(host, path).value;
  } catch {
    return null;
  }
}
