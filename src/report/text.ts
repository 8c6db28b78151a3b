// Documents become text here. This file: the one gate for text that goes to a terminal. A name
// chosen by an adversary shows what it is and does nothing; JSON keeps the truth.

/**
 * C0, DEL, C1; bidi marks and isolates; zero-width characters, joiners and the byte order mark;
 * line and paragraph separators; lone surrogates (bytes that are no UTF-8); tag characters.
 */
export const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udfff]/g;

/** Free text: what would drive a terminal is written out, `\x1b` or `\u202e`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

const PLAIN = /^[ !-[\]-~]*$/;

/** A name: like `safeText`, and a backslash is doubled, so that no two names look the same. */
export function safeName(name: string): string {
  if (PLAIN.test(name)) return name;
  return safeText(name.replaceAll('\\', '\\\\'));
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x0a) return '\\n';
  if (code === 0x0d) return '\\r';
  if (code === 0x09) return '\\t';
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
