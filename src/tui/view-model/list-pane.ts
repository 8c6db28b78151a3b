// A pane that is a list: the keys that move in it, the mouse, and the rows that are drawn of it.
import type { Line, Look, Segment } from './line.js';
import { clampList, moveList, MOVES, scrollList, type ListState } from './list.js';
import type { Binding, Place, Pointer, Step } from './page.js';

/** Where in a state the list is, and how many rows it and its pane have. */
export interface ListAccess<State> {
  readonly get: (state: State) => ListState;
  readonly set: (state: State, list: ListState) => State;
  readonly count: (state: State) => number;
  readonly height: (state: State, place: Place) => number;
  /** More that the cursor brings about. */
  readonly moved?: (state: State) => Step<State>;
}

export const WHEEL_ROWS = 3;

export function moveBinding<State>(access: ListAccess<State>): Binding<State> {
  return {
    keys: MOVES,
    shown: '↑ ↓ j k',
    help: 'up and down; PgUp, PgDn, Home (g) and End (G) go further',
    act: (state, key, place) =>
      changed(access, state, (list, count, height) => moveList(list, key, count, height), place),
  };
}

export function wheelList<State>(
  access: ListAccess<State>,
  state: State,
  { action }: Pointer,
  place: Place,
): Step<State> {
  if (action !== 'wheelup' && action !== 'wheeldown') return {};
  const by = action === 'wheelup' ? -WHEEL_ROWS : WHEEL_ROWS;
  return changed(
    access,
    state,
    (list, count, height) => scrollList(list, by, count, height),
    place,
  );
}

/** The cursor to the `row`th row of the pane. */
export function clickList<State>(
  access: ListAccess<State>,
  state: State,
  row: number,
  place: Place,
): Step<State> {
  return changed(
    access,
    state,
    (list, count, height) => {
      const { top } = clampList(list, count, height);
      return top + row < count ? { top, cursor: top + row } : list;
    },
    place,
  );
}

function changed<State>(
  access: ListAccess<State>,
  state: State,
  change: (list: ListState, count: number, height: number) => ListState,
  place: Place,
): Step<State> {
  const height = access.height(state, place);
  const before = access.get(state);
  const list = change(before, access.count(state), height);
  const next = access.set(state, list);
  return list.cursor === before.cursor
    ? { state: next }
    : (access.moved?.(next) ?? { state: next });
}

export interface ListPane {
  readonly column: number;
  readonly width: number;
  readonly height: number;
  readonly list: ListState;
  readonly count: number;
  /** Whether the keys go to it. */
  readonly hasFocus: boolean;
  readonly line: (at: number) => Line;
}

/** One segment for each row of the pane. */
export function drawList(pane: ListPane): Segment[] {
  const { top, cursor } = clampList(pane.list, pane.count, pane.height);
  return Array.from({ length: pane.height }, (_, row) => {
    const at = top + row;
    const look: Look =
      at !== cursor || pane.count === 0 ? 'plain' : pane.hasFocus ? 'cursor' : 'marked';
    const line = at < pane.count ? pane.line(at) : [];
    return { column: pane.column, width: pane.width, line, look };
  });
}
