// What the questions flagged, as one list: whom it is about, what it is, and where that is to be seen.
import type { NsDocument } from '../../../inspect/documents/ns.js';
import type { ProcsDocument } from '../../../inspect/documents/procs.js';
import type { VerifyDocument } from '../../../inspect/documents/verify.js';
import { formatSize } from '../../../report/size.js';

export interface FindingRow {
  readonly kind: 'finding';
  /** As the document calls it: "executable-in-upper". */
  readonly code: string;
  /** Container, engine or layer. */
  readonly about: string;
  readonly message: string;
  /** Root inside can act as root outside, or bytes are not what they were. */
  readonly isGrave: boolean;
  readonly pid?: number;
  readonly path?: string;
  /** The container, where that is another page. */
  readonly target?: string;
  readonly layer?: number;
}

export type FindingsRow =
  { readonly kind: 'heading'; readonly text: string; readonly note: string } | FindingRow;

export interface Answers {
  readonly processes: readonly ProcsDocument[] | undefined;
  readonly namespaces: NsDocument | undefined;
  readonly verified: VerifyDocument | undefined;
  /** What could not be answered, by the heading that it would be under. */
  readonly failures: Readonly<Record<string, string>>;
}

export const HEADINGS = {
  processes: 'Processes',
  namespaces: 'Namespaces and isolation',
  verified: 'What is stored',
} as const;
export type Part = keyof typeof HEADINGS;

export function findingsRows(answers: Answers, progress: string): FindingsRow[] {
  const parts: Readonly<Record<Part, readonly FindingRow[] | undefined>> = {
    processes: answers.processes?.flatMap(ofProcesses),
    namespaces: answers.namespaces && ofNamespaces(answers.namespaces),
    verified: answers.verified && ofVerify(answers.verified),
  };
  return (['processes', 'namespaces', 'verified'] as const).flatMap((part): FindingsRow[] => {
    const rows = parts[part];
    const looking = part === 'verified' && progress !== '' ? progress : 'looking …';
    const note = answers.failures[part] ?? (rows === undefined ? looking : countText(rows.length));
    return [{ kind: 'heading', text: HEADINGS[part], note }, ...(rows ?? [])];
  });
}

function countText(count: number): string {
  return count === 0 ? 'nothing' : String(count);
}

function ofProcesses({ subject, findings, problems }: ProcsDocument): FindingRow[] {
  const { target } = subject;
  const about = { kind: 'finding' as const, about: target, target };
  return [
    ...findings.map(({ code, message, pid }) => ({ ...about, code, message, pid, isGrave: true })),
    ...problems.map(({ code, message }) => ({ ...about, code, message, isGrave: false })),
  ];
}

function ofNamespaces({ findings, isolation = [], problems }: NsDocument): FindingRow[] {
  return [
    ...findings.map(({ code, message, target, pid }) => ({
      ...{ kind: 'finding' as const, code, message, pid, isGrave: true },
      ...{ about: target, target },
    })),
    ...[...isolation]
      .sort((a, b) => Number(b.effect === 'escape') - Number(a.effect === 'escape'))
      .map(({ code, effect, message, reason, target }) => ({
        ...{ kind: 'finding' as const, code, message: `${message}: ${reason}` },
        ...{ about: target, target, isGrave: effect === 'escape' },
      })),
    ...problems.map(({ code, message }) => problemRow(code, message)),
  ];
}

function ofVerify({ findings, problems }: VerifyDocument): FindingRow[] {
  return [
    ...findings.map((one): FindingRow => {
      const { finding, layer, engine, path, file, digest, bytes } = one;
      const place = path ?? file ?? digest;
      const size = bytes === undefined ? '' : ` (${formatSize(bytes)})`;
      return {
        kind: 'finding',
        code: finding,
        about: layer === undefined ? (engine ?? '') : `layer ${layer}`,
        message: `${place === undefined ? '' : `${place}: `}${one.message}${size}`,
        isGrave: !HOUSEKEEPING.has(finding),
        ...(path === undefined ? {} : { path }),
        ...(layer === undefined ? {} : { layer }),
      };
    }),
    ...problems.map(({ code, message }) => problemRow(code, message)),
  ];
}

/** What takes room and harms nobody. */
const HOUSEKEEPING: ReadonlySet<string> = new Set([
  'mtime',
  'unownedLayer',
  'unownedBlob',
  'goneImage',
  'leftover',
]);

function problemRow(code: string, message: string): FindingRow {
  return { kind: 'finding', code, about: '', message, isGrave: false };
}
