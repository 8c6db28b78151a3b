// What made each layer of a stack: its digests and its step of the history.
import type { ImageLayer } from '../image/image.js';
import { alignHistory, commandOf } from '../oci/history.js';
import type { Digest } from '../oci/digest.js';
import type { Origin } from './documents/origin.js';
import { findContainerImage, type Stack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

/** One for each layer of the stack of `target`, base first. */
export function layerOrigins(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  stack: Stack,
): Origin[] {
  const image = (target.kind === 'image' ? target : findContainerImage(context, target))?.image;
  const history = alignHistory(image?.config.history ?? [], image?.layers.length ?? 0);
  return stack.layers.map(({ role }, at): Origin => {
    if (role !== 'layer') return { layer: at + 1, role };
    const layer = image?.layers[at];
    const step = history.layers[at];
    const command = commandOf(step);
    return {
      layer: at + 1,
      role,
      ...(layer === undefined ? {} : { ...blobDigest(layer), diffID: layer.diffID }),
      ...(step?.created_by === undefined ? {} : { createdBy: step.created_by }),
      ...(command === '' ? {} : { command }),
      ...(step?.created === undefined ? {} : { createdAt: step.created }),
    };
  });
}

/** Of what is stored, or was pulled: an engine that unpacks a layer may forget it. */
export function blobDigest({ descriptor, diffID, unpackedOnly }: ImageLayer): { digest?: Digest } {
  const isUnknown = unpackedOnly === true && descriptor.digest === diffID;
  return isUnknown ? {} : { digest: descriptor.digest };
}
