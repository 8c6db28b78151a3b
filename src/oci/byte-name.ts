// File names are bytes (path_resolution(7)); most are UTF-8, and those that are not must survive.
// A byte that is no part of valid UTF-8 becomes one lone surrogate U+DC80..U+DCFF, so that every
// byte string has exactly one text form and back (the scheme of Python's PEP 383).

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** By code points: the second half of a pair is no lone surrogate. */
const SURROGATE = /[\udc80-\udcff]/u;

/** Text form of a name; `encodeName` gives the same bytes back. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeMixed(bytes);
  }
}

/** The bytes of a name made by `decodeName`. */
export function encodeName(name: string): Buffer {
  if (!SURROGATE.test(name)) return Buffer.from(name, 'utf8');
  const parts: Buffer[] = [];
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    const escaped = code >= 0xdc80 && code <= 0xdcff;
    parts.push(escaped ? Buffer.from([code - 0xdc00]) : Buffer.from(character, 'utf8'));
  }
  return Buffer.concat(parts);
}

/** Whether the name's bytes are valid UTF-8. A name that is not carries its bytes beside it. */
export function isUtf8Name(name: string): boolean {
  return !SURROGATE.test(name);
}

function decodeMixed(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = validSequence(bytes, at);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at += 1;
    } else {
      text += strict.decode(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return text;
}

/** Length of the valid UTF-8 sequence at `at`, 0 when there is none. */
function validSequence(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    strict.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}
