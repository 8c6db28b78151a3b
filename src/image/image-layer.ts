import { Readable } from 'node:stream';
import { chainIDs } from '../oci/chain-id.js';
import type { ReadHost } from '../host/host.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import { layerCompression } from '../oci/media-type.js';
import type { Problem } from '../oci/problem.js';
import { compressionProblem, decompress, detectCompression, MAGIC_LENGTH } from './decompress.js';
import type { ImageLayer, LayerLocation, OpenTarOptions } from './image.js';
import type { Limits } from './limits.js';
import { locatedStore, type MemberStore, type StreamRange } from './member-store.js';
import { readTarRange, type RandomBlob } from './random-access.js';
import type { SeekPoint } from './seek-points.js';
import { verified } from './verify.js';

/** Where a layer's bytes are. */
export interface StoredLayer {
  readonly descriptor: Descriptor;
  readonly member: string;
}

/** The layers over their stored bytes, with what can be said of those without reading them. */
export function makeLayers(
  store: MemberStore,
  stored: readonly StoredLayer[],
  diffIDs: readonly Digest[],
  limits: Limits,
): { layers: ImageLayer[]; problems: Problem[] } {
  if (stored.length !== diffIDs.length) {
    const counts = `${stored.length} layers, but ${diffIDs.length} diff_ids in the config`;
    throw new CutawayError('CORRUPT', `read image of ${store.what}: ${counts}`, {
      data: { expected: diffIDs.length, actual: stored.length },
    });
  }
  const chain = chainIDs(diffIDs);
  const layers = stored.map((layer, index) =>
    makeLayer(store, layer, {
      index: index + 1,
      diffID: diffIDs[index] ?? layer.descriptor.digest,
      chainID: chain[index] ?? layer.descriptor.digest,
      limits,
    }),
  );
  return {
    layers,
    problems: stored.flatMap((layer, index) => listStoredProblems(store, layer, index + 1)),
  };
}

/** The layer that another thread has told the location of. */
export function openLayer(host: Pick<ReadHost, 'openFile'>, location: LayerLocation): ImageLayer {
  const { store, file, member, descriptor } = location;
  return makeLayer(locatedStore(host, store, file), { descriptor, member }, location);
}

/** Which layer of which image. */
export interface LayerPlace {
  readonly index: number;
  readonly diffID: Digest;
  readonly chainID: Digest;
  readonly limits: Limits;
}

/** The stored bytes of a layer, wherever they are. */
export interface LayerBytes {
  /** Throws when they are not there. */
  check(): void;
  stream(range?: StreamRange): AsyncIterable<Buffer>;
  /** All of them; a chunk is good until the next one is asked for. */
  lend?(): AsyncIterable<Buffer>;
  readHead(length: number): Buffer | Promise<Buffer>;
}

function makeLayer(store: MemberStore, layer: StoredLayer, place: LayerPlace): ImageLayer {
  const { descriptor, member } = layer;
  const what = layerName(descriptor, place);
  const bytes: LayerBytes = {
    check: () => {
      if (store.findSize(member) === undefined) throw missing(store, what, descriptor);
    },
    stream: (range) => streamOf(store, member, range),
    lend: () => lend(store, member),
    readHead: (length) => store.readHead(member, length),
  };
  return {
    ...layerOver(bytes, descriptor, place),
    location: () => {
      if (store.findSize(member) === undefined) return undefined;
      const file = store.locate(member);
      return file && { store: store.what, member, file, descriptor, ...place };
    },
  };
}

function layerName({ digest }: Descriptor, { index }: Pick<LayerPlace, 'index'>): string {
  return `layer ${index} ${digest}`;
}

/** The layer with these bytes, in no file that another thread could open. */
export function layerOver(
  bytes: LayerBytes,
  descriptor: Descriptor,
  { index, diffID, chainID, limits }: LayerPlace,
): ImageLayer {
  const what = layerName(descriptor, { index });
  const declared = layerCompression(descriptor.mediaType);
  const checkType = () => {
    if (declared === undefined) throw unknownType(what, descriptor.mediaType);
  };
  // Generators, so that what is wrong is an error of the stream and not of opening it.
  async function* blob(isLent = false): AsyncGenerator<Buffer> {
    bytes.check();
    const { digest, size } = descriptor;
    const chunks = (isLent ? bytes.lend?.() : undefined) ?? bytes.stream();
    yield* verified(chunks, { digest, size, what });
  }
  async function* tar(
    { onProblem, onSeekPoints }: OpenTarOptions = {},
    isLent = false,
  ): AsyncGenerator<Buffer> {
    checkType();
    bytes.check();
    let points: readonly SeekPoint[] | undefined;
    const keep = onSeekPoints && ((found: readonly SeekPoint[]) => (points = found));
    const options = { declared, what, limits, onProblem, onSeekPoints: keep };
    const plain = decompress(blob(isLent), options);
    // The digest of a plain tar is its diffID: hashing it once will do.
    if (diffID === descriptor.digest) yield* plain;
    else yield* verified(plain, { digest: diffID, what: `layer ${index}, uncompressed` });
    if (points !== undefined) onSeekPoints?.({ digest: descriptor.digest, points });
  }
  const randomBlob: RandomBlob = {
    what,
    digest: descriptor.digest,
    size: descriptor.size,
    limits,
    readHead: (length) => {
      bytes.check();
      checkType();
      return bytes.readHead(length);
    },
    stream: (range) => bytes.stream(range),
  };
  return {
    index,
    descriptor,
    diffID,
    chainID,
    openBlob: () => toStream(blob()),
    openTar: (options) => toStream(tar(options)),
    readTar: (options) => tar(options, true),
    readRange: (offset, length, points) => readTarRange(randomBlob, { offset, length }, points),
    location: () => undefined,
  };
}

function streamOf(store: MemberStore, member: string, range?: StreamRange): AsyncIterable<Buffer> {
  return store.stream(member, range) as AsyncIterable<Buffer>;
}

/** Only as it lies: what decompresses may still have a chunk when it asks for the next. */
function lend(store: MemberStore, member: string): AsyncIterable<Buffer> {
  const isPlain = detectCompression(store.readHead(member, MAGIC_LENGTH)) === 'none';
  return (isPlain ? store.lend?.(member) : undefined) ?? streamOf(store, member);
}

function listStoredProblems(store: MemberStore, layer: StoredLayer, index: number): Problem[] {
  const { digest, size, mediaType } = layer.descriptor;
  const what = `layer ${index} ${digest}`;
  const stored = store.findSize(layer.member);
  if (stored === undefined) {
    const message = `${what} is not in ${store.what}`;
    return [{ code: 'layer-missing', message, path: layer.member }];
  }
  if (stored !== size) {
    const message = `${what} has ${stored} bytes instead of ${size}`;
    return [{ code: 'layer-size-mismatch', message, path: layer.member }];
  }
  const declared = layerCompression(mediaType);
  if (declared === undefined) {
    const message = `${what} is of the unknown type ${JSON.stringify(mediaType)}`;
    return [{ code: 'layer-type-unknown', message }];
  }
  const actual = detectCompression(store.readHead(layer.member, MAGIC_LENGTH));
  const problem = compressionProblem(declared, actual, what);
  return problem === undefined ? [] : [problem];
}

/** Chunks pass as they are: a stream of bytes would join what waits into new buffers. */
function toStream(chunks: AsyncIterable<Buffer>): Readable {
  return Readable.from(chunks, { highWaterMark: 2 });
}

function missing(store: MemberStore, what: string, descriptor: Descriptor): CutawayError {
  const { digest, urls = [] } = descriptor;
  const detail = urls.length === 0 ? {} : { hint: `its descriptor names ${urls.join(', ')}` };
  return new CutawayError('NOT_FOUND', `read ${what}: not in ${store.what}`, {
    ...detail,
    data: { digest },
  });
}

function unknownType(what: string, mediaType: string): CutawayError {
  const reason = `media type ${JSON.stringify(mediaType)} is not supported`;
  return new CutawayError('UNSUPPORTED', `read ${what}: ${reason}`, { data: { mediaType } });
}
