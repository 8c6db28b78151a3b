import { encodeName } from '../oci/byte-name.js';
import { formatPax, formatPaxTime, type PaxRecord } from './pax.js';
import type { TarEntry, TarEntryType } from './tar-entry.js';
import { BLOCK_SIZE, paddingOf, writeChecksum } from './tar-field.js';

export const TYPEFLAGS: Readonly<Record<Exclude<TarEntryType, 'other'>, string>> = {
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
  const { mode, major, minor } = entry;
  return Buffer.concat([
    ustarBlock({ typeflag: 'x', size: body.length }),
    body,
    padding,
    ustarBlock({ typeflag, size: entry.size, mode, major, minor }),
  ]);
}

/** GNU tar escapes what its records cannot hold in a key. */
export function escapeXattrName(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('=', '%3D');
}

/** The name that GNU tar meant: the reverse of its escape. */
export function unescapeXattrName(name: string): string {
  return name.replaceAll('%3D', '=').replaceAll('%25', '%');
}

export interface UstarFields {
  readonly typeflag: string;
  readonly size: number;
  /** Default "cutaway": a PAX header gives the name. What is too long is cut. */
  readonly name?: Buffer;
  readonly linkName?: Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds. */
  readonly mtime?: number;
  readonly major?: number;
  readonly minor?: number;
}

const DEFAULT_NAME = encodeName('cutaway');
const NO_LINK = Buffer.alloc(0);
const NAME_LENGTH = 100;

/** A number that does not fit is written as 0: a PAX header before it gives it. */
export function ustarBlock(fields: UstarFields): Buffer {
  const { typeflag, size, name = DEFAULT_NAME, linkName = NO_LINK, mode = 0 } = fields;
  const { uid = 0, gid = 0, mtime = 0, major = 0, minor = 0 } = fields;
  const block = Buffer.alloc(BLOCK_SIZE);
  const octal = (value: number, at: number, length: number) => {
    const digits = value.toString(8).padStart(length - 1, '0');
    block.write(digits.length < length ? digits : '0'.repeat(length - 1), at, 'latin1');
  };
  name.copy(block, 0, 0, NAME_LENGTH);
  octal(mode & 0o7777, 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  octal(size, 124, 12);
  octal(mtime, 136, 12);
  block.write(typeflag, 156, 'latin1');
  linkName.copy(block, 157, 0, NAME_LENGTH);
  block.write('ustar\0' + '00', 257, 'latin1');
  octal(major, 329, 8);
  octal(minor, 337, 8);
  writeChecksum(block);
  return block;
}
