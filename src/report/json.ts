// JSON as it leaves the program. Strings that are not well-formed UTF-16 (names that are not
// UTF-8) are written with `\udcXX` escapes, which JSON.stringify does by itself.
import { UNSAFE } from './text.js';

// Not the newlines of the indentation: of a long document each would be a match to be remembered.
const UNSAFE_IN_JSON = new RegExp(`(?!\\n)(?:${UNSAFE.source})`, UNSAFE.flags);

/** One document, indented for people and diffs. */
export function formatJson(document: unknown): string {
  return `${escaped(JSON.stringify(document, null, 2))}\n`;
}

/** One line for each row of the document's list, and a first line with the rest of it. */
export function formatJsonLines(document: object, list: string): string {
  const rows: unknown = (document as Record<string, unknown>)[list];
  const frame = { ...document, [list]: undefined };
  const lines = [frame, ...(Array.isArray(rows) ? (rows as unknown[]) : [])];
  return `${lines.map((line) => escaped(JSON.stringify(line))).join('\n')}\n`;
}

/** JSON allows C1, bidi and zero-width characters as they are; a terminal that it is shown on may not. */
function escaped(json: string): string {
  return json.replace(UNSAFE_IN_JSON, (text) => {
    const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}
