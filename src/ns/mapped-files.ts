// Which files a process has mapped as code: /proc/PID/maps (proc_pid_maps(5)).
import { decodeName } from '../oci/byte-name.js';
import { unescapeMount } from '../oci/mount-escape.js';
import type { ReadHost } from '../host/host.js';

export interface MappedFile {
  /** As its own mount namespace has it, without " (deleted)". */
  readonly path: string;
  readonly deleted: boolean;
  /** "major:minor", as in mountinfo. */
  readonly device: string;
  readonly inode: bigint;
}

/** vm.max_map_count is 65,530 by default, of up to 4 KiB each. */
const MAPS_LIMIT = 64 * 1024 * 1024;

export function readMappedFiles(host: ReadHost, pid: number): MappedFile[] {
  return parseMaps(decodeName(host.readFile(`/proc/${pid}/maps`, MAPS_LIMIT)));
}

/** Each file once, in the order of addresses; what is not a file ("[vdso]", "") is left out. */
export function parseMaps(text: string): MappedFile[] {
  const files = new Map<string, MappedFile>();
  for (const line of text.split('\n')) {
    const match = /^\S+ ..x. \S+ ([0-9a-f]+):([0-9a-f]+) (\d+) +(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, major = '', minor = '', inode = '0', name = ''] = match;
    if (files.has(name)) continue;
    const { path, deleted } = splitDeleted(unescapeMount(name));
    const device = `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`;
    files.set(name, { path, deleted, device, inode: BigInt(inode) });
  }
  return [...files.values()];
}

const DELETED = ' (deleted)';

/** What the kernel puts behind the path of a file that has no name any more. */
export function splitDeleted(text: string): { path: string; deleted: boolean } {
  if (!text.endsWith(DELETED)) return { path: text, deleted: false };
  return { path: text.slice(0, -DELETED.length), deleted: true };
}
