import { requirePrivilege } from '../../runtime/prepare-container.js';
import { reconcile } from '../../runtime/reconcile.js';
import { startDetached } from '../../runtime/start-detached.js';
import { stopContainer } from '../../runtime/stop-container.js';
import { defineCommand } from '../command.js';
import { onEachContainer } from '../each-container.js';
import { readSeconds } from '../seconds.js';
import { shimCommand } from '../shim-command.js';
import { TIME_OPTION } from './stop.js';

export const restart = defineCommand({
  usage: '[OPTIONS] CONTAINER…',
  options: TIME_OPTION,
  least: 1,
  most: Infinity,
  examples: ['cutaway restart web'],
  async run(context, names, { time }) {
    const seconds = readSeconds('-t', time);
    return await onEachContainer(context, { verb: 'restart', names }, async (store, container) => {
      requirePrivilege(store);
      const chosen = seconds === undefined ? {} : { seconds };
      await stopContainer(store, container, { ...chosen, wish: 'restarting' });
      // What a killed supervisor has left mounted, nobody has taken down yet.
      await reconcile(store);
      await startDetached(store, container.record, shimCommand());
    });
  },
});
