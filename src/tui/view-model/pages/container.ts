// A container, live: its overlay as a cutaway, merged on top, and what it has changed below; what is
// mounted in it; what it uses and may use; what it printed; what it was started with.
import type { ChangeRecord } from '../../../inspect/documents/diff.js';
import { lineWidth, plain, span, wholeRow, type Line, type Row, type Span } from '../line.js';
import { AT_START, clampList } from '../list.js';
import { clickList, drawList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import {
  makePage,
  watch,
  type Binding,
  type Effect,
  type Page,
  type PageKind,
  type Place,
  type Pointer,
  type Step,
  type Watch,
} from '../page.js';
import type { Port } from '../port.js';
import {
  changeAtLine,
  TABS,
  tabLines,
  type ContainerState,
  type Sample,
  type Tab,
} from './container-tabs.js';
import { openAct } from './act.js';
import { filePage } from './file.js';
import { findingsPage } from './findings.js';
import { imagePage } from './image.js';
import { SCROLL_KEYS, scrolled, scrollOffset } from './lines.js';
import { namespacesPage } from './namespaces.js';
import { processesPage } from './processes.js';

/** Far below the last row: where a log is read. */
const AT_END = { cursor: Number.MAX_SAFE_INTEGER, top: 0 };

export function containerPage(target: string, tab: Tab = 'overlay'): Page {
  return makePage(CONTAINER, {
    target,
    tab,
    overlay: undefined,
    changes: undefined,
    noChanges: undefined,
    mounts: undefined,
    processes: undefined,
    samples: undefined,
    log: undefined,
    facts: undefined,
    failure: undefined,
    lists: { overlay: AT_START, mounts: AT_START, use: AT_START, log: AT_END, facts: AT_START },
    offset: 0,
  });
}

/** The row of the tabs. */
const HEAD = 1;

const access: ListAccess<ContainerState> = {
  get: ({ lists, tab }) => lists[tab],
  set: (state, list) => ({ ...state, lists: { ...state.lists, [state.tab]: list } }),
  count: (state) => tabLines(state, Infinity, 0).length,
  height: (_state, { size }) => Math.max(1, size.rows - HEAD),
};

type Change = (state: ContainerState) => ContainerState;

/** What each tab asks; the answer is kept when another tab is shown. */
const QUESTIONS: Readonly<Record<Tab, (port: Port, target: string) => Promise<Change>>> = {
  overlay: async (port, target) => {
    const [overlay, changes] = await Promise.allSettled([
      port.overlay(target),
      port.changes(target),
    ]);
    if (overlay.status === 'rejected') throw overlay.reason;
    return (state) => ({
      ...state,
      overlay: overlay.value,
      ...(changes.status === 'fulfilled'
        ? { changes: changes.value, noChanges: undefined }
        : { changes: undefined, noChanges: messageOf(changes.reason) }),
    });
  },
  mounts: async (port, target) => {
    const mounts = await port.mounts(target);
    return (state) => ({ ...state, mounts: mounts ?? null });
  },
  use: async (port, target) => {
    const processes = await port.processes(target);
    const nanoseconds = (processes.controlGroups ?? []).flatMap(
      ({ number, cpuNanoseconds: used }) => (used === undefined ? [] : [[number, used] as const]),
    );
    const sample: Sample = { at: port.now(), nanoseconds: new Map(nanoseconds) };
    return (state) => ({ ...state, processes, samples: [state.samples?.[1], sample] });
  },
  log: async (port, target) => {
    const log = await port.log(target);
    return (state) => followEnd(state, { ...state, log: log ?? null });
  },
  facts: async (port, target) => {
    const facts = await port.facts(target);
    return (state) => ({ ...state, facts });
  },
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Who reads at the end of the log goes on reading there. */
function followEnd(before: ContainerState, after: ContainerState): ContainerState {
  const { cursor } = before.lists.log;
  const isAtEnd = cursor >= (before.log?.lines.length ?? 0) - 1;
  return isAtEnd ? { ...after, lists: { ...after.lists, log: AT_END } } : after;
}

const LOOK: Watch<ContainerState, Change> = {
  ask:
    ({ tab, target }) =>
    (port) =>
      QUESTIONS[tab](port, target),
  take: (change) => (state) => ({ ...change(state), failure: undefined }),
  fail: (failure) => (state) => ({ ...state, failure }),
};

/** Once, beside the looks that are repeated. */
function lookNow({ tab, target }: ContainerState): Effect<ContainerState> {
  return {
    kind: 'ask',
    ask: async (port) => {
      const change = await QUESTIONS[tab](port, target).catch(
        (error: unknown): Change =>
          (state) => ({
            ...state,
            failure: messageOf(error),
          }),
      );
      return (state) => ({ state: change({ ...state, failure: undefined }) });
    },
  };
}

function showTab(state: ContainerState, tab: Tab): Step<ContainerState> {
  if (tab === state.tab) return {};
  const next = { ...state, tab, offset: 0, failure: undefined };
  return { state: next, effects: [lookNow(next)] };
}

function cursorAt(state: ContainerState): number {
  return clampList(access.get(state), access.count(state), 1).cursor;
}

function current(state: ContainerState): ChangeRecord | undefined {
  return state.tab === 'overlay' ? changeAtLine(state, cursorAt(state)) : undefined;
}

function openChange(state: ContainerState): Step<ContainerState> {
  const change = current(state);
  if (change === undefined) return {};
  const mode = change.kind === 'A' && change.after?.type === 'file' ? 'text' : 'versions';
  const page = filePage({ target: state.target, path: change.path, layer: undefined, mode });
  return { effects: [{ kind: 'open', page }] };
}

const WAYS: readonly Binding<ContainerState>[] = [
  {
    keys: ['t'],
    shown: 't',
    label: 'files',
    help: 'its layers and files, what it has written on top',
    act: ({ target }) => ({ effects: [{ kind: 'open', page: imagePage(target) }] }),
  },
  {
    keys: ['p'],
    shown: 'p',
    label: 'processes',
    help: 'its processes as the host sees them',
    act: ({ target }) => ({ effects: [{ kind: 'open', page: processesPage(target) }] }),
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
    works: ({ overlay }) => overlay?.subject.state !== undefined,
    act: ({ overlay }) =>
      overlay === undefined ? {} : openAct(overlay.subject.target, overlay.subject.state ?? ''),
  },
  {
    keys: ['f'],
    shown: 'f',
    label: 'findings',
    help: 'what the questions flag of it',
    act: ({ target }) => ({
      effects: [{ kind: 'open', page: findingsPage({ target, runs: true }) }],
    }),
  },
];

const CONTAINER: PageKind<ContainerState> = {
  name: 'container',
  title: ({ target, overlay }) => overlay?.subject.name ?? target,
  start: (state) => ({ effects: [watch(LOOK, state)] }),
  bindings: [
    {
      keys: ['enter'],
      shown: 'Enter',
      label: 'open',
      help: 'a change: what is in the file, what was there before',
      works: (state) => current(state) !== undefined,
      act: openChange,
    },
    {
      keys: ['tab', 'S-tab'],
      shown: 'Tab',
      label: 'next',
      help: 'overlay and changes, mounts, use and limits, log, what it was started with',
      act: (state, key) => {
        const step = key === 'tab' ? 1 : TABS.length - 1;
        return showTab(state, TABS[(TABS.indexOf(state.tab) + step) % TABS.length] ?? 'overlay');
      },
    },
    {
      keys: ['1', '2', '3', '4', '5'],
      shown: '1 2 3 4 5',
      help: 'one of these at once',
      act: (state, key) => showTab(state, TABS[Number(key) - 1] ?? 'overlay'),
    },
    ...WAYS,
    {
      keys: ['r'],
      shown: 'r',
      help: 'look again now; it looks every few seconds',
      act: (state) => ({ effects: [lookNow(state)] }),
    },
    {
      keys: SCROLL_KEYS,
      shown: '← →',
      help: 'the rest of long lines',
      act: (state, key) => ({ state: { ...state, offset: scrollOffset(state.offset, key) } }),
    },
    moveBinding(access),
  ],
  draw: drawContainer,
  point: pointContainer,
  select: (state) => {
    const { target, overlay } = state;
    const path = state.tab === 'overlay' ? (current(state)?.path ?? overlay?.merged) : undefined;
    return {
      ...DOCUMENTS[current(state) === undefined ? state.tab : 'changes'](state),
      path,
      target,
    };
  },
};

function pointContainer(
  state: ContainerState,
  pointer: Pointer,
  place: Place,
): Step<ContainerState> {
  if (pointer.action !== 'click') return wheelList(access, state, pointer, place);
  if (pointer.row < HEAD) {
    const tab = tabSpans(state).find(
      ({ from, to }) => pointer.column >= from && pointer.column < to,
    );
    return tab === undefined ? {} : showTab(state, tab.tab);
  }
  const before = cursorAt(state);
  const step = clickList(access, state, pointer.row - HEAD, place);
  return step.state !== undefined && cursorAt(step.state) === before ? openChange(state) : step;
}

type Shown = (state: ContainerState) => {
  document: (port: Port) => Promise<unknown>;
  command?: readonly string[];
};

const DOCUMENTS: Readonly<Record<Tab | 'changes', Shown>> = {
  overlay: ({ target }) => ({
    document: (port) => port.overlay(target),
    command: ['cutaway', 'overlay', target],
  }),
  changes: ({ target, changes }) => ({
    document: (port) => (changes === undefined ? port.changes(target) : Promise.resolve(changes)),
    command: ['cutaway', 'diff', target],
  }),
  mounts: ({ target }) => ({
    document: async (port) => (await port.mounts(target)) ?? [],
    command: ['cutaway', 'ns', target],
  }),
  use: ({ target }) => ({
    document: (port) => port.processes(target),
    command: ['cutaway', 'procs', '--details', target],
  }),
  log: ({ target }) => ({ document: async (port) => (await port.log(target)) ?? null }),
  facts: ({ target }) => ({
    document: async (port) => (await port.facts(target)).document,
    command: ['cutaway', 'inspect', target],
  }),
};

function tabSpans({ tab: shown }: ContainerState) {
  let from = 1;
  return TABS.map((tab, at) => {
    const text = tab === shown ? `[${at + 1} ${tab}]` : ` ${at + 1} ${tab} `;
    const start = from;
    from += lineWidth([span(text)]);
    return { tab, text, from: start, to: from };
  });
}

function headLine(state: ContainerState): Line {
  const tabs = tabSpans(state).map(({ tab, text }): Span =>
    span(text, tab === state.tab ? 'bold' : 'dim'),
  );
  const { log } = state;
  const note = state.tab === 'log' && log !== null && log !== undefined ? `  ${log.path}` : '';
  return [span(' '), ...tabs, span(note, 'dim')];
}

function drawContainer(state: ContainerState, { size, now }: Place): Row[] {
  const { failure } = state;
  const head = wholeRow(headLine(state), size);
  if (failure !== undefined) return [head, wholeRow(plain(` ${failure}`, 'finding'), size)];
  const lines = tabLines(state, size.columns - 1, now);
  const rows = drawList({
    column: 0,
    width: size.columns,
    height: Math.max(1, size.rows - HEAD),
    list: access.get(state),
    count: lines.length,
    hasFocus: true,
    line: (at) => scrolled(lines[at] ?? [], state.offset),
  });
  return [head, ...rows.map((segment) => [segment])];
}
