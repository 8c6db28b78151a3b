// A tar of a host's files as a record of that host.
import type { HostRecord } from '../../src/host/recorded-host.js';
import type { FileStatus } from '../../src/host/host.js';
import { readTar } from './read-tar.js';

const XATTR = 'SCHILY.xattr.';

/** Names in the tar are relative to "/". */
export function tarRecord(
  bytes: Buffer,
): HostRecord & { readonly files: Record<string, Uint8Array> } {
  const files: Record<string, Uint8Array> = {};
  const links: Record<string, string> = {};
  const directories: string[] = [];
  const statuses: Record<string, Partial<FileStatus>> = {};
  const xattrs: Record<string, Record<string, string>> = {};
  for (const entry of readTar(bytes).entries) {
    const path = `/${entry.name}`.replace(/\/$/, '');
    const { type, mode, uid, gid, mtime, major, minor } = entry;
    const status: Partial<FileStatus> = { mode, uid, gid, mtime, major, minor };
    if (type === 'file') {
      files[path] = bytes.subarray(entry.bodyOffset, entry.bodyOffset + entry.size);
    }
    if (type === 'symlink') links[path] = entry.linkName ?? '';
    if (type === 'directory') directories.push(path);
    const isSpecial = type === 'char' || type === 'block' || type === 'fifo';
    statuses[path] = isSpecial ? { ...status, type, size: 0 } : status;
    const values = entry.pax.filter(([key]) => key.startsWith(XATTR));
    if (values.length === 0) continue;
    xattrs[path] = Object.fromEntries(
      values.map(([key, value]) => [
        key.slice(XATTR.length),
        Buffer.from(value, 'latin1').toString('base64'),
      ]),
    );
  }
  return { files, links, directories, statuses, xattrs };
}
