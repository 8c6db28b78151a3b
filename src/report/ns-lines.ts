// Below the table of namespaces: what is not isolated, and user namespaces as the tree they are.
import type { IsolationFact, NamespaceRecord, NsDocument } from '../inspect/documents/ns.js';
import { cut } from './cut.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

/**
 * Of one subject every fact; of several the ways out, and how many barriers are missing besides.
 */
export function formatIsolation(
  { subjects, isolation = [], findings }: NsDocument,
  view: View,
): string[] {
  if (isolation.length === 0) return [];
  const several = subjects.length > 1;
  const nameOf = (target: string) => {
    const subject = subjects.find((one) => one.target === target);
    return safeText(subject?.name ?? target);
  };
  const escapes = isolation.filter(({ effect }) => effect === 'escape');
  const weaker = isolation.filter(({ effect }) => effect === 'weaker');
  const line = (fact: IsolationFact) => {
    const name = several ? `${nameOf(fact.target)}: ` : '';
    return `${name}${safeText(fact.message)}: ${safeText(fact.reason)}`;
  };
  return [
    ...(findings.length === 0 ? [] : ['']),
    ...escapes.map((fact) => view.theme.finding(`! ${line(fact)}`)),
    ...(several
      ? countWeaker(subjects, weaker).map((text) => fit(text, view))
      : weaker.map((fact) => fit(`- ${line(fact)}`, view))),
  ];
}

function fit(line: string, view: View): string {
  return view.noTrunc || !Number.isFinite(view.width) ? line : cut(line, view.width);
}

function countWeaker(subjects: NsDocument['subjects'], weaker: readonly IsolationFact[]): string[] {
  return subjects.flatMap(({ target, name }) => {
    const codes = weaker.filter((fact) => fact.target === target).map(nameFact);
    if (codes.length === 0) return [];
    return [`- ${safeText(name ?? target)}: ${[...new Set(codes)].join(', ')}`];
  });
}

function nameFact({ code, type, capability, mountPoint }: IsolationFact): string {
  const detail = type ?? capability ?? (code === 'host-path' ? mountPoint : undefined);
  return detail === undefined ? code : `${code} ${safeText(detail)}`;
}

/** Nothing to draw where there is one user namespace only. */
export function formatUserTree({ namespaces }: NsDocument, view: View): string {
  const users = namespaces.filter(({ type }) => type === 'user');
  if (users.length < 2) return '';
  const owned = new Map<string, NamespaceRecord[]>();
  for (const one of namespaces) {
    if (one.type === 'user' || one.owner === undefined) continue;
    owned.set(one.owner, [...(owned.get(one.owner) ?? []), one]);
  }
  const known = new Set(users.map(({ inode }) => inode));
  const lines: string[] = [];
  const draw = (record: NamespaceRecord, depth: number) => {
    const indent = depth === 0 ? '' : `${'    '.repeat(depth - 1)} \\_ `;
    lines.push(fit(`${indent}${describeUser(record, owned.get(record.inode) ?? [])}`, view));
    for (const child of users) if (child.parent === record.inode) draw(child, depth + 1);
  };
  for (const one of users) {
    if (one.parent === undefined || !known.has(one.parent)) draw(one, 0);
  }
  return `\n${view.theme.heading('USER NAMESPACES and what belongs to them')}\n${lines.join('\n')}\n`;
}

function describeUser(record: NamespaceRecord, owned: readonly NamespaceRecord[]): string {
  const { inode, host, processes, lowest, ownerUid, uidMap } = record;
  const counts = new Map<string, number>();
  for (const { type } of owned) counts.set(type, (counts.get(type) ?? 0) + 1);
  const types = [...counts].map(([type, count]) => (count === 1 ? type : `${count} ${type}`));
  return [
    `${host ? '○' : '●'} ${inode}`,
    `${processes} process${processes === 1 ? '' : 'es'}${lowest === undefined ? '' : ` from ${lowest.pid} (${safeText(lowest.command.comm)})`}`,
    ...(ownerUid === undefined ? [] : [`made by uid ${ownerUid}`]),
    ...(uidMap === undefined ? [] : [`uids ${formatMap(uidMap)}`]),
    ...(types.length === 0 ? [] : [`owns ${types.join(', ')}`]),
  ].join(' · ');
}

function formatMap(map: NonNullable<NamespaceRecord['uidMap']>): string {
  const [first, ...more] = map;
  if (first === undefined) return 'not mapped';
  const { inside, outside, count } = first;
  const ids = count === 1 ? `${inside} is ${outside}` : `${inside}+${count} are ${outside}+`;
  return more.length === 0 ? ids : `${ids} and ${more.length} more`;
}
