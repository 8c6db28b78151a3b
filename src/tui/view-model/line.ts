// What a pane draws: lines of spans in styles by meaning. This file: how a line comes to fit into
// its columns. Every text passes the gate here, whatever a page has put into it.
import stringWidth from 'fast-string-width';
import { safeText } from '../../report/text.js';

export type Style =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'key'
  | 'added'
  | 'changed'
  | 'deleted'
  | 'host'
  | 'shared'
  | 'finding';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

/** The row of the cursor in the pane that has the keys, in another pane, or a bar. */
export type Look = 'plain' | 'cursor' | 'marked' | 'bar';

/** A line at its place in a row of the screen: `column` from 0. */
export interface Segment {
  readonly column: number;
  readonly width: number;
  readonly line: Line;
  readonly look: Look;
}

/** One row of the screen, its segments from left to right. */
export type Row = readonly Segment[];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export function span(text: string, style: Style = 'plain'): Span {
  return { text, style };
}

/** One span of text without a style. */
export function plain(text: string, style: Style = 'plain'): Line {
  return [span(text, style)];
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + stringWidth(safeText(text)), 0);
}

/** `text` behind as many spaces as bring it to `width` columns. */
export function right(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - stringWidth(text))) + text;
}

/** `text` cut or filled to `width` columns. */
export function left(text: string, width: number): string {
  const [{ text: fitted } = { text: '' }] = fitLine(plain(text), width);
  return fitted;
}

/** The end of a text that is too long for `width` columns: of a path what tells it from others. */
export function tail(text: string, width: number): string {
  const safe = safeText(text);
  if (stringWidth(safe) <= width) return safe;
  const kept: string[] = [];
  let room = width - 1;
  for (const character of Array.from(safe).reverse()) {
    room -= stringWidth(character);
    if (room < 0) break;
    kept.unshift(character);
  }
  return `…${kept.join('')}`;
}

/** The line in exactly `width` columns: safe, cut with an ellipsis, filled with spaces. */
export function fitLine(line: Line, width: number): Line {
  const fitted: Span[] = [];
  let room = width;
  const isWhole = lineWidth(line) <= width;
  for (const { text, style } of line) {
    const taken = isWhole ? safeText(text) : take(safeText(text), room - 1);
    room -= stringWidth(taken);
    if (taken !== '') fitted.push({ text: taken, style });
    if (!isWhole && taken !== safeText(text)) break;
  }
  const last = fitted.at(-1);
  const filling =
    (isWhole || room < 1 ? '' : '…') + ' '.repeat(Math.max(0, room - (isWhole ? 0 : 1)));
  if (filling === '') return fitted;
  if (last === undefined) return plain(filling);
  fitted[fitted.length - 1] = { text: last.text + filling, style: last.style };
  return fitted;
}

const ASCII = /^[ -~]*$/;

/** The beginning of a text that is safe, in at most `room` columns. */
function take(text: string, room: number): string {
  if (ASCII.test(text)) return text.slice(0, Math.max(0, room));
  let used = 0;
  let taken = '';
  for (const character of text) {
    used += stringWidth(character);
    if (used > room) break;
    taken += character;
  }
  return taken;
}

/** A row of the screen that is one line from edge to edge. */
export function wholeRow(line: Line, { columns }: Size, look: Look = 'plain'): Row {
  return [{ column: 0, width: columns, line, look }];
}

/** Characters by their code points. */
export function characters(text: string): string[] {
  return Array.from(text);
}
