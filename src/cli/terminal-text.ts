// The content of a file on a terminal: text as it is, and nothing that would drive the terminal.
import { decodeName, isUtf8Name } from '../oci/byte-name.js';
import { safeLines } from '../report/safe-lines.js';

/** Whether a person would call this text, by the beginning of a file: no NUL, and UTF-8. */
export function looksLikeText(head: Buffer): boolean {
  return !head.includes(0) && isUtf8Name(decodeName(head.subarray(0, wholeCharacters(head))));
}

/** The text of chunks that may end within a character. */
export class TerminalText {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): string {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = wholeCharacters(bytes);
    this.#rest = Buffer.from(bytes.subarray(end));
    return safeLines(decodeName(bytes.subarray(0, end)));
  }

  end(): string {
    return safeLines(decodeName(this.#rest));
  }
}

/** Where a UTF-8 character that goes on behind the end begins; else the end. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
