// What a layer of an image says, from its stored bytes.
import type { ImageLayer } from '../image/image.js';
import type { Limits } from '../image/limits.js';
import type { SeekPoints } from '../image/seek-points.js';
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { indexTar } from './index-tar.js';
import type { LayerIndex } from './layer-index.js';

export interface IndexLayerOptions {
  readonly limits?: Partial<Limits> | undefined;
  /** Also note where reading the blob can start; it costs a few hundredths of the time. */
  readonly seekPoints?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface IndexedLayer {
  readonly index: LayerIndex;
  /** Of the blob, beside those of the tar in it, which are in the index. */
  readonly problems: readonly Problem[];
  /** Only when asked for, and not of a blob that is not compressed. */
  readonly seekPoints: SeekPoints | undefined;
}

/** Reads, verifies and decompresses the blob once. */
export async function indexLayer(
  layer: ImageLayer,
  { limits, seekPoints, signal }: IndexLayerOptions = {},
): Promise<IndexedLayer> {
  const problems: Problem[] = [];
  let points: SeekPoints | undefined;
  const tar = layer.openTar({
    onProblem: (problem) => problems.push(problem),
    ...(seekPoints === true ? { onSeekPoints: (found) => (points = found) } : {}),
  });
  const stop = () => {
    tar.destroy(new CutawayError('CANCELED', `index layer ${layer.index}: stopped`));
  };
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop);
  try {
    const { diffID } = layer;
    const index = await indexTar(tar as AsyncIterable<Buffer>, {
      diffID,
      ...(limits === undefined ? {} : { limits }),
    });
    return { index, problems, seekPoints: points };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
