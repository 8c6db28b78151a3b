// The bytes of files: from the blob of a layer, without what comes before them where a seek point
// allows it, or from a directory on a disk. Every byte is compared with what the index says of it.
import { createHash } from 'node:crypto';
import type { ReadHost } from '../host/host.js';
import type { ImageLayer } from '../image/image.js';
import type { SeekPoints } from '../image/seek-points.js';
import { readSparseFile } from '../image/sparse-file.js';
import { CutawayError, during } from '../oci/error.js';
import { pathOf } from '../overlay/layer-columns.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import type { MergedTree } from '../overlay/merged-tree.js';
import type { Stack, StackLayer } from './stack.js';

/** Where the bytes of a layer's files are. */
export type LayerSource =
  | {
      readonly kind: 'blob';
      readonly layer: ImageLayer;
      /** Those that the engine keeps of it. */
      readonly findSeekPoints: () => SeekPoints | undefined;
    }
  | { readonly kind: 'directory'; readonly directory: string; readonly host: ReadHost };

/** A file of a layer, which has its bytes. */
export interface ContentPlace {
  readonly source: LayerSource;
  /** 1 is the base. */
  readonly layer: number;
  /** As the layer says it; its path is the one that it has there. */
  readonly entry: OrdinaryEntry;
}

/** Where a file of the merged tree has its content: the layer itself, or one below a metacopy. */
export function findContent(stack: Stack, tree: MergedTree, row: number): ContentPlace {
  const { entry, layer, content } = tree.entry(row);
  if (content !== undefined) return placeOf(stack.layers[content.layer - 1], content);
  const { row: source } = tree.claim(row);
  const columns = tree.sources[layer - 1]?.columns;
  const path = columns === undefined ? entry.path : pathOf(columns, source);
  return placeOf(stack.layers[layer - 1], { layer, entry: { ...entry, path } });
}

/** Of a layer as it lies. */
export function placeOf(
  layer: StackLayer | undefined,
  found: { readonly layer: number; readonly entry: OrdinaryEntry },
): ContentPlace {
  if (layer?.source === undefined) {
    throw new CutawayError('UNSUPPORTED', `layer ${found.layer} has no files that can be read`);
  }
  if (found.entry.metacopy === true) {
    const message = `read "${found.entry.path}": layer ${found.layer} has its metadata only`;
    throw new CutawayError('NOT_FOUND', message, { hint: 'its content is in a layer below' });
  }
  return { source: layer.source, ...found };
}

/** The content of one file; fails with CORRUPT at its end when it is not what the index says. */
export async function* readContent({ source, layer, entry }: ContentPlace): AsyncGenerator<Buffer> {
  const chunks =
    source.kind === 'directory' ? fileChunks(source, entry) : blobChunks(source, entry);
  yield* verifiedContent(chunks, { layer, entry });
}

export async function* verifiedContent(
  chunks: AsyncIterable<Buffer>,
  { layer, entry }: Pick<ContentPlace, 'layer' | 'entry'>,
): AsyncGenerator<Buffer> {
  const { sha256, path } = entry;
  const hash = sha256 === undefined ? undefined : createHash('sha256');
  const what = `read "${path}" of layer ${layer}`;
  try {
    for await (const chunk of chunks) {
      hash?.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw during(what, error);
  }
  const actual = hash?.digest('hex');
  if (actual === sha256) return;
  const message = `${what}: its content has the sha256 ${actual ?? ''}, not ${sha256 ?? ''}`;
  throw new CutawayError('CORRUPT', message, { data: { path, expected: sha256, actual } });
}

async function* fileChunks(
  { directory, host }: LayerSource & { kind: 'directory' },
  { path }: OrdinaryEntry,
): AsyncGenerator<Buffer> {
  const file = host.openBeneath(directory, path);
  try {
    yield* file.stream() as AsyncIterable<Buffer>;
  } finally {
    file.close();
  }
}

async function* blobChunks(
  { layer, findSeekPoints }: LayerSource & { kind: 'blob' },
  { path, hardLinkTo, size, offset }: OrdinaryEntry,
): AsyncGenerator<Buffer> {
  if (offset !== undefined) {
    yield* layer.readRange(offset, size, size === 0 ? undefined : findSeekPoints());
    return;
  }
  // A hard link to what is not in this layer has nothing.
  if (size === 0 && hardLinkTo !== undefined) {
    const message = `a hard link to "${hardLinkTo}", which is not in this layer`;
    throw new CutawayError('NOT_FOUND', message);
  }
  yield* readSparseFile(layer, hardLinkTo ?? path, { points: findSeekPoints() });
}
