import { removeContainer } from '../../runtime/remove-container.js';
import { resolveContainer } from '../../runtime/store/container-store.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';

export const rm = defineCommand({
  usage: '[OPTIONS] CONTAINER…',
  options: { force: { type: 'boolean', alias: 'f', describe: 'kill it first when it runs' } },
  least: 1,
  most: Infinity,
  async run(context, names, { force }) {
    const store = await contextStore(context);
    for (const name of names) {
      await removeContainer(store, resolveContainer(store, name), { force });
      context.print(`${name}\n`);
    }
    return 0;
  },
});
