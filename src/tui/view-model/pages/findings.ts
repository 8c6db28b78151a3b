// What the questions flagged of one target, or of all that runs and is stored on this host: odd
// processes, what is not isolated, and where what is stored is not what it was.
import { safeText } from '../../../report/text.js';
import { left, span, type Line } from '../line.js';
import { AT_START, type ListState } from '../list.js';
import { clickList, drawList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import {
  makePage,
  type Effect,
  type Page,
  type PageKind,
  type Place,
  type Step,
  type Update,
} from '../page.js';
import type { Port } from '../port.js';
import { filePage } from './file.js';
import {
  findingsRows,
  type Answers,
  type FindingRow,
  type FindingsRow,
  type Part,
} from './findings-rows.js';
import { SCROLL_KEYS, scrolled, scrollOffset } from './lines.js';
import { processesPage } from './processes.js';

export interface FindingsQuestion {
  /** Undefined for all of this host. */
  readonly target: string | undefined;
  /** Whether it has processes: an image has none. */
  readonly runs: boolean;
}

interface FindingsState extends FindingsQuestion {
  readonly answers: Answers;
  readonly progress: string;
  readonly list: ListState;
  readonly offset: number;
}

const NOTHING: Answers = {
  processes: undefined,
  namespaces: undefined,
  verified: undefined,
  failures: {},
};

export function findingsPage(question: FindingsQuestion): Page {
  const failures: Readonly<Record<string, string>> = question.runs
    ? {}
    : { processes: 'an image has none', namespaces: 'an image has none' };
  const answers = { ...NOTHING, failures };
  return makePage(FINDINGS, { ...question, answers, progress: '', list: AT_START, offset: 0 });
}

function rowsOf({ answers, progress }: FindingsState): FindingsRow[] {
  return findingsRows(answers, progress);
}

const access: ListAccess<FindingsState> = {
  get: ({ list }) => list,
  set: (state, list) => ({ ...state, list }),
  count: (state) => rowsOf(state).length,
  height: (_state, { size }) => size.rows,
};

function lookAll(state: FindingsState): Effect<FindingsState>[] {
  const { target, runs } = state;
  const running: Effect<FindingsState>[] = [
    part('processes', async (port) => ({ processes: await port.findingsOfProcesses(target) })),
    part('namespaces', async (port) => ({ namespaces: await port.namespaces(target) })),
  ];
  const progress: { text: string } = { text: '' };
  return [
    ...(runs ? running : []),
    part('verified', async (port) => ({
      verified: await port.verify(target, (text) => {
        progress.text = text;
      }),
    })),
    showProgress(progress),
  ];
}

const PROGRESS_PAUSE = 300;

/** Until the answer is there. */
function showProgress(progress: { readonly text: string }): Effect<FindingsState> {
  return {
    kind: 'later',
    milliseconds: PROGRESS_PAUSE,
    update: (state) => {
      const { verified, failures } = state.answers;
      const isOver = verified !== undefined || failures['verified'] !== undefined;
      if (isOver) return {};
      return { state: { ...state, progress: progress.text }, effects: [showProgress(progress)] };
    },
  };
}

function part(name: Part, ask: (port: Port) => Promise<Partial<Answers>>): Effect<FindingsState> {
  const change =
    (found: Partial<Answers>): Update<FindingsState> =>
    (state) => ({ state: { ...state, answers: { ...state.answers, ...found } } });
  return {
    kind: 'ask',
    ask: async (port) => {
      try {
        return change(await ask(port));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return (state) => {
          const failures = { ...state.answers.failures, [name]: message };
          return change({ failures })(state);
        };
      }
    },
  };
}

function current(state: FindingsState): FindingRow | undefined {
  const row = rowsOf(state)[state.list.cursor];
  return row?.kind === 'finding' ? row : undefined;
}

/** To where it is to be seen. */
function openCurrent(state: FindingsState): Step<FindingsState> {
  const row = current(state);
  if (row?.target !== undefined) {
    return { effects: [{ kind: 'open', page: processesPage(row.target) }] };
  }
  const { target } = state;
  if (row?.path === undefined || target === undefined) return {};
  const file = { target, path: row.path, layer: undefined, mode: 'versions' as const };
  return { effects: [{ kind: 'open', page: filePage(file) }] };
}

function leadsOn(state: FindingsState): boolean {
  const row = current(state);
  return row?.target !== undefined || (row?.path !== undefined && state.target !== undefined);
}

const FINDINGS: PageKind<FindingsState> = {
  name: 'findings',
  title: ({ target }) => (target === undefined ? 'findings' : `findings of ${target}`),
  start: (state) => ({ effects: lookAll(state) }),
  bindings: [
    {
      keys: ['enter'],
      shown: 'Enter',
      label: 'open',
      help: 'the processes of the container, or the versions of the file',
      works: leadsOn,
      act: openCurrent,
    },
    {
      keys: ['r'],
      shown: 'r',
      label: 'look again',
      help: 'ask all of it again',
      act: (state) => {
        const { failures } = state.runs ? NOTHING : state.answers;
        const next = { ...state, answers: { ...NOTHING, failures }, progress: '' };
        return { state: next, effects: lookAll(next) };
      },
    },
    {
      keys: SCROLL_KEYS,
      shown: '← →',
      help: 'the rest of long lines',
      act: (state, key) => ({ state: { ...state, offset: scrollOffset(state.offset, key) } }),
    },
    moveBinding(access),
  ],
  draw: drawFindings,
  point: (state, pointer, place) => {
    if (pointer.action !== 'click') return wheelList(access, state, pointer, place);
    const step = clickList(access, state, pointer.row, place);
    return step.state?.list.cursor === state.list.cursor ? openCurrent(state) : step;
  },
  select: (state) => {
    const { target, answers, runs } = state;
    const words = target === undefined ? [] : [target];
    const { path, pid } = current(state) ?? {};
    const verb = pid === undefined || !runs ? 'verify' : 'procs';
    return {
      document: () =>
        Promise.resolve([
          ...(answers.processes ?? []),
          ...(answers.namespaces === undefined ? [] : [answers.namespaces]),
          ...(answers.verified === undefined ? [] : [answers.verified]),
        ]),
      path: path ?? (pid === undefined ? undefined : `pid:${pid}`),
      command: ['cutaway', verb, ...words],
    };
  },
};

function drawFindings(state: FindingsState, { size }: Place) {
  const rows = rowsOf(state);
  return drawList({
    column: 0,
    width: size.columns,
    height: size.rows,
    list: state.list,
    count: rows.length,
    hasFocus: true,
    line: (at) => scrolled(findingLine(rows[at], size.columns), state.offset),
  }).map((segment) => [segment]);
}

function findingLine(row: FindingsRow | undefined, columns: number): Line {
  if (row === undefined) return [];
  if (row.kind === 'heading') return [span(` ${row.text}`, 'bold'), span(`  ${row.note}`, 'dim')];
  const { isGrave, code, about, message } = row;
  const room = Math.max(10, Math.min(26, Math.floor(columns * 0.2)));
  return [
    span(isGrave ? '   ! ' : '   · ', isGrave ? 'finding' : 'dim'),
    span(`${left(about, room)} `),
    span(`${left(code, 22)} `, isGrave ? 'finding' : 'changed'),
    span(safeText(message)),
  ];
}
