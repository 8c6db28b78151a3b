// The rows of Home: what `ls` found, under headings, the running containers first.
import type {
  ContainerRow,
  ImageRow,
  LsDocument,
  UnmanagedRow,
} from '../../../inspect/documents/ls.js';

export type HomeRow =
  | {
      readonly kind: 'heading';
      readonly text: string;
      readonly note: string;
      /** What is not as it should be. */
      readonly alarm?: string;
    }
  | { readonly kind: 'container'; readonly row: ContainerRow }
  | { readonly kind: 'unmanaged'; readonly row: UnmanagedRow }
  | { readonly kind: 'image'; readonly row: ImageRow }
  | { readonly kind: 'problem'; readonly message: string };

/** What can be opened. */
export type HomeSubject = Extract<HomeRow, { row: unknown }>;

export function homeRows(document: LsDocument, filter: string): HomeRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (...texts: readonly (string | undefined)[]) =>
    words.every((word) => texts.some((text) => text?.toLowerCase().includes(word)));
  const containers = document.containers
    .filter((one) => has(one.engine, one.name, one.id, one.image, one.state, ...labels(one)))
    .sort((a, b) => rank(a) - rank(b));
  const unmanaged = document.unmanaged.filter(({ command, pid }) =>
    has(command.comm, ...command.argv, String(pid), 'unmanaged'),
  );
  const images = document.images.filter(({ engine, references, id }) =>
    has(engine, ...references, id),
  );
  const { problems } = document;
  return [
    containersHeading(containers, problems.length),
    ...containers.map((row) => ({ kind: 'container' as const, row })),
    ...under('Unmanaged', unmanaged, 'unmanaged'),
    { kind: 'heading', text: 'Images', note: String(images.length) },
    ...images.map((row) => ({ kind: 'image' as const, row })),
    ...(problems.length === 0 ? [] : [headingOf('Problems', problems.length)]),
    ...problems.map(({ message }) => ({ kind: 'problem' as const, message })),
  ];
}

function containersHeading(containers: readonly ContainerRow[], problems: number): HomeRow {
  const running = containers.filter(({ state }) => state === 'running').length;
  const paused = containers.filter(({ state }) => state === 'paused').length;
  return {
    kind: 'heading',
    text: 'Containers',
    note: `${containers.length}, ${running} running${paused === 0 ? '' : `, ${paused} paused`}`,
    ...(problems === 0
      ? {}
      : { alarm: problems === 1 ? 'a problem, below' : `${problems} problems, below` }),
  };
}

function headingOf(text: string, count: number): HomeRow {
  return { kind: 'heading', text, note: String(count) };
}

function under(text: string, rows: readonly UnmanagedRow[], kind: 'unmanaged'): readonly HomeRow[] {
  return rows.length === 0
    ? []
    : [headingOf(text, rows.length), ...rows.map((row) => ({ kind, row }))];
}

function labels(row: ContainerRow): string[] {
  return Object.entries(row.labels).map(([key, value]) => `${key}=${value}`);
}

const RANKS: Readonly<Partial<Record<ContainerRow['state'], number>>> = { running: 0, paused: 1 };

function rank({ state }: ContainerRow): number {
  return RANKS[state] ?? 2;
}

export function isSameSubject(row: HomeRow, other: HomeSubject): boolean {
  if (row.kind === 'unmanaged') return other.kind === row.kind && row.row.pid === other.row.pid;
  if (other.kind === 'unmanaged' || row.kind !== other.kind) return false;
  return row.row.id === other.row.id && row.row.engine === other.row.engine;
}

/** What names it on the command line. */
export function targetOf(subject: HomeSubject): string {
  if (subject.kind === 'unmanaged') return `pid:${subject.row.pid}`;
  const { engine } = subject.row;
  if (subject.kind === 'container') return `${engine}:${subject.row.name}`;
  return `${engine}:${subject.row.references[0] ?? subject.row.id}`;
}
