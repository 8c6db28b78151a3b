// A LayerIndex as bytes, for a cache that may be deleted at any time. Columns of numbers are
// loaded as they lie; what few entries have is JSON. A file that is damaged, of another version
// or of another byte order is CORRUPT: the caller builds the index anew.
import { createHash } from 'node:crypto';
import { decodeName, encodeName, isUtf8Name } from '../oci/byte-name.js';
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import type { EntryType, LayerEntry, LayerIndex, OrdinaryEntry } from './layer-index.js';

const VERSION = 1;
const MAGIC = Buffer.from('cutaway.index\0');
/** Magic, version, a number whose bytes lie as in this machine's memory, sha256 of the rest. */
const HEADER = 64;
const DIGEST_AT = 32;
const BYTE_ORDER = 0x0102;
const NUL = Buffer.from([0]);

const TYPES: readonly (EntryType | 'whiteout')[] = [
  'whiteout',
  'file',
  'directory',
  'symlink',
  'fifo',
  'socket',
  'char',
  'block',
];
const TYPE_BITS = 0x0f;
const OPAQUE = 0x10;
const IMPLICIT = 0x20;
const HAS_OFFSET = 0x40;
const HAS_SHA256 = 0x80;

type Owner = readonly [uid: number, gid: number, userName: string | null, groupName: string | null];
const NOBODY: Owner = [0, 0, null, null];

interface Meta {
  readonly diffID: string | null;
  readonly size: number;
  readonly problems: readonly Problem[];
  readonly count: number;
  readonly pathBytes: number;
  readonly digests: number;
  readonly owners: readonly Owner[];
  /** What has no column, by the entry's number. */
  readonly rare: readonly (readonly [number, RareFields])[];
}

type RareFields = Partial<
  Pick<OrdinaryEntry, 'linkTarget' | 'hardLinkTo' | 'major' | 'minor' | 'xattrs' | 'mtime'>
>;

/** The columns, widest numbers first so that each lies on its own boundary. */
interface Columns {
  readonly size: Float64Array;
  readonly offset: Float64Array;
  readonly mtime: BigInt64Array;
  readonly owner: Uint32Array;
  readonly mode: Uint16Array;
  readonly kind: Uint8Array;
  readonly sha256: Uint8Array;
  readonly paths: Uint8Array;
}

export function formatIndexFile(index: LayerIndex): Buffer {
  const { entries } = index;
  const paths = joinPaths(entries);
  const owners = new Map<string, number>();
  const digests = entries.filter((entry) => entry.marker === 'ordinary' && entry.sha256).length;
  const rare: [number, RareFields][] = [];
  const ownerKey = (entry: OrdinaryEntry): string =>
    JSON.stringify([entry.uid, entry.gid, entry.userName ?? null, entry.groupName ?? null]);
  for (const [at, entry] of entries.entries()) {
    if (entry.marker === 'whiteout') continue;
    const key = ownerKey(entry);
    if (!owners.has(key)) owners.set(key, owners.size);
    const fields = rareFields(entry);
    if (fields !== undefined) rare.push([at, fields]);
  }
  const meta = encodeMeta({
    diffID: index.diffID ?? null,
    size: index.size,
    problems: index.problems,
    count: entries.length,
    pathBytes: paths.length,
    digests,
    owners: [...owners.keys()].map((key) => JSON.parse(key) as Owner),
    rare,
  });
  const start = HEADER + 8 + meta.length;
  const file = new Uint8Array(start + columnsLength(entries.length, digests, paths.length));
  const columns = layColumns(file, start, entries.length, digests, paths.length);
  fillColumns(columns, entries, (entry) => owners.get(ownerKey(entry)) ?? 0);
  columns.paths.set(paths);
  const bytes = Buffer.from(file.buffer);
  bytes.writeDoubleLE(meta.length, HEADER);
  bytes.set(meta, HEADER + 8);
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
  const columns = layColumns(file, start, meta.count, meta.digests, meta.pathBytes);
  return {
    diffID: meta.diffID ?? undefined,
    size: meta.size,
    entries: makeEntries(columns, meta),
    problems: meta.problems,
  };
}

/** Encoding one long text is fast unless one of its names is not UTF-8. */
function joinPaths(entries: readonly LayerEntry[]): Buffer {
  const joined = entries.map((entry) => entry.path).join('\0');
  if (isUtf8Name(joined)) return Buffer.from(joined, 'utf8');
  const parts = entries.flatMap((entry) => [encodeName(entry.path), NUL]);
  return Buffer.concat(parts.slice(0, -1));
}

/** JSON, filled up with spaces so that the columns begin on an 8-byte boundary. */
function encodeMeta(meta: Meta): Buffer {
  const text = Buffer.from(JSON.stringify(meta), 'utf8');
  return Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
}

function columnsLength(count: number, digests: number, pathBytes: number): number {
  return count * (8 + 8 + 8 + 4 + 2 + 1) + digests * 32 + pathBytes;
}

function layColumns(
  file: Uint8Array,
  start: number,
  count: number,
  digests: number,
  pathBytes: number,
): Columns {
  let at = file.byteOffset + start;
  const next = (bytes: number): number => (at += bytes) - bytes;
  return {
    size: new Float64Array(file.buffer, next(count * 8), count),
    offset: new Float64Array(file.buffer, next(count * 8), count),
    mtime: new BigInt64Array(file.buffer, next(count * 8), count),
    owner: new Uint32Array(file.buffer, next(count * 4), count),
    mode: new Uint16Array(file.buffer, next(count * 2), count),
    kind: new Uint8Array(file.buffer, next(count), count),
    sha256: new Uint8Array(file.buffer, next(digests * 32), digests * 32),
    paths: new Uint8Array(file.buffer, next(pathBytes), pathBytes),
  };
}

function fillColumns(
  columns: Columns,
  entries: readonly LayerEntry[],
  ownerOf: (entry: OrdinaryEntry) => number,
): void {
  let digestAt = 0;
  for (const [at, entry] of entries.entries()) {
    columns.kind[at] = kindOf(entry);
    if (entry.marker === 'whiteout') continue;
    columns.size[at] = entry.size;
    columns.offset[at] = entry.offset ?? 0;
    columns.mtime[at] = fitsColumn(entry.mtime) ? BigInt(entry.mtime) : 0n;
    columns.owner[at] = ownerOf(entry);
    columns.mode[at] = entry.mode;
    if (entry.sha256 === undefined) continue;
    columns.sha256.set(Buffer.from(entry.sha256, 'hex'), digestAt);
    digestAt += 32;
  }
}

function kindOf(entry: LayerEntry): number {
  const type = TYPES.indexOf(entry.type);
  if (entry.marker === 'whiteout') return type;
  return (
    type |
    (entry.opaque === true ? OPAQUE : 0) |
    (entry.implicit === true ? IMPLICIT : 0) |
    (entry.offset === undefined ? 0 : HAS_OFFSET) |
    (entry.sha256 === undefined ? 0 : HAS_SHA256)
  );
}

/** A tar can claim any time; one outside of 64 bits goes where the rare things are. */
function fitsColumn(mtime: string): boolean {
  const time = BigInt(mtime);
  return BigInt.asIntN(64, time) === time;
}

function rareFields(entry: OrdinaryEntry): RareFields | undefined {
  const { linkTarget, hardLinkTo, major, minor, xattrs, mtime } = entry;
  const fields = {
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(hardLinkTo === undefined ? {} : { hardLinkTo }),
    ...(major === undefined ? {} : { major }),
    ...(minor === undefined ? {} : { minor }),
    ...(xattrs === undefined ? {} : { xattrs }),
    ...(fitsColumn(mtime) ? {} : { mtime }),
  };
  return Object.keys(fields).length > 0 ? fields : undefined;
}

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

function makeEntries(columns: Columns, meta: Meta): LayerEntry[] {
  const paths = splitPaths(columns.paths);
  const digests = Buffer.from(
    columns.sha256.buffer,
    columns.sha256.byteOffset,
    columns.sha256.length,
  );
  let digestAt = 0;
  const nextDigest = (): string => digests.toString('hex', digestAt, (digestAt += 32));
  const entries = paths
    .slice(0, meta.count)
    .map((path, at): LayerEntry => makeEntry(columns, meta, path, at, nextDigest));
  for (const [at, fields] of meta.rare) Object.assign(entries[at] ?? {}, fields);
  return entries;
}

function makeEntry(
  columns: Columns,
  meta: Meta,
  path: string,
  at: number,
  nextDigest: () => string,
): LayerEntry {
  const kind = columns.kind[at] ?? 0;
  const type = TYPES[kind & TYPE_BITS] ?? 'whiteout';
  if (type === 'whiteout') return { marker: 'whiteout', path, type };
  const [uid, gid, userName, groupName] = meta.owners[columns.owner[at] ?? 0] ?? NOBODY;
  const entry: Writable<OrdinaryEntry> = {
    marker: 'ordinary',
    path,
    type,
    mode: columns.mode[at] ?? 0,
    uid,
    gid,
    size: columns.size[at] ?? 0,
    mtime: String(columns.mtime[at]),
  };
  if (userName !== null) entry.userName = userName;
  if (groupName !== null) entry.groupName = groupName;
  if ((kind & HAS_SHA256) !== 0) entry.sha256 = nextDigest();
  if ((kind & HAS_OFFSET) !== 0) entry.offset = Number(columns.offset[at]);
  if ((kind & OPAQUE) !== 0) entry.opaque = true;
  if ((kind & IMPLICIT) !== 0) entry.implicit = true;
  return entry;
}

/** One decoding for all of them, unless some name is not UTF-8. */
function splitPaths(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer).split('\0');
  } catch {
    return buffer
      .toString('latin1')
      .split('\0')
      .map((path) => decodeName(Buffer.from(path, 'latin1')));
  }
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
