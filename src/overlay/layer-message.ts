// What goes between a thread that wants layers indexed and one that does it: plain data.
import type { LayerLocation } from '../image/image.js';
import type { Limits } from '../image/limits.js';
import { formatSeekPoints, parseSeekPoints } from '../image/seek-points-file.js';
import { CutawayError, type ErrorCode } from '../oci/error.js';
import type { Digest } from '../oci/digest.js';
import type { Problem } from '../oci/problem.js';
import { formatIndexFile, parseIndexFile } from './index-file.js';
import type { IndexedLayer } from './index-layer.js';

export interface LayerRequest {
  readonly location: LayerLocation;
  readonly limits: Partial<Limits> | undefined;
  readonly seekPoints: boolean;
}

export type LayerReply =
  | { readonly kind: 'layer'; readonly layer: PackedLayer }
  | { readonly kind: 'error'; readonly error: PackedError };

/** Bytes in buffers of their own, which go to the other thread without a copy. */
interface PackedLayer {
  readonly index: Uint8Array<ArrayBuffer>;
  readonly problems: readonly Problem[];
  readonly seekPoints: Uint8Array<ArrayBuffer> | undefined;
}

/** Classes do not survive the way: `code` tells one of ours. */
interface PackedError {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  readonly cause: Error | undefined;
}

/** Also the buffers that are to be given away. */
export function packLayer(layer: IndexedLayer): { reply: LayerReply; transfer: ArrayBuffer[] } {
  const index = new Uint8Array(formatIndexFile(layer.index));
  const seekPoints = layer.seekPoints && new Uint8Array(formatSeekPoints(layer.seekPoints));
  return {
    reply: { kind: 'layer', layer: { index, problems: layer.problems, seekPoints } },
    transfer: [index.buffer, ...(seekPoints === undefined ? [] : [seekPoints.buffer])],
  };
}

export function packError(error: unknown): LayerReply {
  const isOurs = error instanceof CutawayError;
  const thrown = error instanceof Error ? error : new Error(String(error));
  return {
    kind: 'error',
    error: {
      code: isOurs ? error.code : undefined,
      message: thrown.message,
      hint: isOurs ? error.hint : undefined,
      data: isOurs ? error.data : {},
      // Of an error that is none of ours, its stack matters more than what caused it.
      cause: isOurs ? causeOf(error) : thrown,
    },
  };
}

/** The layer of the blob with this digest, or the error of the other thread, thrown. */
export function unpackLayer(reply: LayerReply, digest: Digest): IndexedLayer {
  if (reply.kind === 'error') throw unpackError(reply.error);
  const { index, problems, seekPoints } = reply.layer;
  return {
    index: parseIndexFile(index),
    problems,
    seekPoints: seekPoints && parseSeekPoints(Buffer.from(seekPoints.buffer), digest),
  };
}

function unpackError({ code, message, hint, data, cause }: PackedError): Error {
  if (code === undefined) return cause ?? new Error(message);
  return new CutawayError(code, message, {
    data,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function causeOf({ cause }: Error): Error | undefined {
  return cause instanceof Error ? new Error(cause.message) : undefined;
}
