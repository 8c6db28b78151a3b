// One path: its text, its bytes, what every layer did to it, and what differs between two versions.
import type { BlameDocument, BlameEvent } from '../../../inspect/documents/blame.js';
import type { ContentChange } from '../../../inspect/documents/diff.js';
import { AT_START } from '../list.js';
import { clickList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import { makePage, question, type Effect, type Page, type PageKind, type Step } from '../page.js';
import { extractPrompt } from './extract-prompt.js';
import { drawFile, fileRows, type FileMode, type FileState } from './file-drawing.js';
import { diffLines, isText, textLines } from './file-lines.js';
import { SCROLL_KEYS, scrollOffset } from './lines.js';

export interface FileQuestion {
  readonly target: string;
  readonly path: string;
  /** As the layer has it; undefined for the merged tree. */
  readonly layer: string | undefined;
  readonly mode?: FileMode;
}

export function filePage({ target, path, layer, mode = 'text' }: FileQuestion): Page {
  return makePage(FILE, {
    target,
    path,
    layer,
    mode,
    part: undefined,
    lines: [],
    failure: undefined,
    versions: undefined,
    marked: undefined,
    patch: undefined,
    between: undefined,
    list: AT_START,
    offset: 0,
  });
}

const access: ListAccess<FileState> = {
  get: ({ list }) => list,
  set: (state, list) => ({ ...state, list }),
  count: fileRows,
  height: (_state, { size }) => Math.max(1, size.rows - 1),
};

const readPart = ({ target, path, layer }: FileState): Effect<FileState> =>
  question(
    (port) => port.read(target, path, layer),
    (part) => (state) => {
      // A version that somebody has left meanwhile.
      if (state.layer !== layer) return {};
      const isReadable = isText(part.bytes, part.size);
      const mode = state.mode === 'text' && !isReadable ? 'hex' : state.mode;
      return { state: { ...state, part, mode, failure: undefined, lines: textLines(part.bytes) } };
    },
    (failure) => (state) => ({ state: { ...state, failure } }),
  );

const readVersions = ({ target, path }: FileState): Effect<FileState> =>
  question(
    (port) => port.blame(target, path),
    (versions: BlameDocument) => (state) => {
      const isThis = (event: BlameEvent) => String(event.layer) === state.layer || event.visible;
      const cursor = Math.max(0, [...versions.events].reverse().findIndex(isThis));
      const list = state.mode === 'versions' ? { cursor, top: 0 } : state.list;
      return { state: { ...state, versions, list } };
    },
    (failure) => (state) => ({ state: state.mode === 'versions' ? { ...state, failure } : state }),
  );

function show(state: FileState, mode: FileMode): Step<FileState> {
  return { state: { ...state, mode, list: AT_START, offset: 0 } };
}

/** Newest first, as they are drawn. */
export function eventAt({ versions, list }: FileState): BlameEvent | undefined {
  return versions === undefined ? undefined : [...versions.events].reverse()[list.cursor];
}

function openVersion(state: FileState): Step<FileState> {
  const event = eventAt(state);
  if (event?.entry === undefined) return tell('this layer left no version of it');
  if (event.entry.type !== 'file') return tell(`a ${event.entry.type} has no content of its own`);
  const next: FileState = {
    ...state,
    layer: String(event.contentLayer ?? event.layer),
    mode: 'text',
    part: undefined,
    lines: [],
    failure: undefined,
    list: AT_START,
  };
  return { state: next, effects: [readPart(next)] };
}

function tell(text: string): Step<FileState> {
  return { effects: [{ kind: 'tell', text }] };
}

/** Between the marked version, or the one before, and the one under the cursor. */
function diffVersion(state: FileState): Step<FileState> {
  const { versions, target, path, marked } = state;
  const event = eventAt(state);
  if (versions === undefined || event?.entry?.type !== 'file') return tell('no file to compare');
  const before = versions.events.filter(
    ({ layer, entry }) => layer < event.layer && entry?.type === 'file',
  );
  const from = marked !== undefined && marked !== event.layer ? marked : before.at(-1)?.layer;
  if (from === undefined) return tell('there is no version before it; Space marks one');
  const between: readonly [number, number] = [
    Math.min(from, event.layer),
    Math.max(from, event.layer),
  ];
  return {
    effects: [
      question(
        (port) => port.patch(target, path, String(between[0]), String(between[1])),
        (change: ContentChange) => (now) => ({
          state: {
            ...now,
            mode: 'diff',
            between,
            patch: diffLines(change),
            list: AT_START,
            offset: 0,
          },
        }),
      ),
    ],
  };
}

const FILE: PageKind<FileState> = {
  name: 'file',
  title: ({ path, layer }) => (layer === undefined ? path : `${path} of layer ${layer}`),
  start: (state) => ({ effects: [readPart(state), readVersions(state)] }),
  bindings: [
    {
      keys: ['enter'],
      shown: 'Enter',
      label: 'show',
      help: 'of the versions: what is in this one',
      works: ({ mode }) => mode === 'versions',
      act: openVersion,
    },
    {
      keys: ['space'],
      shown: 'Space',
      label: 'mark',
      help: 'of the versions: the one that d compares with',
      works: ({ mode }) => mode === 'versions',
      act: (state) => {
        const layer = eventAt(state)?.layer;
        return { state: { ...state, marked: state.marked === layer ? undefined : layer } };
      },
    },
    {
      keys: ['d'],
      shown: 'd',
      label: 'diff',
      help: 'of the versions: what differs from the marked one, or the one before',
      works: ({ mode }) => mode === 'versions',
      act: diffVersion,
    },
    {
      keys: ['t'],
      shown: 't',
      label: 'text',
      help: 'as text, with line numbers',
      works: ({ mode, part }) => mode !== 'text' && part !== undefined,
      act: (state) => show(state, 'text'),
    },
    {
      keys: ['x'],
      shown: 'x',
      label: 'hex',
      help: 'byte by byte',
      works: ({ mode, part }) => mode !== 'hex' && part !== undefined,
      act: (state) => show(state, 'hex'),
    },
    {
      keys: ['b', 'v'],
      shown: 'b',
      label: 'versions',
      help: 'what every layer did to it',
      works: ({ mode }) => mode !== 'versions',
      act: (state) => show(state, 'versions'),
    },
    {
      keys: ['e'],
      shown: 'e',
      label: 'extract',
      help: 'write it into a directory of yours',
      act: ({ target, path, layer }) => ({ effects: [extractPrompt(target, path, layer)] }),
    },
    {
      keys: SCROLL_KEYS,
      shown: '← →',
      help: 'the rest of long lines',
      works: ({ mode }) => mode === 'text' || mode === 'diff',
      act: (state, key) => ({ state: { ...state, offset: scrollOffset(state.offset, key) } }),
    },
    moveBinding(access),
  ],
  draw: drawFile,
  point: (state, pointer, place) => {
    if (pointer.action !== 'click') return wheelList(access, state, pointer, place);
    if (pointer.row === 0) return {};
    const step = clickList(access, state, pointer.row - 1, place);
    const isAgain = state.mode === 'versions' && step.state?.list.cursor === state.list.cursor;
    return isAgain ? openVersion(state) : step;
  },
  select: ({ target, path, layer, mode }) => {
    const option = layer === undefined ? [] : ['--layer', layer];
    const isBlame = mode === 'versions' || mode === 'diff';
    return {
      document: (port) => port.blame(target, path),
      path,
      command: isBlame
        ? ['cutaway', 'blame', target, path]
        : ['cutaway', 'cat', ...option, target, path],
    };
  },
};
