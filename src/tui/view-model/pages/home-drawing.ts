import stringWidth from 'fast-string-width';
import type { ContainerRow, ImageRow, UnmanagedRow } from '../../../inspect/documents/ls.js';
import { formatAge, formatDuration } from '../../../report/age.js';
import { shortID } from '../../../report/short.js';
import { formatSize } from '../../../report/size.js';
import { left, plain, right, span, type Line, type Style } from '../line.js';
import type { HomeRow } from './home-rows.js';

/** How wide the columns are. */
export interface HomeColumns {
  readonly columns: number;
  readonly engine: number;
}

const MOST_ENGINE = 14;

export function homeColumns(rows: readonly HomeRow[], columns: number): HomeColumns {
  const widths = rows.map((row) =>
    row.kind === 'container' || row.kind === 'image' ? stringWidth(row.row.engine) : 0,
  );
  const widest = widths.reduce((most, one) => Math.max(most, one), 1);
  return { columns, engine: Math.min(widest, columns < 80 ? 9 : MOST_ENGINE) };
}

export function homeLine(row: HomeRow | undefined, room: HomeColumns, now: number): Line {
  switch (row?.kind) {
    case undefined:
      return [];
    case 'heading':
      return [
        span(` ${row.text}`, 'bold'),
        span(`  ${row.note}`, 'dim'),
        ...(row.alarm === undefined ? [] : [span(`  ${row.alarm}`, 'finding')]),
      ];
    case 'container':
      return containerLine(row.row, room, now);
    case 'unmanaged':
      return unmanagedLine(row.row, room, now);
    case 'image':
      return imageLine(row.row, room, now);
    case 'problem':
      return plain(`   ! ${row.message}`, 'finding');
  }
}

const MARKS: Readonly<Record<ContainerRow['state'], readonly [string, Style]>> = {
  running: ['●', 'added'],
  paused: ['◐', 'changed'],
  restarting: ['◐', 'changed'],
  created: ['○', 'dim'],
  exited: ['○', 'dim'],
};

function containerLine(row: ContainerRow, { columns, engine }: HomeColumns, now: number): Line {
  const rest = columns - engine - 6;
  const name = Math.max(10, Math.floor(rest * 0.26));
  const image = Math.max(10, Math.floor(rest * 0.26));
  const status = Math.max(8, Math.min(25, rest - name - image - 13));
  const [mark, style] = MARKS[row.state];
  const isThere = row.pid !== undefined;
  return [
    span(`   ${mark} `, style),
    span(`${left(row.engine, engine)} `, 'shared'),
    span(`${left(row.name, name)} `, isThere ? 'plain' : 'dim'),
    span(`${left(row.image ?? '', image)} `),
    span(left(stateText(row, now), status), row.state === 'paused' ? 'changed' : 'dim'),
    span(row.pid === undefined ? '' : right(`pid ${row.pid}`, 11), 'host'),
  ];
}

function stateText(row: ContainerRow, now: number): string {
  const { state, startedAt, finishedAt, exitCode, error } = row;
  if (state === 'created') return 'created';
  if (state === 'exited') {
    const ended = `exited (${exitCode ?? '?'}) ${formatAge(finishedAt, now)}`.trimEnd();
    return error === undefined || exitCode !== undefined ? ended : `lost: ${error}`;
  }
  const since = startedAt === undefined ? undefined : Math.max(0, now - Date.parse(startedAt));
  const up = since === undefined ? 'up' : `up ${formatDuration(since).toLowerCase()}`;
  return state === 'paused' ? `paused, ${up}` : up;
}

/** Its program, and the namespaces that it does not share with the host. */
function unmanagedLine(row: UnmanagedRow, { columns, engine }: HomeColumns, now: number): Line {
  const { command, namespaces, processes, pid, startedAt } = row;
  const text = command.argv.join(' ') || command.comm;
  const types = namespaces.map(({ type }) => type).join(' ');
  const count = processes === 1 ? '' : `, ${processes} processes`;
  return [
    span('   ● ', 'finding'),
    span(`${left('-', engine)} `, 'dim'),
    span(`${left(text, Math.max(12, Math.floor((columns - engine) * 0.4)))} `),
    span(right(`pid ${pid}`, 11), 'host'),
    span(`  ${types}${count}  ${formatAge(startedAt, now)}`.trimEnd(), 'dim'),
  ];
}

/** Where an engine keeps neither blobs nor an index, nobody has counted yet. */
function sizeText({ contentSize, size }: ImageRow): string {
  const bytes = contentSize ?? size;
  return bytes === undefined ? '-' : formatSize(bytes);
}

function imageLine(row: ImageRow, { columns, engine }: HomeColumns, now: number): Line {
  const { references, layers, id } = row;
  const names = references.length === 0 ? shortID(id, { noTrunc: false }) : references.join(', ');
  return [
    span(`     ${left(row.engine, engine)} `, 'shared'),
    span(`${left(names, Math.max(18, Math.floor((columns - engine) * 0.45)))} `),
    span(right(sizeText(row), 8)),
    span(right(`${layers} ${layers === 1 ? 'layer' : 'layers'}`, 11), 'dim'),
    span(`  ${formatAge(row.createdAt, now)}`, 'dim'),
  ];
}
