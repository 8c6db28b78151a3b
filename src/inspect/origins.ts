// What made each layer of a stack: its digests and its step of the history.
import { alignHistory, commandOf } from '../oci/history.js';
import type { Origin } from './documents/origin.js';
import { containerImage, type Stack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

/** One for each layer of the stack of `target`, base first. */
export function layerOrigins(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  stack: Stack,
): Origin[] {
  const { image } = target.kind === 'image' ? target : containerImage(context, target);
  const history = alignHistory(image.config.history, image.layers.length);
  return stack.layers.map(({ role }, at): Origin => {
    if (role !== 'layer') return { layer: at + 1, role };
    const layer = image.layers[at];
    const step = history.layers[at];
    const command = commandOf(step);
    return {
      layer: at + 1,
      role,
      ...(layer === undefined ? {} : { digest: layer.descriptor.digest, diffID: layer.diffID }),
      ...(step?.created_by === undefined ? {} : { createdBy: step.created_by }),
      ...(command === '' ? {} : { command }),
      ...(step?.created === undefined ? {} : { createdAt: step.created }),
    };
  });
}
