// The image page as rows: two panes beside one another, and the facts of one thing below.
import type { ImageLook, LookLayer, LookMode } from '../../../inspect/image-look.js';
import { ADDED, CHANGED, DELETED, type TreeRowFacts } from '../../../inspect/tree-view.js';
import { layerMark, layerStep } from '../../../report/layer-mark.js';
import { modeText } from '../../../report/mode-text.js';
import { formatCount, formatSize } from '../../../report/size.js';
import { safeName } from '../../../report/text.js';
import {
  left,
  plain,
  right,
  span,
  wholeRow,
  type Line,
  type Row,
  type Span,
  type Style,
} from '../line.js';
import type { ListState } from '../list.js';
import { drawList } from '../list-pane.js';
import type { Place } from '../page.js';
import { divider, leftWidth, type SplitState } from '../split.js';
import { cursorRow, hasChildren, isUnfolded, type TreeState } from '../tree-rows.js';

export interface ImageState {
  readonly target: string;
  readonly look: ImageLook | undefined;
  readonly failure: string | undefined;
  readonly mode: LookMode;
  readonly pane: 'layers' | 'tree';
  readonly layers: ListState;
  /** What the tree is of; undefined before there is one. */
  readonly viewed: string | undefined;
  readonly tree: TreeState | undefined;
  readonly split: SplitState;
}

/** As `ENTRY_TYPES` of overlay/layer-columns numbers them. */
const FILE = 1;
const DIRECTORY = 2;
const SYMLINK = 3;

/** What the pane of files should be of. */
export function wantedView({ mode, layers }: ImageState): string {
  return mode === 'whole' ? 'whole' : `${mode} ${layers.cursor + 1}`;
}

interface Areas {
  readonly leftWidth: number;
  readonly listRows: number;
  readonly factRows: number;
}

/** How wide the layers are where nobody has moved the line. */
export function bestSplit({ size }: Place): number {
  return Math.max(22, Math.min(64, Math.floor(size.columns * 0.36)));
}

export function imageAreas({ split }: ImageState, place: Place): Areas {
  const { columns, rows } = place.size;
  const factRows = rows >= 30 ? 7 : rows >= 18 ? 5 : 3;
  return {
    leftWidth: leftWidth(split, columns, bestSplit(place)),
    listRows: Math.max(1, rows - factRows - 2),
    factRows,
  };
}

export function drawImage(state: ImageState, place: Place): Row[] {
  const { look, failure } = state;
  const { size } = place;
  if (failure !== undefined) return [wholeRow(plain(` ${failure}`, 'finding'), size)];
  if (look === undefined) return [wholeRow(plain(' reading its layers …', 'dim'), size)];
  const areas = imageAreas(state, place);
  const rightWidth = size.columns - areas.leftWidth - 1;
  const layers = drawList({
    column: 0,
    width: areas.leftWidth,
    height: areas.listRows,
    list: state.layers,
    count: look.layers.length,
    hasFocus: state.pane === 'layers',
    line: (at) => layerLine(look.layers[at]),
  });
  const { tree } = state;
  const files = drawList({
    column: areas.leftWidth + 1,
    width: rightWidth,
    height: areas.listRows,
    list: tree?.list ?? { cursor: 0, top: 0 },
    count: tree?.rows.length ?? 0,
    hasFocus: state.pane === 'tree',
    line: (at) => (tree === undefined ? [] : treeLine(tree, tree.rows[at] ?? 0, rightWidth)),
  });
  const heads: Row = [
    { column: 0, width: areas.leftWidth, line: layersHead(look, areas.leftWidth), look: 'plain' },
    divider(areas.leftWidth),
    { column: areas.leftWidth + 1, width: rightWidth, line: treeHead(state), look: 'plain' },
  ];
  const facts = factLines(state).slice(0, areas.factRows);
  return [
    heads,
    ...layers.map((segment, at): Row => {
      const other = files[at];
      return [segment, divider(areas.leftWidth), ...(other === undefined ? [] : [other])];
    }),
    wholeRow(plain('─'.repeat(size.columns), 'dim'), size),
    ...facts.map((line) => wholeRow(line, size)),
  ];
}

/** Where both figures have no room, the share alone. */
function layersHead({ efficiency, layers }: ImageLook, width: number): Line {
  const wasted = layers.reduce((sum, layer) => sum + layer.wasted, 0);
  return [
    span(' Layers', 'bold'),
    // Not rounded up: 100 % is all of it.
    span(`  ${(Math.floor(efficiency * 1000) / 10).toFixed(1)} % visible`, 'dim'),
    ...(wasted > 0 && width >= 36 ? [span(`, ${formatSize(wasted)} not`, 'finding')] : []),
  ];
}

function layerLine(layer: LookLayer | undefined): Line {
  if (layer === undefined) return [];
  const waste = layer.wasted > 0 ? ` −${formatSize(layer.wasted)}` : '';
  const step = layerStep(layer);
  return [
    span(` ${right(layerMark(layer), 3)}`, 'bold'),
    span(right(formatSize(layer.size), 8)),
    ...(waste === '' ? [] : [span(waste, 'finding')]),
    span(`  ${step}`, layer.role === 'layer' ? 'plain' : 'shared'),
  ];
}

const MODE_WORDS: Readonly<Record<LookMode, string>> = {
  upTo: 'after layer',
  layer: 'what layer',
  whole: 'all layers together',
};

function treeHead(state: ImageState): Line {
  const { mode, layers, tree, look, viewed } = state;
  const layer = look?.layers[layers.cursor];
  const mark = layer === undefined ? '' : layerMark(layer);
  const what =
    mode === 'whole'
      ? MODE_WORDS.whole
      : `${MODE_WORDS[mode]} ${mark}${mode === 'layer' ? ' did' : ''}`;
  const filter = tree?.filter;
  return [
    span(' Files', 'bold'),
    span(
      viewed === wantedView(state) ? `  ${what}, by ${tree?.sort ?? 'size'}` : `  ${what} …`,
      'dim',
    ),
    ...(filter === undefined
      ? []
      : [span(`  /${filter.text}: ${formatCount(tree?.matches ?? 0)}`, 'key' as const)]),
  ];
}

const MARKS: Readonly<Record<number, readonly [string, Style]>> = {
  [ADDED]: ['+', 'added'],
  [CHANGED]: ['~', 'changed'],
  [DELETED]: ['-', 'deleted'],
};

/** Of each row: mark, size, and its name where it stands in the tree. */
function treeLine(tree: TreeState, row: number, width: number): Line {
  const { view } = tree;
  const isParent = hasChildren(tree, row);
  const beneath = view.touched[row] === 1 ? '·' : ' ';
  const [mark, style] = MARKS[view.mark[row] ?? 0] ?? [beneath, 'plain'];
  const fold = isParent ? (isUnfolded(tree, row) ? '▾ ' : '▸ ') : '  ';
  const size = view.type[row] === FILE || isParent ? formatSize(view.size[row] ?? 0) : '';
  const layer = width >= 60 ? right(String(view.layer[row] ?? 0), 4) : '';
  const most = Math.max(4, (width - 40) >> 1);
  const indent = '  '.repeat(Math.min((view.depth[row] ?? 1) - 1, most));
  return [
    span(` ${mark}`, style),
    span((view.wasted[row] ?? 0) > 0 ? '!' : ' ', 'finding'),
    span(`${right(size, 7)}${layer} ${indent}${fold}`, 'dim'),
    ...nameSpans(tree, row, style),
  ];
}

function nameSpans({ view }: TreeState, row: number, style: Style): Span[] {
  const name = safeName(view.name(row));
  if (view.type[row] === DIRECTORY) return [span(`${name}/`, style === 'plain' ? 'bold' : style)];
  if (view.type[row] !== SYMLINK) return [span(name, style)];
  return [span(name, style), span(` → ${safeName(view.facts(row).linkTarget ?? '')}`, 'dim')];
}

function factLines({ pane, look, layers, tree }: ImageState): Line[] {
  const row = tree === undefined ? undefined : cursorRow(tree);
  if (pane === 'tree' && tree !== undefined && row !== undefined) {
    return fileFacts(tree.view.facts(row), tree, row);
  }
  const layer = look?.layers[layers.cursor];
  return layer === undefined ? [] : layerFacts(layer);
}

function fact(title: string, text: string | undefined, style: Style = 'plain'): Line[] {
  if (text === undefined || text === '') return [];
  return [[span(` ${left(title, 8)} `, 'dim'), span(text, style)]];
}

function layerFacts(layer: LookLayer): Line[] {
  const sizes = [
    `${formatCount(layer.entries)} entries`,
    `files ${formatSize(layer.size)}`,
    ...(layer.storedSize === undefined ? [] : [`stored ${formatSize(layer.storedSize)}`]),
    ...(layer.wasted > 0 ? [`not visible in the end ${formatSize(layer.wasted)}`] : []),
    ...(layer.createdAt === undefined ? [] : [layer.createdAt]),
  ];
  return [
    ...fact(`layer ${layerMark(layer)}`, layerStep(layer)),
    ...fact('digest', layer.digest),
    ...fact('', sizes.join('  ')),
    ...fact('diffID', layer.diffID),
    ...fact('chainID', layer.chainID),
    ...fact('in', layer.directory),
  ];
}

function fileFacts(facts: TreeRowFacts, { view }: TreeState, row: number): Line[] {
  const aspects = facts.aspects === undefined ? [] : [`changed: ${facts.aspects.join(', ')}`];
  const waste = (view.wasted[row] ?? 0) > 0 ? ['not visible in the end'] : [];
  const summary = [
    modeText(facts),
    `${facts.uid}:${facts.gid}`,
    facts.type === 'file' ? formatSize(facts.size) : facts.type,
    `layer ${facts.layer}`,
    facts.mtime,
    ...aspects,
    ...waste,
  ];
  const xattrs = Object.keys(facts.xattrs ?? {}).map(safeName);
  return [
    ...fact('path', safeName(facts.path)),
    ...fact('', summary.join('  ')),
    ...fact('link to', facts.linkTarget === undefined ? undefined : safeName(facts.linkTarget)),
    ...fact('sha256', facts.sha256),
    ...fact('same as', facts.hardLinkTo === undefined ? undefined : safeName(facts.hardLinkTo)),
    ...fact('device', facts.device),
    ...fact('rights', facts.capabilities, 'finding'),
    ...fact('acl', facts.acl?.join(' ')),
    ...fact('xattrs', xattrs.join('  ')),
  ];
}
