import { CutawayError } from '../oci/error.js';
import { formatTable } from './table.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

/** Chosen keys of the rows of a document, as a table; the values as JSON has them. */
export function formatColumns(
  rows: readonly object[],
  columns: readonly string[],
  view: View,
): string {
  const known = new Set(rows.flatMap((row) => Object.keys(row)));
  const unknown = columns.find((column) => !known.has(column));
  if (unknown !== undefined && rows.length > 0) {
    throw new CutawayError('INVALID_INPUT', `no column "${unknown}"`, {
      hint: `there are ${[...known].sort().join(', ')}`,
    });
  }
  return formatTable(
    columns.map((title) => ({ title: title.toUpperCase() })),
    rows.map((row) =>
      columns.map((column) => cellText((row as Readonly<Record<string, unknown>>)[column])),
    ),
    { ...view, noTrunc: true },
  );
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return safeText(typeof value === 'string' ? value : JSON.stringify(value));
}
