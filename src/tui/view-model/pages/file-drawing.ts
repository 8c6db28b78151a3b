import type { BlameDocument, BlameEvent } from '../../../inspect/documents/blame.js';
import { layerMark, layerStep } from '../../../report/layer-mark.js';
import { modeText } from '../../../report/mode-text.js';
import { formatCount, formatSize } from '../../../report/size.js';
import { safeName } from '../../../report/text.js';
import {
  characters,
  left,
  plain,
  right,
  span,
  wholeRow,
  type Line,
  type Row,
  type Style,
} from '../line.js';
import type { ListState } from '../list.js';
import { drawList } from '../list-pane.js';
import type { Place } from '../page.js';
import type { FilePart } from '../port.js';
import { hexLine, hexRows } from './file-lines.js';

export type FileMode = 'text' | 'hex' | 'versions' | 'diff';

export interface FileState {
  readonly target: string;
  readonly path: string;
  readonly layer: string | undefined;
  readonly mode: FileMode;
  readonly part: FilePart | undefined;
  readonly lines: readonly string[];
  readonly failure: string | undefined;
  readonly versions: BlameDocument | undefined;
  /** The layer of the version that the others are compared with. */
  readonly marked: number | undefined;
  readonly patch: readonly Line[] | undefined;
  readonly between: readonly [number, number] | undefined;
  readonly list: ListState;
  /** Columns that are scrolled away on the left. */
  readonly offset: number;
}

export function fileRows({ mode, part, lines, versions, patch }: FileState): number {
  switch (mode) {
    case 'text':
      return lines.length;
    case 'hex':
      return part === undefined ? 0 : hexRows(part.bytes);
    case 'versions':
      return versions?.events.length ?? 0;
    case 'diff':
      return patch?.length ?? 0;
  }
}

export function drawFile(state: FileState, { size }: Place): Row[] {
  const list = drawList({
    column: 0,
    width: size.columns,
    height: Math.max(1, size.rows - 1),
    list: state.list,
    count: fileRows(state),
    hasFocus: true,
    line: (at) => fileLine(state, at),
  });
  return [wholeRow(headLine(state), size), ...list.map((segment) => [segment])];
}

function headLine(state: FileState): Line {
  const { mode, failure, part, between, path, layer } = state;
  if (failure !== undefined && mode !== 'versions') return plain(` ${failure}`, 'finding');
  const name = span(` ${safeName(path)}`, 'bold');
  if (mode === 'versions') return [name, ...versionsHead(state)];
  if (mode === 'diff') {
    const [from, to] = between ?? [0, 0];
    return [name, span(`  from layer ${from} to layer ${to}`, 'dim')];
  }
  if (part === undefined) return [name, span('  reading …', 'dim')];
  const shown = part.bytes.length;
  const rest = shown < part.size ? `, the first ${formatCount(shown)} bytes` : '';
  const where = layer === undefined ? '' : `, as layer ${layer} has it`;
  return [name, span(`  ${mode}, ${formatSize(part.size)}${rest}${where}`, 'dim')];
}

function versionsHead({ versions, failure }: FileState): Line {
  if (versions === undefined) return [span(`  ${failure ?? 'looking …'}`, 'dim')];
  const { events, layers, visible } = versions;
  return [
    span(`  ${events.length} of ${layers} layers say something of it`, 'dim'),
    ...(visible === undefined ? [span('  not there any more', 'deleted')] : []),
  ];
}

function fileLine(state: FileState, at: number): Line {
  switch (state.mode) {
    case 'hex':
      return state.part === undefined ? [] : hexLine(state.part.bytes, at);
    case 'text': {
      const digits = String(state.lines.length).length;
      const text = state.lines[at] ?? '';
      return [
        span(` ${right(String(at + 1), digits)} `, 'dim'),
        span(characters(text).slice(state.offset).join('')),
      ];
    }
    case 'diff':
      return (state.patch?.[at] ?? []).map(({ text, style }) =>
        span(text.slice(state.offset), style),
      );
    case 'versions':
      return versionLine(state, at);
  }
}

const KIND_STYLES: Readonly<Partial<Record<BlameEvent['kind'], Style>>> = {
  added: 'added',
  remade: 'added',
  deleted: 'deleted',
  hidden: 'deleted',
  void: 'deleted',
};

/** Newest first. */
function versionLine({ versions, marked }: FileState, at: number): Line {
  const event = versions === undefined ? undefined : [...versions.events].reverse()[at];
  if (event === undefined) return [];
  const { entry, kind, aspects, visible, layer } = event;
  const style = KIND_STYLES[kind] ?? 'changed';
  const what = kind === 'changed' ? `changed ${aspects.join(', ')}` : kind;
  return [
    span(marked === layer ? ' *' : '  ', 'key'),
    span(right(layerMark(event), 5), 'bold'),
    span(visible ? '  ● ' : entry === undefined ? '  ╳ ' : '  ○ ', visible ? 'added' : style),
    span(left(what, 24), style),
    span(
      entry === undefined
        ? ' '.repeat(20)
        : `${modeText(entry)} ${right(formatSize(entry.size), 8)} `,
    ),
    span(left(entry?.sha256?.slice(0, 12) ?? '', 14), 'dim'),
    span(layerStep(event), 'dim'),
  ];
}
