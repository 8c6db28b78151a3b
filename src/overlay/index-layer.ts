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
  const tar = layer.readTar({
    onProblem: (problem) => problems.push(problem),
    ...(seekPoints === true ? { onSeekPoints: (found) => (points = found) } : {}),
  });
  const { diffID } = layer;
  const index = await indexTar(untilStopped(tar, layer, signal), {
    diffID,
    ...(limits === undefined ? {} : { limits }),
  });
  return { index, problems, seekPoints: points };
}

async function* untilStopped(
  chunks: AsyncIterable<Buffer>,
  layer: ImageLayer,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    if (signal?.aborted === true) {
      throw new CutawayError('CANCELED', `index layer ${layer.index}: stopped`);
    }
    yield chunk;
  }
}
