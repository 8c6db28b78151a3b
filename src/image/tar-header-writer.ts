import { encodeName } from '../oci/byte-name.js';
import { formatPax, formatPaxTime, type PaxRecord } from './pax.js';
import type { TarEntry, TarEntryType } from './tar-entry.js';
import { BLOCK_SIZE, paddingOf, writeChecksum } from './tar-field.js';

const TYPEFLAGS: Readonly<Record<Exclude<TarEntryType, 'other'>, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/**
 * New header blocks that say of an entry what we read, in one way only: a PAX header with all of
 * it, then a ustar header. For entries whose own header two readers could take differently.
 */
export function writeTarHeader(entry: TarEntry, xattrs: ReadonlyMap<string, Buffer>): Buffer {
  const records: PaxRecord[] = [{ key: 'path', value: entry.name }];
  const add = (key: string, value: string | Buffer) => {
    records.push({ key, value: typeof value === 'string' ? Buffer.from(value) : value });
  };
  if (entry.linkName !== undefined) add('linkpath', entry.linkName);
  if (entry.size > 0) add('size', String(entry.size));
  add('uid', String(entry.uid));
  add('gid', String(entry.gid));
  if (entry.userName.length > 0) add('uname', entry.userName);
  if (entry.groupName.length > 0) add('gname', entry.groupName);
  add('mtime', formatPaxTime(entry.mtime));
  for (const [name, value] of xattrs) add(`SCHILY.xattr.${escapeXattrName(name)}`, value);
  const body = formatPax(records);
  const padding = Buffer.alloc(paddingOf(body.length));
  const typeflag = entry.type === 'other' ? '0' : TYPEFLAGS[entry.type];
  return Buffer.concat([
    ustarBlock({ typeflag: 'x', size: body.length }),
    body,
    padding,
    ustarBlock({ ...entry, typeflag }),
  ]);
}

/** GNU tar escapes what its records cannot hold in a key. */
function escapeXattrName(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('=', '%3D');
}

/** The name that GNU tar meant: the reverse of its escape. */
export function unescapeXattrName(name: string): string {
  return name.replaceAll('%3D', '=').replaceAll('%25', '%');
}

interface BlockFields {
  readonly typeflag: string;
  readonly size: number;
  readonly mode?: number;
  readonly major?: number;
  readonly minor?: number;
}

/** A PAX header before it gives the name, the owner and the time. */
function ustarBlock({ typeflag, size, mode = 0, major = 0, minor = 0 }: BlockFields): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  const octal = (value: number, at: number, length: number) => {
    const digits = value.toString(8).padStart(length - 1, '0');
    block.write(digits.length < length ? digits : '0'.repeat(length - 1), at, 'latin1');
  };
  encodeName('cutaway').copy(block, 0);
  octal(mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(typeflag, 156, 'latin1');
  block.write('ustar\0' + '00', 257, 'latin1');
  octal(major, 329, 8);
  octal(minor, 337, 8);
  writeChecksum(block);
  return block;
}
