import { CutawayError, hasCode } from '../oci/error.js';
import { findContainer, isContainerName, type ContainerRecord } from './store/container-store.js';
import { containerPaths } from './store/paths.js';
import { exclusively, type Store } from './store/store.js';
import { writeWhole } from './store/temporary.js';

/** The new name is claimed first and the old one let go last: killed between, it has both. */
export function renameContainer(store: Store, id: string, name: string): void {
  requireContainerName(name);
  exclusively(store, () => {
    const container = findContainer(store, id);
    if (container === undefined) throw new CutawayError('NOT_FOUND', 'rename: it is gone');
    const { name: old } = container.record;
    if (old === name) {
      throw new CutawayError('INVALID_INPUT', `rename container "${old}": that is its name`);
    }
    claimName(store, name, id);
    rewriteRecord(store, { ...container.record, name });
    store.host.removeFile(`${store.paths.names}/${old}`);
  });
}

/** Call it under the store's lock. */
export function rewriteRecord(store: Store, record: ContainerRecord): void {
  const path = containerPaths(store.paths, record.id).record;
  writeWhole(store, path, `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

export function requireContainerName(name: string): void {
  if (isContainerName(name)) return;
  throw new CutawayError('INVALID_INPUT', `invalid container name "${name}"`, {
    hint: 'two characters at least: letters, digits, "_", "." and "-", the first no sign',
  });
}

export function claimName(store: Store, name: string, id: string): void {
  try {
    store.host.createSymlink(id, `${store.paths.names}/${name}`);
  } catch (error) {
    if (!hasCode(error, 'ALREADY_EXISTS')) throw error;
    const holder = store.host.readLink(`${store.paths.names}/${name}`);
    throw new CutawayError(
      'ALREADY_EXISTS',
      `the name "${name}" is in use by container ${holder.slice(0, 12)}`,
      { hint: `cutaway rm ${name} frees it, or choose another name`, cause: error },
    );
  }
}
