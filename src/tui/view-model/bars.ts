// The first and the last row of the screen: where we are, and what works here.
import { lineWidth, span, type Row, type Size, type Span } from './line.js';
import type { BindingFacts, Page, Place } from './page.js';

/** The keys of the frame, for `?` and for the footer. */
export const FRAME_KEYS: readonly Omit<BindingFacts, 'works'>[] = [
  { keys: ['escape', 'backspace'], shown: 'Esc', label: 'back', help: 'to where you came from' },
  { keys: [']', 'M-right'], shown: ']', label: undefined, help: 'forward again' },
  { keys: ['J'], shown: 'J', label: undefined, help: 'what this pane shows, as JSON' },
  { keys: ['y'], shown: 'y', label: undefined, help: 'copy the path under the cursor' },
  { keys: ['c'], shown: 'c', label: undefined, help: 'copy the command line that says the same' },
  {
    keys: ['d'],
    shown: 'd',
    label: undefined,
    help: 'mark it; of another one: compare the two',
  },
  { keys: ['C-l'], shown: 'Ctrl-L', label: undefined, help: 'draw the screen anew' },
  { keys: ['C-z'], shown: 'Ctrl-Z', label: undefined, help: 'suspend; the shell says fg' },
  { keys: ['?'], shown: '?', label: 'keys', help: 'all keys that work here' },
  { keys: ['q', 'C-c'], shown: 'q', label: 'quit', help: 'leave; also Ctrl-C' },
];

export function bar(line: readonly Span[], { columns }: Size): Row {
  return [{ column: 0, width: columns, line, look: 'bar' }];
}

/** Where we are; of a way too long for the bar the end. */
export function titleLine(
  trail: readonly string[],
  { isWaiting, marked }: { isWaiting: boolean; marked: string | undefined },
  columns: number,
): Span[] {
  const note = `${isWaiting ? ' … ' : ''}${marked === undefined ? '' : `  marked: ${marked} `}`;
  const room = columns - lineWidth([span(note)]) - 1;
  let first = 0;
  const text = () => `${first > 0 ? '… › ' : ''}${trail.slice(first).join(' › ')}`;
  while (first < trail.length - 1 && lineWidth([span(text())]) > room) first += 1;
  return [span(` ${text()}`, 'bold'), span(note, 'key')];
}

/** What works here: as much as there is room for, the way out always. */
export function footerLine(page: Page, place: Place, hasBack: boolean): Span[] {
  const own = page.bindings(place).filter(({ works, label }) => works && label !== undefined);
  const takesEscape = own.some(({ keys }) => keys.includes('escape'));
  const frame = FRAME_KEYS.filter(
    ({ label, keys }) =>
      label !== undefined && (!keys.includes('escape') || (hasBack && !takesEscape)),
  );
  const spans = (keys: readonly Omit<BindingFacts, 'works'>[]) =>
    keys.flatMap(({ shown, label }) => [span(` ${shown}`, 'key'), span(` ${label ?? ''} `)]);
  const tail = spans(frame);
  let room = place.size.columns - lineWidth(tail);
  const shown: Span[] = [];
  for (const binding of own) {
    const next = spans([binding]);
    room -= lineWidth(next);
    if (room < 0) break;
    shown.push(...next);
  }
  return [...shown, ...tail];
}
