import { CutawayError } from '../../oci/error.js';
import { requireRunning } from '../../runtime/running.js';
import { resolveContainer } from '../../runtime/store/container-store.js';
import { connectContainer } from '../../runtime/attach/connect-container.js';
import { DETACH_KEYS_OPTION, stayAttached } from '../attached.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';
import { requireTerminal } from '../foreground.js';

export const attach = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  options: {
    ...DETACH_KEYS_OPTION,
    'no-stdin': { type: 'boolean', describe: 'only look' },
    'sig-proxy': {
      type: 'string',
      value: 'true|false',
      choices: ['true', 'false'],
      describe: 'whether our signals are its own, without a terminal; default true',
    },
  },
  least: 1,
  most: 1,
  examples: ['cutaway attach web', 'cutaway attach --no-stdin web'],
  async run(context, [name = ''], options) {
    const store = await contextStore(context);
    const { record, status } = requireRunning(resolveContainer(store, name), 'attach to');
    if (status === 'paused') {
      throw new CutawayError('IN_USE', `attach to container "${record.name}": it is paused`, {
        hint: `cutaway unpause ${record.name} lets it go on`,
      });
    }
    const stdin = !options['no-stdin'] && record.openStdin;
    requireTerminal(context, record, stdin);
    const connection = await connectContainer(store, record);
    return await stayAttached(context, record, connection, {
      stdin,
      detachKeys: options['detach-keys'],
      passesSignals: options['sig-proxy'] !== 'false',
    });
  },
});
