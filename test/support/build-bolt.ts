// Bolt databases for tests: every bucket a leaf page of its own, with what overflows from it.
import { fnv64a } from '../../src/engines/bolt/meta-page.js';

export interface BoltTree {
  readonly [key: string]: BoltTree | string | Buffer;
}

const PAGE = 4096;
const HEADER = 16;
const ELEMENT = 16;

export function buildBolt(tree: BoltTree): Buffer {
  const pages: Buffer[] = [];
  const root = writeBucket(tree, pages);
  const end = 2 + pages.reduce((sum, page) => sum + page.length / PAGE, 0);
  return Buffer.concat([metaPage(0, root, end), metaPage(1, root, end), ...pages]);
}

/** The number of the page that it is in. */
function writeBucket(tree: BoltTree, pages: Buffer[]): number {
  const elements = Object.entries(tree).map(([key, value]) => {
    const isBucket = typeof value !== 'string' && !Buffer.isBuffer(value);
    const bytes = isBucket ? bucketHeader(writeBucket(value, pages)) : Buffer.from(value);
    return { isBucket, key: Buffer.from(key), bytes };
  });
  elements.sort((a, b) => a.key.compare(b.key));
  const used =
    HEADER + elements.reduce((sum, { key, bytes }) => sum + ELEMENT + key.length + bytes.length, 0);
  const page = Buffer.alloc(Math.ceil(used / PAGE) * PAGE);
  const id = 2 + pages.reduce((sum, one) => sum + one.length / PAGE, 0);
  page.writeBigUInt64LE(BigInt(id), 0);
  page.writeUInt16LE(0x02, 8);
  page.writeUInt16LE(elements.length, 10);
  page.writeUInt32LE(page.length / PAGE - 1, 12);
  let data = HEADER + ELEMENT * elements.length;
  for (const [number, { isBucket, key, bytes }] of elements.entries()) {
    const at = HEADER + ELEMENT * number;
    page.writeUInt32LE(isBucket ? 1 : 0, at);
    page.writeUInt32LE(data - at, at + 4);
    page.writeUInt32LE(key.length, at + 8);
    page.writeUInt32LE(bytes.length, at + 12);
    data += key.copy(page, data);
    data += bytes.copy(page, data);
  }
  pages.push(page);
  return id;
}

function bucketHeader(root: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeBigUInt64LE(BigInt(root), 0);
  return header;
}

function metaPage(number: number, root: number, end: number): Buffer {
  const page = Buffer.alloc(PAGE);
  page.writeBigUInt64LE(BigInt(number), 0);
  page.writeUInt16LE(0x04, 8);
  const meta = page.subarray(HEADER);
  meta.writeUInt32LE(0xed0cdaed, 0);
  meta.writeUInt32LE(2, 4);
  meta.writeUInt32LE(PAGE, 8);
  meta.writeBigUInt64LE(BigInt(root), 16);
  meta.writeBigUInt64LE(BigInt(end), 40);
  meta.writeBigUInt64LE(BigInt(number), 48);
  meta.writeBigUInt64LE(fnv64a(meta.subarray(0, 56)), 56);
  return page;
}

/** binary.PutUvarint of Go. */
export function uvarint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

/** binary.PutVarint of Go, of what is not negative. */
export function varint(value: bigint | number): Buffer {
  return uvarint(BigInt(value) << 1n);
}

/** Time.MarshalBinary of Go, in UTC. */
export function goTime(seconds: number, nanoseconds = 0): Buffer {
  const bytes = Buffer.alloc(15);
  bytes[0] = 1;
  bytes.writeBigInt64BE(BigInt(seconds) + 62_135_596_800n, 1);
  bytes.writeUInt32BE(nanoseconds, 9);
  bytes.writeInt16BE(-1, 13);
  return bytes;
}

/** google.protobuf.Any. */
export function protobufAny(type: string, value: string | Buffer): Buffer {
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([(number << 3) | 2]), uvarint(bytes.length), bytes]);
  return Buffer.concat([field(1, Buffer.from(type)), field(2, Buffer.from(value))]);
}
