// A read-only reader of bbolt databases, which is how containerd keeps what it knows: pure bytes →
// values. The format is that of go.etcd.io/bbolt, version 2 (its page.go, meta.go, bucket.go).
// This file: the two meta pages, of which the valid one with the higher txid says what is true.
import { CutawayError } from '../../oci/error.js';

/** What the reader needs of an open file. */
export interface BoltFile {
  /** Reads up to `length` bytes at `position`; fewer only at the end of the file. */
  read(position: number, length: number): Buffer;
}

export interface BoltMeta {
  readonly pageSize: number;
  /** Page of the root bucket. */
  readonly root: number;
  /** Pages from here on are not in use. */
  readonly end: number;
  readonly txid: bigint;
}

/** Before everything that is told of a page: id, flags, count, overflow. */
export const PAGE_HEADER = 16;
const META_LENGTH = 64;
const MAGIC = 0xed0cdaed;
const VERSION = 2;
const META_FLAG = 0x04;
// The operating system's page size, unless whoever opened it first chose another.
const PAGE_SIZES = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536] as const;

/** The newest meta page that is whole; throws CORRUPT when neither is. */
export function readMeta(file: BoltFile, what: string): BoltMeta {
  const head = file.read(0, PAGE_HEADER + META_LENGTH);
  const first = parseMeta(head);
  // A damaged first page does not say how long it is: the second lies at one of these places.
  const sizes = first === undefined ? PAGE_SIZES : [first.pageSize];
  const second = sizes
    .map((size) => ({ size, meta: parseMeta(file.read(size, PAGE_HEADER + META_LENGTH)) }))
    .find(({ size, meta }) => meta?.pageSize === size)?.meta;
  const meta = newest(first, second);
  if (meta !== undefined) return meta;
  throw new CutawayError(...fault(head, what));
}

function newest(first: BoltMeta | undefined, second: BoltMeta | undefined): BoltMeta | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return second.txid > first.txid ? second : first;
}

function fault(head: Buffer, what: string): ['CORRUPT' | 'UNSUPPORTED', string] {
  const magic = head.length < PAGE_HEADER + META_LENGTH ? 0 : head.readUInt32BE(PAGE_HEADER);
  if (magic === MAGIC) {
    return ['UNSUPPORTED', `read ${what}: a bolt database of a big-endian machine`];
  }
  return ['CORRUPT', `read ${what}: not a bolt database: no meta page is whole`];
}

/** Undefined for what is no meta page, or one that was not written whole. */
function parseMeta(page: Buffer): BoltMeta | undefined {
  if (page.length < PAGE_HEADER + META_LENGTH) return undefined;
  const meta = page.subarray(PAGE_HEADER);
  const isMeta =
    (page.readUInt16LE(8) & META_FLAG) !== 0 &&
    meta.readUInt32LE(0) === MAGIC &&
    meta.readUInt32LE(4) === VERSION &&
    meta.readBigUInt64LE(56) === fnv64a(meta.subarray(0, 56));
  const pageSize = meta.readUInt32LE(8);
  if (!isMeta || !PAGE_SIZES.some((size) => size === pageSize)) return undefined;
  return {
    pageSize,
    root: Number(meta.readBigUInt64LE(16)),
    end: Number(meta.readBigUInt64LE(40)),
    txid: meta.readBigUInt64LE(48),
  };
}

/** FNV-1a of 64 bits, as Go's hash/fnv has it. */
export function fnv64a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & (2n ** 64n - 1n);
  return hash;
}
