// JSON as it leaves the program. Strings that are not well-formed UTF-16 (names that are not
// UTF-8) are written with `\udcXX` escapes, which JSON.stringify does by itself.

/** One document, indented for people and diffs. */
export function formatJson(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** One line for each row of the document's list, and a first line with the rest of it. */
export function formatJsonLines(document: object, list: string): string {
  const rows: unknown = (document as Record<string, unknown>)[list];
  const frame = { ...document, [list]: undefined };
  const lines = [frame, ...(Array.isArray(rows) ? (rows as unknown[]) : [])];
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}
