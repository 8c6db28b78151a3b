// Words as a shell would have to be given them.
import { encodeName, isUtf8Name } from '../oci/byte-name.js';

const PLAIN = /^[\w@%+=:,./-]+$/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** One word of bash(1); bytes that are no text are written as `$'\xff'`. */
export function shellWord(text: string): string {
  if (PLAIN.test(text)) return text;
  if (isUtf8Name(text) && !CONTROL.test(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const bytes = [...encodeName(text)].map((byte) => {
    if (byte === 0x27 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
    return `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `$'${bytes.join('')}'`;
}
