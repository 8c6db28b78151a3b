// Two targets side by side: a document of `diff`, each path as the one has it and as the other does.
import type { ChangeRecord, DiffDocument } from '../../../inspect/documents/diff.js';
import { shortPath } from '../../../report/short.js';
import { AT_START } from '../list.js';
import { clickList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import {
  makePage,
  question,
  type Binding,
  type Effect,
  type Page,
  type PageKind,
  type Step,
} from '../page.js';
import { parsePathFilter } from '../path-filter.js';
import { dragSplit, splitBinding, UNSPLIT } from '../split.js';
import {
  compareAreas,
  compareRows,
  drawCompare,
  type CompareRow,
  type CompareState,
} from './compare-drawing.js';
import { filePage } from './file.js';
import { patchPage } from './patch.js';

export function comparePage(before: string, after: string): Page {
  return makePage(COMPARE, {
    before,
    after,
    document: undefined,
    failure: undefined,
    filter: undefined,
    sort: 'path',
    rows: [],
    list: AT_START,
    split: UNSPLIT,
  });
}

const access: ListAccess<CompareState> = {
  get: ({ list }) => list,
  set: (state, list) => ({ ...state, list }),
  count: ({ rows }) => rows.length,
  height: (state, place) => compareAreas(state, place).listRows,
};

const look = ({ before, after }: CompareState): Effect<CompareState> =>
  question(
    (port) => port.compare(before, after),
    (document: DiffDocument) => (state) => ({
      state: arrange({ ...state, document, failure: undefined }),
    }),
    (failure) => (state) => ({ state: { ...state, failure } }),
  );

/** The cursor stays on the path that it was on. */
function arrange(state: CompareState): CompareState {
  const path = changeAt(state)?.path;
  const rows = compareRows(state);
  const at = rows.findIndex((row) => row.kind === 'path' && row.change.path === path);
  return { ...state, rows, list: { ...state.list, cursor: Math.max(0, at) } };
}

function rowAt({ rows, list }: CompareState): CompareRow | undefined {
  return rows[list.cursor];
}

function changeAt(state: CompareState): ChangeRecord | undefined {
  const row = rowAt(state);
  return row?.kind === 'path' ? row.change : undefined;
}

const hasFile = (state: CompareState, side: 'before' | 'after') =>
  changeAt(state)?.[side]?.type === 'file';

function openSide(state: CompareState, side: 'before' | 'after'): Step<CompareState> {
  const change = changeAt(state);
  if (change === undefined || !hasFile(state, side)) return {};
  const page = filePage({ target: state[side], path: change.path, layer: undefined });
  return { effects: [{ kind: 'open', page }] };
}

function openChange(state: CompareState): Step<CompareState> {
  const change = changeAt(state);
  if (change === undefined) return {};
  const { before, after } = state;
  const sides = (['before', 'after'] as const).filter((side) => hasFile(state, side));
  const [only] = sides;
  if (sides.length === 2) {
    return { effects: [{ kind: 'open', page: patchPage(before, after, change.path) }] };
  }
  if (only !== undefined) return openSide(state, only);
  return { effects: [{ kind: 'tell', text: 'no file on either side: all that differs is below' }] };
}

function applyFilter(state: CompareState, text: string): Step<CompareState> {
  try {
    return { state: arrange({ ...state, filter: parsePathFilter(text) }) };
  } catch (error) {
    return { effects: [{ kind: 'tell', text: error instanceof Error ? error.message : '' }] };
  }
}

const BINDINGS: readonly Binding<CompareState>[] = [
  {
    keys: ['enter'],
    shown: 'Enter',
    label: 'open',
    help: 'what differs within the file, or the one file that there is',
    works: (state) => changeAt(state) !== undefined,
    act: openChange,
  },
  {
    keys: ['1', '2'],
    shown: '1 2',
    label: 'left, right',
    help: 'the file as the left one has it, as the right one has it',
    works: (state) => hasFile(state, 'before') || hasFile(state, 'after'),
    act: (state, key) => openSide(state, key === '1' ? 'before' : 'after'),
  },
  {
    keys: ['/'],
    shown: '/',
    label: 'filter',
    help: 'only what matches: a glob, /regex/, part of a name, size>1M, kind:added, type:file',
    works: ({ document }) => document !== undefined,
    act: (state) => ({
      effects: [
        {
          kind: 'prompt',
          prompt: {
            label: '/ glob /regex/ size>1M kind:added type:file',
            text: state.filter?.text ?? '',
            change: (text) => (now) => applyFilter(now, text ?? ''),
          },
        },
      ],
    }),
  },
  {
    keys: ['escape'],
    shown: 'Esc',
    label: 'all',
    help: 'without the filter again',
    works: ({ filter }) => filter !== undefined,
    act: (state) => applyFilter(state, ''),
  },
  {
    keys: ['s'],
    shown: 's',
    label: 'sort',
    help: 'by path, or what makes the most bytes of difference first',
    works: ({ document }) => document !== undefined,
    act: (state) => ({
      state: arrange({ ...state, sort: state.sort === 'path' ? 'size' : 'path' }),
    }),
  },
  {
    keys: ['w'],
    shown: 'w',
    label: 'swap',
    help: 'the right one to the left: what one would have to do to get back',
    act: ({ before, after }) => ({
      effects: [{ kind: 'open', page: comparePage(after, before) }],
    }),
  },
  {
    keys: ['r'],
    shown: 'r',
    help: 'compare again: a container changes',
    act: (state) => ({ effects: [look(state)] }),
  },
];

const short = (target: string) => shortPath(target, 0, { noTrunc: false });

const COMPARE: PageKind<CompareState> = {
  name: 'compare',
  title: ({ before, after }) => `${short(before)} ⇄ ${short(after)}`,
  start: (state) => ({ effects: [look(state)] }),
  bindings: [
    ...BINDINGS,
    splitBinding((_state, { size }) => Math.floor((size.columns - 1) / 2)),
    moveBinding(access),
  ],
  draw: drawCompare,
  point: (state, pointer, place) => {
    const areas = compareAreas(state, place);
    const split = dragSplit(state.split, pointer, areas.left);
    if (split !== undefined) return { state: { ...state, split } };
    if (pointer.action !== 'click') return wheelList(access, state, pointer, place);
    const row = pointer.row - areas.headRows;
    if (row < 0 || row >= areas.listRows) return {};
    const step = clickList(access, state, row, place);
    return step.state?.list.cursor === state.list.cursor ? openChange(state) : step;
  },
  select: (state) => {
    const { before, after, document } = state;
    return {
      document: (port) =>
        document === undefined ? port.compare(before, after) : Promise.resolve(document),
      path: changeAt(state)?.path,
      command: ['cutaway', 'diff', before, after],
    };
  },
};
