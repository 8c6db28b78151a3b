// The container page as lines: what each of its tabs shows.
import type { ContainerFacts, ContainerMount } from '../../../inspect/container-look.js';
import type { ChangeRecord, DiffDocument } from '../../../inspect/documents/diff.js';
import type { OverlayDocument } from '../../../inspect/documents/overlay.js';
import type { ProcsDocument } from '../../../inspect/documents/procs.js';
import type { LogTail } from '../../../inspect/log-tail.js';
import { formatOverlay } from '../../../report/overlay-drawing.js';
import { formatCount, formatNumberOf, formatSize } from '../../../report/size.js';
import { safeName } from '../../../report/text.js';
import { left, plain, span, type Line, type Span, type Style } from '../line.js';
import type { ListState } from '../list.js';
import { paintedLines, paneView } from '../painted.js';

export const TABS = ['overlay', 'mounts', 'use', 'log', 'facts'] as const;
export type Tab = (typeof TABS)[number];

/** The processor time of a control group at a time, to know how much it takes now. */
export interface Sample {
  /** Milliseconds of the port's clock. */
  readonly at: number;
  readonly nanoseconds: ReadonlyMap<number, number>;
}

export interface ContainerState {
  readonly target: string;
  readonly tab: Tab;
  readonly overlay: OverlayDocument | undefined;
  readonly changes: DiffDocument | undefined;
  /** Why there are none. */
  readonly noChanges: string | undefined;
  /** Null where nothing runs. */
  readonly mounts: readonly ContainerMount[] | null | undefined;
  readonly processes: ProcsDocument | undefined;
  readonly samples: readonly [Sample | undefined, Sample] | undefined;
  readonly log: LogTail | null | undefined;
  readonly facts: ContainerFacts | undefined;
  readonly failure: string | undefined;
  readonly lists: Readonly<Record<Tab, ListState>>;
  readonly offset: number;
}

export function tabLines(state: ContainerState, width: number, now: number): Line[] {
  switch (state.tab) {
    case 'overlay':
      return [...overlayLines(state, width, now), ...changesLines(state)];
    case 'mounts':
      return mountLines(state.mounts);
    case 'use':
      return useLines(state);
    case 'log':
      return logLines(state.log);
    case 'facts':
      return factsLines(state.facts);
  }
}

const LOOKING: Line[] = [plain(' looking …', 'dim')];
const NOT_RUNNING: Line[] = [plain(' it does not run', 'dim')];

/** As many at any width: the line of mountinfo, which the face would fold, is cut here. */
function overlayLines({ overlay }: ContainerState, width: number, now: number): Line[] {
  if (overlay === undefined) return LOOKING;
  const { mountLine, ...rest } = overlay;
  const lines = paintedLines(formatOverlay(rest, paneView(width, now)));
  const problems = overlay.problems.map(({ message }) => plain(`  ! ${message}`, 'finding'));
  const mount = mountLine === undefined ? [] : [[], plain(`  ${mountLine}`, 'dim')];
  return [...lines, ...problems, ...mount];
}

const KINDS: Readonly<Record<ChangeRecord['kind'], Style>> = {
  A: 'added',
  C: 'changed',
  D: 'deleted',
};

function changesLines({ changes, noChanges, overlay }: ContainerState): Line[] {
  if (overlay === undefined) return [];
  const count =
    noChanges ??
    (changes === undefined ? 'looking …' : formatNumberOf(changes.changes.length, 'path', 'paths'));
  return [
    [],
    [span(' Changes', 'bold'), span(`  ${count}`, 'dim')],
    ...(changes?.changes ?? []).map(changeLine),
  ];
}

function changeLine({ kind, path, aspects }: ChangeRecord): Line {
  return [
    span(`   ${kind} ${safeName(path)}`, KINDS[kind]),
    span(aspects.length === 0 ? '' : `  ${aspects.join(', ')}`, 'dim'),
  ];
}

/** The change in a line of the first tab. */
export function changeAtLine(state: ContainerState, at: number): ChangeRecord | undefined {
  const all = state.changes?.changes ?? [];
  return all[at - (tabLines(state, Infinity, 0).length - all.length)];
}

function mountLines(mounts: ContainerState['mounts']): Line[] {
  if (mounts === undefined) return LOOKING;
  if (mounts === null) return NOT_RUNNING;
  return mounts.map(({ mountPoint, type, options, source, hostPath }) => [
    span(` ${left(safeName(mountPoint), 30)} `),
    span(`${left(type, 9)} `, 'shared'),
    ...fromSpans(source, hostPath),
    span(`  ${options}`, options.split(',').includes('ro') ? 'dim' : 'changed'),
  ]);
}

function fromSpans(source: string, hostPath: string | undefined): Span[] {
  return hostPath === undefined
    ? [span(left(safeName(source), 12), 'dim')]
    : [span('host ', 'dim'), span(safeName(hostPath), 'host')];
}

const GAUGE = 20;

function useLines({ processes, samples }: ContainerState): Line[] {
  if (processes === undefined) return LOOKING;
  const own = processes.processes.filter(({ supervisor }) => !supervisor);
  if (own.length === 0) return NOT_RUNNING;
  const groups = (processes.controlGroups ?? []).filter(({ number }) =>
    own.some(({ controlGroup }) => controlGroup === number),
  );
  return groups.flatMap((group): Line[] => {
    const { memory, memoryLimit, memoryPeak, pids, pidsLimit, cpuLimit, limitedBy } = group;
    const percent = processorShare(samples, group.number);
    const cpu = group.cpuNanoseconds;
    const path = group.cgroups[0]?.path ?? '/';
    return [
      [span(' cgroup   ', 'dim'), span(safeName(path), 'bold')],
      [span(' has      ', 'dim'), span(formatNumberOf(group.processes, 'process', 'processes'))],
      ...gaugeLine('memory', memory, memoryLimit, formatSize),
      ...(memoryPeak === undefined ? [] : [fact('peak', formatSize(memoryPeak))]),
      ...gaugeLine('pids', pids, pidsLimit, formatCount),
      ...(cpu === undefined ? [] : [fact('cpu', cpuText(cpu, percent, cpuLimit))]),
      ...Object.entries(limitedBy ?? {}).map(([name, above]) =>
        fact('', `${name} is that of ${safeName(above)}`),
      ),
      [],
    ];
  });
}

function cpuText(nanoseconds: number, percent: number | undefined, limit: number | undefined) {
  const now = percent === undefined ? '' : `, now ${percent.toFixed(1)} % of one processor`;
  const most = limit === undefined ? '' : `, at most ${Number(limit.toFixed(2))} processors`;
  return `${(nanoseconds / 1e9).toFixed(2)} s in all${now}${most}`;
}

function processorShare(samples: ContainerState['samples'], group: number): number | undefined {
  const [before, now] = samples ?? [];
  const [first, last] = [before?.nanoseconds.get(group), now?.nanoseconds.get(group)];
  const elapsed = (now?.at ?? 0) - (before?.at ?? 0);
  if (first === undefined || last === undefined || elapsed <= 0) return undefined;
  return ((last - first) / 1e6 / elapsed) * 100;
}

function gaugeLine(
  title: string,
  value: number | undefined,
  limit: number | undefined,
  format: (value: number) => string,
): Line[] {
  if (value === undefined) return [];
  if (limit === undefined || limit === 0) return [fact(title, `${format(value)}, no limit`)];
  const share = Math.min(1, value / limit);
  const filled = Math.round(share * GAUGE);
  const style: Style = share > 0.9 ? 'finding' : share > 0.7 ? 'changed' : 'added';
  return [
    [
      span(` ${left(title, 8)} `, 'dim'),
      span(left(`${format(value)} of ${format(limit)}`, 22)),
      span('█'.repeat(filled), style),
      span('░'.repeat(GAUGE - filled), 'dim'),
      span(` ${(share * 100).toFixed(0)} %`),
    ],
  ];
}

function logLines(log: ContainerState['log']): Line[] {
  if (log === undefined) return LOOKING;
  if (log === null || log.lines.length === 0) return [plain(' nothing was printed', 'dim')];
  return log.lines.map(({ time, stream, text }) => [
    span(time === undefined ? ' ' : ` ${time.slice(11, 19)} `, 'dim'),
    span(stream === 'stderr' ? '! ' : '  ', 'changed'),
    span(text),
  ]);
}

function factsLines(facts: ContainerState['facts']): Line[] {
  const container = facts?.document.container;
  if (facts === undefined || container === undefined) return LOOKING;
  const { summary, directories } = container;
  const { labels, ports = [], command } = summary;
  return [
    ...factOf('id', summary.id),
    ...factOf('image', summary.image),
    ...factOf('imageID', summary.imageID),
    fact('command', JSON.stringify(command)),
    fact('state', summary.state, summary.recordedState),
    ...factOf('created', summary.createdAt),
    ...factOf('started', summary.startedAt),
    ...factOf('ended', summary.finishedAt),
    ...factOf('exit', summary.exitCode === undefined ? undefined : String(summary.exitCode)),
    ...factOf('error', summary.error),
    ...ports.map((port) => fact('port', port)),
    ...Object.entries(directories).map(([name, path]) => fact(name, safeName(path))),
    ...Object.entries(labels).map(([name, value]) => fact('label', `${name}=${value}`)),
    ...(facts.environment ?? []).map((text) => fact('env', text)),
  ];
}

function factOf(title: string, text: string | undefined): Line[] {
  return text === undefined ? [] : [fact(title, text)];
}

/** `recorded`: what was written, where it is not so any more. */
function fact(title: string, text: string, recorded?: string): Line {
  return [
    span(` ${left(title, 9)} `, 'dim'),
    span(text),
    span(recorded === undefined ? '' : `  recorded: ${recorded}`, 'finding'),
  ];
}
