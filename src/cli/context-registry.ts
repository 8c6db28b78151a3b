// A registry as this user knows it: with the credentials and the settings of this machine.
import { openRegistry, type Registry } from '../image/registry/registry-client.js';
import { readRegistryConfig } from '../image/registry/registry-config.js';
import { storedCredentials } from '../image/registry/stored-credentials.js';
import { safeText } from '../report/text.js';
import type { Context } from './context.js';

/** `name` as in references. Who opens it closes it. */
export function contextRegistry(context: Context, name: string): Registry {
  const { host, limits } = context;
  const credentials = storedCredentials(host, {
    onProblem: (message) => {
      context.note(`! ${safeText(message)}`);
    },
  });
  return openRegistry(host, name, { credentials, config: readRegistryConfig(host), limits });
}
