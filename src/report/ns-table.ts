// Namespaces: a matrix of containers against the eight types, one container's in detail, or
// all of the machine.
import stringWidth from 'fast-string-width';
import type {
  NamespaceRecord,
  NamespaceSubjectRecord,
  NsDocument,
} from '../inspect/documents/ns.js';
import { formatSubjectLine } from './ns-subject-line.js';
import { formatTable, tableWidth } from './table.js';
import { formatIsolation, formatUserTree } from './ns-lines.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

const TYPES = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user', 'cgroup', 'time'] as const;
type TypeName = (typeof TYPES)[number];

export function formatNamespaces(document: NsDocument, view: View): string {
  const [only, ...more] = document.subjects;
  const body =
    only === undefined
      ? `${formatMachine(document, view)}${formatUserTree(document, view)}`
      : more.length === 0
        ? formatOne(document, only, view)
        : formatMatrix(document, view);
  const lines = [
    ...document.findings.map(({ message }) => view.theme.finding(`! ${safeText(message)}`)),
    ...formatIsolation(document, view),
  ];
  return lines.length === 0 ? body : `${body}\n${lines.join('\n')}\n`;
}

function formatMatrix(document: NsDocument, view: View): string {
  const digits = view.noTrunc ? Infinity : digitsNeeded(document);
  const shared = sharedKeys(document);
  const rows = document.subjects.map((subject) => ({
    name: safeText(subject.name ?? subject.target),
    cells: TYPES.map((type) => drawCell(subject, type, { digits, shared, view })),
    note: whyEmpty(subject),
  }));
  const nameWidth = Math.max(...rows.map(({ name }) => stringWidth(name)));
  const widths = TYPES.map((type, index) =>
    Math.max(type.length, ...rows.map(({ cells }) => stringWidth(cells[index] ?? ''))),
  );
  const line = (name: string, cells: readonly string[], note = '') =>
    `  ${[padEnd(name, nameWidth), ...cells.map((cell, at) => padEnd(cell, widths[at] ?? 0))].join('  ')}${note}`.trimEnd();
  return [
    view.theme.heading(line('', TYPES)),
    ...rows.map(({ name, cells, note }) => line(name, cells, note === '' ? '' : `  ${note}`)),
    '',
    `  ● its own   ◐ shared with another   ${view.theme.host('○ the host’s')}`,
    '',
  ].join('\n');
}

function whyEmpty({ namespaces, pid }: NamespaceSubjectRecord): string {
  if (namespaces.length > 0) return '';
  return pid === undefined ? 'not running' : 'not ours to read';
}

interface CellStyle {
  readonly digits: number;
  readonly shared: ReadonlySet<string>;
  readonly view: View;
}

function drawCell(
  subject: NamespaceSubjectRecord,
  type: TypeName,
  { digits, shared, view }: CellStyle,
): string {
  const found = subject.namespaces.find((one) => one.type === type);
  if (found === undefined) return '-';
  if (found.host) return view.theme.host('○host');
  const number = found.inode.length > digits ? `…${found.inode.slice(-digits)}` : found.inode;
  return shared.has(`${type}:${found.inode}`) ? view.theme.shared(`◐${number}`) : `●${number}`;
}

function sharedKeys({ namespaces }: NsDocument): Set<string> {
  const shared = namespaces.filter(({ sharedBy }) => sharedBy.length > 1);
  return new Set(shared.map(({ type, inode }) => `${type}:${inode}`));
}

/** So many last digits that no two namespaces in the drawing look the same. */
function digitsNeeded({ namespaces }: NsDocument): number {
  const inodes = [...new Set(namespaces.map(({ inode }) => inode))];
  for (let digits = 3; digits < 20; digits += 1) {
    if (new Set(inodes.map((inode) => inode.slice(-digits))).size === inodes.length) return digits;
  }
  return 20;
}

function formatOne(document: NsDocument, subject: NamespaceSubjectRecord, view: View): string {
  const title = formatSubjectLine(document.subject, [], view);
  if (subject.namespaces.length === 0) return `${title}\n\n${whyEmpty(subject)}\n`;
  const rows = subject.namespaces.map((own) => {
    const record = document.namespaces.find(
      (one) => one.type === own.type && one.inode === own.inode,
    );
    const children = own.forChildren === undefined ? '' : ` (children: ${own.forChildren})`;
    return [
      own.type,
      `${own.inode}${children}`,
      own.host ? view.theme.host('○ host') : '● own',
      record === undefined ? '' : formatSharing(record, subject.target),
      record?.owner ?? '-',
      record?.parent ?? '-',
      record === undefined ? '' : formatHolders(record),
    ];
  });
  const columns = [
    { title: 'TYPE' },
    { title: 'INODE' },
    { title: '' },
    { title: 'SHARED WITH', shrinks: true },
    { title: 'OWNER' },
    { title: 'PARENT' },
    { title: 'HELD BY' },
  ];
  if (view.noTrunc || tableWidth(columns, rows) <= view.width) {
    return `${title}\n\n${formatTable(columns, rows, view)}`;
  }
  // A path in the last column is what makes it wide: it goes below.
  const held = rows
    .filter((row) => row.at(-1) !== '-')
    .map(([type = '', ...cells]) => `\n${type} is held by ${cells.at(-1) ?? ''}\n`);
  const narrow = rows.map((row) => row.slice(0, -1));
  return `${title}\n\n${formatTable(columns.slice(0, -1), narrow, view)}${held.join('')}`;
}

function formatSharing(record: NamespaceRecord, target: string): string {
  const named = record.sharedBy
    .filter((one) => one.target !== target)
    .map((one) => safeText(one.name ?? one.target));
  const { count, pids } = record.otherProcesses;
  const listed = record.host ? '' : `: ${pids.join(', ')}${count > pids.length ? ', …' : ''}`;
  const others = `${count} ${record.host ? 'host' : 'other'} process${count === 1 ? '' : 'es'}`;
  return [...named, ...(count === 0 ? [] : [`${others}${listed}`])].join(', ') || '-';
}

/** Mounts; where there are none, and nobody is in it, whoever has it open or is about to enter. */
function formatHolders({ heldBy, processes, openIn, awaitedBy = [] }: NamespaceRecord): string {
  const mounts = heldBy.map(({ mountPoint }) => safeText(mountPoint));
  if (processes > 0) return cutList(mounts) || '-';
  const open = openIn?.descriptors.map(({ pid, fd }) => `fd ${fd} of ${pid}`) ?? [];
  const awaited = awaitedBy.map((pid) => `children of ${pid}`);
  return cutList([...mounts, ...open, ...awaited]) || '-';
}

function cutList(texts: readonly string[]): string {
  const shown = texts.slice(0, HOLDERS_SHOWN).join(', ');
  const left = texts.length - HOLDERS_SHOWN;
  return left > 0 ? `${shown} and ${left} more` : shown;
}

const HOLDERS_SHOWN = 3;

function formatMachine({ namespaces }: NsDocument, view: View): string {
  const rows = namespaces.map((record) => {
    const { lowest } = record;
    const argv = lowest?.command.argv.join(' ').trimEnd() ?? '';
    const comm = lowest === undefined ? '-' : `[${safeText(lowest.command.comm)}]`;
    return [
      record.type,
      record.host ? view.theme.host(`○ ${record.inode}`) : `● ${record.inode}`,
      `${record.processes}`,
      lowest === undefined ? '-' : `${lowest.pid}`,
      lowest === undefined ? '-' : safeText(lowest.user.name ?? `${lowest.user.uid}`),
      record.sharedBy.map((one) => safeText(one.name ?? one.target)).join(', ') || '-',
      formatHolders(record),
      argv === '' ? comm : safeText(argv.slice(0, COMMAND_SHOWN)),
    ];
  });
  const columns = [
    { title: 'TYPE' },
    { title: 'INODE' },
    { title: 'PROCESSES', align: 'right' as const },
    { title: 'PID', align: 'right' as const },
    { title: 'USER' },
    { title: 'CONTAINERS' },
    { title: 'HELD BY' },
    { title: 'COMMAND', shrinks: true },
  ];
  return formatTable(columns, rows, view);
}

/** A table pads every line to its longest: the document has the whole command. */
const COMMAND_SHOWN = 500;

function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}
