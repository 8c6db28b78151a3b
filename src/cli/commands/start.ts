import { CutawayError, hasCode } from '../../oci/error.js';
import { requirePrivilege } from '../../runtime/prepare-container.js';
import { startDetached } from '../../runtime/start-detached.js';
import {
  findContainer,
  resolveContainer,
  type ContainerRecord,
} from '../../runtime/store/container-store.js';
import type { Store } from '../../runtime/store/store.js';
import { DETACH_KEYS_OPTION } from '../attached.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';
import { runInForeground } from '../foreground.js';
import { shimCommand } from '../shim-command.js';

export const start = defineCommand({
  usage: '[OPTIONS] CONTAINER…',
  options: {
    attach: { type: 'boolean', alias: 'a', describe: 'stay with it and show what it prints' },
    ...DETACH_KEYS_OPTION,
    interactive: { type: 'boolean', alias: 'i', describe: 'stay with it and give it our stdin' },
  },
  least: 1,
  most: Infinity,
  examples: ['cutaway start web', 'cutaway start -ai web'],
  async run(context, names, options) {
    const attach = options.attach || options.interactive;
    if (attach && names.length > 1) {
      throw new CutawayError('INVALID_INPUT', 'start: -a takes one container, not several');
    }
    const store = await contextStore(context);
    requirePrivilege(store);
    for (const name of names) {
      const { record, init } = resolveContainer(store, name);
      if (init !== undefined) {
        if (attach) {
          throw new CutawayError('IN_USE', `start container "${record.name}": it is running`);
        }
        // As Docker: starting what runs is no error.
      } else if (attach) {
        return await runInForeground(context, store, record, {
          stdin: options.interactive && record.openStdin,
          detachKeys: options['detach-keys'],
        });
      } else await startUnlessRunning(store, record);
      context.print(`${name}\n`);
    }
    return 0;
  },
});

/** Somebody else may have started it meanwhile, which is what was wanted. */
async function startUnlessRunning(store: Store, record: ContainerRecord): Promise<void> {
  try {
    await startDetached(store, record, shimCommand());
  } catch (error) {
    if (hasCode(error, 'IN_USE') && findContainer(store, record.id)?.init !== undefined) return;
    throw error;
  }
}
