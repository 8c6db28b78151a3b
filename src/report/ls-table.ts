import type { ContainerRow, ImageRow, LsDocument, UnmanagedRow } from '../inspect/documents/ls.js';
import { formatAge, formatDuration } from './age.js';
import { shortID } from './short.js';
import { formatSize } from './size.js';
import { cut } from './cut.js';
import { formatTable } from './table.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

/** Everything of every engine: containers, then images. */
export function formatLs(document: LsDocument, view: View): string {
  return [
    formatTable(
      [
        { title: 'ENGINE' },
        { title: 'CONTAINER' },
        { title: 'NAME' },
        { title: 'IMAGE' },
        { title: 'STATE' },
        { title: 'PID', align: 'right' },
        { title: 'STARTED' },
      ],
      [
        ...document.containers.map((row) => [
          row.engine,
          shortID(row.id, view),
          safeText(row.name),
          safeText(row.image ?? ''),
          row.state,
          row.pid === undefined ? '' : String(row.pid),
          formatAge(row.startedAt, view.now),
        ]),
        ...document.unmanaged.map((row) => unmanagedRow(row, view)),
      ],
      view,
    ),
    '\n',
    formatImageList(document, view),
  ].join('');
}

export function formatImageList(document: LsDocument, view: View): string {
  return formatTable(
    [
      { title: 'ENGINE' },
      { title: 'IMAGE' },
      { title: 'NAMES', shrinks: true },
      { title: 'LAYERS', align: 'right' },
      { title: 'CREATED' },
      { title: 'SIZE', align: 'right' },
    ],
    document.images.map((row) => [
      row.engine,
      shortID(row.id, view),
      row.references.length === 0 ? '<none>' : row.references.map(safeText).join(', '),
      String(row.layers),
      formatAge(row.createdAt, view.now),
      sizeOf(row),
    ]),
    view,
  );
}

/** What nobody manages: its program, and the namespaces that it does not share with the host. */
function unmanagedRow(row: UnmanagedRow, view: View): string[] {
  const command = safeText(row.command.argv.join(' ') || row.command.comm);
  const types = row.namespaces.map(({ type }) => type).join(' ');
  const name = view.noTrunc ? command : cut(command, 24);
  return ['-', '', name, types, 'running', String(row.pid), formatAge(row.startedAt, view.now)];
}

function sizeOf({ contentSize, size }: ImageRow): string {
  const known = contentSize ?? size;
  return known === undefined ? '' : formatSize(known);
}

/** As `docker ps`. */
export function formatContainers(rows: readonly ContainerRow[], view: View): string {
  return formatTable(
    [
      { title: 'CONTAINER ID' },
      { title: 'IMAGE' },
      { title: 'COMMAND' },
      { title: 'CREATED' },
      { title: 'STATUS' },
      { title: 'PID', align: 'right' },
      { title: 'NAMES' },
    ],
    rows.map((row) => [
      shortID(row.id, view),
      safeText(row.image ?? ''),
      formatCommand(row.command, view),
      formatAge(row.createdAt, view.now),
      formatStatus(row, view),
      row.pid === undefined ? '' : String(row.pid),
      safeText(row.name),
    ]),
    view,
  );
}

function formatCommand(command: readonly string[], view: View): string {
  const text = `"${safeText(command.join(' '))}"`;
  return view.noTrunc ? text : cut(text, 22);
}

function formatStatus(row: ContainerRow, view: View): string {
  if (row.state === 'created') return 'Created';
  if (row.state === 'running' || row.state === 'paused') {
    const since = row.startedAt === undefined ? 0 : view.now - Date.parse(row.startedAt);
    return `Up ${formatDuration(Math.max(0, since))}${detail(row)}`;
  }
  const code = row.exitCode === undefined ? '?' : String(row.exitCode);
  const reason = row.oomKilled === true ? ', out of memory' : '';
  const word = row.state === 'restarting' ? 'Restarting' : 'Exited';
  return `${word} (${code}${reason}) ${formatAge(row.finishedAt, view.now)}`.trimEnd();
}

/** Docker's words in brackets. */
function detail({ state, health }: ContainerRow): string {
  if (state === 'paused') return ' (Paused)';
  if (health === undefined) return '';
  return health === 'starting' ? ' (health: starting)' : ` (${health})`;
}
