import { readRegistryConfig } from '../image/registry/registry-config.js';
import type { RegistryOptions } from '../image/registry/registry-client.js';
import { storedCredentials } from '../image/registry/stored-credentials.js';
import { safeText } from '../report/text.js';
import type { Context } from './context.js';

/** How this user speaks with registries. */
export function registryOptions(context: Context): RegistryOptions {
  const { host, limits } = context;
  const onProblem = (message: string) => {
    context.note(`! ${safeText(message)}`);
  };
  return {
    config: readRegistryConfig(host),
    credentials: storedCredentials(host, { onProblem }),
    limits,
  };
}
