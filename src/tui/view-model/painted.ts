// Lines of the faces in src/report, which people know from the commands, as a pane draws them: the
// colours of the theme there become styles here. Outside text has no ESC: the faces let none through.
import { makeTheme, type View } from '../../report/theme.js';
import { span, type Line, type Span, type Style } from './line.js';

const CODES: Readonly<Record<string, Style>> = {
  '1': 'bold',
  '2': 'dim',
  '31': 'deleted',
  '32': 'added',
  '33': 'changed',
  '35': 'host',
  '36': 'shared',
  '91': 'finding',
};

/** Where the faces end a colour. */
const ENDS: ReadonlySet<string> = new Set(['0', '22', '39']);

/** What a face is told so that `paintedLines` understands it. */
export function paneView(width: number, now: number): View {
  return { theme: makeTheme(true), width, noTrunc: false, now };
}

export function paintedLines(text: string): Line[] {
  return text.replace(/\n$/, '').split('\n').map(paintedLine);
}

function paintedLine(text: string): Line {
  const spans: Span[] = [];
  const styles: Style[] = [];
  for (const part of text.split(/(\u001b\[\d+m)/)) {
    const code = /^\u001b\[(\d+)m$/.exec(part)?.[1];
    if (code === undefined) {
      if (part !== '') spans.push(span(part, styles.at(-1) ?? 'plain'));
    } else if (ENDS.has(code)) styles.pop();
    else styles.push(CODES[code] ?? 'plain');
  }
  return spans;
}
