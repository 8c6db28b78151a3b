import { completeCreation, createContainer } from '../../runtime/create-container.js';
import { prepareBundle, requirePrivilege } from '../../runtime/prepare-container.js';
import { removeContainerFiles } from '../../runtime/tear-down.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';
import { obtainImage } from '../obtain-image.js';
import { CONTAINER_OPTIONS, readCreateOptions } from './container-options.js';

export const create = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG…]',
  options: CONTAINER_OPTIONS,
  least: 1,
  most: Infinity,
  stopsAtArgument: true,
  examples: ['cutaway create --name web busybox sleep 600', 'cutaway start web'],
  async run(context, [reference = '', ...args], options) {
    const wanted = readCreateOptions(context, args, options);
    const store = await contextStore(context);
    requirePrivilege(store);
    const image = await obtainImage(context, store, reference, options);
    const record = createContainer(store, image, wanted);
    try {
      prepareBundle(store, record);
      completeCreation(store, record);
    } catch (error) {
      removeContainerFiles(store, record.id);
      throw error;
    }
    context.print(`${record.id}\n`);
    return 0;
  },
});
