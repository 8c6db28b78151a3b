import { CutawayError, causeText, hasCode } from '../../oci/error.js';
import { removeContainer, removeDamagedContainer } from '../../runtime/remove-container.js';
import { findContainerID, resolveContainer } from '../../runtime/store/container-store.js';
import type { Store } from '../../runtime/store/store.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';

export const rm = defineCommand({
  usage: '[OPTIONS] CONTAINER…',
  options: {
    force: { type: 'boolean', alias: 'f', describe: 'kill it first when it runs' },
    volumes: { type: 'boolean', alias: 'v', describe: 'with the volumes made for it alone' },
  },
  least: 1,
  most: Infinity,
  async run(context, names, { force, volumes }) {
    const store = await contextStore(context);
    for (const name of names) {
      await remove(store, name, { force, volumes });
      context.print(`${name}\n`);
    }
    return 0;
  },
});

async function remove(
  store: Store,
  name: string,
  options: { force: boolean; volumes: boolean },
): Promise<void> {
  try {
    await removeContainer(store, resolveContainer(store, name), options);
  } catch (error) {
    const id = hasCode(error, 'CORRUPT') ? findContainerID(store, name) : undefined;
    if (id === undefined) throw error;
    if (!options.force)
      throw withHint(error, `cutaway rm -f ${id.slice(0, 12)} removes what is left of it`);
    await removeDamagedContainer(store, id);
  }
}

function withHint(error: unknown, hint: string): CutawayError {
  return new CutawayError('CORRUPT', causeText(error), { hint, cause: error });
}
