// What pages that are a list of lines have in common: help, JSON, a patch.
import type { Line } from '../line.js';
import type { ListState } from '../list.js';
import { clickList, drawList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import type { Binding, PageKind, Place } from '../page.js';

export interface LinesState {
  readonly lines: readonly Line[];
  readonly list: ListState;
  /** Characters that are scrolled away on the left. */
  readonly offset: number;
}

const linesAccess: ListAccess<LinesState> = {
  get: ({ list }) => list,
  set: (state, list) => ({ ...state, list }),
  count: ({ lines }) => lines.length,
  height: (_state, { size }) => size.rows,
};

export const SCROLL_KEYS = ['left', 'h', 'right', 'l'] as const;
const SCROLL_STEP = 16;

/** After a key of `SCROLL_KEYS`. */
export function scrollOffset(offset: number, key: string): number {
  return Math.max(0, offset + (key === 'left' || key === 'h' ? -SCROLL_STEP : SCROLL_STEP));
}

export const linesBindings: readonly Binding<LinesState>[] = [
  {
    keys: SCROLL_KEYS,
    shown: '← →',
    help: 'the rest of long lines',
    act: (state, key) => ({ state: { ...state, offset: scrollOffset(state.offset, key) } }),
  },
  moveBinding(linesAccess),
];

/** The line without its first characters. */
export function scrolled(line: Line, offset: number): Line {
  let left = offset;
  return left === 0
    ? line
    : line.map((one) => {
        const text = Array.from(one.text);
        const skipped = Math.min(left, text.length);
        left -= skipped;
        return { ...one, text: text.slice(skipped).join('') };
      });
}

export function drawLines({ lines, list, offset }: LinesState, { size }: Place) {
  return drawList({
    column: 0,
    width: size.columns,
    height: size.rows,
    list,
    count: lines.length,
    hasFocus: true,
    line: (at) => scrolled(lines[at] ?? [], offset),
  }).map((segment) => [segment]);
}

export const pointLines: NonNullable<PageKind<LinesState>['point']> = (state, pointer, place) =>
  pointer.action === 'click'
    ? clickList(linesAccess, state, pointer.row, place)
    : wheelList(linesAccess, state, pointer, place);
