import { CutawayError } from '../../oci/error.js';
import { resolveContainer } from '../../runtime/store/container-store.js';
import { readStore } from '../../runtime/store/store.js';
import { defineCommand } from '../command.js';

/** Containers have no network yet that ports could be published from: the list is empty. */
export const port = defineCommand({
  usage: 'CONTAINER [PORT[/PROTOCOL]]',
  options: {},
  least: 1,
  most: 2,
  examples: ['cutaway port web'],
  run(context, [name = '', wanted]) {
    const { record } = resolveContainer(readStore(context.host, context.dataRoot), name);
    if (wanted === undefined) return Promise.resolve(0);
    const [, number, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(wanted) ?? [];
    if (number === undefined) {
      throw new CutawayError('INVALID_INPUT', `port: "${wanted}" is no port`, {
        hint: 'a number, and the protocol where it is not tcp: 53/udp',
      });
    }
    throw new CutawayError(
      'NOT_FOUND',
      `port: no public port ${number}/${protocol} published for ${record.name}`,
    );
  },
});
