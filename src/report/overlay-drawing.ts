import stringWidth from 'fast-string-width';
import type { LowerRecord, OverlayDocument } from '../inspect/documents/overlay.js';
import { shortID, shortLink, shortPath } from './short.js';
import { formatCount, formatSize } from './size.js';
import { cut } from './cut.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

const MOST_COLUMNS = 110;
/** Before what follows a name: two of margin, eight for the name, one between. */
const NAME_COLUMNS = 11;

/** The stack as it is seen from above: merged on top, then upper, then each lower. */
export function formatOverlay(document: OverlayDocument, view: View): string {
  const { theme } = view;
  const width = Math.min(view.width, MOST_COLUMNS);
  const rule = '─'.repeat(Math.max(20, width - 4));
  const lines = [heading(document, view), ''];
  if (document.merged !== undefined) {
    const note = document.mounted ? 'what it sees' : 'not mounted';
    const room = view.width - NAME_COLUMNS - note.length - 3;
    const merged = shortPath(safeName(document.merged), room, view);
    lines.push(row('merged', merged, theme.dim(note), view));
  }
  lines.push(`  ┌${rule}`);
  if (document.upper !== undefined) {
    lines.push(...upperLines(document.upper, view), `  ├${rule}`);
  }
  lines.push(...lowerLines(document.lower, view, width), `  └${rule}`);
  if (document.work !== undefined) {
    const work = shortPath(safeName(document.work), view.width - NAME_COLUMNS, view);
    lines.push(row('work', work, '', view));
  }
  const features = document.features.map(formatFeature).join(' ');
  if (features !== '') lines.push(row('options', features, '', view));
  if (document.mountLine !== undefined) {
    lines.push('', theme.dim('  /proc/self/mountinfo'));
    lines.push(...mountLines(safeText(document.mountLine), view));
  }
  return `${lines.join('\n')}\n`;
}

function heading({ subject }: OverlayDocument, view: View): string {
  const state =
    subject.pid === undefined ? subject.state : `${subject.state ?? ''}, pid ${subject.pid}`;
  return [
    view.theme.bold(safeText(subject.name ?? subject.target)),
    ...(subject.id === undefined ? [] : [shortID(subject.id, view)]),
    ...(subject.image === undefined ? [] : [safeText(subject.image)]),
    ...(state === undefined ? [] : [state]),
  ].join(' · ');
}

/** As the kernel writes it; on a terminal too narrow for it, a line for each directory. */
function mountLines(mountLine: string, view: View): string[] {
  if (view.noTrunc || mountLine.length + 2 <= view.width) return [`  ${mountLine}`];
  const [first = '', ...rest] = mountLine.split(/(?<=,)(?=(?:lowerdir\+?|upperdir|workdir)=)/);
  return [`  ${first}`, ...rest.map((option) => `    ${option}`)];
}

function row(title: string, value: string, note: string, view: View): string {
  return `  ${view.theme.heading(title.padEnd(8))} ${value}${note === '' ? '' : `   ${note}`}`;
}

function upperLines(upper: NonNullable<OverlayDocument['upper']>, view: View): string[] {
  const { theme } = view;
  const counts = [
    theme.added(`A ${formatCount(upper.added)}`),
    theme.changed(`C ${formatCount(upper.changed)}`),
    theme.deleted(`D ${formatCount(upper.deleted)}`),
    `+${formatSize(upper.contentSize)}`,
  ].join('  ');
  const directory = shortPath(safeName(upper.directory), view.width - NAME_COLUMNS - 2, view);
  return [
    `  │ ${theme.heading('upper')}    ${directory}`,
    `  │          ${counts}   ${theme.dim('what it has changed')}`,
  ];
}

interface LowerCells {
  readonly title: string;
  readonly link: string;
  readonly digest: string;
  readonly size: string;
  readonly entries: string;
  readonly origin: string;
  readonly directory: string;
}

function lowerLines(lower: readonly LowerRecord[], view: View, width: number): string[] {
  const cells = lower.map((record) => lowerCells(record, view));
  const widest = (key: keyof LowerCells) =>
    Math.max(0, ...cells.map((cell) => stringWidth(cell[key])));
  const sizes = widest('size');
  const entries = widest('entries');
  const titles = widest('title');
  const digests = widest('digest');
  const links = widest('link');
  return cells.flatMap((cell) => {
    const facts = [
      view.theme.heading(cell.title.padEnd(titles)),
      cell.link.padEnd(links),
      cell.digest.padEnd(digests),
      cell.size.padStart(sizes),
      cell.entries.padStart(entries),
    ].join('  ');
    const room = Math.max(10, width - 14 - titles - links - digests - sizes - entries);
    const origin = view.noTrunc ? cell.origin : cut(cell.origin, room);
    return [
      `  │ ${facts}  ${origin}`,
      `  │ ${' '.repeat(titles)}  ${view.theme.dim(shortPath(cell.directory, view.width - titles - 6, view))}`,
    ];
  });
}

function lowerCells(record: LowerRecord, view: View): LowerCells {
  const { layer, role } = record;
  const origin =
    role === 'init'
      ? 'mount points for the runtime'
      : role === 'unknown'
        ? view.theme.finding('no layer of the image')
        : safeText(layer?.command ?? '');
  return {
    title: layer === undefined ? role : `lower ${layer.index}`,
    link: record.link === undefined ? '' : shortLink(record.link, view),
    digest: layer?.digest === undefined ? '' : shortID(layer.digest, view),
    size: record.contentSize === undefined ? '' : formatSize(record.contentSize),
    entries: record.entries === undefined ? '' : formatCount(record.entries),
    origin,
    directory: safeName(record.directory),
  };
}

function formatFeature({ name, value }: { name: string; value?: string }): string {
  return safeText(value === undefined ? name : `${name}=${value}`);
}
