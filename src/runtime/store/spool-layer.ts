// A layer that is made here: its tar goes into a file below tmp/ and is hashed on the way; from there
// it takes the way that every layer takes into the store.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { decompress, detectCompression } from '../../image/decompress.js';
import type { Limits } from '../../image/limits.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { CutawayError, during } from '../../oci/error.js';
import { MEDIA_TYPE } from '../../oci/media-type.js';
import type { Store } from './store.js';

export interface SpooledLayer {
  readonly path: string;
  readonly descriptor: Descriptor;
  readonly diffID: Digest;
}

/** The diffID of a layer without entries: two zero blocks. */
export const EMPTY_DIFF_ID: Digest =
  'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

/** Writes what comes into the new file `path`; the stream is at its end when it is whole. */
export async function spool(
  store: Store,
  path: string,
  chunks: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<{ digest: Digest; size: number }> {
  const file = store.host.createFile(path, 0o600);
  let failure: Error | undefined;
  file.on('error', (error) => (failure = error));
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of chunks) {
      if (failure !== undefined) throw failure;
      if (signal?.aborted === true) throw new CutawayError('CANCELED', 'stopped by a signal');
      hash.update(chunk);
      size += chunk.length;
      if (!file.write(chunk)) await Promise.race([once(file, 'drain'), once(file, 'close')]);
    }
    await pipeline([], file);
  } catch (error) {
    file.destroy();
    throw error instanceof CutawayError ? error : during(`write "${path}"`, error);
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

/** A tar that is made now: stored as it is, so that its digest is its diffID. */
export async function spoolTar(
  store: Store,
  path: string,
  chunks: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<SpooledLayer> {
  const { digest, size } = await spool(store, path, chunks, signal);
  return { path, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest, size }, diffID: digest };
}

const MEDIA_TYPES = {
  none: MEDIA_TYPE.ociLayer,
  gzip: MEDIA_TYPE.ociLayerGzip,
  zstd: MEDIA_TYPE.ociLayerZstd,
} as const;

/** A tar that came from elsewhere, plain, gzip or zstd: stored as it came. */
export async function spoolForeign(
  store: Store,
  path: string,
  chunks: AsyncIterable<Buffer>,
  options: { what: string; limits: Partial<Limits>; signal?: AbortSignal },
): Promise<SpooledLayer> {
  const { what, limits, signal } = options;
  const { digest, size } = await spool(store, path, chunks, signal);
  const file = store.host.openFile(path);
  try {
    const head = file.read(0, 512);
    const compression = detectCompression(head);
    refuseOtherForms(head, what);
    const hash = createHash('sha256');
    if (compression === 'none') {
      return { path, descriptor: { mediaType: MEDIA_TYPES.none, digest, size }, diffID: digest };
    }
    const bytes = file.stream() as AsyncIterable<Buffer>;
    for await (const chunk of decompress(bytes, { declared: compression, what, limits })) {
      hash.update(chunk);
    }
    const descriptor = { mediaType: MEDIA_TYPES[compression], digest, size };
    return { path, descriptor, diffID: `sha256:${hash.digest('hex')}` };
  } finally {
    file.close();
  }
}

const OTHER_FORMS: readonly (readonly [string, Buffer])[] = [
  ['bzip2', Buffer.from('BZh')],
  ['xz', Buffer.from('fd377a585a00', 'hex')],
];

function refuseOtherForms(head: Buffer, what: string): void {
  const form = OTHER_FORMS.find(([, magic]) => head.subarray(0, magic.length).equals(magic));
  if (form === undefined) return;
  const [name] = form;
  throw new CutawayError('UNSUPPORTED', `read ${what}: ${name} is no compression of layers`, {
    hint: `${name} -dc FILE | cutaway import - NAME`,
  });
}
