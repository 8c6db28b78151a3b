// `--format` of a list as Docker's commands take it: a template that is filled for each row, or `table`
// and a template, which makes columns of what stands between tabs.
import { compileTemplate } from './go-template.js';
import { formatTable } from './table.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

export type TemplateRow = Readonly<Record<string, unknown>>;

/** `titles`: what each field is called above its column. Rows are made safe for a terminal here. */
export function formatTemplateRows(
  format: string,
  rows: readonly TemplateRow[],
  titles: Readonly<Record<string, string>>,
  view: View,
): string {
  // In a shell's single quotes a tab is written so.
  const template = format.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  const isTable = /^table\s/.test(template);
  const fill = compileTemplate(isTable ? template.replace(/^table\s+/, '') : template);
  if (!isTable) return rows.map((row) => `${safeLines(fill(row))}\n`).join('');
  const head = fill(titles).split('\t');
  const cells = rows.map((row) => fill(row).split('\t').map(safeText));
  return formatTable(
    head.map((title) => ({ title })),
    cells,
    { ...view, noTrunc: true },
  );
}

/** Tabs and newlines are the template's own: a row's fields are texts of one line. */
function safeLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(safeText).join('\t'))
    .join('\n');
}
