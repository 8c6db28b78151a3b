import { eraseCredential } from '../../image/registry/change-credentials.js';
import { parseRegistryName } from '../../image/registry/registry-name.js';
import { findStored } from '../../image/registry/stored-credentials.js';
import { safeText } from '../../report/text.js';
import { defineCommand } from '../command.js';

export const logout = defineCommand({
  usage: '[SERVER]',
  options: {},
  least: 0,
  most: 1,
  examples: ['cutaway logout registry.example.com:5000'],
  async run(context, [server]) {
    const name = parseRegistryName(server);
    const erased = await eraseCredential(context.host, name);
    // Docker's words, which scripts look for.
    if (erased === undefined) context.print(`Not logged in to ${name}\n`);
    else context.print(`Removing login credentials for ${name}\n`);
    const left = await findStored(context.host, { registry: name });
    if (left !== undefined) {
      context.note(`! "${safeText(left.file.path)}" still has credentials for ${name}`);
    }
    return 0;
  },
});
