import { stopContainer } from '../../runtime/stop-container.js';
import { defineCommand } from '../command.js';
import { onEachContainer } from '../each-container.js';
import { readSeconds } from '../seconds.js';

export const TIME_OPTION = {
  time: {
    type: 'string',
    alias: 't',
    value: 'SECONDS',
    describe: 'how long to wait before KILL; default 10, -1 for ever',
  },
} as const;

export const stop = defineCommand({
  usage: '[OPTIONS] CONTAINER…',
  options: TIME_OPTION,
  least: 1,
  most: Infinity,
  examples: ['cutaway stop web', 'cutaway stop -t 0 web db'],
  async run(context, names, { time }) {
    const seconds = readSeconds('-t', time);
    return await onEachContainer(context, { verb: 'stop', names }, (store, container) =>
      stopContainer(store, container, seconds === undefined ? {} : { seconds }),
    );
  },
});
