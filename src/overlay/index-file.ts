// A LayerIndex as bytes, for a cache that may be deleted at any time. Columns are loaded as they
// lie; what few entries have is JSON. A file that is damaged, of another version or of another byte
// order is CORRUPT: the caller builds the index anew.
import { createHash } from 'node:crypto';
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import type { LayerColumns, Owner, RareFields } from './layer-columns.js';
import { makeLayerIndex, type LayerIndex } from './layer-index.js';

const VERSION = 2;
const MAGIC = Buffer.from('cutaway.index\0');
/** Magic, version, a number whose bytes lie as in this machine's memory, sha256 of the rest. */
const HEADER = 64;
const DIGEST_AT = 32;
const BYTE_ORDER = 0x0102;

interface Meta {
  readonly diffID: string | null;
  readonly size: number;
  readonly problems: readonly Problem[];
  readonly count: number;
  readonly owners: readonly Owner[];
  /** What has no column, by row. */
  readonly rare: readonly (readonly [number, RareFields])[];
  /** Elements of each column, in the order of `COLUMNS`. */
  readonly lengths: readonly number[];
}

/** Widest numbers first, so that each column lies on its own boundary. */
const COLUMNS = [
  ['size', Float64Array],
  ['offset', Float64Array],
  ['mtime', BigInt64Array],
  ['parent', Uint32Array],
  ['end', Uint32Array],
  ['nameAt', Uint32Array],
  ['owner', Uint32Array],
  ['digest', Uint32Array],
  ['text', Uint32Array],
  ['textAt', Uint32Array],
  ['mode', Uint16Array],
  ['kind', Uint8Array],
  ['names', Uint8Array],
  ['texts', Uint8Array],
  ['digests', Uint8Array],
] as const;

export function formatIndexFile(index: LayerIndex): Buffer {
  const { columns } = index;
  const meta = encodeMeta({
    diffID: index.diffID ?? null,
    size: index.size,
    problems: index.problems,
    count: index.count,
    owners: columns.owners,
    rare: [...columns.rare],
    lengths: COLUMNS.map(([name]) => columns[name].length),
  });
  const parts = COLUMNS.map(([name]) => {
    const { buffer, byteOffset, byteLength } = columns[name];
    return Buffer.from(buffer, byteOffset, byteLength);
  });
  const length = Buffer.alloc(8);
  length.writeDoubleLE(meta.length);
  const bytes = Buffer.concat([Buffer.alloc(HEADER), length, meta, ...parts]);
  writeHeader(bytes);
  return bytes;
}

export function parseIndexFile(bytes: Uint8Array): LayerIndex {
  checkHeader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  // Columns of 8-byte numbers can only be laid over memory on an 8-byte boundary.
  const file = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const view = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const start = HEADER + 8 + view.readDoubleLE(HEADER);
  const meta = JSON.parse(view.toString('utf8', HEADER + 8, start)) as Meta;
  let at = file.byteOffset + start;
  const columns: Record<string, unknown> = {
    count: meta.count,
    owners: meta.owners,
    rare: new Map(meta.rare),
  };
  for (const [number, [name, Numbers]] of COLUMNS.entries()) {
    const length = meta.lengths[number] ?? 0;
    columns[name] = new Numbers(file.buffer as ArrayBuffer, at, length);
    at += length * Numbers.BYTES_PER_ELEMENT;
  }
  return makeLayerIndex(columns as unknown as LayerColumns, {
    diffID: meta.diffID ?? undefined,
    size: meta.size,
    problems: meta.problems,
  });
}

/** JSON, filled up with spaces so that the columns begin on an 8-byte boundary. */
function encodeMeta(meta: Meta): Buffer {
  const text = Buffer.from(JSON.stringify(meta), 'utf8');
  return Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
}

function writeHeader(bytes: Buffer): void {
  bytes.set(MAGIC, 0);
  bytes.writeUInt32LE(VERSION, 16);
  bytes.set(new Uint8Array(new Uint16Array([BYTE_ORDER]).buffer), 20);
  bytes.set(digestOf(bytes), DIGEST_AT);
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes.subarray(HEADER)).digest();
}

function checkHeader(bytes: Buffer): void {
  const damaged = (cause: string): never => {
    throw new CutawayError('CORRUPT', `parse layer index: ${cause}`);
  };
  if (bytes.length < HEADER + 8 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    damaged('not an index file');
  }
  const version = bytes.readUInt32LE(16);
  if (version !== VERSION) damaged(`version ${version}, this program reads ${VERSION}`);
  const order = new Uint8Array(new Uint16Array([BYTE_ORDER]).buffer);
  if (!bytes.subarray(20, 22).equals(order)) damaged('written on a machine of another byte order');
  if (!bytes.subarray(DIGEST_AT, HEADER).equals(digestOf(bytes))) {
    damaged('its checksum does not match');
  }
}
