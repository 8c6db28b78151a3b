// What a container is to be beyond its program: limits, privilege, namespaces, files.
import { processorCount } from '../../host/processors.js';
import { fitResources } from '../../runtime/cgroup-support.js';
import { checkResources } from '../../runtime/spec/resources.js';
import type { ContainerSettings } from '../../runtime/spec/settings.js';
import type { OptionSpecs, OptionValues } from '../command.js';
import type { Context } from '../context.js';
import { LIMIT_OPTIONS, readLimits } from './limit-options.js';

export const CREATE_SETTINGS = { ...LIMIT_OPTIONS } as const satisfies OptionSpecs;

/** Warns of what this host cannot do. */
export function readSettings(
  context: Context,
  options: OptionValues<typeof CREATE_SETTINGS>,
): ContainerSettings {
  const limits = readLimits(options);
  checkResources(limits, processorCount());
  const { wishes, warnings } = fitResources(context.host, limits);
  for (const warning of warnings) context.note(`warning: ${warning}`);
  return { ...(Object.keys(wishes).length === 0 ? {} : { resources: wishes }) };
}
