// A container is made: its record on disk, its name claimed, its directories ready.
import { randomBytes } from 'node:crypto';
import type { ImageConfig } from '../oci/image-config.js';
import type { Digest } from '../oci/digest.js';
import { chooseCheck, NO_CHOICE, type HealthChoice } from './health/choose-check.js';
import { CutawayError } from '../oci/error.js';
import { inventName } from './container-name.js';
import { claimName, requireContainerName } from './rename-container.js';
import { parseSignal } from './signal.js';
import { resolveCommand, resolveEntrypoint } from './spec/command.js';
import { pinContainers } from './pin-containers.js';
import { makeBinds, type MountsWanted } from './container-mounts.js';
import type { Bind } from './spec/mounts.js';
import type { MountWish } from './spec/volumes.js';
import type { ContainerSettings } from './spec/settings.js';
import {
  listContainerIDs,
  writeState,
  type ContainerRecord,
  type ContainerState,
  type LogLimits,
  type RestartPolicy,
} from './store/container-store.js';
import { containerPaths } from './store/paths.js';
import { exclusively, type Store } from './store/store.js';
import { makeTemporaryDirectory } from './store/temporary.js';
import { identifySelf } from './supervision.js';

/** What `run` and `create` were asked for; what is absent is the image's own. */
export interface CreateOptions {
  readonly name?: string;
  readonly hostname?: string;
  readonly entrypoint?: string;
  readonly args: readonly string[];
  /** "NAME=value"; a NAME without a value has been given the caller's before. */
  readonly variables: readonly string[];
  readonly workingDirectory?: string;
  readonly user?: string;
  readonly terminal: boolean;
  readonly openStdin: boolean;
  readonly stdinOnce?: boolean;
  readonly autoRemove: boolean;
  readonly readOnly: boolean;
  readonly network: ContainerRecord['network'];
  readonly mounts: readonly MountWish[];
  readonly volumesFrom: MountsWanted['volumesFrom'];
  readonly labels: Readonly<Record<string, string>>;
  readonly settings?: ContainerSettings;
  readonly stopSignal?: string;
  /** Seconds that `stop` waits before it kills. */
  readonly stopTimeout?: number;
  readonly logLimits?: LogLimits;
  readonly restartPolicy?: RestartPolicy;
  readonly init?: boolean;
  readonly health?: HealthChoice;
}

/** The image a container is made of, as the store has it. */
export interface ContainerImage {
  readonly reference: string;
  readonly id: Digest;
  readonly config: ImageConfig;
  /** Base first. */
  readonly layers: readonly { readonly chainID: Digest; readonly diffID: Digest }[];
}

/** Whoever calls it starts the container, or ends with `completeCreation`. */
export function createContainer(
  store: Store,
  image: ContainerImage,
  options: CreateOptions,
): ContainerRecord {
  if (options.name !== undefined) requireContainerName(options.name);
  if (options.stopSignal !== undefined) parseSignal(options.stopSignal);
  const shared = { ...options, ...pinContainers(store, options) };
  const id = newID(store);
  const temporary = makeTemporaryDirectory(store);
  store.host.createDirectory(`${temporary}/bundle`, { mode: 0o700 });
  return exclusively(store, () => {
    const draft = makeRecord(store, image, shared, id);
    claimName(store, draft.name, id);
    const record = { ...draft, binds: bindsOrFreeName(store, image, shared, draft.name) };
    const content = `${JSON.stringify(record, null, 2)}\n`;
    store.host.writeFile(`${temporary}/container.json`, content, 0o600);
    // Until it is made or started this process answers for it: if it dies, what is half done is
    // known to be nobody's.
    const state: ContainerState = { supervisor: identifySelf(store) };
    store.host.writeFile(`${temporary}/state.json`, JSON.stringify(state), 0o600);
    store.host.rename(temporary, containerPaths(store.paths, id).directory);
    return record;
  });
}

/** The container is made, and nobody answers for it until it is started. */
export function completeCreation(store: Store, record: ContainerRecord): void {
  writeState(store, record.id, {});
}

function makeRecord(
  store: Store,
  image: ContainerImage,
  options: CreateOptions,
  id: string,
): Omit<ContainerRecord, 'binds'> {
  const { config = {} } = image.config;
  return {
    version: 1,
    id,
    name: options.name ?? inventName((name) => isTaken(store, name)),
    created: new Date(store.host.now()).toISOString(),
    image: { reference: image.reference, id: image.id },
    layers: image.layers.map(({ chainID, diffID }) => ({ chainID, diffID })),
    command: resolveCommand(image.config, options),
    entrypoint: resolveEntrypoint(image.config, options),
    variables: options.variables,
    imageVariables: config.Env ?? [],
    workingDirectory: options.workingDirectory ?? config.WorkingDir ?? '',
    user: options.user ?? config.User ?? '',
    hostname: options.hostname ?? id.slice(0, 12),
    terminal: options.terminal,
    openStdin: options.openStdin,
    ...(options.stdinOnce === true ? { stdinOnce: true } : {}),
    autoRemove: options.autoRemove,
    readOnly: options.readOnly,
    network: options.network,
    labels: { ...config.Labels, ...options.labels },
    stopSignal: options.stopSignal ?? config.StopSignal ?? 'SIGTERM',
    ...(options.stopTimeout === undefined ? {} : { stopTimeout: options.stopTimeout }),
    architecture: image.config.architecture,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    ...(options.logLimits === undefined ? {} : { logLimits: options.logLimits }),
    ...supervisionSettings(options, image.config),
  };
}

/** What its supervisor does beside running it. */
function supervisionSettings(
  { restartPolicy, init, health, autoRemove }: CreateOptions,
  { config }: ImageConfig,
): Pick<ContainerRecord, 'restartPolicy' | 'init' | 'healthcheck'> {
  if (autoRemove && restartPolicy !== undefined) {
    throw new CutawayError('INVALID_INPUT', '--rm and --restart exclude each other');
  }
  const healthcheck = chooseCheck(health ?? NO_CHOICE, config?.Healthcheck);
  return {
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(init === true ? { init } : {}),
    ...(healthcheck === undefined ? {} : { healthcheck }),
  };
}

/** Volumes are made when nothing else can be wrong; what is wrong with them leaves no name behind. */
function bindsOrFreeName(
  store: Store,
  image: ContainerImage,
  options: CreateOptions,
  name: string,
): Bind[] {
  try {
    return makeBinds(store, image.config, {
      mounts: options.mounts,
      volumesFrom: options.volumesFrom,
      taken: (options.settings?.tmpfs ?? []).map(({ destination }) => destination),
    });
  } catch (error) {
    store.host.removeFile(`${store.paths.names}/${name}`);
    throw error;
  }
}

/** A short id made of digits only would read as a number where names are told from numbers. */
function newID(store: Store): string {
  const taken = new Set(listContainerIDs(store).map((id) => id.slice(0, 12)));
  for (;;) {
    const id = randomBytes(32).toString('hex');
    if (!/^\d+$/.test(id.slice(0, 12)) && !taken.has(id.slice(0, 12))) return id;
  }
}

function isTaken(store: Store, name: string): boolean {
  return store.host.findStatus(`${store.paths.names}/${name}`) !== undefined;
}
