// Text of mountinfo: seq_file writes space, tab, newline, backslash and "#" as \ooo.
import { decodeName, encodeName } from './byte-name.js';

/** Octal escapes of proc(5): `\040` is a space. Each stands for one byte; bytes above 127 stay raw. */
export function unescapeMount(text: string): string {
  if (!text.includes('\\')) return text;
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of text.matchAll(/\\([0-3][0-7]{2})/g)) {
    parts.push(encodeName(text.slice(from, match.index)));
    parts.push(Buffer.from([Number.parseInt(match[1] ?? '0', 8)]));
    from = match.index + match[0].length;
  }
  parts.push(encodeName(text.slice(from)));
  return decodeName(Buffer.concat(parts));
}
