// Who is where it does not belong: in a container's namespaces but not in the container, or
// in the container but not in its namespaces.
import type { NamespaceType } from '../host/host.js';
import { namespaceKey, namespacesOf } from '../ns/namespaces.js';
import type { NsFinding } from './documents/ns.js';
import type { KnownSubject, NamespaceLook } from './namespace-look.js';

export function findStrangers(look: NamespaceLook, known: KnownSubject): NsFinding[] {
  return [...findOutsiders(look, known), ...findEscaped(look, known)];
}

/** The types in which the subject has a namespace that is not the host's, with its inode. */
function ownNamespaces(
  look: NamespaceLook,
  { membership }: KnownSubject,
): [NamespaceType, string][] {
  const inodes = look.index.processes.get(membership.init?.pid ?? 0)?.inodes ?? {};
  return namespacesOf(inodes).filter(([type, inode]) => {
    const ofHost = look.own.inodes[type];
    return ofHost !== undefined && ofHost !== inode;
  });
}

/**
 * Who entered with nsenter or setns(2), or never left. The helpers of a rootless engine live in
 * the container's user namespace by design, so that alone makes nobody an outsider.
 */
function findOutsiders(look: NamespaceLook, known: KnownSubject): NsFinding[] {
  const found = new Map<number, NamespaceType[]>();
  for (const [type, inode] of ownNamespaces(look, known)) {
    for (const pid of look.index.pids.get(namespaceKey(type, inode)) ?? []) {
      if (isPartOf(look, known, pid)) continue;
      found.set(pid, [...(found.get(pid) ?? []), type]);
    }
  }
  const outsiders = new Map(
    [...found].filter(([, types]) => types.some((type) => type !== 'user')),
  );
  return groupOutsiders(look, outsiders).map((group) => toFinding(look, known, group));
}

interface Outsiders {
  readonly lead: number;
  readonly types: readonly NamespaceType[];
  /** With the lead, by pid. */
  readonly pids: readonly number[];
}

/**
 * Who came in together is one intruder. nsenter(1) with a pid namespace forks: it waits outside of
 * that namespace while its child is all the way in, and so the child leads.
 */
function groupOutsiders(
  look: NamespaceLook,
  outsiders: ReadonlyMap<number, readonly NamespaceType[]>,
): Outsiders[] {
  const parentOf = (pid: number) => {
    const ppid = look.processes.get(pid)?.ppid ?? 0;
    return ppid !== pid && outsiders.has(ppid) ? ppid : undefined;
  };
  const groups = new Map<number, number[]>();
  for (const pid of [...outsiders.keys()].sort((a, b) => a - b)) {
    let top = pid;
    const seen = new Set<number>();
    for (let at = parentOf(pid); at !== undefined && !seen.has(at); at = parentOf(at)) {
      seen.add(at);
      top = at;
    }
    groups.set(top, [...(groups.get(top) ?? []), pid]);
  }
  const typesOf = (pid: number) => outsiders.get(pid) ?? [];
  return [...groups]
    .map(([top, pids]) => {
      const deeper = pids.find(
        (pid) => parentOf(pid) === top && typesOf(pid).length > typesOf(top).length,
      );
      const lead = deeper ?? top;
      return { lead, types: typesOf(lead), pids };
    })
    .sort((a, b) => a.lead - b.lead);
}

function toFinding(look: NamespaceLook, known: KnownSubject, group: Outsiders): NsFinding {
  const { lead, types, pids } = group;
  const entry = look.processes.get(lead)?.ppid ?? 0;
  const by = pids.includes(entry) ? `, brought in by ${entry} (${commOf(look, entry)}),` : '';
  const below = pids.filter((pid) => pid !== lead && pid !== entry).length;
  const more = below === 0 ? '' : `, with ${below} more process${below === 1 ? '' : 'es'}`;
  const noCgroup = known.membership.cgroupPaths.length === 0;
  const outside = noCgroup ? 'not part of it' : 'outside its cgroup';
  return {
    code: 'outsider-in-namespace',
    message: `process ${lead} (${commOf(look, lead)})${by} is in the ${listTypes(types)} of ${nameOf(known)} but ${outside}${more}`,
    target: known.subject.subject.target,
    pid: lead,
    types: [...types],
    processes: [...pids],
  };
}

/** A member, a supervisor, or a member of another container that shares the namespace. */
function isPartOf(look: NamespaceLook, known: KnownSubject, pid: number): boolean {
  const { belongings, cgroupPaths, supervisors } = known.membership;
  const ways = belongings.get(pid) ?? [];
  if (supervisors.has(pid)) return true;
  if (cgroupPaths.length === 0 ? ways.length > 0 : ways.includes('cgroup')) return true;
  return look.known.some((other) => other !== known && other.membership.belongings.has(pid));
}

function findEscaped(look: NamespaceLook, known: KnownSubject): NsFinding[] {
  const own = ownNamespaces(look, known);
  return [...known.membership.belongings.keys()].flatMap((pid): NsFinding[] => {
    const inodes = look.index.processes.get(pid)?.inodes ?? {};
    const types = own
      .map(([type]) => type)
      .filter((type) => inodes[type] === look.own.inodes[type]);
    if (types.length === 0) return findElsewhere(look, known, pid);
    return [
      {
        code: 'member-in-host-namespace',
        message: `process ${pid} (${commOf(look, pid)}) belongs to ${nameOf(known)} but is in the host's ${listTypes(types)}`,
        target: known.subject.subject.target,
        pid,
        types,
      },
    ];
  });
}

/** In the cgroup, but neither in the container's pid namespace, nor below it, nor in the host's. */
function findElsewhere(look: NamespaceLook, known: KnownSubject, pid: number): NsFinding[] {
  const { ownPidNamespace, belongings } = known.membership;
  if (!ownPidNamespace || belongings.get(pid)?.includes('namespace') !== false) return [];
  return [
    {
      code: 'member-outside-namespace',
      message: `process ${pid} (${commOf(look, pid)}) is in the cgroup of ${nameOf(known)} but in the pid namespace of somebody else`,
      target: known.subject.subject.target,
      pid,
      types: ['pid'],
    },
  ];
}

function commOf(look: NamespaceLook, pid: number): string {
  return look.processes.get(pid)?.comm ?? '?';
}

function nameOf({ subject }: KnownSubject): string {
  return subject.subject.name ?? subject.subject.target;
}

/** "net namespace", "mnt and pid namespaces". */
function listTypes(types: readonly NamespaceType[]): string {
  const last = types.at(-1) ?? '';
  if (types.length === 1) return `${last} namespace`;
  return `${types.slice(0, -1).join(', ')} and ${last} namespaces`;
}
