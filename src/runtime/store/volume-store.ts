// Volumes: directories that outlive containers. Each has a record and its content in `_data`, as in
// Docker's own store. Who uses one is in the records of the containers.
import { CutawayError, hasCode } from '../../oci/error.js';
import { listContainerProblems, listContainers } from './container-store.js';
import { exclusively, type ReadStore, type Store } from './store.js';
import { makeTemporaryDirectory } from './temporary.js';

export interface VolumeRecord {
  readonly version: 1;
  readonly name: string;
  /** RFC 3339 */
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Made without a name, for one container. */
  readonly anonymous?: true;
}

export type NewVolume = Pick<VolumeRecord, 'name' | 'labels' | 'anonymous'>;

function volumeDirectory({ paths }: ReadStore, name: string): string {
  return `${paths.root}/volumes/${name}`;
}

/** What a container sees of it. */
export function volumeContent(store: ReadStore, name: string): string {
  return `${volumeDirectory(store, name)}/_data`;
}

/** Makes it unless it is there; call it under the store's lock. */
export function ensureVolume(store: Store, volume: NewVolume): void {
  const { host } = store;
  if (findVolume(store, volume.name) !== undefined) return;
  const record: VolumeRecord = {
    version: 1,
    ...volume,
    created: new Date(host.now()).toISOString(),
  };
  const temporary = makeTemporaryDirectory(store);
  host.createDirectory(`${temporary}/_data`, { mode: 0o755 });
  host.writeFile(`${temporary}/volume.json`, `${JSON.stringify(record, null, 2)}\n`, 0o600);
  host.createDirectory(`${store.paths.root}/volumes`, { mode: 0o700, parents: true });
  host.rename(temporary, volumeDirectory(store, volume.name));
}

export function findVolume(store: ReadStore, name: string): VolumeRecord | undefined {
  try {
    const text = store.host.readText(`${volumeDirectory(store, name)}/volume.json`);
    return JSON.parse(text) as VolumeRecord;
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    const path = `${volumeDirectory(store, name)}/volume.json`;
    throw new CutawayError('CORRUPT', `read "${path}": not JSON`, { cause: error });
  }
}

export function getVolume(store: ReadStore, name: string): VolumeRecord {
  // A name is checked before it becomes a path.
  const found = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name) ? findVolume(store, name) : undefined;
  if (found !== undefined) return found;
  throw new CutawayError('NOT_FOUND', `no such volume: ${name}`, {
    hint: 'cutaway volume ls lists them',
  });
}

/** By name. */
export function listVolumes(store: ReadStore): VolumeRecord[] {
  const directory = `${store.paths.root}/volumes`;
  if (store.host.findStatus(directory) === undefined) return [];
  return store.host
    .readDirectory(directory)
    .map(({ name }) => findVolume(store, name))
    .filter((volume) => volume !== undefined)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Volume → names of the containers that have it, running or not. */
export function volumeUsers(store: ReadStore): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const { record } of listContainers(store)) {
    for (const { volume } of record.binds) {
      if (volume === undefined) continue;
      users.set(volume, [...(users.get(volume) ?? []), record.name]);
    }
  }
  return users;
}

/** Removes it with what is in it; a container that has it is an error. */
export function removeVolume(store: Store, name: string): void {
  const rubbish = exclusively(store, () => {
    getVolume(store, name);
    const [user] = volumeUsers(store).get(name) ?? [];
    if (user !== undefined) {
      throw new CutawayError('IN_USE', `remove volume "${name}": container "${user}" has it`, {
        hint: `cutaway rm ${user} comes first`,
      });
    }
    return takeAwayVolume(store, name);
  });
  store.host.removeTree(rubbish);
}

/** Those of them that no container has; unless a container cannot be read, whose they may be. */
export function removeUnused(store: Store, names: readonly string[]): string[] {
  const gone = exclusively(store, () => {
    if (listContainerProblems(store).length > 0) return [];
    const users = volumeUsers(store);
    const unused = names.filter(
      (name) => !users.has(name) && findVolume(store, name) !== undefined,
    );
    return unused.map((name) => ({ name, rubbish: takeAwayVolume(store, name) }));
  });
  for (const { rubbish } of gone) store.host.removeTree(rubbish);
  return gone.map(({ name }) => name);
}

/** Out of everybody's sight by one rename, to be removed. */
function takeAwayVolume(store: Store, name: string): string {
  const rubbish = makeTemporaryDirectory(store);
  store.host.rename(volumeDirectory(store, name), `${rubbish}/volume`);
  return rubbish;
}
