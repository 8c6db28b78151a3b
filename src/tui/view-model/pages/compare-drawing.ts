// The page of two targets as rows: what the left one has on the left, what the right one has on the
// right, on one row where it is the same path; below, the facts of the row under the cursor.
import type { ChangeRecord, ConfigChange, DiffDocument } from '../../../inspect/documents/diff.js';
import type { EntryFacts } from '../../../inspect/documents/entry.js';
import { modeText } from '../../../report/mode-text.js';
import { formatCount, formatSize } from '../../../report/size.js';
import { safeName } from '../../../report/text.js';
import {
  left,
  plain,
  right,
  span,
  tail,
  wholeRow,
  type Line,
  type Row,
  type Style,
} from '../line.js';
import { clampList, type ListState } from '../list.js';
import { drawList } from '../list-pane.js';
import type { Place } from '../page.js';
import type { PathFilter } from '../path-filter.js';
import { divider, leftWidth, type SplitState } from '../split.js';

export type CompareRow =
  | { readonly kind: 'config'; readonly change: ConfigChange }
  | { readonly kind: 'path'; readonly change: ChangeRecord };

export interface CompareState {
  readonly before: string;
  readonly after: string;
  readonly document: DiffDocument | undefined;
  readonly failure: string | undefined;
  readonly filter: PathFilter | undefined;
  readonly sort: 'path' | 'size';
  readonly rows: readonly CompareRow[];
  readonly list: ListState;
  readonly split: SplitState;
}

const KIND_WORDS = { A: 'added', C: 'changed', D: 'deleted' } as const;
const KIND_MARKS = { A: '+', C: '~', D: '-' } as const;

/** What differs in the config first; a filter is about paths. */
export function compareRows({ document, filter, sort }: CompareState): CompareRow[] {
  if (document === undefined) return [];
  const { config = [], changes } = document;
  const found = changes.filter((change) => filter === undefined || matches(filter, change));
  if (sort === 'size') found.sort((a, b) => Math.abs(growth(b)) - Math.abs(growth(a)));
  return [
    ...(filter === undefined ? config : []).map((change) => ({ kind: 'config' as const, change })),
    ...found.map((change) => ({ kind: 'path' as const, change })),
  ];
}

function matches(filter: PathFilter, { kind, path, before, after }: ChangeRecord): boolean {
  const { type = '', size = 0 } = after ?? before ?? {};
  const facts = { path, type, size, kind: KIND_WORDS[kind], layer: undefined, wasted: false };
  return filter.matches(facts);
}

/** Bytes that the right one has more. */
function growth({ before, after }: ChangeRecord): number {
  return (after?.size ?? 0) - (before?.size ?? 0);
}

export function compareAreas({ split }: CompareState, { size }: Place) {
  const { columns, rows } = size;
  const factRows = rows >= 30 ? 6 : rows >= 18 ? 4 : 2;
  const headRows = 2;
  return {
    left: leftWidth(split, columns, Math.floor((columns - 1) / 2)),
    headRows,
    factRows,
    listRows: Math.max(1, rows - factRows - headRows - 1),
  };
}

export function drawCompare(state: CompareState, place: Place): Row[] {
  const { failure, document, list, rows } = state;
  const { size } = place;
  if (failure !== undefined) return [wholeRow(plain(` ${failure}`, 'finding'), size)];
  if (document === undefined) return [wholeRow(plain(' comparing …', 'dim'), size)];
  const areas = compareAreas(state, place);
  const pane = { height: areas.listRows, list, count: rows.length, hasFocus: true };
  const rest = size.columns - areas.left - 1;
  const sides = [
    drawList({
      ...pane,
      ...{ column: 0, width: areas.left, line: (at) => sideLine(rows[at], 'before') },
    }),
    drawList({
      ...pane,
      ...{ column: areas.left + 1, width: rest, line: (at) => sideLine(rows[at], 'after') },
    }),
  ];
  const [lefts = [], rights = []] = sides;
  const head = (column: number, width: number, line: Line) =>
    ({ column, width, line, look: 'plain' }) as const;
  return [
    [
      head(0, areas.left, [span(' Before  ', 'bold'), span(tail(state.before, areas.left - 10))]),
      divider(areas.left),
      head(areas.left + 1, rest, [span(' After  ', 'bold'), span(tail(state.after, rest - 9))]),
    ],
    wholeRow(totalsLine(state, document), size),
    ...lefts.map((segment, at): Row => {
      const other = rights[at];
      return [segment, divider(areas.left), ...(other === undefined ? [] : [other])];
    }),
    wholeRow(plain('─'.repeat(size.columns), 'dim'), size),
    ...factLines(state, areas.listRows)
      .slice(0, areas.factRows)
      .map((line) => wholeRow(line, size)),
  ];
}

function totalsLine({ filter, sort, rows }: CompareState, { totals, config }: DiffDocument): Line {
  const { added, changed, deleted, bytesAdded, bytesDeleted, moved } = totals;
  const same = added + changed + deleted === 0 && (config ?? []).length === 0;
  if (same) return plain(' the same: no path differs', 'added');
  return [
    span(` + ${formatCount(added)}`, 'added'),
    span(`  ~ ${formatCount(changed)}`, 'changed'),
    span(`  - ${formatCount(deleted)}`, 'deleted'),
    span(`  ${formatSize(bytesAdded)} more, ${formatSize(bytesDeleted)} less`),
    span(moved === 0 ? '' : `, ${formatCount(moved)} moved`),
    span(`, by ${sort}`, 'dim'),
    span(filter === undefined ? '' : `  /${filter.text}: ${formatCount(rows.length)}`, 'key'),
  ];
}

function sideLine(row: CompareRow | undefined, side: 'before' | 'after'): Line {
  if (row === undefined) return [];
  const { kind } = row.change;
  const style = KIND_WORDS[kind];
  const isThere = !(side === 'before' ? kind === 'A' : kind === 'D');
  const mark = isThere ? ` ${KIND_MARKS[kind]} ` : '   ';
  if (row.kind === 'config') {
    const { field, name } = row.change;
    const title = name === undefined ? field : `${field} ${name}`;
    return isThere
      ? [span(mark, style), span(`${title}  `, 'bold'), span(valueText(row.change[side]), style)]
      : [];
  }
  const entry = row.change[side];
  if (entry === undefined) return [];
  return [span(mark, style), span(`${right(sizeText(entry), 8)} `, 'dim'), ...nameOf(row, entry)];
}

function nameOf({ change }: Extract<CompareRow, { kind: 'path' }>, entry: EntryFacts): Line {
  const { kind, path, movedTo, movedFrom } = change;
  const moved = movedTo ?? movedFrom;
  const arrow = movedTo === undefined ? '←' : '→';
  return [
    span(`${safeName(path)}${entry.type === 'directory' ? '/' : ''}`, KIND_WORDS[kind]),
    span(moved === undefined ? '' : `  ${arrow} ${safeName(moved)}`, 'dim'),
  ];
}

function sizeText({ type, size }: EntryFacts): string {
  return type === 'file' ? formatSize(size) : '';
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function factLines({ rows, list }: CompareState, height: number): Line[] {
  const row = rows[clampList(list, rows.length, height).cursor];
  if (row === undefined) return [];
  if (row.kind === 'config') {
    const { field, name = '', before, after } = row.change;
    return [
      [span(' config   ', 'dim'), span(`${field} ${name}`)],
      [span(' before   ', 'dim'), span(before === undefined ? '-' : valueText(before))],
      [span(' after    ', 'dim'), span(after === undefined ? '-' : valueText(after))],
    ];
  }
  const { path, aspects, before, after, kind } = row.change;
  const what = aspects.length === 0 ? KIND_WORDS[kind] : `differs in ${aspects.join(', ')}`;
  return [
    [span(' path     ', 'dim'), span(safeName(path)), span(`  ${what}`, KIND_WORDS[kind])],
    ...sideFacts('before', before),
    ...sideFacts('after', after),
  ];
}

function sideFacts(title: string, entry: EntryFacts | undefined): Line[] {
  if (entry === undefined) return [[span(` ${left(title, 8)} `, 'dim'), span('-', 'dim')]];
  const { uid, gid, mtime, sha256, linkTarget, device, capabilities, acl } = entry;
  const style: Style = 'plain';
  const facts = [
    modeText(entry),
    `${uid}:${gid}`,
    entry.type === 'file' ? `${formatCount(entry.size)} bytes` : entry.type,
    mtime,
    ...(linkTarget === undefined ? [] : [`→ ${safeName(linkTarget)}`]),
    ...(device === undefined ? [] : [device]),
    ...(capabilities === undefined ? [] : [capabilities]),
    ...(acl ?? []),
    ...Object.keys(entry.xattrs ?? {}).map(safeName),
    ...(sha256 === undefined ? [] : [`sha256 ${sha256.slice(0, 12)}`]),
  ];
  return [[span(` ${left(title, 8)} `, 'dim'), span(facts.join('  '), style)]];
}
