// The ids that an ordinary user's engine stores: 0 in a layer is the user, the others are subordinate
// ids (subuid(5), subgid(5)), in the order in which newuidmap(1) is given them.
import type { ReadHost } from '../host/host.js';
import { hasCode } from '../oci/error.js';
import type { IdShift } from '../overlay/compare-layers.js';
import type { HostUser } from './users.js';

interface Range {
  readonly first: number;
  readonly count: number;
}

export function userIds(host: ReadHost, user: HostUser): IdShift {
  const uids = [{ first: user.uid, count: 1 }, ...readRanges(host, '/etc/subuid', user)];
  const gids = [{ first: groupOf(host, user), count: 1 }, ...readRanges(host, '/etc/subgid', user)];
  return { uid: (id) => shift(uids, id), gid: (id) => shift(gids, id) };
}

/** An id that has no place cannot be unpacked; it stays what it is. */
function shift(ranges: readonly Range[], id: number): number {
  let start = 0;
  for (const { first, count } of ranges) {
    if (id < start + count) return first + (id - start);
    start += count;
  }
  return id;
}

function readRanges(host: ReadHost, path: string, { name, uid }: HostUser): Range[] {
  return readLines(host, path).flatMap((line) => {
    const [who, first = '', count = ''] = line.split(':');
    const isOurs = who === name || who === String(uid);
    if (!isOurs || !/^\d{1,10}$/.test(first) || !/^\d{1,10}$/.test(count)) return [];
    return [{ first: Number(first), count: Number(count) }];
  });
}

function groupOf(host: ReadHost, { name, uid }: HostUser): number {
  const line = readLines(host, '/etc/passwd').find((one) => one.startsWith(`${name}:`));
  const gid = line?.split(':')[3] ?? '';
  return /^\d{1,10}$/.test(gid) ? Number(gid) : uid;
}

function readLines(host: ReadHost, path: string): string[] {
  try {
    return host.readText(path, 4 << 20).split('\n');
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return [];
    throw error;
  }
}
