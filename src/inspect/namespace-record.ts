// One namespace as documents hold it: who is in it, what keeps it, whose it is.
import type { NamespaceType, ReadHost } from '../host/host.js';
import { parseIdMap } from '../ns/id-map.js';
import { namespaceRelations, type NamespaceHolder } from '../ns/namespace-holders.js';
import { namespaceKey } from '../ns/namespaces.js';
import { bytesOf } from './bytes-of.js';
import type { NamespaceRecord } from './documents/ns.js';
import type { NamespaceLook } from './namespace-look.js';
import { toCommand } from './process-record.js';

export type NamespaceName = readonly [NamespaceType, string];

const PIDS_LISTED = 20;

export function toNamespaceRecord(
  host: ReadHost,
  look: NamespaceLook,
  [type, inode]: NamespaceName,
): NamespaceRecord {
  const key = namespaceKey(type, inode);
  const pids = look.index.pids.get(key) ?? [];
  const holders = look.holders.get(key) ?? [];
  const others = pids.filter(
    (pid) => !look.known.some(({ membership }) => membership.belongings.has(pid)),
  );
  const path = relationPath(look, type, key);
  return {
    type,
    inode,
    host: look.own.inodes[type] === inode,
    processes: pids.length,
    sharedBy: look.known.flatMap(({ subject, membership }) => {
      const count = pids.filter((pid) => membership.belongings.has(pid)).length;
      const { target, name } = subject.subject;
      return count === 0
        ? []
        : [{ target, ...(name === undefined ? {} : { name }), processes: count }];
    }),
    otherProcesses: { count: others.length, pids: others.slice(0, PIDS_LISTED) },
    ...lowestOf(look, pids),
    heldBy: holders.map(toHolderRecord),
    ...(path === undefined ? {} : namespaceRelations(host, type, path)),
    ...keepersOf(look, key),
    ...(type === 'user' && path !== undefined ? userFacts(host, look, inode, path) : {}),
  };
}

function keepersOf(
  look: NamespaceLook,
  key: string,
): Pick<NamespaceRecord, 'openIn' | 'awaitedBy'> {
  const open = look.opened.get(key) ?? [];
  const awaited = look.awaited.get(key) ?? [];
  const descriptors = open.slice(0, PIDS_LISTED).map(({ pid, fd }) => ({ pid, fd }));
  return {
    ...(open.length === 0 ? {} : { openIn: { count: open.length, descriptors } }),
    ...(awaited.length === 0 ? {} : { awaitedBy: awaited.slice(0, PIDS_LISTED) }),
  };
}

/** user_namespaces(7): what the first one maps says nothing, and nobody made it. */
function userFacts(
  host: ReadHost,
  look: NamespaceLook,
  inode: string,
  path: string,
): Pick<NamespaceRecord, 'ownerUid' | 'uidMap'> {
  if (look.own.inodes.user === inode) return {};
  const ownerUid = attempt(() => host.namespaceOwnerUid(path));
  const pid = look.index.pids.get(namespaceKey('user', inode))?.[0];
  const uidMap =
    pid === undefined
      ? undefined
      : attempt(() => [...parseIdMap(host.readText(`/proc/${pid}/uid_map`))]);
  return {
    ...(ownerUid === undefined ? {} : { ownerUid }),
    ...(uidMap === undefined ? {} : { uidMap }),
  };
}

/** Undefined also when it may not be read: then all of that process is told as a problem. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/**
 * User namespaces that nobody is in and nothing holds, but that others are below or belong to: the
 * tree has no gaps.
 */
export function withUserAncestors(
  host: ReadHost,
  look: NamespaceLook,
  records: readonly NamespaceRecord[],
): NamespaceRecord[] {
  const known = new Map(records.map((one) => [namespaceKey(one.type, one.inode), one]));
  const add = (inode: string, more: Partial<NamespaceRecord>) => {
    const key = namespaceKey('user', inode);
    if (known.has(key)) return;
    const nobody = { host: false, processes: 0, sharedBy: [], heldBy: [] };
    const otherProcesses = { count: 0, pids: [] };
    known.set(key, { type: 'user', inode, ...nobody, otherProcesses, ...more });
  };
  for (const { type, inode } of records) {
    const path = type === 'user' ? relationPath(look, type, namespaceKey(type, inode)) : undefined;
    const chain = path === undefined ? [] : (attempt(() => host.namespaceAncestors(path)) ?? []);
    for (const [at, one] of chain.entries()) {
      const parent = chain[at + 1]?.inode.toString();
      const { ownerUid } = one;
      add(one.inode.toString(), {
        ...(parent === undefined ? {} : { owner: parent, parent }),
        ...(ownerUid === undefined ? {} : { ownerUid }),
      });
    }
  }
  for (const { owner } of records) if (owner !== undefined) add(owner, {});
  return [...known.values()];
}

/** Mounts of other mount namespaces are not opened: what lies on the way there is not ours. */
function relationPath(look: NamespaceLook, type: NamespaceType, key: string): string | undefined {
  const pid = look.index.pids.get(key)?.[0];
  if (pid !== undefined) return `/proc/${pid}/ns/${type}`;
  const holders = look.holders.get(key) ?? [];
  const mount = holders.find((one) => one.mountNamespace === look.ownMountNamespace);
  if (mount !== undefined) return mount.mountPoint;
  const open = look.opened.get(key)?.[0];
  if (open !== undefined) return `/proc/${open.pid}/fd/${open.fd}`;
  const awaiting = look.awaited.get(key)?.[0];
  return awaiting === undefined ? undefined : `/proc/${awaiting}/ns/${type}_for_children`;
}

function lowestOf(look: NamespaceLook, pids: readonly number[]): Pick<NamespaceRecord, 'lowest'> {
  const process = look.processes.get(pids[0] ?? 0);
  if (process === undefined) return {};
  const name = look.userNames.get(process.uid.effective);
  return {
    lowest: {
      pid: process.pid,
      user: { uid: process.uid.effective, ...(name === undefined ? {} : { name }) },
      command: toCommand(process),
    },
  };
}

function toHolderRecord(holder: NamespaceHolder): NamespaceRecord['heldBy'][number] {
  const { mountPoint, mountNamespace, pid } = holder;
  return { mountPoint, ...bytesOf('mountPointBase64', mountPoint), mountNamespace, pid };
}
