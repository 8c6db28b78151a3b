// Rows become what a terminal is sent. Each segment is sent to its own column, so that a terminal
// that counts a character's columns otherwise than we do spoils no more than one pane of one row.
import { fitLine, type Look, type Row, type Span } from '../view-model/line.js';
import type { ScreenTheme } from './theme.js';

/** One row, `at` from 0. */
export function paintRow(row: Row, at: number, columns: number, theme: ScreenTheme): string {
  const covered = row.reduce((sum, { width }) => sum + width, 0);
  let text = covered >= columns ? '' : `\u001b[${at + 1};1H\u001b[2K`;
  for (const { column, width, line, look } of row) {
    text += `\u001b[${at + 1};${column + 1}H`;
    for (const one of fitLine(line, width)) text += paintSpan(one, look, theme);
  }
  return text;
}

function paintSpan({ text, style }: Span, look: Look, theme: ScreenTheme): string {
  const codes = [theme.looks[look], styleIn(look, style, theme)].filter(Boolean).join(';');
  return codes === '' ? text : `\u001b[${codes}m${text}\u001b[0m`;
}

/** What is turned round or in a bar has one colour: the marks say what the colours did. */
function styleIn(look: Look, style: Span['style'], theme: ScreenTheme): string {
  if (look === 'bar') return style === 'key' ? theme.barKey : style === 'bold' ? '1' : '';
  return look === 'cursor' ? '' : theme.styles[style];
}

/** The same without anything but text: for a script's screen, and for tests. */
export function rowText(row: Row): string {
  const parts = row.map(({ line, width }) =>
    fitLine(line, width)
      .map(({ text }) => text)
      .join(''),
  );
  return parts.join('').trimEnd();
}
