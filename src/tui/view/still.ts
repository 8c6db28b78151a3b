// A screen as a picture: SVG, for documents. Every text is XML text; nothing in it does anything.
import stringWidth from 'fast-string-width';
import { fitLine, type Look, type Row, type Size, type Span } from '../view-model/line.js';
import type { ScreenTheme } from './theme.js';

const CELL = { width: 8.4, height: 18, size: 14, baseline: 13 };
const MARGIN = 10;

/** What a terminal's user would choose; the numbers are those of SGR: ECMA-48, and 90-97 of aixterm. */
const COLOURS: Readonly<Record<number, string>> = {
  30: '#1d1f28',
  31: '#ff6e6e',
  32: '#69d17b',
  33: '#e5c45c',
  34: '#6f9dff',
  35: '#d38aea',
  36: '#5fc9d4',
  37: '#d8dae3',
  90: '#7c8091',
  91: '#ff5555',
  92: '#8ae99b',
  93: '#ffe27a',
  94: '#9dbcff',
  95: '#ebb1fb',
  96: '#96e8f0',
  97: '#ffffff',
  44: '#2c4a86',
  47: '#d8dae3',
};
const PAPER = '#14161d';
const INK = '#d8dae3';

interface Pen {
  readonly ink: string;
  readonly paper: string | undefined;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isUnderlined: boolean;
}

/** All rows of the screen; those after the last one that are missing are empty. */
export function stillImage(rows: readonly Row[], size: Size, theme: ScreenTheme): string {
  const width = Math.ceil(size.columns * CELL.width + 2 * MARGIN);
  const height = size.rows * CELL.height + 2 * MARGIN;
  const cells = rows.flatMap((row, at) =>
    row.flatMap((segment) => segmentParts(segment, at, theme)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${CELL.size}" xml:space="preserve">`,
    ...cells,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function segmentParts(
  { column, width, line, look }: Row[number],
  row: number,
  theme: ScreenTheme,
): string[] {
  let at = column;
  return fitLine(line, width).flatMap((one) => {
    const cells = stringWidth(one.text);
    const part = spanParts(one, { column: at, row, cells }, penOf(one, look, theme));
    at += cells;
    return part;
  });
}

interface Place {
  readonly column: number;
  readonly row: number;
  readonly cells: number;
}

function spanParts({ text }: Span, { column, row, cells }: Place, pen: Pen): string[] {
  const x = round(MARGIN + column * CELL.width);
  const y = MARGIN + row * CELL.height;
  const length = round(cells * CELL.width);
  const under =
    pen.paper === undefined
      ? []
      : [`<rect x="${x}" y="${y}" width="${length}" height="${CELL.height}" fill="${pen.paper}"/>`];
  if (text.trim() === '') return under;
  const shown = text.trimEnd();
  const attributes = [
    `fill="${pen.ink}"`,
    ...(pen.isBold ? ['font-weight="bold"'] : []),
    ...(pen.isDim ? ['opacity="0.6"'] : []),
    ...(pen.isUnderlined ? ['text-decoration="underline"'] : []),
  ].join(' ');
  const fit = `textLength="${round(stringWidth(shown) * CELL.width)}" lengthAdjust="spacingAndGlyphs"`;
  return [
    ...under,
    `<text x="${x}" y="${y + CELL.baseline}" ${fit} ${attributes}>${escapeXml(shown)}</text>`,
  ];
}

function penOf({ style }: Span, look: Look, theme: ScreenTheme): Pen {
  const own = look === 'bar' ? (style === 'key' ? theme.barKey : '') : theme.styles[style];
  const codes = `${theme.looks[look]};${look === 'cursor' ? '' : own}`
    .split(';')
    .filter(Boolean)
    .map(Number);
  const has = (code: number) => codes.includes(code);
  const ink = codes.findLast((code) => (code >= 30 && code < 38) || (code >= 90 && code < 98));
  const paper = codes.findLast((code) => code >= 40 && code < 48);
  const [front, back] = [COLOURS[ink ?? -1] ?? INK, COLOURS[paper ?? -1]];
  return {
    ink: has(7) ? (back ?? PAPER) : front,
    paper: has(7) ? front : back,
    isBold: has(1) || (look === 'bar' && style === 'bold'),
    isDim: has(2),
    isUnderlined: has(4),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** What passed the gate has no control characters; these are all that XML has a meaning for. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
