import type { ReadHost } from '../host/host.js';
import { CutawayError } from '../oci/error.js';

/** More entries than these are not counted. */
const MOST = 1_000_000;

/** Bytes of the files beneath a path, on its file system; what cannot be read counts for nothing. */
export function measureTree(host: ReadHost, path: string): number {
  const top = attempt(() => host.findStatus(path));
  if (top === undefined) return 0;
  if (top.type !== 'directory') return top.size;
  const seen = new Set<string>();
  const stack = [path];
  let [bytes, count] = [0, 0];
  for (let at = stack.pop(); at !== undefined && count < MOST; at = stack.pop()) {
    const directory = at;
    for (const { name } of attempt(() => host.readDirectory(directory)) ?? []) {
      const child = `${directory}/${name}`;
      const status = attempt(() => host.findStatus(child));
      count += 1;
      if (status === undefined || status.device !== top.device) continue;
      if (status.type === 'directory') stack.push(child);
      else if (status.type === 'file' && isNew(seen, status)) bytes += status.size;
    }
  }
  return bytes;
}

/** Of several names of a file one counts. */
function isNew(seen: Set<string>, status: { links: number; inode: bigint }): boolean {
  if (status.links < 2) return true;
  const inode = String(status.inode);
  if (seen.has(inode)) return false;
  seen.add(inode);
  return true;
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CutawayError) return undefined;
    throw error;
  }
}
