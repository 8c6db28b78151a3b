// Two panes beside one another, and the line between them, which the mouse drags and `<` `>` move.
import type { Segment } from './line.js';
import { plain } from './line.js';
import type { Binding, Place, Pointer, Step } from './page.js';

export interface SplitState {
  /** Columns of the left pane; undefined for as many as the page thinks best. */
  readonly width: number | undefined;
  /** The button was pressed on the line and is still down. */
  readonly isHeld: boolean;
}

export const UNSPLIT: SplitState = { width: undefined, isHeld: false };

const LEAST = 12;
const STEP = 4;

/** Columns of the left pane, the line not counted. */
export function leftWidth({ width }: SplitState, columns: number, best: number): number {
  const most = Math.max(1, columns - LEAST - 1);
  return Math.max(Math.min(LEAST, most), Math.min(width ?? best, most));
}

/** What the mouse does to the line; undefined for what is none of its business. */
export function dragSplit(
  split: SplitState,
  { action, column }: Pointer,
  at: number,
): SplitState | undefined {
  switch (action) {
    case 'click':
      return column === at ? { ...split, isHeld: true } : undefined;
    case 'drag':
      return split.isHeld ? { width: column, isHeld: true } : split;
    case 'release':
      return { ...split, isHeld: false };
    case 'wheelup':
    case 'wheeldown':
      return undefined;
  }
}

/** Moves the line; `best` is where it would be by itself. */
export function splitBinding<State extends { readonly split: SplitState }>(
  best: (state: State, place: Place) => number,
): Binding<State> {
  return {
    keys: ['<', '>'],
    shown: '< >',
    help: 'move the line between the panes; the mouse drags it',
    act: (state, key, place): Step<State> => {
      const now = leftWidth(state.split, place.size.columns, best(state, place));
      const width = Math.max(1, now + (key === '<' ? -STEP : STEP));
      return { state: { ...state, split: { width, isHeld: false } } };
    },
  };
}

export function divider(column: number): Segment {
  return { column, width: 1, line: plain('│', 'dim'), look: 'plain' };
}
