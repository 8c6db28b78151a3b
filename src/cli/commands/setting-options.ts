// What a container is to be beyond its program: limits, privilege, names, namespaces.
import { processorCount } from '../../host/processors.js';
import { present } from '../../oci/json-reader.js';
import { fitResources } from '../../runtime/cgroup-support.js';
import { checkResources } from '../../runtime/spec/resources.js';
import type { ContainerSettings } from '../../runtime/spec/settings.js';
import type { OptionSpecs, OptionValues } from '../command.js';
import type { Context } from '../context.js';
import { LIMIT_OPTIONS, readLimits } from './limit-options.js';
import { NAME_OPTIONS, readNames } from './name-options.js';
import { NAMESPACE_OPTIONS, readNamespaces } from './namespace-options.js';
import { orNothing, PRIVILEGE_OPTIONS, readPrivilege } from './privilege-options.js';

export const CREATE_SETTINGS = {
  ...NAMESPACE_OPTIONS,
  ...NAME_OPTIONS,
  ...LIMIT_OPTIONS,
  ...PRIVILEGE_OPTIONS,
} as const satisfies OptionSpecs;

/** Warns of what this host cannot do. */
export function readSettings(
  context: Context,
  options: OptionValues<typeof CREATE_SETTINGS>,
): ContainerSettings {
  const limits = readLimits(options);
  checkResources(limits, processorCount());
  const { wishes, warnings } = fitResources(context.host, limits);
  for (const warning of warnings) context.note(`warning: ${warning}`);
  return {
    ...present({
      resources: orNothing(wishes),
      namespaces: orNothing(readNamespaces(options)),
    }),
    ...readPrivilege(context, options),
    ...readNames(options),
  };
}
