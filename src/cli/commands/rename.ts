import { renameContainer } from '../../runtime/rename-container.js';
import { resolveContainer } from '../../runtime/store/container-store.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';

export const rename = defineCommand({
  usage: 'CONTAINER NAME',
  options: {},
  least: 2,
  most: 2,
  examples: ['cutaway rename web old-web'],
  async run(context, [text = '', name = '']) {
    const store = await contextStore(context);
    renameContainer(store, resolveContainer(store, text).record.id, name);
    return 0;
  },
});
