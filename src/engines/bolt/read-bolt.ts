// A database that somebody may be writing. The writer holds flock(2) for as long as it lives, so
// that there is no lock to wait for; but it never writes over what its newest meta page needs.
import type { ReadHost } from '../../host/host.js';
import { CutawayError } from '../../oci/error.js';
import { openRoot, type BoltBucket, type BoltLimits } from './bucket.js';
import { readMeta, type BoltFile } from './meta-page.js';

const TRIES = 20;

export interface ReadBoltOptions {
  /** For messages; default the path. */
  readonly what?: string;
  readonly limits?: BoltLimits;
}

/** What `answer` makes of the root bucket, all of it as of one transaction. */
export function readBolt<Value>(
  host: Pick<ReadHost, 'openFile'>,
  path: string,
  answer: (root: BoltBucket) => Value,
  options: ReadBoltOptions = {},
): Value {
  const file = host.openFile(path);
  try {
    return readConsistently(file, answer, { what: `"${path}"`, ...options });
  } finally {
    file.close();
  }
}

/**
 * Transaction N+1 writes where N has nothing, but N+2 may write where N had something. So what was
 * read is of one moment if N is still the newest afterwards; whatever went wrong meanwhile otherwise
 * was no damage.
 */
export function readConsistently<Value>(
  file: BoltFile,
  answer: (root: BoltBucket) => Value,
  options: { what: string; limits?: BoltLimits },
): Value {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const meta = readMeta(file, options.what);
    const attempt = tryAnswer(() => answer(openRoot(file, meta, options)));
    if (readMeta(file, options.what).txid !== meta.txid) continue;
    if (attempt.error !== undefined) throw attempt.error;
    return attempt.value as Value;
  }
  const message = `read ${options.what}: it was changed ${TRIES} times while it was read`;
  throw new CutawayError('UNAVAILABLE', message, { hint: 'try again' });
}

function tryAnswer<Value>(answer: () => Value): { value?: Value; error?: CutawayError } {
  try {
    return { value: answer() };
  } catch (error) {
    if (error instanceof CutawayError) return { error };
    throw error;
  }
}
