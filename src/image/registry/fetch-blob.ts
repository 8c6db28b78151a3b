// distribution-spec spec.md#pulling-blobs. A connection that is cut is no reason to begin again: the
// rest is asked for by Range (RFC 9110 section 14), and who hashes goes on with the hash.
import { pause } from '../../host/pause.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { CutawayError, during } from '../../oci/error.js';
import { verified } from '../verify.js';
import { readBody } from './response-body.js';
import type { Registry, RegistryResponse } from './registry-client.js';
import { backoff, isTransient } from './retry.js';

export interface BlobRequest {
  readonly registry: Registry;
  readonly repository: string;
  readonly descriptor: Descriptor;
  /** `layer 3 sha256:…`: for messages. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

/** All of a small blob, verified. */
export async function fetchSmallBlob(request: BlobRequest): Promise<Buffer> {
  const { descriptor, what, registry } = request;
  const { digest, size } = descriptor;
  const { documentSize } = registry.limits;
  const bytes =
    descriptor.data === undefined
      ? streamBlob(request)
      : [Buffer.from(descriptor.data, 'base64')].values();
  const chunks = verified(toAsync(bytes), { digest, size, what });
  return await readBody(chunks, documentSize, `read ${what}`);
}

async function* toAsync(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

/** What has come since the last failure, from which on a failure is the first again. */
const PROGRESS = 65_536;

/**
 * The bytes from `start` to `end` (exclusive; default to the end), not verified: who wants all of
 * them hashes them on the way.
 */
export async function* streamBlob(
  request: BlobRequest,
  { start = 0, end = request.descriptor.size }: { start?: number; end?: number } = {},
): AsyncGenerator<Buffer> {
  const { signal, what } = request;
  const { attempts } = request.registry.config;
  let position = start;
  for (let failures = 0; position < end;) {
    const before = position;
    try {
      for await (const chunk of await openFrom(request, position, end)) {
        position += chunk.length;
        yield chunk;
      }
    } catch (error) {
      if (!isTransient(error)) throw error;
      failures = position - before >= PROGRESS ? 1 : failures + 1;
      if (failures >= attempts) {
        throw during(`read ${what} at ${position} of ${end}, tried ${failures} times`, error);
      }
      await pause(backoff(failures), signal);
    }
  }
}

/** The chunks from `position` on; fails when more come or fewer, and not because of the network. */
async function openFrom(
  request: BlobRequest,
  position: number,
  end: number,
): Promise<AsyncIterable<Buffer>> {
  const { registry, repository, descriptor, what, signal } = request;
  const isPart = position > 0 || end < descriptor.size;
  const response = await registry.request('GET', `/v2/${repository}/blobs/${descriptor.digest}`, {
    what: `read ${what}`,
    scope: `repository:${repository}:pull`,
    mirrors: true,
    signal,
    ...(isPart ? { headers: { range: `bytes=${position}-${end - 1}` } } : {}),
  });
  // A server need not know ranges: then it sends all, and what is known already is skipped.
  const from = response.status === 206 ? position : 0;
  try {
    checkPlace(response, descriptor, { from, end, what });
  } catch (error) {
    response.body.discard();
    throw error;
  }
  return within(response.body, { skip: position - from, take: end - position, what, descriptor });
}

interface Place {
  readonly from: number;
  readonly end: number;
  readonly what: string;
}

/** Before the first byte: whether the server speaks of the same bytes. */
function checkPlace(
  { status, headers }: RegistryResponse,
  descriptor: Descriptor,
  { from, end, what }: Place,
): void {
  if (status === 206) {
    const [, first] = /^bytes (\d+)-\d+\//.exec(headers['content-range'] ?? '') ?? [];
    if (Number(first) !== from) {
      throw new CutawayError(
        'UNAVAILABLE',
        `read ${what}: asked for bytes from ${from}, the registry sends others`,
      );
    }
  }
  const length = headers['content-length'];
  const expected = status === 206 ? end - from : descriptor.size;
  if (length !== undefined && Number(length) !== expected) {
    throw wrongSize(what, descriptor, `${Number(length) + from} bytes`);
  }
}

interface Part {
  readonly skip: number;
  readonly take: number;
  readonly what: string;
  readonly descriptor: Descriptor;
}

async function* within(
  source: AsyncIterable<Buffer>,
  { skip, take, what, descriptor }: Part,
): AsyncGenerator<Buffer> {
  let position = -skip;
  for await (const chunk of source) {
    const part = chunk.subarray(Math.max(0, -position), Math.max(0, take - position));
    position += chunk.length;
    if (part.length > 0) yield part;
    if (position > take && skip + take === descriptor.size) {
      throw wrongSize(what, descriptor, `more than ${descriptor.size} bytes`);
    }
    if (position >= take) break;
  }
  if (position < take) throw wrongSize(what, descriptor, `${position + skip} bytes`);
}

function wrongSize(what: string, { digest, size }: Descriptor, actual: string): CutawayError {
  return new CutawayError(
    'CORRUPT',
    `read ${what}: the registry has ${actual} instead of ${size}`,
    {
      data: { digest, expected: size },
    },
  );
}
