import { createContainer } from '../../runtime/create-container.js';
import { requirePrivilege } from '../../runtime/prepare-container.js';
import { findRuntime } from '../../runtime/runc.js';
import { discardContainer } from '../../runtime/remove-container.js';
import { startDetached } from '../../runtime/start-detached.js';
import { DETACH_KEYS_OPTION } from '../attached.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';
import { requireTerminal, runInForeground } from '../foreground.js';
import { obtainImage } from '../obtain-image.js';
import { shimCommand } from '../shim-command.js';
import { requireNewFile, writeID } from './name-options.js';
import { CONTAINER_OPTIONS, readCreateOptions } from './container-options.js';

export const run = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG…]',
  options: {
    ...CONTAINER_OPTIONS,
    ...DETACH_KEYS_OPTION,
    detach: { type: 'boolean', alias: 'd', describe: 'leave it running and print its id' },
  },
  least: 1,
  most: Infinity,
  stopsAtArgument: true,
  examples: ['cutaway run hello-world', 'cutaway run -it --rm --name web busybox sh'],
  async run(context, [reference = '', ...args], options) {
    const asked = readCreateOptions(context, args, options);
    const wanted = options.detach ? { ...asked, stdinOnce: false } : asked;
    if (!options.detach) requireTerminal(context, wanted, wanted.openStdin);
    requireNewFile(context, options);
    const store = await contextStore(context);
    requirePrivilege(store);
    findRuntime(context.host);
    const image = await obtainImage(context, store, reference, options);
    const record = createContainer(store, image, wanted);
    writeID(context, options, record.id);
    if (!options.detach) {
      return await runInForeground(context, store, record, {
        stdin: record.openStdin,
        detachKeys: options['detach-keys'],
      });
    }
    try {
      await startDetached(store, record, shimCommand());
    } catch (error) {
      if (!record.autoRemove) throw error;
      discardContainer(store, record);
      throw error;
    }
    context.print(`${record.id}\n`);
    return 0;
  },
});
