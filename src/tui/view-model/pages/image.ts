// Layers on the left, the files on the right, the facts of what the cursor is on below.
import { AT_START } from '../list.js';
import { clickList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import { makePage, question, type Binding, type Page, type PageKind, type Step } from '../page.js';
import {
  cursorRow,
  filterTree,
  foldAll,
  foldRow,
  goTo,
  hasChildren,
  isUnfolded,
  nextMatch,
  openTree,
  replaceTree,
  sortTree,
  type TreeState,
} from '../tree-rows.js';
import { FILTER_LABEL, parsePathFilter } from '../path-filter.js';
import { dragSplit, splitBinding, UNSPLIT } from '../split.js';
import { bestSplit, drawImage, imageAreas, wantedView, type ImageState } from './image-drawing.js';
import { extractPrompt } from './extract-prompt.js';
import { filePage } from './file.js';
import { findingsPage } from './findings.js';
import { rowSource, shownTarget } from './image-source.js';
import { processesPage } from './processes.js';

/** A key that moves through layers or letters of a filter come faster than trees are made. */
const PAUSE = 40;

export function imagePage(target: string): Page {
  return makePage(IMAGE, {
    target,
    look: undefined,
    failure: undefined,
    mode: 'upTo',
    pane: 'layers',
    layers: AT_START,
    viewed: undefined,
    tree: undefined,
    split: UNSPLIT,
  });
}

const layersAccess: ListAccess<ImageState> = {
  get: ({ layers }) => layers,
  set: (state, layers) => ({ ...state, layers }),
  count: ({ look }) => look?.layers.length ?? 0,
  height: (state, place) => imageAreas(state, place).listRows,
  moved: (state) => viewSoon(state),
};

const treeAccess: ListAccess<ImageState> = {
  get: ({ tree }) => tree?.list ?? AT_START,
  set: (state, list) =>
    state.tree === undefined ? state : { ...state, tree: { ...state.tree, list } },
  count: ({ tree }) => tree?.rows.length ?? 0,
  height: layersAccess.height,
};

const access: ListAccess<ImageState> = {
  get: (state) => own(state).get(state),
  set: (state, list) => own(state).set(state, list),
  count: (state) => own(state).count(state),
  height: layersAccess.height,
  moved: (state) => own(state).moved?.(state) ?? { state },
};

function own({ pane }: ImageState): ListAccess<ImageState> {
  return pane === 'layers' ? layersAccess : treeAccess;
}

/** The number of the layer that the cursor is on; 1 is the base. */
function layerNumber({ layers }: ImageState): number {
  return layers.cursor + 1;
}

/** The tree of the layer under the cursor, when the cursor rests. */
function viewSoon(state: ImageState): Step<ImageState> {
  const key = wantedView(state);
  return {
    state,
    effects: [
      {
        kind: 'later',
        milliseconds: PAUSE,
        update: (now) => ({ state: wantedView(now) === key ? viewNow(now) : now }),
      },
    ],
  };
}

function viewNow(state: ImageState): ImageState {
  const { look, mode, tree } = state;
  const viewed = wantedView(state);
  if (look === undefined || state.viewed === viewed) return state;
  const view = look.view(mode, layerNumber(state));
  return {
    ...state,
    viewed,
    tree: tree === undefined ? openTree(view, 'size') : replaceTree(tree, view),
  };
}

function inTree({ pane, tree }: ImageState): boolean {
  return pane === 'tree' && tree !== undefined && tree.rows.length > 0;
}

function withTree(
  state: ImageState,
  change: (tree: TreeState, row: number) => TreeState,
): Step<ImageState> {
  const { tree } = state;
  const row = tree === undefined ? undefined : cursorRow(tree);
  if (tree === undefined || row === undefined) return {};
  return { state: { ...state, tree: change(tree, row) } };
}

function openRow(state: ImageState): Step<ImageState> {
  const { tree } = state;
  const row = tree === undefined ? undefined : cursorRow(tree);
  if (tree === undefined || row === undefined) return {};
  if (hasChildren(tree, row)) return withTree(state, toggle);
  return openFile(state, tree, row);
}

function openFile(state: ImageState, tree: TreeState, row: number): Step<ImageState> {
  const { layer } = rowSource(state, row);
  const page = filePage({ target: state.target, path: tree.view.path(row), layer });
  return { effects: [{ kind: 'open', page }] };
}

const toggle = (tree: TreeState, row: number): TreeState =>
  hasChildren(tree, row) ? foldRow(tree, row, !isUnfolded(tree, row)) : tree;

function goLeft(state: ImageState): Step<ImageState> {
  const { tree } = state;
  const row = tree === undefined ? undefined : cursorRow(tree);
  if (tree === undefined || row === undefined) return { state: { ...state, pane: 'layers' } };
  if (tree.found === undefined && hasChildren(tree, row) && isUnfolded(tree, row)) {
    return { state: { ...state, tree: foldRow(tree, row, false) } };
  }
  const parent = tree.view.parent[row] ?? 0;
  return parent > 0
    ? { state: { ...state, tree: goTo(tree, parent) } }
    : { state: { ...state, pane: 'layers' } };
}

function goRight(state: ImageState): Step<ImageState> {
  if (state.pane === 'layers') return { state: { ...state, pane: 'tree' } };
  return withTree(state, (tree, row) =>
    hasChildren(tree, row) && !isUnfolded(tree, row) ? foldRow(tree, row, true) : tree,
  );
}

const MODES = ['upTo', 'layer', 'whole'] as const;

function nextMode(state: ImageState): Step<ImageState> {
  const mode = MODES[(MODES.indexOf(state.mode) + 1) % MODES.length] ?? 'upTo';
  return viewSoon({ ...state, mode });
}

function applyFilter(state: ImageState, text: string): Step<ImageState> {
  if (state.tree === undefined) return {};
  try {
    const filter = parsePathFilter(text);
    return { state: { ...state, tree: filterTree(state.tree, filter) } };
  } catch (error) {
    return { effects: [{ kind: 'tell', text: error instanceof Error ? error.message : '' }] };
  }
}

const askFilter = (state: ImageState): Step<ImageState> => {
  let latest: string | undefined;
  return {
    state: { ...state, pane: 'tree' },
    effects: [
      {
        kind: 'prompt',
        prompt: {
          label: FILTER_LABEL,
          text: state.tree?.filter?.text ?? '',
          change: (text, done) => {
            const typed = text ?? '';
            // What was typed before and is still to be applied is not wanted any more.
            latest = done ? undefined : typed;
            if (done) return (now) => applyFilter(now, typed);
            return () => ({
              effects: [
                {
                  kind: 'later',
                  milliseconds: PAUSE * 3,
                  // Of letters that came quickly the last one counts.
                  update: (now) => (latest === typed ? applyFilter(now, typed) : {}),
                },
              ],
            });
          },
        },
      },
    ],
  };
};

function askExtract(state: ImageState): Step<ImageState> {
  const { tree } = state;
  const row = tree === undefined ? undefined : cursorRow(tree);
  if (tree === undefined || row === undefined) return {};
  const path = tree.view.path(row);
  const { target, layer } = rowSource(state, row);
  return { effects: [extractPrompt(target, path, layer)] };
}

const TREE_BINDINGS: readonly Binding<ImageState>[] = [
  {
    keys: ['space'],
    shown: 'Space',
    label: 'fold',
    help: 'fold or unfold a directory',
    works: inTree,
    act: (state) => withTree(state, toggle),
  },
  {
    keys: ['+', '='],
    shown: '+',
    help: 'unfold all directories',
    works: ({ tree }) => tree !== undefined,
    act: (state) => withTree(state, (tree) => foldAll(tree, true)),
  },
  {
    keys: ['-'],
    shown: '-',
    help: 'fold all directories',
    works: ({ tree }) => tree !== undefined,
    act: (state) => withTree(state, (tree) => foldAll(tree, false)),
  },
  {
    keys: ['/'],
    shown: '/',
    label: 'filter',
    help: 'only what matches: a glob, /regex/, part of a name, size>1M, layer:3, kind:added, type:file, wasted',
    works: ({ tree }) => tree !== undefined,
    act: askFilter,
  },
  {
    keys: ['escape'],
    shown: 'Esc',
    label: 'all',
    help: 'without the filter again',
    works: ({ tree }) => tree?.filter !== undefined,
    act: (state) => applyFilter(state, ''),
  },
  {
    keys: ['n', 'N'],
    shown: 'n N',
    label: 'next',
    help: 'the next match of the filter, the one before',
    works: ({ tree }) => tree?.filter !== undefined,
    act: (state, key) => withTree(state, (tree) => nextMatch(tree, key === 'n' ? 1 : -1)),
  },
  {
    keys: ['s'],
    shown: 's',
    label: 'sort',
    help: 'the largest first, or by name',
    works: ({ tree }) => tree !== undefined,
    act: (state) =>
      withTree(state, (tree) => sortTree(tree, tree.sort === 'size' ? 'name' : 'size')),
  },
  {
    keys: ['b'],
    shown: 'b',
    label: 'blame',
    help: 'what every layer did to the path',
    works: inTree,
    act: (state) => {
      const row = state.tree === undefined ? undefined : cursorRow(state.tree);
      if (state.tree === undefined || row === undefined) return {};
      const path = state.tree.view.path(row);
      const { layer } = rowSource(state, row);
      const page = filePage({ target: state.target, path, layer, mode: 'versions' });
      return { effects: [{ kind: 'open', page }] };
    },
  },
  {
    keys: ['e'],
    shown: 'e',
    label: 'extract',
    help: 'write the file or directory into a directory of yours',
    works: inTree,
    act: askExtract,
  },
];

const IMAGE: PageKind<ImageState> = {
  name: 'image',
  title: ({ target, look }) => look?.subject.name ?? target,
  start: ({ target }) => ({
    effects: [
      question(
        (port) => port.look(target),
        (look) => (state) => {
          const layers = { cursor: look.layers.length - 1, top: 0 };
          return { state: viewNow({ ...state, look, layers }) };
        },
        (failure) => (state) => ({ state: { ...state, failure } }),
      ),
    ],
  }),
  bindings: [
    {
      keys: ['enter'],
      shown: 'Enter',
      label: 'open',
      help: 'a layer: to its files; a directory: fold or unfold; a file: what is in it',
      works: (state) => state.tree !== undefined,
      act: (state) => (state.pane === 'layers' ? goRight(state) : openRow(state)),
    },
    {
      keys: ['tab'],
      shown: 'Tab',
      label: 'pane',
      help: 'between layers and files',
      works: ({ tree }) => tree !== undefined,
      act: (state) => ({ state: { ...state, pane: state.pane === 'layers' ? 'tree' : 'layers' } }),
    },
    {
      keys: ['v'],
      shown: 'v',
      label: 'view',
      help: 'the tree up to this layer, what the layer did, or the final tree',
      works: ({ tree }) => tree !== undefined,
      act: nextMode,
    },
    ...TREE_BINDINGS,
    {
      keys: ['left', 'h'],
      shown: '← h',
      help: 'fold, to the directory above, to the layers',
      works: ({ pane }) => pane === 'tree',
      act: goLeft,
    },
    {
      keys: ['right', 'l'],
      shown: '→ l',
      help: 'unfold; from the layers to the files',
      works: ({ tree }) => tree !== undefined,
      act: goRight,
    },
    {
      keys: ['p'],
      shown: 'p',
      help: 'processes of the container',
      works: ({ look }) => look?.subject.kind === 'container',
      act: ({ target }) => ({ effects: [{ kind: 'open', page: processesPage(target) }] }),
    },
    {
      keys: ['f'],
      shown: 'f',
      help: 'what the questions flag of it',
      works: ({ look }) => look !== undefined,
      act: ({ target, look }) => {
        const runs = look?.subject.kind === 'container';
        return { effects: [{ kind: 'open', page: findingsPage({ target, runs }) }] };
      },
    },
    splitBinding((_state, place) => bestSplit(place)),
    moveBinding(access),
  ],
  draw: drawImage,
  point: (state, pointer, place) => {
    const areas = imageAreas(state, place);
    const split = dragSplit(state.split, pointer, areas.leftWidth);
    if (split !== undefined) return { state: { ...state, split } };
    if (pointer.row < 1 || pointer.row > areas.listRows) return {};
    const isLayers = pointer.column < areas.leftWidth;
    const pane = isLayers ? layersAccess : treeAccess;
    if (pointer.action !== 'click') return wheelList(pane, state, pointer, place);
    const focused: ImageState = { ...state, pane: isLayers ? 'layers' : 'tree' };
    const step = clickList(pane, focused, pointer.row - 1, place);
    const isAgain =
      !isLayers &&
      state.pane === 'tree' &&
      step.state?.tree?.list.cursor === state.tree?.list.cursor;
    return isAgain ? openRow(focused) : step;
  },
  select: (state) => {
    const { tree, target, pane, look } = state;
    const row = tree === undefined || pane === 'layers' ? undefined : cursorRow(tree);
    if (tree === undefined || row === undefined) {
      return {
        document: (port) => port.layers(target),
        path: look?.layers[state.layers.cursor]?.directory,
        target: shownTarget(state),
        command: ['cutaway', 'layers', target],
      };
    }
    const path = tree.view.path(row);
    const source = rowSource(state, row);
    const layer = source.layer === undefined ? [] : ['--layer', source.layer];
    const verb = tree.view.type[row] === 1 ? 'cat' : 'tree';
    return {
      document: () => Promise.resolve(tree.view.facts(row)),
      path,
      target: shownTarget(state),
      command: ['cutaway', verb, ...layer, source.target, path],
    };
  },
};
