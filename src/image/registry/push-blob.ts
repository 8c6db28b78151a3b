// One blob into a repository: asked for, else mounted from beside, else uploaded
// (distribution-spec spec.md#push).
import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pause } from '../../host/pause.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { digestAlgorithm, digestHex, type Digest } from '../../oci/digest.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import { verified } from '../verify.js';
import type { Registry, RegistryResponse } from './registry-client.js';
import { backoff, isWorthRepeating, MOST_PATIENCE } from './retry.js';

export interface BlobSource {
  /** The stored bytes from `start` to `end` (exclusive); each call begins anew. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

export interface PushedBlob {
  readonly descriptor: Descriptor;
  readonly source: BlobSource;
  /** A repository of the same registry that has it; asked only when it is wanted. */
  readonly findMount: (digest: Digest) => Promise<string | undefined>;
}

export interface PushBlobOptions {
  /** "push localhost:5000/web:1", in front of an error's message. */
  readonly what: string;
  readonly repository: string;
  /** Bytes of one request; default: all of a blob. */
  readonly chunkSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes sent so far; fewer than before when something was sent again. */
  readonly onBytes: (bytes: number) => void;
}

export type BlobOutcome =
  { readonly state: 'exists' | 'pushed' } | { readonly state: 'mounted'; readonly from: string };

export async function pushBlob(
  registry: Registry,
  blob: PushedBlob,
  options: PushBlobOptions,
): Promise<BlobOutcome> {
  const upload = new BlobUpload(registry, blob, options);
  if (await upload.exists()) return { state: 'exists' };
  const from = await blob.findMount(blob.descriptor.digest);
  const mount = from === undefined ? undefined : await upload.mount(from);
  if (from !== undefined && mount?.isMounted === true) return { state: 'mounted', from };
  let location = mount?.location;
  for (let attempt = 1; ; attempt += 1) {
    try {
      location ??= await upload.begin();
      await upload.send(location);
      return { state: 'pushed' };
    } catch (error) {
      // What was begun is of no use any more: a registry takes no second beginning of it.
      location = undefined;
      await waitToRepeat(error, attempt, registry, options.signal);
    }
  }
}

/** Throws what is worth no further attempt. */
async function waitToRepeat(
  error: unknown,
  attempt: number,
  { config }: Registry,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (attempt >= config.attempts || !isWorthRepeating(error)) throw error;
  const asked = hasCode(error, 'UNAVAILABLE') ? Number(error.data['retryAfterSeconds'] ?? 0) : 0;
  const wait = Math.max(backoff(attempt), asked * 1000);
  if (wait > MOST_PATIENCE) throw error;
  await pause(wait, signal);
}

interface UploadState {
  readonly location: string;
  /** Bytes that the registry has. */
  readonly start: number;
}

/** The exchanges for one blob. */
class BlobUpload {
  readonly #registry: Registry;
  readonly #blob: PushedBlob;
  readonly #options: PushBlobOptions;
  readonly #path: string;
  readonly #scope: string;

  constructor(registry: Registry, blob: PushedBlob, options: PushBlobOptions) {
    this.#registry = registry;
    this.#blob = blob;
    this.#options = options;
    this.#path = `/v2/${options.repository}/blobs/`;
    this.#scope = `repository:${options.repository}:pull,push`;
  }

  get #common() {
    const { what, signal } = this.#options;
    return { what: `${what}: blob ${this.#digest}`, scope: this.#scope, signal };
  }

  get #digest(): Digest {
    return this.#blob.descriptor.digest;
  }

  async exists(): Promise<boolean> {
    const response = await this.#registry.request('HEAD', this.#path + this.#digest, {
      ...this.#common,
      answers: [404],
    });
    response.body.discard();
    return response.status !== 404;
  }

  /** Where the registry would not, it may say where to upload to instead. */
  async mount(from: string): Promise<{ isMounted: boolean; location: string | undefined }> {
    const nothing = { isMounted: false, location: undefined };
    const query = new URLSearchParams({ mount: this.#digest, from });
    try {
      const response = await this.#registry.request(
        'POST',
        `${this.#path}uploads/?${query.toString()}`,
        {
          ...this.#common,
          scope: [this.#scope, `repository:${from}:pull`],
          answers: [404, 405],
          headers: { 'content-length': '0' },
        },
      );
      response.body.discard();
      if (response.status === 201) return { isMounted: true, location: undefined };
      return response.status === 202 ? { ...nothing, location: locationOf(response) } : nothing;
    } catch (error) {
      // Who may not read there may still write here.
      if (hasCode(error, 'PERMISSION_DENIED')) return nothing;
      throw error;
    }
  }

  async begin(): Promise<string> {
    const response = await this.#registry.request('POST', `${this.#path}uploads/`, {
      ...this.#common,
      headers: { 'content-length': '0' },
      // What nobody goes on with is forgotten by the registry.
      retry: true,
    });
    response.body.discard();
    return locationOf(response);
  }

  async send(location: string): Promise<void> {
    const { chunkSize } = this.#options;
    const { size } = this.#blob.descriptor;
    this.#options.onBytes(0);
    if (chunkSize === undefined || size <= chunkSize) await this.#sendWhole(location);
    else await this.#finish(await this.#sendChunks(location, chunkSize));
  }

  async #sendWhole(location: string): Promise<void> {
    const { descriptor, source } = this.#blob;
    const { digest, size } = descriptor;
    const body = () =>
      Readable.from(
        this.#counted(verified(source.read(0, size), { digest, size, what: `blob ${digest}` }), 0),
        { objectMode: false },
      );
    const response = await this.#registry.request('PUT', withDigest(location, digest), {
      ...this.#common,
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body,
      retry: false,
    });
    response.body.discard();
  }

  /** Resolves to where the upload is finished. */
  async #sendChunks(first: string, chunkSize: number): Promise<string> {
    const { digest, size } = this.#blob.descriptor;
    const hash = new RunningHash(digest);
    let at: UploadState = { location: first, start: 0 };
    let failures = 0;
    while (at.start < size) {
      const end = Math.min(at.start + chunkSize, size);
      let next: UploadState | undefined;
      try {
        next = await this.#sendChunk(at, end, hash);
      } catch (error) {
        await waitToRepeat(error, failures + 1, this.#registry, this.#options.signal);
        next = await this.#askState(at.location, error);
      }
      failures = next.start > at.start ? 0 : failures + 1;
      if (failures === this.#registry.config.attempts) throw stuck(digest, next.start);
      at = next;
    }
    hash.verify();
    return at.location;
  }

  async #sendChunk(at: UploadState, end: number, hash: RunningHash): Promise<UploadState> {
    const { location, start } = at;
    const { source } = this.#blob;
    const response = await this.#registry.request('PATCH', location, {
      ...this.#common,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(end - start),
        'content-range': `${start}-${end - 1}`,
      },
      body: () =>
        Readable.from(this.#counted(hash.update(source.read(start, end), start), start), {
          objectMode: false,
        }),
      retry: false,
    });
    response.body.discard();
    return { location: locationOf(response), start: receivedOf(response) ?? end };
  }

  /** How much has come of an upload that `failure` cut; throws that when the registry forgot it. */
  async #askState(location: string, failure: unknown): Promise<UploadState> {
    const response = await this.#registry.request('GET', location, {
      ...this.#common,
      answers: [400, 404, 416],
    });
    response.body.discard();
    if (response.status >= 400) throw failure;
    const moved = response.headers['location'] === undefined ? location : locationOf(response);
    return { location: moved, start: receivedOf(response) ?? 0 };
  }

  async #finish(location: string): Promise<void> {
    const response = await this.#registry.request('PUT', withDigest(location, this.#digest), {
      ...this.#common,
      headers: { 'content-length': '0' },
      retry: false,
    });
    response.body.discard();
  }

  async *#counted(chunks: AsyncIterable<Buffer>, start: number): AsyncGenerator<Buffer> {
    let bytes = start;
    for await (const chunk of chunks) {
      yield chunk;
      bytes += chunk.length;
      this.#options.onBytes(bytes);
    }
  }
}

/** The digest of a blob that is read in pieces, some of them again. */
class RunningHash {
  readonly #digest: Digest;
  readonly #hash: Hash;
  #position = 0;

  constructor(digest: Digest) {
    this.#digest = digest;
    this.#hash = createHash(digestAlgorithm(digest));
  }

  async *update(chunks: AsyncIterable<Buffer>, start: number): AsyncGenerator<Buffer> {
    let at = start;
    for await (const chunk of chunks) {
      const known = Math.max(0, this.#position - at);
      if (known < chunk.length) this.#hash.update(chunk.subarray(known));
      at += chunk.length;
      this.#position = Math.max(this.#position, at);
      yield chunk;
    }
  }

  verify(): void {
    const actual = this.#hash.digest('hex');
    if (actual === digestHex(this.#digest)) return;
    throw new CutawayError('CORRUPT', `read blob ${this.#digest}: its content has another digest`, {
      data: { expected: this.#digest, actual: `${digestAlgorithm(this.#digest)}:${actual}` },
    });
  }
}

function stuck(digest: Digest, bytes: number): CutawayError {
  const reason = `${bytes} bytes came, and no more in many attempts`;
  return new CutawayError('UNAVAILABLE', `upload blob ${digest}: ${reason}`);
}

function locationOf(response: RegistryResponse): string {
  const { location } = response.headers;
  if (location !== undefined) return new URL(location, response.url).toString();
  throw new CutawayError('CORRUPT', 'the registry says of an upload not where it goes on');
}

/** `Range: 0-1023` are 1,024 bytes; `0-0` is what docker-registry says of none, and of one. */
function receivedOf({ headers }: RegistryResponse): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(headers['range'] ?? '')?.[1];
  if (last === undefined) return undefined;
  return last === '0' ? 0 : Number(last) + 1;
}

function withDigest(location: string, digest: Digest): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}
