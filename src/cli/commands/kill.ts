import { killContainer } from '../../runtime/stop-container.js';
import { parseSignal } from '../../runtime/signal.js';
import { defineCommand } from '../command.js';
import { onEachContainer } from '../each-container.js';

export const kill = defineCommand({
  usage: '[OPTIONS] CONTAINER…',
  options: {
    signal: { type: 'string', alias: 's', value: 'SIGNAL', describe: 'which; default KILL' },
  },
  least: 1,
  most: Infinity,
  examples: ['cutaway kill web', 'cutaway kill -s HUP web'],
  async run(context, names, { signal = 'KILL' }) {
    const number = parseSignal(signal);
    return await onEachContainer(context, { verb: 'kill', names }, (store, container) =>
      killContainer(store, container, number),
    );
  },
});
