import { CutawayError } from '../../oci/error.js';
import { formatJson } from '../../report/json.js';
import { documentSchema, SCHEMA_NAMES } from '../../report/schemas.js';
import { defineCommand } from '../command.js';

export const schema = defineCommand({
  usage: '[NAME]',
  options: {},
  least: 0,
  most: 1,
  examples: ['cutaway schema', 'cutaway schema layers'],
  run(context, [name]) {
    if (name === undefined) {
      context.print(SCHEMA_NAMES.map((known) => `${known}\n`).join(''));
      return Promise.resolve(0);
    }
    const found = documentSchema(name);
    if (found === undefined) {
      throw new CutawayError('NOT_FOUND', `no document is called "${name}"`, {
        hint: `there are ${SCHEMA_NAMES.join(', ')}`,
      });
    }
    context.print(formatJson(found));
    return Promise.resolve(0);
  },
});
