// Processes as `ps axf` draws them: who watches on top, the container's own below.
import stringWidth from 'fast-string-width';
import type { ProcessRecord, ProcsDocument } from '../inspect/documents/procs.js';
import { formatControlGroup, formatProcessDetails } from './process-details-lines.js';
import { formatSubjectLine } from './ns-subject-line.js';
import { formatSize } from './size.js';
import { cut } from './cut.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

interface Column {
  readonly title: string;
  readonly right?: boolean;
  readonly cell: (process: ProcessRecord) => string;
}

export interface ProcsFaceOptions {
  /** A block for each process below the table. */
  readonly details?: boolean;
}

export function formatProcs(
  document: ProcsDocument,
  view: View,
  { details = false }: ProcsFaceOptions = {},
): string {
  const { processes, findings } = document;
  const columns = columnsFor(processes, view);
  const texts = processes.map((process) => columns.map((column) => column.cell(process)));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...texts.map((row) => stringWidth(row[index] ?? ''))),
  );
  const pad = (cells: readonly string[]) =>
    cells
      .map((text, index) => {
        const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - stringWidth(text)));
        return columns[index]?.right === true ? space + text : text + space;
      })
      .join('  ');
  const strange = new Set(findings.map(({ pid }) => pid));
  const room = view.width - widths.reduce((sum, width) => sum + width + 2, 0);
  const guides = drawTree(processes);
  const lines = processes.map((process, index) => {
    const paint = strange.has(process.pid)
      ? view.theme.finding
      : process.supervisor
        ? view.theme.dim
        : (text: string) => text;
    const command = `${guides[index] ?? ''}${formatCommand(process, view)}`;
    return `${paint(pad(texts[index] ?? []))}  ${fit(command, room, view)}`.trimEnd();
  });
  return [
    formatSubjectLine(document.subject, [formatCounts(document)], view),
    ...formatUsage(document),
    '',
    view.theme.heading(`${pad(columns.map((column) => column.title))}  COMMAND`),
    ...lines,
    ...formatFindings(findings, view),
    ...(details ? formatProcessDetails(document, view) : []),
    '',
  ].join('\n');
}

/** Of a git or a database hundreds run the same program: the first lines say what it is about. */
const FINDINGS_SHOWN = 20;

function formatFindings(findings: ProcsDocument['findings'], view: View): string[] {
  if (findings.length === 0) return [];
  const shown = view.noTrunc ? findings : findings.slice(0, FINDINGS_SHOWN);
  const left = findings.length - shown.length;
  return [
    '',
    ...shown.map(({ message }) => view.theme.finding(`! ${safeText(message)}`)),
    ...(left === 0 ? [] : [`! and ${left} more: --no-trunc lists them all`]),
  ];
}

/** What the container uses: the cgroup that its init is in. */
function formatUsage({ init, processes, controlGroups = [] }: ProcsDocument): string[] {
  const first = processes.find(({ pid }) => pid === init);
  const group = controlGroups.find(({ number }) => number === first?.controlGroup);
  const text = group === undefined ? '' : formatControlGroup(group);
  return text === '' ? [] : [text];
}

function formatCounts({ processes }: ProcsDocument): string {
  const above = processes.filter(({ supervisor }) => supervisor);
  const count = processes.length - above.length;
  const watched = above.map(({ pid }) => pid).join(', ');
  const own = `${count} process${count === 1 ? '' : 'es'}`;
  return above.length === 0 ? own : `${own}, supervised by ${watched}`;
}

/** What is the same on the host and inside is not said twice. */
function columnsFor(processes: readonly ProcessRecord[], view: View): Column[] {
  const nested = processes.some(({ pidInNamespaces }) => pidInNamespaces.length > 1);
  const users = processes.some((process) => insideUser(process) !== hostUser(process));
  return [
    { title: 'PID', right: true, cell: ({ pid }) => `${pid}` },
    ...(nested ? [{ title: 'INSIDE', right: true, cell: insidePid }] : []),
    { title: 'USER', cell: hostUser },
    ...(users ? [{ title: 'USER INSIDE', cell: insideUser }] : []),
    { title: 'TTY', cell: ({ tty }) => (tty === undefined ? '?' : safeText(tty)) },
    { title: 'STAT', cell: formatState },
    { title: 'START', cell: ({ startedAt }) => formatStart(startedAt, view.now) },
    { title: 'TIME', right: true, cell: ({ cpuSeconds }) => formatCpuTime(cpuSeconds) },
    { title: 'RSS', right: true, cell: ({ rss }) => formatSize(rss) },
  ];
}

/** From the outermost nested namespace inwards: "1", or "12/1" two levels down. */
function insidePid({ pidInNamespaces }: ProcessRecord): string {
  return pidInNamespaces.slice(1).join('/') || '-';
}

function hostUser({ user }: ProcessRecord): string {
  return user.name === undefined ? `${user.uid}` : safeText(user.name);
}

function insideUser(process: ProcessRecord): string {
  const { userInside } = process;
  if (userInside === undefined) return hostUser(process);
  if (userInside.name !== undefined) return safeText(userInside.name);
  return userInside.uid === undefined ? 'nobody here' : `${userInside.uid}`;
}

/** The letters of ps(1), PROCESS STATE CODES. */
function formatState(process: ProcessRecord): string {
  const priority = process.nice < 0 ? '<' : process.nice > 0 ? 'N' : '';
  const leader = process.session === process.pid ? 's' : '';
  const threads = process.threads > 1 ? 'l' : '';
  const foreground = process.foreground ? '+' : '';
  return `${safeText(process.state)}${priority}${leader}${threads}${foreground}`;
}

/** UTC: the time of today, else the day. */
function formatStart(startedAt: string | undefined, now: number): string {
  if (startedAt === undefined) return '?';
  const today = new Date(now).toISOString().slice(0, 10) === startedAt.slice(0, 10);
  return today ? startedAt.slice(11, 19) : startedAt.slice(0, 10);
}

/** "0:07", "1:02:03". */
function formatCpuTime(cpuSeconds: number): string {
  const whole = Math.floor(cpuSeconds);
  const two = (value: number) => value.toString().padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Without arguments there is only the kernel's name for it, in brackets as ps(1) has it. */
function formatCommand({ command, state }: ProcessRecord, view: View): string {
  const text = command.argv.join(' ').trimEnd();
  if (text === '') return `[${safeText(command.comm)}]${state === 'Z' ? ' <defunct>' : ''}`;
  const limit = view.noTrunc || !Number.isFinite(view.width) ? text.length : 4 * view.width;
  return safeText(text.slice(0, limit));
}

function fit(command: string, room: number, view: View): string {
  return view.noTrunc || !Number.isFinite(room) ? command : cut(command, Math.max(20, room));
}

/** Deeper chains are drawn at this depth: the lines of a fork bomb must not grow without end. */
const DEPTH_DRAWN = 40;

/** What stands before each command: nothing for a root, else guides and `\_`. */
function drawTree(processes: readonly ProcessRecord[]): string[] {
  const lastChild = new Map(processes.map(({ ppid, pid }) => [ppid, pid]));
  // Per process: the guides that its children start with.
  const below = new Map<number, readonly string[]>();
  return processes.map(({ pid, ppid }) => {
    const guides = below.get(ppid);
    if (guides === undefined || pid === ppid) {
      below.set(pid, []);
      return '';
    }
    const continued = lastChild.get(ppid) === pid ? '    ' : ' |  ';
    below.set(pid, [...guides, continued].slice(-DEPTH_DRAWN));
    return `${guides.join('')} \\_ `;
  });
}
