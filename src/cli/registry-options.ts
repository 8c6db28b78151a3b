import { readRegistryConfig } from '../image/registry/registry-config.js';
import type { RegistryOptions } from '../image/registry/registry-client.js';
import type { Context } from './context.js';

/** How this user speaks with registries. */
export function registryOptions({ host, limits }: Context): RegistryOptions {
  return { config: readRegistryConfig(host), limits };
}
