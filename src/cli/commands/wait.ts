import { waitForContainer } from '../../runtime/wait-container.js';
import { defineCommand } from '../command.js';
import { onEachContainer } from '../each-container.js';

export const wait = defineCommand({
  usage: 'CONTAINER…',
  options: {},
  least: 1,
  most: Infinity,
  examples: ['cutaway wait job'],
  async run(context, names) {
    const found = new Map<string, number>();
    const failed = await onEachContainer(
      context,
      { verb: 'wait', names, printed: (name) => String(found.get(name)) },
      async (store, container, name) => {
        found.set(name, await waitForContainer(store, container));
      },
    );
    // The status of `wait` is the container's own, and of several the last one's.
    return failed === 0 ? (found.get(names.at(-1) ?? '') ?? 125) : 125;
  },
});
