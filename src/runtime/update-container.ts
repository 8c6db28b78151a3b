import { CutawayError } from '../oci/error.js';
import { rewriteRecord } from './rename-container.js';
import {
  findContainer,
  type ContainerRecord,
  type RestartPolicy,
} from './store/container-store.js';
import { exclusively, type Store } from './store/store.js';

/** Its supervisor looks when the container has ended. `undefined`: never started again. */
export function updateRestartPolicy(
  store: Store,
  id: string,
  restartPolicy: RestartPolicy | undefined,
): void {
  exclusively(store, () => {
    const container = findContainer(store, id);
    if (container === undefined) throw new CutawayError('NOT_FOUND', 'update: it is gone');
    const { record } = container;
    if (record.autoRemove && restartPolicy !== undefined) {
      throw new CutawayError(
        'INVALID_INPUT',
        `update container "${record.name}": --rm and a restart policy exclude each other`,
      );
    }
    rewriteRecord(store, withPolicy(record, restartPolicy));
  });
}

function withPolicy(
  record: ContainerRecord,
  restartPolicy: RestartPolicy | undefined,
): ContainerRecord {
  if (restartPolicy !== undefined) return { ...record, restartPolicy };
  const entries = Object.entries(record).filter(([key]) => key !== 'restartPolicy');
  return Object.fromEntries(entries) as unknown as ContainerRecord;
}
