// Writes tars byte by byte, also wrong ones: what no archiver would write is what tests need.
import { encodeName } from '../../src/oci/byte-name.js';

export interface HeaderFields {
  readonly name: string | Buffer;
  /** Default "0". */
  readonly typeflag?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  /** Seconds. */
  readonly mtime?: number;
  readonly linkName?: string;
  readonly userName?: string;
  readonly groupName?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly prefix?: string;
  readonly format?: 'ustar' | 'gnu' | 'v7';
  /** Bytes to put anywhere in the block before it is summed up. */
  readonly patches?: readonly { readonly at: number; readonly bytes: string | Buffer }[];
}

const DEFAULTS = {
  typeflag: '0',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  linkName: '',
  userName: '',
  groupName: '',
  major: 0,
  minor: 0,
  format: 'ustar',
  patches: [],
} as const;

/** One header block with a right checksum. */
export function headerBlock(fields: HeaderFields): Buffer {
  const { name, typeflag, mode, uid, gid, size, mtime, format, linkName, userName, groupName, ...rest } =
    { ...DEFAULTS, ...fields };
  const block = Buffer.alloc(512);
  const put = (bytes: Buffer, at: number, length: number) => bytes.copy(block, at, 0, length);
  const octal = (value: number, at: number, length: number) => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  put(typeof name === 'string' ? encodeName(name) : name, 0, 100);
  octal(mode, 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  octal(size, 124, 12);
  octal(mtime, 136, 12);
  block.write(typeflag, 156, 'latin1');
  put(encodeName(linkName), 157, 100);
  if (format !== 'v7') {
    block.write(format === 'gnu' ? 'ustar  \0' : 'ustar\x0000', 257, 'latin1');
    put(encodeName(userName), 265, 32);
    put(encodeName(groupName), 297, 32);
    octal(rest.major, 329, 8);
    octal(rest.minor, 337, 8);
    if (rest.prefix !== undefined) put(encodeName(rest.prefix), 345, 155);
  }
  for (const { at, bytes } of rest.patches) Buffer.from(bytes).copy(block, at);
  return withChecksum(block);
}

/** The same block with the checksum that its bytes have now. */
export function withChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Content with zeros up to the end of its last block. */
export function padded(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export type Records = Readonly<Record<string, string | Buffer>> | readonly (readonly [string, string | Buffer])[];

/** The body of a PAX header. A list may repeat keys. */
export function paxBody(records: Records): Buffer {
  const list = Array.isArray(records) ? (records as [string, string | Buffer][]) : Object.entries(records);
  return Buffer.concat(
    list.map(([key, value]) => {
      const content = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
      let length = content.length;
      while (String(length).length + content.length !== length) length = String(length).length + content.length;
      return Buffer.concat([Buffer.from(String(length)), content]);
    }),
  );
}

/** A PAX header, `x` or the global `g`. */
export function paxHeader(records: Records, typeflag = 'x'): Buffer {
  const body = paxBody(records);
  return Buffer.concat([headerBlock({ name: 'pax', typeflag, size: body.length }), padded(body)]);
}

/** A GNU header for a long name (`L`) or link name (`K`). */
export function gnuLong(typeflag: 'L' | 'K', name: string): Buffer {
  const body = Buffer.concat([encodeName(name), Buffer.alloc(1)]);
  const header = headerBlock({ name: '././@LongLink', typeflag, size: body.length, format: 'gnu' });
  return Buffer.concat([header, padded(body)]);
}

/** A header and its body. */
export function tarFile(fields: HeaderFields, content: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([headerBlock({ size: bytes.length, ...fields }), padded(bytes)]);
}

/** Parts closed by two zero blocks. */
export function tarOf(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

/** A stream of pieces of `bytes`; the sizes come by turns. */
export async function* chunksOf(bytes: Buffer, ...sizes: readonly number[]): AsyncGenerator<Buffer> {
  let turn = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    await Promise.resolve();
    // A copy of its own: reading beyond a chunk must not work by accident.
    yield Buffer.from(bytes.subarray(at, at + size));
    at += size;
    turn += 1;
  }
}
