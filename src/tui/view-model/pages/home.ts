// What is on this host: containers, the running ones first, and images. Looks again by itself.
import type { ContainerRow, ImageRow, LsDocument } from '../../../inspect/documents/ls.js';
import { formatAge, formatDuration } from '../../../report/age.js';
import { shortID } from '../../../report/short.js';
import { formatSize } from '../../../report/size.js';
import { left, plain, right, span, wholeRow, type Line } from '../line.js';
import { AT_START, type ListState } from '../list.js';
import { clickList, drawList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import {
  makePage,
  question,
  questionAgain,
  type Page,
  type PageKind,
  type Place,
  type Step,
} from '../page.js';
import { containerPage } from './container.js';
import { imagePage } from './image.js';
import { namespacesPage } from './namespaces.js';
import { processesPage } from './processes.js';

type HomeRow =
  | { readonly kind: 'heading'; readonly text: string; readonly note: string }
  | { readonly kind: 'container'; readonly row: ContainerRow }
  | { readonly kind: 'image'; readonly row: ImageRow };

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
  start: () => ({ effects: [listAgain] }),
  bindings: [
    {
      keys: ['enter', 'right', 'l'],
      shown: 'Enter',
      label: 'open',
      help: 'a container: its overlay and changes; an image: its layers and files',
      works: (state) => current(state) !== undefined,
      act: (state) => openCurrent(state),
    },
    {
      keys: ['t'],
      shown: 't',
      label: 'files',
      help: 'layers and files of the container or image',
      works: (state) => current(state) !== undefined,
      act: (state) => openPage(state, imagePage),
    },
    {
      keys: ['/'],
      shown: '/',
      label: 'filter',
      help: 'only what has this in its name, id or image',
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
        const target = row?.kind === 'container' ? targetOf(row) : undefined;
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
      command:
        row === undefined
          ? ['cutaway', 'ls']
          : ['cutaway', row.kind === 'image' ? 'layers' : 'overlay', targetOf(row)],
    };
  },
};

const taken =
  (document: LsDocument) =>
  (state: HomeState): HomeState =>
    arrange({ ...state, document, failure: undefined });

/** Now, and again and again. */
const listAgain = questionAgain<HomeState, LsDocument>(
  (port) => port.list(),
  taken,
  (failure) => (state) => ({ ...state, failure }),
);

/** Keeps the cursor on what it was on. */
function arrange(state: HomeState): HomeState {
  const { document, filter } = state;
  if (document === undefined) return state;
  const before = current(state);
  const wanted = filter.toLowerCase();
  const has = (...texts: readonly string[]) =>
    wanted === '' || texts.some((text) => text.toLowerCase().includes(wanted));
  const containers = document.containers
    .filter(({ name, id, image }) => has(name, id, image ?? ''))
    .sort((a, b) => Number(b.state === 'running') - Number(a.state === 'running'));
  const images = document.images.filter(({ references, id }) => has(...references, id));
  const running = containers.filter((row) => row.state === 'running').length;
  const rows: HomeRow[] = [
    { kind: 'heading', text: 'Containers', note: `${containers.length}, ${running} running` },
    ...containers.map((row) => ({ kind: 'container' as const, row })),
    { kind: 'heading', text: 'Images', note: String(images.length) },
    ...images.map((row) => ({ kind: 'image' as const, row })),
  ];
  const same = before === undefined ? -1 : rows.findIndex((row) => isSame(row, before));
  const first = rows.findIndex(({ kind }) => kind !== 'heading');
  const cursor = same === -1 ? Math.max(0, before === undefined ? first : state.list.cursor) : same;
  return { ...state, rows, list: { ...state.list, cursor: Math.min(cursor, rows.length - 1) } };
}

type Subject = Exclude<HomeRow, { kind: 'heading' }>;

function isSame(row: HomeRow, other: Subject): boolean {
  return row.kind === other.kind && row.row.id === other.row.id;
}

function current({ rows, list }: HomeState): Subject | undefined {
  const row = rows[list.cursor];
  return row === undefined || row.kind === 'heading' ? undefined : row;
}

/** By id: a name can be another's tomorrow. */
function targetOf({ kind, row }: Subject): string {
  if (kind === 'container') return `${row.engine}:${row.name}`;
  return `${row.engine}:${row.references[0] ?? row.id}`;
}

function openPage(state: HomeState, page: (target: string) => Page): Step<HomeState> {
  const row = current(state);
  return row === undefined ? {} : { effects: [{ kind: 'open', page: page(targetOf(row)) }] };
}

function openCurrent(state: HomeState): Step<HomeState> {
  return openPage(state, current(state)?.kind === 'container' ? containerPage : imagePage);
}

function drawHome(state: HomeState, place: Place) {
  const { size, now } = place;
  const problem = state.failure ?? (state.document === undefined ? 'looking …' : undefined);
  if (problem !== undefined && state.rows.length === 0)
    return [wholeRow(plain(` ${problem}`), size)];
  return drawList({
    column: 0,
    width: size.columns,
    height: size.rows,
    list: state.list,
    count: state.rows.length,
    hasFocus: true,
    line: (at) => homeLine(state.rows[at], size.columns, now),
  }).map((segment) => [segment]);
}

function homeLine(row: HomeRow | undefined, columns: number, now: number): Line {
  if (row === undefined) return [];
  if (row.kind === 'heading') return [span(` ${row.text}`, 'bold'), span(`  ${row.note}`, 'dim')];
  return row.kind === 'container'
    ? containerLine(row.row, columns, now)
    : imageLine(row.row, columns, now);
}

function containerLine(row: ContainerRow, columns: number, now: number): Line {
  const name = Math.max(12, Math.floor(columns * 0.25));
  const image = Math.max(12, Math.floor(columns * 0.2));
  const status = Math.max(12, Math.min(25, columns - name - image - 18));
  const isRunning = row.state === 'running';
  return [
    span(isRunning ? '   ● ' : '   ○ ', isRunning ? 'added' : 'dim'),
    span(`${left(row.name, name)} `, isRunning ? 'plain' : 'dim'),
    span(`${left(row.image ?? '', image)} `),
    span(left(stateText(row, now), status), 'dim'),
    span(row.pid === undefined ? '' : right(`pid ${row.pid}`, 11), 'host'),
  ];
}

function stateText({ state, startedAt, finishedAt, exitCode }: ContainerRow, now: number): string {
  if (state === 'created') return 'created';
  if (state === 'running') {
    return `up ${formatDuration(Math.max(0, now - Date.parse(startedAt ?? ''))).toLowerCase()}`;
  }
  return `exited (${exitCode ?? '?'}) ${formatAge(finishedAt, now)}`.trimEnd();
}

/** Where an engine keeps neither blobs nor an index, nobody has counted yet. */
function sizeText({ contentSize, size }: ImageRow): string {
  const bytes = contentSize ?? size;
  return bytes === undefined ? '' : formatSize(bytes);
}

function imageLine(row: ImageRow, columns: number, now: number): Line {
  const name = Math.max(20, Math.floor(columns * 0.45));
  const { references, layers } = row;
  return [
    span(
      `   ${left(references.length === 0 ? shortID(row.id, { noTrunc: false }) : references.join(', '), name)} `,
    ),
    span(right(sizeText(row), 8)),
    span(right(`${layers} ${layers === 1 ? 'layer' : 'layers'}`, 11), 'dim'),
    span(`  ${formatAge(row.createdAt, now)}`, 'dim'),
  ];
}
