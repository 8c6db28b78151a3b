// From words on the command line to the subjects of a question.
import { loadEngines } from '../engines/load-engines.js';
import {
  resolveTarget,
  type ContainerTarget,
  type ImageTarget,
  type Target,
  type TargetContext,
} from '../inspect/target.js';
import { CutawayError } from '../oci/error.js';
import { parsePlatform } from '../oci/platform.js';
import { seenLayers } from '../runtime/store/seen-layers.js';
import type { OptionSpecs } from './command.js';
import type { Context } from './context.js';

export const PLATFORM_OPTION = {
  platform: {
    type: 'string',
    value: 'OS/ARCH[/VARIANT]',
    describe: 'which image of several platforms; else that of this machine',
  },
} as const satisfies OptionSpecs;

/** `only`: engines that are asked, instead of those that the user chose. */
export async function targetContext(
  context: Context,
  platform?: string,
  only: readonly string[] = context.engines.only,
): Promise<TargetContext> {
  const wanted = platform === undefined ? context.platform : parsePlatform(platform);
  const { limits, engines: chosen } = context;
  const { roots, dataRoot } = chosen;
  const host = chosen.host ?? context.host;
  const isLive = chosen.host === undefined;
  const { engines, problems } = await loadEngines({
    ...{ host, isLive, platform: wanted, limits, dataRoot, only, roots },
  });
  return {
    host: context.host,
    isLive,
    isWhole: only.length === 0,
    engines,
    engineProblems: problems,
    platform: wanted,
    limits,
    isExplicit: platform !== undefined,
    registryOptions: async () => (await import('./registry-options.js')).registryOptions(context),
    ...(context.noCache ? {} : { memory: seenLayers(context.host, context.dataRoot) }),
  };
}

/** Answers for something that has files, and closes it. */
export async function withTree<Value>(
  targets: TargetContext,
  text: string,
  answer: (target: ImageTarget | ContainerTarget) => Promise<Value> | Value,
): Promise<Value> {
  return await withTarget(targets, text, async (target) => {
    if (target.kind !== 'process') return await answer(target);
    throw new CutawayError('UNSUPPORTED', `"${text}" is a process: it has no layers of its own`, {
      hint: 'name its container',
    });
  });
}

export async function withTarget<Value>(
  targets: TargetContext,
  text: string,
  answer: (target: Target) => Promise<Value> | Value,
): Promise<Value> {
  const target = await resolveTarget(targets, text);
  try {
    return await answer(target);
  } finally {
    target.close();
  }
}
