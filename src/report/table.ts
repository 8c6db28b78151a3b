import Table from 'cli-table3';
import stringWidth from 'fast-string-width';
import { cut } from './cut.js';
import type { View } from './theme.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** This column gives way first when the line is too long. */
  readonly shrinks?: boolean;
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '   ',
};

/** Rows under upper-case titles without lines, as `docker ps` prints them. Cells are safe text. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  view: View,
): string {
  const fitted = shrink(columns, rows, view);
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: columns.map((column) => column.align ?? 'left'),
    head: columns.map((column) => view.theme.heading(column.title)),
  });
  table.push(...fitted.map((row) => [...row]));
  const lines = table.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** The columns that a table takes when nothing is cut. */
export function tableWidth(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): number {
  const widths = columns.map((_, at) => columnWidth(columns, rows, at));
  return widths.reduce((sum, width) => sum + width, 0) + 3 * (columns.length - 1);
}

function columnWidth(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  at: number,
): number {
  const title = stringWidth(columns[at]?.title ?? '');
  return Math.max(title, ...rows.map((row) => stringWidth(row[at] ?? '')));
}

/** Cuts the cells of the column that shrinks until every line fits the terminal. */
function shrink(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  view: View,
): readonly (readonly string[])[] {
  const at = columns.findIndex((column) => column.shrinks === true);
  if (at < 0 || view.noTrunc || !Number.isFinite(view.width)) return rows;
  const total = tableWidth(columns, rows);
  const room = Math.max(12, columnWidth(columns, rows, at) - Math.max(0, total - view.width));
  return rows.map((row) => row.map((cell, index) => (index === at ? cut(cell, room) : cell)));
}
