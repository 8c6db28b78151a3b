// What is worth another try, and when: RFC 9110 sections 10.2.3 and 15.6, RFC 6585 section 4.
import { randomInt } from 'node:crypto';
import { hasCode, type CutawayError } from '../../oci/error.js';

const REASONS: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_EOF_STATE',
  'TOO_SLOW',
]);

/** A failure of the network that may have gone by the next time. */
export function isTransient(error: unknown): boolean {
  return hasCode(error, 'UNAVAILABLE') && REASONS.has(error.data['reason']);
}

/** Too many requests, or a server in trouble; one that cannot do it never will. */
export function isTransientStatus(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** The same of what was an answer and has become an error. */
export function isWorthRepeating(error: unknown): boolean {
  return isTransient(error) || (hasCode(error, 'UNAVAILABLE') && hasTransientStatus(error));
}

function hasTransientStatus({ data }: CutawayError): boolean {
  return typeof data['status'] === 'number' && isTransientStatus(data['status']);
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

/** Milliseconds before the try after `attempt` (from 1): doubled each time, and not all at once. */
export function backoff(attempt: number): number {
  const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1));
  return Math.round(wait / 2) + randomInt(Math.round(wait / 2));
}

/** Milliseconds that `Retry-After` asks for: seconds or a date. Undefined when it makes no sense. */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** More than this nobody waits for: then it is an error that says so. */
export const MOST_PATIENCE = 60_000;
