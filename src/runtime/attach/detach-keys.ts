import { CutawayError } from '../../oci/error.js';

export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q';

/** The bytes that keys stand for: letters, and `ctrl-` with a letter or one of `@[\]^_`, with commas. */
export function parseDetachKeys(text: string): Buffer {
  const bytes = (text === '' ? DEFAULT_DETACH_KEYS : text).split(',').map((key) => {
    const [, control] = /^ctrl-([a-z@[\\\]^_])$/i.exec(key) ?? [];
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
    if (/^[\x21-\x7e]$/.test(key)) return key.charCodeAt(0);
    throw new CutawayError('INVALID_INPUT', `invalid detach keys "${text}"`, {
      hint: 'keys with commas between: ctrl-p,ctrl-q or ctrl-x,d',
      data: { usage: true },
    });
  });
  return Buffer.from(bytes);
}

export interface Scanned {
  /** What goes to the container. */
  readonly pass: Buffer;
  readonly detached: boolean;
}

/** Holds back what may be the beginning of the keys, as long as it may. */
export function detachScanner(keys: Buffer | undefined): (chunk: Buffer) => Scanned {
  if (keys === undefined) return (chunk) => ({ pass: chunk, detached: false });
  let matched = 0;
  return (chunk) => {
    // Most of what is typed or pasted has nothing of them.
    if (matched === 0 && !chunk.includes(keys[0] ?? 0)) return { pass: chunk, detached: false };
    const pass: number[] = [];
    for (const byte of chunk) {
      while (matched > 0 && byte !== keys[matched]) {
        const still = borderOf(keys, matched);
        pass.push(...keys.subarray(0, matched - still));
        matched = still;
      }
      if (byte !== keys[matched]) pass.push(byte);
      else if ((matched += 1) === keys.length) return { pass: Buffer.from(pass), detached: true };
    }
    return { pass: Buffer.from(pass), detached: false };
  };
}

/** How many of the keys held back may be a new beginning: the longest that both starts and ends them. */
function borderOf(keys: Buffer, matched: number): number {
  for (let length = matched - 1; length > 0; length -= 1) {
    if (keys.subarray(0, length).equals(keys.subarray(matched - length, matched))) return length;
  }
  return 0;
}
