// A blob on its way into the store: a file below partial/ that grows, is verified at its end and
// renamed to its place. What was interrupted goes on from the bytes that have come. One process at a
// time fetches a blob; others that want it wait and find it there.
import { createHash, type Hash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errnoOf, systemError } from '../../host/errno.js';
import type { Lock } from '../../host/host.js';
import { pause } from '../../host/pause.js';
import { verified } from '../../image/verify.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { digestAlgorithm, digestHex, type Digest } from '../../oci/digest.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import { drained, ensureBlobDirectory } from './add-image.js';
import { blobPath } from './image-store.js';
import type { Store } from './store.js';

export type BlobProgress =
  | { readonly state: 'waiting' | 'verifying' | 'downloaded' | 'exists' }
  | { readonly state: 'downloading'; readonly bytes: number };

export interface ArrivingBlobOptions {
  readonly descriptor: Descriptor;
  /** `layer 3 sha256:…`: for messages. */
  readonly what: string;
  /** The bytes from `start` on, for as long as it is worth trying. */
  readonly read: (start: number) => AsyncIterable<Buffer>;
  readonly report: (progress: BlobProgress) => void;
  readonly signal: AbortSignal;
  /** Waits until another one may be fetched; the function that it resolves to ends the turn. */
  readonly turn?: () => Promise<() => void>;
}

export interface ArrivingBlob {
  /** Resolves when it is in its place. */
  readonly arrived: Promise<void>;
  /** Its bytes as they come; what has been read to its end was verified. */
  follow(): AsyncGenerator<Buffer>;
}

export function isStoredBlob({ host, paths }: Store, digest: Digest): boolean {
  return host.findStatus(blobPath(paths, digest)) !== undefined;
}

/** One that is in the store already. */
export function storedBlob(store: Store, { descriptor, what }: ArrivingBlobOptions): ArrivingBlob {
  return {
    arrived: Promise.resolve(),
    follow: () => verified(readStored(store, descriptor), { ...descriptor, what }),
  };
}

/** Begins at its turn. */
export function fetchBlob(store: Store, options: ArrivingBlobOptions): ArrivingBlob {
  const state = new ArrivalState();
  const arrived = bring(store, options, state).finally(() => {
    state.end();
  });
  // Whoever follows or waits is told.
  arrived.catch(() => undefined);
  return { arrived, follow: () => follow(store, options, state, arrived) };
}

/** How far it is; who follows waits for the next step. */
class ArrivalState {
  /** Bytes that are on the disk and can be read. */
  written = 0;
  /** Whether they can be read before the end: those of an earlier process are not verified. */
  isFresh = false;
  #hasEnded = false;
  #waiting: (() => void)[] = [];

  hasEnded(): boolean {
    return this.#hasEnded;
  }

  advance(bytes: number): void {
    this.written += bytes;
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  next(): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

const CHUNK = 512 << 10;

async function* follow(
  store: Store,
  { descriptor, what }: ArrivingBlobOptions,
  state: ArrivalState,
  arrived: Promise<void>,
): AsyncGenerator<Buffer> {
  while (!state.hasEnded() && !(state.isFresh && state.written > 0)) await state.next();
  if (state.hasEnded() || !state.isFresh) {
    await arrived;
    yield* verified(readStored(store, descriptor), { ...descriptor, what });
    return;
  }
  const file = store.host.openFile(partialPath(store, descriptor.digest));
  try {
    for (let at = 0; at < descriptor.size;) {
      const length = Math.min(CHUNK, state.written - at);
      if (length > 0) {
        const chunk = file.read(at, length);
        at += chunk.length;
        yield chunk;
      } else if (state.hasEnded()) break;
      else await state.next();
    }
    await arrived;
  } finally {
    file.close();
  }
}

async function* readStored({ host, paths }: Store, { digest }: Descriptor): AsyncGenerator<Buffer> {
  const file = host.openFile(blobPath(paths, digest));
  try {
    yield* file.stream() as AsyncIterable<Buffer>;
  } finally {
    file.close();
  }
}

function partialPath({ paths }: Store, digest: Digest): string {
  return `${paths.partial}/${digestAlgorithm(digest)}-${digestHex(digest)}`;
}

const LOCK_SUFFIX = '.lock';

async function bring(
  store: Store,
  options: ArrivingBlobOptions,
  state: ArrivalState,
): Promise<void> {
  options.report({ state: 'waiting' });
  const endTurn = await options.turn?.();
  try {
    await fetchInTurn(store, options, state);
  } finally {
    endTurn?.();
  }
}

async function fetchInTurn(
  store: Store,
  options: ArrivingBlobOptions,
  state: ArrivalState,
): Promise<void> {
  const { descriptor, report, signal } = options;
  if (signal.aborted) throw new CutawayError('CANCELED', `read ${options.what}: stopped`);
  store.host.createDirectory(store.paths.partial, { mode: 0o700, parents: true });
  const lock = await lockBlob(store, options);
  try {
    if (isStoredBlob(store, descriptor.digest)) {
      report({ state: 'exists' });
      return;
    }
    const path = partialPath(store, descriptor.digest);
    const isGood = await complete(store, options, state);
    // Bytes of an earlier process that are not those of the blob: all of them anew.
    if (!isGood) await complete(store, options, state);
    ensureBlobDirectory(store, descriptor.digest);
    store.host.rename(path, blobPath(store.paths, descriptor.digest));
    // Before anybody looks for it in its old place.
    state.end();
    report({ state: 'downloaded' });
  } finally {
    lock.release();
  }
}

const POLL_MILLISECONDS = 100;

async function lockBlob(
  store: Store,
  { descriptor, report, signal }: ArrivingBlobOptions,
): Promise<Lock> {
  const path = partialPath(store, descriptor.digest) + LOCK_SUFFIX;
  for (;;) {
    const lock = store.host.tryLock(path, 'exclusive');
    if (lock !== undefined) return lock;
    report({ state: 'waiting' });
    await pause(POLL_MILLISECONDS, signal);
  }
}

/** False when what an earlier process left was wrong, which is gone then. */
async function complete(
  store: Store,
  { descriptor, what, read, report }: ArrivingBlobOptions,
  state: ArrivalState,
): Promise<boolean> {
  const { host } = store;
  const path = partialPath(store, descriptor.digest);
  const hash = createHash(digestAlgorithm(descriptor.digest));
  const start = await hashPartial(store, descriptor, hash);
  state.isFresh = start === 0;
  report({ state: 'downloading', bytes: start });
  if (start < descriptor.size) {
    await append(host.extendFile(path, 0o600), path, read(start), (chunk) => {
      hash.update(chunk);
      return (flushed) => {
        if (!flushed) return;
        state.advance(chunk.length);
        report({ state: 'downloading', bytes: start + state.written });
      };
    });
  } else if (start === 0) host.writeFile(path, '', 0o600);
  report({ state: 'verifying' });
  const hex = hash.digest('hex');
  if (hex === digestHex(descriptor.digest)) return true;
  host.removeFile(path);
  if (start > 0) {
    state.written = 0;
    return false;
  }
  const actual = `${digestAlgorithm(descriptor.digest)}:${hex}`;
  throw new CutawayError('CORRUPT', `read ${what}: its content has the digest ${actual}`, {
    data: { digest: descriptor.digest, expected: descriptor.digest, actual },
  });
}

/** How many bytes are there; the hash has them. */
async function hashPartial(
  { host, paths }: Store,
  { digest, size }: Descriptor,
  hash: Hash,
): Promise<number> {
  const path = partialPath({ host, paths }, digest);
  const status = host.findStatus(path);
  if (status === undefined) return 0;
  if (status.type !== 'file' || status.size > size) {
    host.removeTree(path);
    return 0;
  }
  const file = host.openFile(path);
  try {
    for await (const chunk of file.stream() as AsyncIterable<Buffer>) hash.update(chunk);
    return file.size;
  } finally {
    file.close();
  }
}

/** Closes the stream also when it fails: what has come stays. */
async function append(
  stream: Writable,
  path: string,
  source: AsyncIterable<Buffer>,
  take: (chunk: Buffer) => (flushed: boolean) => void,
): Promise<void> {
  const failures: Error[] = [];
  stream.on('error', (error) => failures.push(error));
  try {
    for await (const chunk of source) {
      if (failures.length > 0) break;
      const done = take(chunk);
      const goesOn = stream.write(chunk, (error) => {
        done(error === null || error === undefined);
      });
      if (!goesOn) await drained(stream);
    }
  } finally {
    await pipeline([], stream).catch((error: unknown) => {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    });
    // In the place of whatever else went wrong: a full disk ends all attempts.
    const [failure] = failures;
    if (failure !== undefined) throwWriteError(path, failure);
  }
}

function throwWriteError(path: string, error: Error): never {
  throw systemError('write', path, errnoOf(error) ?? 'EIO', error);
}

/** Takes away what has come of these, unless somebody is at it. */
export function discardPartialBlobs(store: Store, digests: readonly Digest[]): void {
  for (const digest of digests) {
    const path = partialPath(store, digest);
    if (store.host.findStatus(path) === undefined) continue;
    const lock = store.host.tryLock(path + LOCK_SUFFIX, 'exclusive');
    if (lock === undefined) continue;
    try {
      store.host.removeFile(path);
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND')) throw error;
    } finally {
      lock.release();
    }
  }
}
