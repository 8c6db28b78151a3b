// What pages that are a list of lines have in common: help, JSON.
import type { Line } from '../line.js';
import type { ListState } from '../list.js';
import { clickList, drawList, wheelList, type ListAccess } from '../list-pane.js';
import type { PageKind, Place } from '../page.js';

export interface LinesState {
  readonly lines: readonly Line[];
  readonly list: ListState;
}

export const linesAccess: ListAccess<LinesState> = {
  get: ({ list }) => list,
  set: (state, list) => ({ ...state, list }),
  count: ({ lines }) => lines.length,
  height: (_state, { size }) => size.rows,
};

export function drawLines({ lines, list }: LinesState, { size }: Place) {
  return drawList({
    column: 0,
    width: size.columns,
    height: size.rows,
    list,
    count: lines.length,
    hasFocus: true,
    line: (at) => lines[at] ?? [],
  }).map((segment) => [segment]);
}

export const pointLines: NonNullable<PageKind<LinesState>['point']> = (state, pointer, place) =>
  pointer.action === 'click'
    ? clickList(linesAccess, state, pointer.row, place)
    : wheelList(linesAccess, state, pointer, place);
