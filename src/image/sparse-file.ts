// The content of a file with holes, which an index knows no place of: its map stands in the tar.
import { decodeName } from '../oci/byte-name.js';
import { CutawayError } from '../oci/error.js';
import type { ImageLayer } from './image.js';
import type { Limits } from './limits.js';
import type { SeekPoints } from './seek-points.js';
import { canonicalPath } from './tar-path.js';
import { TarReader } from './tar-reader.js';
import type { SparseRegion } from './tar-sparse.js';

interface SparseFile {
  readonly bodyOffset: number;
  readonly size: number;
  readonly realSize: number;
  readonly regions: readonly SparseRegion[];
}

/** The bytes of a sparse file of a layer, zeros for its holes; reads the whole layer to find it. */
export async function* readSparseFile(
  layer: ImageLayer,
  path: string,
  options: { readonly points?: SeekPoints | undefined; readonly limits?: Partial<Limits> } = {},
): AsyncGenerator<Buffer> {
  const file = await findSparseFile(layer, path, options.limits ?? {});
  if (file === undefined) {
    throw new CutawayError('CORRUPT', `read "${path}" of layer ${layer.index}: it has no content`);
  }
  const data = layer.readRange(file.bodyOffset, file.size, options.points);
  yield* fillHoles(data, file.regions, file.realSize);
}

/** The last of that name counts, as when the tar is unpacked. */
async function findSparseFile(
  layer: ImageLayer,
  path: string,
  limits: Partial<Limits>,
): Promise<SparseFile | undefined> {
  let found: SparseFile | undefined;
  const reader = new TarReader(
    {
      entry: ({ name, type, sparse, bodyOffset, size, realSize }) => {
        if (type !== 'file' || canonicalPath(decodeName(name)) !== path) return;
        const regions = sparse?.regions;
        found = regions === undefined ? undefined : { bodyOffset, size, realSize, regions };
      },
    },
    { limits },
  );
  for await (const chunk of layer.openTar() as AsyncIterable<Buffer>) reader.push(chunk);
  return found;
}

const ZEROS = Buffer.alloc(1 << 16);

/** `data`: the regions one behind the other. */
export async function* fillHoles(
  data: AsyncIterable<Buffer>,
  regions: readonly SparseRegion[],
  realSize: number,
): AsyncGenerator<Buffer> {
  let position = 0;
  let number = 0;
  for await (const chunk of data) {
    for (let at = 0; at < chunk.length;) {
      const region = regions[number];
      if (region === undefined) break;
      yield* zeros(region.offset - position);
      position = Math.max(position, region.offset);
      const end = region.offset + region.length;
      const part = chunk.subarray(at, at + end - position);
      if (part.length > 0) yield part;
      at += part.length;
      position += part.length;
      if (position === end) number += 1;
    }
  }
  yield* zeros(realSize - position);
}

function* zeros(count: number): Generator<Buffer> {
  for (let left = count; left > 0; left -= ZEROS.length) {
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
  }
}
