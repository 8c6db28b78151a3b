import type { Duplex } from 'node:stream';
import { CutawayError, hasCode } from '../../oci/error.js';
import type { ContainerRecord } from '../store/container-store.js';
import { containerPaths } from '../store/paths.js';
import type { Store } from '../store/store.js';
import { frameReader, jsonFrame, type Ending } from './frame.js';

/** To its supervisor; UNAVAILABLE when that was killed. */
export async function connectContainer(store: Store, record: ContainerRecord): Promise<Duplex> {
  const connection = await tryConnect(store, record.id);
  if (connection !== undefined) return connection;
  throw new CutawayError(
    'UNAVAILABLE',
    `attach to container "${record.name}": its supervisor was killed`,
    { hint: `cutaway restart ${record.name} gives it a new one` },
  );
}

async function tryConnect(store: Store, id: string): Promise<Duplex | undefined> {
  try {
    return await store.host.connectLocal(containerPaths(store.paths, id).attachSocket);
  } catch (error) {
    // ECONNREFUSED: the socket of a process that was killed.
    if (hasCode(error, 'NOT_FOUND', 'UNAVAILABLE')) return undefined;
    throw error;
  }
}

/** How it ends, from its supervisor; undefined when nobody can tell, or tells. */
export async function awaitEnding(store: Store, id: string): Promise<Ending | undefined> {
  const connection = await tryConnect(store, id);
  if (connection === undefined) return undefined;
  const read = frameReader();
  connection.write(jsonFrame('hello', { output: false }));
  try {
    for await (const chunk of connection) {
      const end = read(chunk as Buffer).find(({ kind }) => kind === 'end');
      if (end !== undefined) return JSON.parse(end.payload.toString()) as Ending;
    }
  } catch {
    // It was killed in the middle of a word.
  }
  return undefined;
}
