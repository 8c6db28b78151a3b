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
  const noCgroup = known.membership.cgroupPaths.length === 0;
  return [...found]
    .filter(([, types]) => types.some((type) => type !== 'user'))
    .sort(([a], [b]) => a - b)
    .map(([pid, types]) => ({
      code: 'outsider-in-namespace',
      message: `process ${pid} (${commOf(look, pid)}) is in the ${listTypes(types)} of ${nameOf(known)} but ${noCgroup ? 'not part of it' : 'outside its cgroup'}`,
      target: known.subject.subject.target,
      pid,
      types,
    }));
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
    if (types.length === 0) return [];
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
