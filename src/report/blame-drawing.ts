// The life of a path as a line, from what there is now down to where it began.
import stringWidth from 'fast-string-width';
import type { BlameDocument, BlameEvent } from '../inspect/documents/blame.js';
import { cut } from './cut.js';
import { layerMark, layerStep } from './layer-mark.js';
import { modeText } from './mode-text.js';
import { shortID } from './short.js';
import { formatNumberOf, formatSize } from './size.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

/** Widest account of what happened that the steps still stand in a column beside. */
const MOST_ACCOUNT = 34;

export function formatBlame(document: BlameDocument, view: View): string {
  const { events } = document;
  const accounts = events.map((event) => accountOf(event));
  const widths = accounts.map((text) => stringWidth(text)).filter((width) => width <= MOST_ACCOUNT);
  const columns = {
    mark: Math.max(...events.map((event) => layerMark(event).length)),
    account: Math.max(0, ...widths),
  };
  const lines = [heading(document, view), ''];
  let above = document.layers + 1;
  for (let at = events.length - 1; at >= 0; at -= 1) {
    const event = events[at];
    if (event === undefined) continue;
    lines.push(...silence(event.layer + 1, above - 1, isThere(event), columns.mark, view));
    lines.push(...eventLines(event, accounts[at] ?? '', columns, view));
    above = event.layer;
  }
  return `${[...lines, ...silence(1, above - 1, false, columns.mark, view)].join('\n')}\n`;
}

function heading({ path, subject, visible, layers, events }: BlameDocument, view: View): string {
  const last = events.find(({ layer }) => layer === visible);
  const state =
    last === undefined
      ? view.theme.deleted('not there any more')
      : `there, from ${last.role === 'layer' ? `layer ${last.layer}` : `the ${last.role} layer`}`;
  const name = safeText(subject.name ?? subject.target);
  const count = formatNumberOf(layers, 'layer', 'layers');
  return `${view.theme.bold(safeName(path))} · ${name} · ${count} · ${state}`;
}

function isThere({ entry }: BlameEvent): boolean {
  return entry !== undefined;
}

/** Layers that leave the path alone. */
function silence(from: number, to: number, there: boolean, width: number, view: View): string[] {
  if (to < from) return [];
  const isOne = from === to;
  const numbers = isOne ? `layer ${from}` : `layers ${from} to ${to}`;
  const text = there ? `${isOne ? 'leaves' : 'leave'} it as it is` : 'without it';
  const indent = ' '.repeat(width);
  return [view.theme.dim(`  ${indent}  ${there ? '│' : ' '}  ${numbers} ${text}`)];
}

const MARKS: Readonly<Record<BlameEvent['kind'], string>> = {
  added: '○',
  remade: '○',
  changed: '○',
  repeated: '○',
  replaced: '○',
  moved: '○',
  deleted: '╳',
  hidden: '╳',
  void: '╳',
};

/** What the layer did, in words. */
function accountOf({ kind, path, aspects, by, from, opaque }: BlameEvent): string {
  const text = by === undefined ? WORDS[kind] : takenText(kind, path, by);
  const what =
    kind === 'moved' ? safeName(from ?? '') : kind === 'changed' ? aspects.join(', ') : '';
  const emptied = opaque === true && kind !== 'added' ? ', emptied first' : '';
  return `${text}${what === '' ? '' : ` ${what}`}${emptied}`;
}

const WORDS: Readonly<Record<BlameEvent['kind'], string>> = {
  added: 'added',
  remade: 'made again',
  changed: 'changed',
  repeated: 'the same again',
  replaced: 'replaced by another type',
  moved: 'renamed from',
  deleted: 'deleted',
  hidden: 'hidden',
  void: 'a whiteout of nothing',
};

function takenText(
  kind: BlameEvent['kind'],
  path: string,
  by: NonNullable<BlameEvent['by']>,
): string {
  if (by.path === path) return WORDS[kind];
  const around = safeName(by.path);
  return kind === 'deleted' ? `deleted with ${around}` : `hidden: ${around} ${HIDDEN_BY[by.what]}`;
}

const HIDDEN_BY = {
  whiteout: 'is deleted',
  opaque: 'is made anew',
  renamed: 'is another directory',
  'not-a-directory': 'is no directory',
} as const;

interface Columns {
  readonly mark: number;
  readonly account: number;
}

function eventLines(event: BlameEvent, account: string, columns: Columns, view: View): string[] {
  const { theme, width, noTrunc } = view;
  const mark = event.visible ? theme.added('●') : paint(event, view)(MARKS[event.kind]);
  const number = layerMark(event).padStart(columns.mark);
  const padding = ' '.repeat(Math.max(0, columns.account - stringWidth(account)));
  const used = columns.mark + 7 + stringWidth(account) + padding.length;
  const step = layerStep(event);
  const shown = noTrunc ? step : cut(step, Math.max(12, width - used - 2));
  const first = `  ${number}  ${mark}  ${paint(event, view)(account)}${padding}  ${theme.dim(shown)}`;
  const facts = factsOf(event, view);
  const indent = `  ${' '.repeat(columns.mark)}  │  `;
  return [first.trimEnd(), ...facts.map((line) => theme.dim(`${indent}${line}`))];
}

function paint({ kind }: BlameEvent, { theme }: View): (text: string) => string {
  if (kind === 'deleted' || kind === 'hidden' || kind === 'void') return theme.deleted;
  return kind === 'added' || kind === 'remade' ? theme.added : theme.changed;
}

/** Of the version that the layer left. */
function factsOf({ entry, children, createdAt, contentLayer }: BlameEvent, view: View): string[] {
  if (entry === undefined) return [];
  const { linkTarget, hardLinkTo, sha256, device } = entry;
  const facts = [
    entry.implicit === true ? 'implied' : modeText(entry),
    `${entry.uid}:${entry.gid}`,
    ...(entry.type === 'file' ? [formatSize(entry.size)] : []),
    ...(sha256 === undefined ? [] : [`sha256 ${shortID(sha256, view)}`]),
    ...(linkTarget === undefined ? [] : [`→ ${safeName(linkTarget)}`]),
    ...(hardLinkTo === undefined ? [] : [`= ${safeName(hardLinkTo)}`]),
    ...(device === undefined ? [] : [device]),
    ...(contentLayer === undefined ? [] : [`content of layer ${contentLayer}`]),
    ...(children === undefined ? [] : [childrenText(children)]),
    ...(createdAt === undefined ? [] : [`layer of ${safeText(createdAt.slice(0, 10))}`]),
  ];
  return [facts.join('  ')];
}

function childrenText({ entries, whiteouts }: { entries: number; whiteouts: number }): string {
  const inIt = `${formatNumberOf(entries, 'entry', 'entries')} in it`;
  return whiteouts === 0 ? inIt : `${inIt}, ${formatNumberOf(whiteouts, 'whiteout', 'whiteouts')}`;
}
