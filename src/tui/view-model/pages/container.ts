// A container: its overlay as a cutaway, merged on top, and what it has changed below.
import type { ChangeRecord, DiffDocument } from '../../../inspect/documents/diff.js';
import type { OverlayDocument } from '../../../inspect/documents/overlay.js';
import { formatOverlay } from '../../../report/overlay-drawing.js';
import { formatNumberOf } from '../../../report/size.js';
import { safeName } from '../../../report/text.js';
import { plain, span, wholeRow, type Line, type Row, type Style } from '../line.js';
import { AT_START, type ListState } from '../list.js';
import { clickList, drawList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import {
  makePage,
  question,
  type Effect,
  type Page,
  type PageKind,
  type Place,
  type Step,
} from '../page.js';
import { paintedLines, paneView } from '../painted.js';
import { filePage } from './file.js';
import { imagePage } from './image.js';
import { namespacesPage } from './namespaces.js';
import { processesPage } from './processes.js';

interface ContainerState {
  readonly target: string;
  readonly overlay: OverlayDocument | undefined;
  readonly changes: DiffDocument | undefined;
  readonly failure: string | undefined;
  readonly list: ListState;
}

export function containerPage(target: string): Page {
  return makePage(CONTAINER, {
    target,
    overlay: undefined,
    changes: undefined,
    failure: undefined,
    list: AT_START,
  });
}

const access: ListAccess<ContainerState> = {
  get: ({ list }) => list,
  set: (state, list) => ({ ...state, list }),
  count: (state) => overlayLines(state, Infinity, 0).length + HEADING + changesOf(state).length,
  height: (_state, { size }) => size.rows,
};

/** Rows between the overlay and the changes. */
const HEADING = 2;

function changesOf({ changes }: ContainerState): readonly ChangeRecord[] {
  return changes?.changes ?? [];
}

function lookAgain({ target }: ContainerState): Effect<ContainerState>[] {
  const failed =
    (failure: string) =>
    (state: ContainerState): Step<ContainerState> => ({ state: { ...state, failure } });
  return [
    question(
      (port) => port.overlay(target),
      (overlay) =>
        (state): Step<ContainerState> => ({ state: { ...state, overlay, failure: undefined } }),
      failed,
    ),
    question(
      (port) => port.changes(target),
      (changes) =>
        (state): Step<ContainerState> => ({ state: { ...state, changes } }),
      failed,
    ),
  ];
}

/** As many at any width: the line of mountinfo, which the face would fold, is cut here. */
function overlayLines({ overlay }: ContainerState, width: number, now: number): Line[] {
  if (overlay === undefined) return [];
  const { mountLine, ...rest } = overlay;
  const lines = paintedLines(formatOverlay(rest, paneView(width, now)));
  return mountLine === undefined ? lines : [...lines, [], plain(`  ${mountLine}`, 'dim')];
}

/** The change that the cursor is on. */
function current(state: ContainerState): ChangeRecord | undefined {
  const before = overlayLines(state, Infinity, 0).length + HEADING;
  return changesOf(state)[state.list.cursor - before];
}

function openChange(state: ContainerState): Step<ContainerState> {
  const change = current(state);
  if (change === undefined) return {};
  const mode = change.kind === 'A' && change.after?.type === 'file' ? 'text' : 'versions';
  const page = filePage({ target: state.target, path: change.path, layer: undefined, mode });
  return { effects: [{ kind: 'open', page }] };
}

const CONTAINER: PageKind<ContainerState> = {
  name: 'container',
  title: ({ target, overlay }) => overlay?.subject.name ?? target,
  start: (state) => ({ effects: lookAgain(state) }),
  bindings: [
    {
      keys: ['enter', 'right', 'l'],
      shown: 'Enter',
      label: 'open',
      help: 'a change: what is in the file, what was there before',
      works: (state) => current(state) !== undefined,
      act: openChange,
    },
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
      keys: ['r'],
      shown: 'r',
      label: 'look again',
      help: 'what it has changed by now',
      act: (state) => ({ effects: lookAgain(state) }),
    },
    moveBinding(access),
  ],
  draw: drawContainer,
  point: (state, pointer, place) => {
    if (pointer.action !== 'click') return wheelList(access, state, pointer, place);
    const step = clickList(access, state, pointer.row, place);
    return step.state?.list.cursor === state.list.cursor ? openChange(state) : step;
  },
  select: (state) => {
    const { target, changes } = state;
    const change = current(state);
    return change === undefined
      ? {
          document: (port) => port.overlay(target),
          path: state.overlay?.merged,
          target,
          command: ['cutaway', 'overlay', target],
        }
      : {
          document: (port) =>
            changes === undefined ? port.changes(target) : Promise.resolve(changes),
          path: change.path,
          target,
          command: ['cutaway', 'diff', target],
        };
  },
};

const KINDS: Readonly<Record<ChangeRecord['kind'], Style>> = {
  A: 'added',
  C: 'changed',
  D: 'deleted',
};

function drawContainer(state: ContainerState, { size, now }: Place): Row[] {
  const { overlay, failure, changes } = state;
  if (failure !== undefined) return [wholeRow(plain(` ${failure}`, 'finding'), size)];
  if (overlay === undefined) return [wholeRow(plain(' looking …', 'dim'), size)];
  const top = overlayLines(state, size.columns - 1, now);
  const heading: Line = [
    span(' Changes', 'bold'),
    span(
      changes === undefined
        ? '  looking …'
        : `  ${formatNumberOf(changes.changes.length, 'path', 'paths')}`,
      'dim',
    ),
  ];
  const lines: (Line | undefined)[] = [...top, [], heading];
  const all = changesOf(state);
  return drawList({
    column: 0,
    width: size.columns,
    height: size.rows,
    list: state.list,
    count: lines.length + all.length,
    hasFocus: true,
    line: (at) => lines[at] ?? changeLine(all[at - lines.length]),
  }).map((segment) => [segment]);
}

function changeLine(change: ChangeRecord | undefined): Line {
  if (change === undefined) return [];
  const { kind, path, aspects } = change;
  return [
    span(`   ${kind} ${safeName(path)}`, KINDS[kind]),
    span(aspects.length === 0 ? '' : `  ${aspects.join(', ')}`, 'dim'),
  ];
}
