// A cursor in a list of any length, and the part of it that the pane shows.

export interface ListState {
  readonly cursor: number;
  /** The first row that is shown. */
  readonly top: number;
}

export const AT_START: ListState = { cursor: 0, top: 0 };

/** What moves a cursor, with the keys that people know from vi beside the arrows. */
export const MOVES = [
  'up',
  'k',
  'down',
  'j',
  'pageup',
  'pagedown',
  'home',
  'g',
  'end',
  'G',
] as const;

/** The cursor within the list, and the part that is shown around it. */
export function clampList(list: ListState, count: number, height: number): ListState {
  const cursor = Math.max(0, Math.min(list.cursor, count - 1));
  const most = Math.max(0, count - height);
  const top = Math.max(0, Math.min(list.top, cursor, most), cursor - Math.max(1, height) + 1);
  return { cursor, top };
}

/** After a key of `MOVES`. */
export function moveList(list: ListState, key: string, count: number, height: number): ListState {
  const page = Math.max(1, height - 1);
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    pageup: -page,
    pagedown: page,
    home: -Infinity,
    g: -Infinity,
    end: Infinity,
    G: Infinity,
  };
  return clampList({ ...list, cursor: list.cursor + (steps[key] ?? 0) }, count, height);
}

/** The wheel moves what is shown, and the cursor only as far as it must stay in sight. */
export function scrollList(list: ListState, by: number, count: number, height: number): ListState {
  const top = Math.max(0, Math.min(list.top + by, count - height));
  const cursor = Math.max(top, Math.min(list.cursor, top + height - 1));
  return clampList({ cursor, top }, count, height);
}
