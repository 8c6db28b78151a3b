// What is on this host: containers, the running ones first, what nobody manages, images, and what
// could not be read. Looks again by itself.
import type { LsDocument } from '../../../inspect/documents/ls.js';
import { plain, wholeRow } from '../line.js';
import { AT_START, type ListState } from '../list.js';
import { clickList, drawList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import {
  makePage,
  question,
  watch,
  type Page,
  type PageKind,
  type Place,
  type Step,
  type Watch,
} from '../page.js';
import { openAct } from './act.js';
import { containerPage } from './container.js';
import { findingsPage } from './findings.js';
import { homeColumns, homeLine } from './home-drawing.js';
import { homeRows, isSameSubject, targetOf, type HomeRow, type HomeSubject } from './home-rows.js';
import { imagePage } from './image.js';
import { namespacesPage } from './namespaces.js';
import { processesPage } from './processes.js';

interface HomeState {
  readonly document: LsDocument | undefined;
  readonly failure: string | undefined;
  readonly filter: string;
  readonly rows: readonly HomeRow[];
  readonly list: ListState;
}

const access: ListAccess<HomeState> = {
  get: ({ list }) => list,
  set: (state, list) => ({ ...state, list: offHeading(state, list) }),
  count: ({ rows }) => rows.length,
  height: (_state, { size }) => size.rows,
};

/** The cursor goes over headings to what is behind them; where nothing is, to what is before. */
function offHeading({ rows, list: before }: HomeState, list: ListState): ListState {
  const step = list.cursor < before.cursor ? -1 : 1;
  for (const direction of [step, -step]) {
    let { cursor } = list;
    while (rows[cursor]?.kind === 'heading') cursor += direction;
    if (rows[cursor] !== undefined) return { ...list, cursor };
  }
  return list;
}

export function homePage(): Page {
  return makePage(HOME, {
    document: undefined,
    failure: undefined,
    filter: '',
    rows: [],
    list: AT_START,
  });
}

const HOME: PageKind<HomeState> = {
  name: 'home',
  title: ({ filter }) => (filter === '' ? 'cutaway' : `cutaway /${filter}`),
  start: (state) => ({ effects: [watch(LIST, state)] }),
  bindings: [
    {
      keys: ['enter', 'right', 'l'],
      shown: 'Enter',
      label: 'open',
      help: 'a container: its overlay and changes; an image: its layers and files; a process: its tree',
      works: (state) => current(state) !== undefined,
      act: (state) => openCurrent(state),
    },
    {
      keys: ['t'],
      shown: 't',
      label: 'files',
      help: 'layers and files of the container or image',
      works: (state) => hasFiles(current(state)),
      act: (state) => openPage(state, imagePage),
    },
    {
      keys: ['/'],
      shown: '/',
      label: 'filter',
      help: 'only what has these words in its name, id, image, engine, state or labels',
      act: (state) => ({
        effects: [
          {
            kind: 'prompt',
            prompt: {
              label: '/',
              text: state.filter,
              change: (text) => (now) => ({ state: arrange({ ...now, filter: text ?? '' }) }),
            },
          },
        ],
      }),
    },
    {
      keys: ['p'],
      shown: 'p',
      label: 'processes',
      help: 'processes of the container; on an image, of all this host',
      act: (state) => {
        const row = current(state);
        const target = row === undefined || row.kind === 'image' ? undefined : targetOf(row);
        return { effects: [{ kind: 'open', page: processesPage(target) }] };
      },
    },
    {
      keys: ['m'],
      shown: 'm',
      label: 'namespaces',
      help: 'which namespaces the running containers are in, and share',
      act: () => ({ effects: [{ kind: 'open', page: namespacesPage() }] }),
    },
    {
      keys: ['x'],
      shown: 'x',
      label: 'act',
      help: 'start or remove the container, after a y',
      works: (state) => current(state)?.kind === 'container',
      act: (state) => {
        const row = current(state);
        return row?.kind === 'container' ? openAct(targetOf(row), row.row.state) : {};
      },
    },
    {
      keys: ['f'],
      shown: 'f',
      label: 'findings',
      help: 'what the questions flag of all that runs and is stored here',
      act: () => ({
        effects: [{ kind: 'open', page: findingsPage({ target: undefined, runs: true }) }],
      }),
    },
    {
      keys: ['r'],
      shown: 'r',
      help: 'look again now',
      act: () => ({
        effects: [
          question(
            (port) => port.list(),
            (document) => (state) => ({ state: taken(document)(state) }),
          ),
        ],
      }),
    },
    moveBinding(access),
  ],
  draw: (state, place) => drawHome(state, place),
  point: (state, pointer, place) => {
    if (pointer.action !== 'click') return wheelList(access, state, pointer, place);
    const before = state.list.cursor;
    const step = clickList(access, state, pointer.row, place);
    return step.state?.list.cursor === before ? openCurrent(state) : step;
  },
  select: (state) => {
    const row = current(state);
    return {
      document: () => Promise.resolve(state.document),
      path: row === undefined ? undefined : targetOf(row),
      target: row === undefined || !hasFiles(row) ? undefined : targetOf(row),
      command:
        row === undefined ? ['cutaway', 'ls'] : ['cutaway', COMMANDS[row.kind], targetOf(row)],
    };
  },
};

const COMMANDS = { container: 'overlay', unmanaged: 'procs', image: 'layers' } as const;

const taken =
  (document: LsDocument) =>
  (state: HomeState): HomeState =>
    arrange({ ...state, document, failure: undefined });

/** Now, and again and again. */
const LIST: Watch<HomeState, LsDocument> = {
  ask: () => (port) => port.list(),
  take: taken,
  fail: (failure) => (state) => ({ ...state, failure }),
};

/** Keeps the cursor on what it was on. */
function arrange(state: HomeState): HomeState {
  const { document, filter } = state;
  if (document === undefined) return state;
  const before = current(state);
  const rows = homeRows(document, filter);
  const same = before === undefined ? -1 : rows.findIndex((row) => isSameSubject(row, before));
  const first = rows.findIndex(({ kind }) => kind !== 'heading');
  const cursor = same === -1 ? Math.max(0, before === undefined ? first : state.list.cursor) : same;
  return { ...state, rows, list: { ...state.list, cursor: Math.min(cursor, rows.length - 1) } };
}

function current({ rows, list }: HomeState): HomeSubject | undefined {
  const row = rows[list.cursor];
  return row === undefined || row.kind === 'heading' || row.kind === 'problem' ? undefined : row;
}

function hasFiles(row: HomeSubject | undefined): boolean {
  return row?.kind === 'container' || row?.kind === 'image';
}

function openPage(state: HomeState, page: (target: string) => Page): Step<HomeState> {
  const row = current(state);
  return row === undefined ? {} : { effects: [{ kind: 'open', page: page(targetOf(row)) }] };
}

const PAGES = { container: containerPage, unmanaged: processesPage, image: imagePage } as const;

function openCurrent(state: HomeState): Step<HomeState> {
  const row = current(state);
  return row === undefined ? {} : openPage(state, PAGES[row.kind]);
}

function drawHome({ failure, document, rows, list }: HomeState, { size, now }: Place) {
  const said = failure ?? (document === undefined ? 'looking …' : undefined);
  if (said !== undefined && rows.length === 0) return [wholeRow(plain(` ${said}`), size)];
  const room = homeColumns(rows, size.columns);
  return drawList({
    column: 0,
    width: size.columns,
    height: size.rows,
    list,
    count: rows.length,
    hasFocus: true,
    line: (at) => homeLine(rows[at], room, now),
  }).map((segment) => [segment]);
}
