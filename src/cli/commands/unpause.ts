import { unpauseContainer } from '../../runtime/pause.js';
import { defineCommand } from '../command.js';
import { onEachContainer } from '../each-container.js';

export const unpause = defineCommand({
  usage: 'CONTAINER…',
  options: {},
  least: 1,
  most: Infinity,
  async run(context, names) {
    return await onEachContainer(context, { verb: 'unpause', names }, unpauseContainer);
  },
});
