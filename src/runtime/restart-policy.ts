// When a container that has ended is started again, by Docker's rules (moby, restartmanager).
import { CutawayError } from '../oci/error.js';
import type { Ending } from './attach/frame.js';
import type { RestartPolicy } from './store/container-store.js';
import type { Wish } from './wish.js';

const FIRST_DELAY = 100;
const MOST_DELAY = 60_000;
/** A run that was longer than this was no failure to start. */
const LONG_RUN = 10_000;

/** `no`, `on-failure[:N]`, `always`, `unless-stopped`; undefined for `no`. */
export function parseRestartPolicy(text: string): RestartPolicy | undefined {
  const [, name = '', count] = /^([a-z-]+)(?::(\d{1,9}))?$/.exec(text) ?? [];
  if (name === 'no' && count === undefined) return undefined;
  if (name === 'on-failure') {
    return { name, ...(count === undefined ? {} : { maximumRetryCount: Number(count) }) };
  }
  if ((name === 'always' || name === 'unless-stopped') && count === undefined) return { name };
  throw new CutawayError('INVALID_INPUT', `invalid restart policy "${text}"`, {
    hint: 'no, on-failure, on-failure:N, always or unless-stopped',
    data: { usage: true },
  });
}

/** `restarts`: how often it was started again already. A wish of the user's comes before any policy. */
export function shallRestart(
  policy: RestartPolicy | undefined,
  { exitCode }: Ending,
  restarts: number,
  wish: Wish | undefined,
): boolean {
  if (policy === undefined || wish !== undefined) return false;
  if (policy.name !== 'on-failure') return true;
  const { maximumRetryCount: most = 0 } = policy;
  return exitCode !== 0 && (most === 0 || restarts < most);
}

/** Twice as long each time, up to a minute; short again after a long run. Milliseconds. */
export function nextDelay(last: number | undefined, ran: number): number {
  if (last === undefined || ran >= LONG_RUN) return FIRST_DELAY;
  return Math.min(last * 2, MOST_DELAY);
}
