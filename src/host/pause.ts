import { setTimeout as wait } from 'node:timers/promises';
import { CutawayError } from '../oci/error.js';

/** Resolves after so many milliseconds; fails with CANCELED when `signal` comes first. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw new CutawayError('CANCELED', 'wait: stopped', { cause: error });
  }
}
