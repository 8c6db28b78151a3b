import { CutawayError } from '../../oci/error.js';
import { parseRestartPolicy } from '../../runtime/restart-policy.js';
import { updateRestartPolicy } from '../../runtime/update-container.js';
import { defineCommand } from '../command.js';
import { onEachContainer } from '../each-container.js';
import { RESTART_OPTION } from '../restart-option.js';

export const update = defineCommand({
  usage: '[OPTIONS] CONTAINER…',
  options: RESTART_OPTION,
  least: 1,
  most: Infinity,
  examples: ['cutaway update --restart no web'],
  async run(context, names, { restart }) {
    if (restart === undefined) {
      throw new CutawayError('INVALID_INPUT', 'update: nothing to change: it takes --restart');
    }
    const policy = parseRestartPolicy(restart);
    return await onEachContainer(context, { verb: 'update', names }, (store, { record }) => {
      updateRestartPolicy(store, record.id, policy);
    });
  },
});
