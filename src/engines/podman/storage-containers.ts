// overlay-containers of containers-storage: containers.json, and what libpod or CRI-O put beside it.
import type { ReadHost } from '../../host/host.js';
import { readProcessContext, readProcess } from '../../ns/process.js';
import { causeText } from '../../oci/error.js';
import { parseJson, present, type JsonReader } from '../../oci/json-reader.js';
import type { Problem } from '../../oci/problem.js';
import type { ContainerDirectories, EngineContainer } from '../engine.js';
import { findLiveProcess } from '../live-process.js';
import { once } from '../once.js';
import { recordedTime } from '../recorded-time.js';
import { readLibpod, type LibpodContainer } from './libpod-database.js';
import { containerDirectories, readID, readList, STORAGE_ID } from './storage-layers.js';
import type { StorageLayers } from './storage-layers.js';
import type { StoragePlace } from './podman-kind.js';

export interface StorageContainers {
  readonly host: ReadHost;
  readonly isLive: boolean;
  readonly place: StoragePlace;
  readonly layers: () => StorageLayers;
}

const CONFIG_LIMIT = 8 << 20;

/** Newest first. */
export function listStorageContainers(
  store: StorageContainers,
  problems: Problem[],
): EngineContainer[] {
  const { host, place } = store;
  const files = ['containers.json', 'volatile-containers.json'];
  const known = readLibpod(host, place.root, problems);
  const found = files.flatMap((name) => {
    const path = `${place.root}/overlay-containers/${name}`;
    return readList(host, path, (one) => toContainer(store, one, known), problems);
  });
  return found.sort((a, b) => ((a.createdAt ?? '') < (b.createdAt ?? '') ? 1 : -1));
}

function toContainer(
  store: StorageContainers,
  entry: JsonReader,
  known: ReadonlyMap<string, LibpodContainer>,
): EngineContainer {
  const { host, place } = store;
  const id = readID(entry.get('id'));
  const layer = readID(entry.get('layer'));
  const image = entry.get('image').optionalString() ?? '';
  const metadata = readMetadata(entry.get('metadata').optionalString());
  const home = `${place.root}/overlay-containers/${id}`;
  const config = readConfig(host, `${home}/userdata/config.json`);
  const directories = once(() => knownDirectories(store, layer));
  const [name = id] = entry.get('names').list((one) => one.string());
  const libpod = known.get(id);
  const imageReference = textOf(metadata, 'image-name') ?? libpod?.imageReference;
  const upper = `${place.root}/overlay/${layer}/diff`;
  return {
    engine: place.name,
    id,
    name,
    ...(imageReference === undefined ? {} : { imageReference: shorter(imageReference) }),
    ...(STORAGE_ID.test(image) ? { imageID: `sha256:${image}` as const } : {}),
    ...describe(config, libpod),
    ...present({ createdAt: recordedTime(entry.get('created').value) }),
    ...stateOf(store, { id, upper, config, libpod }),
    get directories() {
      return directories();
    },
    home,
    ...(config === undefined ? {} : { runtimeConfig: `${home}/userdata/config.json` }),
    log: `${home}/userdata/ctr.log`,
    record: { ...entry.object(), metadata: metadata ?? null },
  };
}

function describe(
  config: RuntimeFacts | undefined,
  libpod: LibpodContainer | undefined,
): Pick<EngineContainer, 'command' | 'labels' | 'ports'> {
  return {
    command: config?.command ?? libpod?.command ?? [],
    labels: { ...config?.labels, ...libpod?.labels },
    ...(libpod === undefined || libpod.ports.length === 0 ? {} : { ports: libpod.ports }),
  };
}

/** As users write it: docker.io and library are left out. */
function shorter(name: string): string {
  return name.replace(/^docker\.io\/(library\/)?/, '');
}

function knownDirectories(
  { host, layers }: StorageContainers,
  layer: string,
): ContainerDirectories {
  try {
    return containerDirectories(host, layers(), layer);
  } catch (error) {
    return { lower: [], problems: [{ code: 'layers-unknown', message: causeText(error) }] };
  }
}

interface RuntimeFacts {
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Where the run root was when it was started. */
  readonly runRoot: string | undefined;
}

/** Undefined before the container is prepared for its first start. */
function readConfig(host: ReadHost, path: string): RuntimeFacts | undefined {
  try {
    if (host.findStatus(path) === undefined) return undefined;
    const config = parseJson(host.readFile(path, CONFIG_LIMIT), `"${path}"`);
    const annotations = config.get('annotations').optional((all) => all.stringMap()) ?? {};
    const sources = config.get('mounts').list((one) => one.get('source').optionalString() ?? '');
    const inside = sources.map((source) => /^(\/.+)\/overlay-containers\//.exec(source)?.[1]);
    const root = path.slice(0, path.indexOf('/overlay-containers/'));
    return {
      command: config
        .get('process')
        .get('args')
        .list((word) => word.string()),
      labels: labelsOf(annotations),
      runRoot: inside.find((place) => place !== undefined && place !== root),
    };
  } catch {
    return { command: [], labels: {}, runRoot: undefined };
  }
}

/** CRI-O has the labels of Kubernetes in an annotation. */
function labelsOf(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const text = annotations['io.kubernetes.cri-o.Labels'];
  if (text === undefined) return {};
  try {
    return parseJson(Buffer.from(text), 'labels').stringMap();
  } catch {
    return {};
  }
}

type State = Pick<EngineContainer, 'state' | 'startedAt' | 'init' | 'cgroupPaths'> &
  Pick<EngineContainer, 'supervisorPids' | 'finishedAt' | 'exitCode' | 'recordedState'>;

interface Recorded {
  readonly id: string;
  readonly upper: string;
  readonly config: RuntimeFacts | undefined;
  readonly libpod: LibpodContainer | undefined;
}

function stateOf(store: StorageContainers, recorded: Recorded): State {
  return runningState(store, recorded) ?? endedState(recorded);
}

function endedState({ config, libpod }: Recorded): State {
  if (libpod === undefined) return { state: config === undefined ? 'created' : 'exited' };
  const { state, startedAt, finishedAt, exitCode } = libpod;
  const isOver = ['created', 'configured', 'stopped', 'exited'].includes(state);
  return {
    state: startedAt === undefined ? 'created' : 'exited',
    ...(isOver ? {} : { recordedState: state }),
    ...present({ startedAt, finishedAt, exitCode }),
  };
}

function runningState(
  { host, isLive, place }: StorageContainers,
  { id, upper, config, libpod }: Recorded,
): State | undefined {
  if (!isLive) return undefined;
  const roots = [place.runRoot, ...(config?.runRoot === undefined ? [] : [config.runRoot])];
  for (const root of roots) {
    const directory = `${root}/overlay-containers/${id}/userdata`;
    const live = findLiveProcess(host, readPid(host, `${directory}/pidfile`), { id, upper });
    if (live === undefined) continue;
    const conmon = readPid(host, `${directory}/conmon.pid`);
    const { pid, startTicks, cgroupPaths } = live;
    return {
      state: libpod?.state === 'paused' ? 'paused' : 'running',
      ...present({ startedAt: libpod?.startedAt ?? startOf(host, pid) }),
      init: { pid, startTicks },
      ...(cgroupPaths.length === 0 ? {} : { cgroupPaths }),
      ...(conmon === 0 ? {} : { supervisorPids: [conmon] }),
    };
  }
  return undefined;
}

/** To the second, where libpod does not say it. */
function startOf(host: ReadHost, pid: number): string | undefined {
  return readProcess(host, pid, readProcessContext(host))?.process?.startedAt;
}

function readPid(host: ReadHost, path: string): number {
  try {
    const text = host.readText(path, 64).trim();
    return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0;
  } catch {
    return 0;
  }
}

function readMetadata(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return { ...parseJson(Buffer.from(text), 'metadata').object() };
  } catch {
    return undefined;
  }
}

function textOf(metadata: Record<string, unknown> | undefined, key: string): string | undefined {
  const value = metadata?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
