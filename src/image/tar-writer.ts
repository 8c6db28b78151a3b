// A tar that anybody reads and that is the same for the same entries: ustar headers, and a PAX header
// before an entry only for what ustar cannot say (POSIX pax(1)). No access or change times, no names of
// users, nothing of the moment of writing.
import { encodeName } from '../oci/byte-name.js';
import { formatPax, formatPaxTime, type PaxRecord } from './pax.js';
import type { TarEntryType } from './tar-entry.js';
import { BLOCK_SIZE, paddingOf } from './tar-field.js';
import { escapeXattrName, TYPEFLAGS, ustarBlock } from './tar-header-writer.js';

export interface TarMember {
  /** As it is to stand in the tar; that of a directory ends in a slash. */
  readonly name: string;
  readonly type: Exclude<TarEntryType, 'other'>;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Bytes of the body that follows; default 0. */
  readonly size?: number;
  /** Nanoseconds since the epoch; default 0. */
  readonly mtime?: bigint;
  /** Of a symlink its text, of a link the first name. */
  readonly linkName?: string;
  readonly major?: number;
  readonly minor?: number;
  /** Values in base64. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** Two zero blocks. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK_SIZE);

const NAME_LENGTH = 100;
/** The most that seven and eleven octal digits hold. */
const MOST_ID = 0o7777777;
const MOST_SIZE = 0o77777777777;
const SECOND = 1_000_000_000n;

/** The header blocks of a member; its body follows, then `tarPadding`. */
export function tarHeader(member: TarMember): Buffer {
  const { type, mode, uid = 0, gid = 0, size = 0, mtime = 0n, major = 0, minor = 0 } = member;
  const name = encodeName(member.name);
  const linkName = encodeName(member.linkName ?? '');
  const seconds = mtime / SECOND;
  const records = paxRecords(member, name, linkName);
  const fits = seconds >= 0n && seconds <= BigInt(MOST_SIZE);
  const block = ustarBlock({
    typeflag: TYPEFLAGS[type],
    ...{ name, linkName, mode, uid, gid, size, major, minor },
    mtime: fits ? Number(seconds) : 0,
  });
  if (records.length === 0) return block;
  const body = formatPax(records);
  const lead = ustarBlock({ typeflag: 'x', name: PAX_NAME, mode: 0o644, size: body.length });
  return Buffer.concat([lead, body, tarPadding(body.length), block]);
}

const PAX_NAME = encodeName('PaxHeader');

/** What fills the last block of a body. */
export function tarPadding(size: number): Buffer {
  return TAR_END.subarray(0, paddingOf(size));
}

function paxRecords(member: TarMember, name: Buffer, linkName: Buffer): PaxRecord[] {
  const { uid = 0, gid = 0, size = 0, mtime = 0n, xattrs = {} } = member;
  const records: PaxRecord[] = [];
  const add = (key: string, value: Buffer | string) => {
    records.push({ key, value: typeof value === 'string' ? Buffer.from(value) : value });
  };
  if (name.length > NAME_LENGTH) add('path', name);
  if (linkName.length > NAME_LENGTH) add('linkpath', linkName);
  if (size > MOST_SIZE) add('size', String(size));
  if (uid > MOST_ID) add('uid', String(uid));
  if (gid > MOST_ID) add('gid', String(gid));
  if (!isPlainTime(mtime)) add('mtime', formatPaxTime(mtime));
  for (const [key, value] of Object.entries(xattrs).sort(([a], [b]) => (a < b ? -1 : 1))) {
    add(`SCHILY.xattr.${escapeXattrName(key)}`, Buffer.from(value, 'base64'));
  }
  return records;
}

/** Whole seconds that eleven octal digits hold. */
function isPlainTime(mtime: bigint): boolean {
  return mtime >= 0n && mtime % SECOND === 0n && mtime / SECOND <= BigInt(MOST_SIZE);
}

const JOINED = 256 << 10;

/** Small chunks joined, so that a tar of many little files is not written block by block. */
export async function* joinChunks(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    if (length + chunk.length > JOINED && length > 0) {
      yield Buffer.concat(waiting, length);
      waiting = [];
      length = 0;
    }
    if (chunk.length >= JOINED) yield chunk;
    else {
      waiting.push(chunk);
      length += chunk.length;
    }
  }
  if (length > 0) yield Buffer.concat(waiting, length);
}
