// A tar of files becomes an image of one layer.
import { changeConfig } from '../oci/config-change.js';
import type { Digest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import { present } from '../oci/json-reader.js';
import type { Platform } from '../oci/platform.js';
import type { Limits } from '../image/limits.js';
import { addMadeImage } from './store/add-made-image.js';
import type { LayerProgress } from './store/add-image.js';
import { spoolForeign } from './store/spool-layer.js';
import type { Store } from './store/store.js';
import { makeTemporaryDirectory } from './store/temporary.js';

export interface ImportOptions {
  /** What the bytes come from, for messages. */
  readonly what: string;
  /** Lines such as `CMD ["sh"]`. */
  readonly changes: readonly string[];
  readonly message: string;
  readonly platform: Platform;
  /** In full; may be none. */
  readonly references: readonly string[];
  readonly limits: Partial<Limits>;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: LayerProgress) => void;
}

/** Resolves to the ID of the image. The layer is stored as it came: plain, gzip or zstd. */
export async function importImage(
  store: Store,
  chunks: AsyncIterable<Buffer>,
  options: ImportOptions,
): Promise<Digest> {
  const { what, limits, signal, references, onProgress } = options;
  const config = changeConfig({}, options.changes);
  const temporary = makeTemporaryDirectory(store);
  try {
    const layer = await spoolForeign(store, `${temporary}/layer`, chunks, { what, limits, signal });
    if (layer.descriptor.size === 0) {
      throw new CutawayError('INVALID_INPUT', `read ${what}: it is empty`);
    }
    const created = new Date(store.host.now()).toISOString();
    const { os, architecture, variant } = options.platform;
    const made = {
      layer,
      config: present({
        created,
        architecture,
        os,
        variant,
        config,
        history: [{ created, comment: options.message }],
      }),
      references,
    };
    return await addMadeImage(store, made, {
      limits,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
  } finally {
    store.host.removeTree(temporary);
  }
}
