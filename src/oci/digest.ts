import { createHash } from 'node:crypto';
import { CutawayError } from './error.js';

/** `ALGORITHM:HEX`, checked: safe as one component of a path. */
export type Digest = `sha256:${string}` | `sha512:${string}`;
export type DigestAlgorithm = 'sha256' | 'sha512';

// image-spec descriptor.md#digests: lower-case hex of a length that the algorithm fixes.
const SUPPORTED = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;
const GRAMMAR = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)$/;

/** Why a text is no digest that we can use. */
export interface DigestFault {
  readonly code: 'INVALID_INPUT' | 'UNSUPPORTED';
  readonly reason: string;
}

/** `where` says whose digest it was to be: it stands in front of the message. */
export function parseDigest(text: string, where = 'parse digest'): Digest {
  if (isDigest(text)) return text;
  const { code, reason } = digestFault(text);
  throw new CutawayError(code, `${where}: ${reason}`, { data: { digest: text } });
}

export function isDigest(text: string): text is Digest {
  return SUPPORTED.test(text);
}

/** What is wrong with a text that `isDigest` refuses. */
export function digestFault(text: string): DigestFault {
  const quoted = JSON.stringify(text.length > 160 ? `${text.slice(0, 160)}…` : text);
  const algorithm = GRAMMAR.exec(text)?.[1];
  if (algorithm === undefined) return { code: 'INVALID_INPUT', reason: `not a digest: ${quoted}` };
  if (algorithm !== 'sha256' && algorithm !== 'sha512') {
    return {
      code: 'UNSUPPORTED',
      reason: `digest algorithm ${algorithm} is not supported: ${quoted}`,
    };
  }
  const length = algorithm === 'sha256' ? 64 : 128;
  return {
    code: 'INVALID_INPUT',
    reason: `not a digest: ${quoted} (${algorithm} takes ${length} lower-case hex digits)`,
  };
}

/** The part after the colon. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha256:') ? 'sha256' : 'sha512';
}

export function sha256Digest(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
