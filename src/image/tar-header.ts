// One header block and the extended headers before it become one entry. Where the formats differ
// or two rules compete, GNU tar's and Go's archive/tar's common reading is taken; where those two
// part, the entry is marked ambiguous.
import { decodeName } from '../oci/byte-name.js';
import { CutawayError } from '../oci/error.js';
import type { Limits } from './limits.js';
import { checkLimit } from './limits.js';
import { parsePaxNumber, parsePaxTime, type PaxRecord } from './pax.js';
import type { TarEntry, TarEntryType } from './tar-entry.js';
import { isBlank, readNumber, readText } from './tar-field.js';
import { readPaxSparse } from './tar-sparse.js';

/** An entry while it is being put together. */
export type TarDraft = { -readonly [Key in keyof TarEntry]: TarEntry[Key] };

export type Report = (code: string, message: string, path?: string) => void;

/** What the extended headers before a header say of it. */
export interface ExtendedHeaders {
  readonly headerOffset: number;
  readonly blocks: readonly Buffer[];
  readonly pax: readonly PaxRecord[];
  readonly longName: Buffer | undefined;
  readonly longLink: Buffer | undefined;
  readonly ambiguity: string | undefined;
}

const SLASH = 0x2f;
const EMPTY = Buffer.alloc(0);
const OCTAL_SIZE_LIMIT = 8 ** 11;

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  S: 'file',
  D: 'other',
  M: 'other',
  N: 'other',
  V: 'other',
};

/** The entry that a header block stands for, its sparse map still unread. */
export function readHeader(
  block: Buffer,
  extended: ExtendedHeaders,
  limits: Limits,
  report: Report,
): TarDraft {
  const draft = readFields(block, extended);
  for (const record of extended.pax) applyRecord(draft, record, report);
  checkNames(draft, block, extended, report);
  settleSlash(draft, report);
  settleSize(draft, block, report);
  settleSparse(draft, limits, report);
  checkLimit(limits, 'pathLength', draft.name.length, 'read tar entry name');
  checkLimit(limits, 'pathLength', draft.linkName?.length ?? 0, 'read tar link name');
  if (draft.name.includes(0) || (draft.linkName?.includes(0) ?? false)) {
    report(
      'tar-nul-in-name',
      'a PAX record puts a NUL into a name, which no file can have',
      decodeName(draft.name),
    );
    mark(draft, 'NUL in a name');
  }
  if (!Object.hasOwn(TYPES, draft.typeflag)) {
    report(
      'tar-unknown-type',
      `unknown type ${flagText(draft)}, read as a file`,
      decodeName(draft.name),
    );
    mark(draft, 'unknown type');
  }
  if (draft.type === 'other') {
    report(
      'tar-unsupported-type',
      `type ${flagText(draft)} is no file, left out`,
      decodeName(draft.name),
    );
  }
  return draft;
}

/** What of the name another reader may take for its own. */
function checkNames(
  draft: TarDraft,
  block: Buffer,
  { longName, longLink }: ExtendedHeaders,
  report: Report,
): void {
  const path = decodeName(draft.name);
  const links = draft.linkName === undefined ? undefined : longLink;
  if (isOther(longName, draft.name) || isOther(links, draft.linkName)) {
    report('tar-two-names', 'a GNU name and another one in a PAX record', path);
    mark(draft, 'GNU and PAX name');
  }
  // GNU tar keeps times there when it dumps; Python joins them to the name all the same.
  if (block[345] !== 0 && !isPosix(block)) {
    report('tar-prefix-ignored', 'a prefix in a header that is not of POSIX: some read it', path);
    mark(draft, 'prefix without POSIX magic');
  }
}

function isOther(long: Buffer | undefined, name: Buffer | undefined): boolean {
  return long !== undefined && name !== undefined && !long.equals(name);
}

/** Archives older than typeflag 5 name a directory with a slash at the end. */
function settleSlash(draft: TarDraft, report: Report): void {
  if (draft.type !== 'file' || draft.name.at(-1) !== SLASH) return;
  if (draft.typeflag === '0' || draft.typeflag === '\0') draft.type = 'directory';
  if (draft.typeflag === '\0') return;
  const message = `a name with a slash at its end, of type ${flagText(draft)}: file or directory`;
  report('tar-trailing-slash', message, decodeName(draft.name));
  mark(draft, 'slash at the end');
}

/** Keeps the first reason. */
export function mark(draft: TarDraft, ambiguity: string): void {
  draft.ambiguity ??= ambiguity;
}

function readFields(block: Buffer, extended: ExtendedHeaders): TarDraft {
  const posix = isPosix(block);
  const modern = posix || block.toString('latin1', 257, 265) === 'ustar  \0';
  const typeflag = String.fromCharCode(block[156] ?? 0);
  const type = TYPES[typeflag] ?? 'file';
  const isDevice = modern && (type === 'char' || type === 'block');
  const isLink = type === 'link' || type === 'symlink';
  const draft: TarDraft = {
    name: extended.longName ?? readName(block, posix),
    linkName: isLink ? (extended.longLink ?? readText(block, 157, 100)) : undefined,
    type,
    typeflag,
    mode: readNumber(block, 100, 8),
    uid: readNumber(block, 108, 8),
    gid: readNumber(block, 116, 8),
    userName: modern ? readText(block, 265, 32) : EMPTY,
    groupName: modern ? readText(block, 297, 32) : EMPTY,
    size: readNumber(block, 124, 12),
    realSize: 0,
    sparse: undefined,
    mtime: 0n,
    major: isDevice ? readNumber(block, 329, 8) : 0,
    minor: isDevice ? readNumber(block, 337, 8) : 0,
    pax: extended.pax,
    headerOffset: extended.headerOffset,
    bodyOffset: 0,
    header: extended.blocks,
    ambiguity: extended.ambiguity,
  };
  const seconds = readNumber(block, 136, 12);
  if (!Number.isNaN(seconds)) draft.mtime = BigInt(seconds) * 1_000_000_000n;
  return draft;
}

function isPosix(block: Buffer): boolean {
  return block.toString('latin1', 257, 263) === 'ustar\0';
}

/** Only POSIX headers have a prefix: GNU's keep other things there. */
function readName(block: Buffer, posix: boolean): Buffer {
  const name = readText(block, 0, 100);
  if (!posix || block[345] === 0) return name;
  return Buffer.concat([readText(block, 345, 155), Buffer.from('/'), name]);
}

const APPLY: Readonly<Record<string, (draft: TarDraft, value: Buffer) => boolean>> = {
  path: (draft, value) => {
    draft.name = value;
    return true;
  },
  linkpath: (draft, value) => {
    if (draft.linkName !== undefined) draft.linkName = value;
    return true;
  },
  size: (draft, value) => applyNumber(draft, 'size', value),
  uid: (draft, value) => applyNumber(draft, 'uid', value),
  gid: (draft, value) => applyNumber(draft, 'gid', value),
  uname: (draft, value) => {
    draft.userName = value;
    return true;
  },
  gname: (draft, value) => {
    draft.groupName = value;
    return true;
  },
  mtime: (draft, value) => {
    const time = parsePaxTime(value);
    draft.mtime = time ?? draft.mtime;
    return time !== undefined;
  },
};

function applyNumber(draft: TarDraft, field: 'size' | 'uid' | 'gid', value: Buffer): boolean {
  const number = parsePaxNumber(value);
  draft[field] = number ?? draft[field];
  return number !== undefined;
}

function applyRecord(draft: TarDraft, { key, value }: PaxRecord, report: Report): void {
  // An empty value takes a record back: POSIX pax(1).
  if (value.length === 0) {
    if (!Object.hasOwn(APPLY, key)) return;
    const message = `an empty PAX record ${key}: some readers take it for a value`;
    report('tar-empty-pax', message, decodeName(draft.name));
    mark(draft, `empty PAX record ${key}`);
    return;
  }
  if (isForGnuTarAlone(key)) {
    report('tar-odd-pax', `a PAX record ${key}: some readers act on it`, decodeName(draft.name));
    mark(draft, `PAX record ${key}`);
  }
  if (!Object.hasOwn(APPLY, key)) return;
  if (APPLY[key]?.(draft, value) !== false) return;
  report('tar-bad-pax', `PAX record ${key} has no valid value`, decodeName(draft.name));
  mark(draft, `PAX record ${key}`);
}

/** Dump directories, multi-volume archives: what unpacks must not act on them. */
function isForGnuTarAlone(key: string): boolean {
  return (key.startsWith('GNU.') && !key.startsWith('GNU.sparse.')) || key === 'hdrcharset';
}

/** Numbers that could not be read become 0, except the size: without it nothing can follow. */
function settleSize(draft: TarDraft, block: Buffer, report: Report): void {
  if (!(draft.size >= 0)) {
    throw new CutawayError(
      'CORRUPT',
      `read tar entry ${JSON.stringify(decodeName(draft.name))}: it has no valid size`,
      {
        data: { problem: 'tar-bad-size', offset: draft.headerOffset },
      },
    );
  }
  checkBlanks(draft, block, report);
  for (const field of ['mode', 'uid', 'gid', 'major', 'minor'] as const) {
    if (draft[field] >= 0 && draft[field] <= 0xffffffff) continue;
    // The kernel keeps 32 bits: a uid of -2 is 4294967294.
    draft[field] = Number.isNaN(draft[field]) ? 0 : draft[field] >>> 0;
    report(
      'tar-bad-number',
      `the header's ${field} does not fit in 32 bits or is no number`,
      decodeName(draft.name),
    );
    mark(draft, field);
  }
  const stored = readNumber(block, 124, 12);
  // What does not fit in octal digits stands as 0 or as all sevens beside the PAX record.
  const fits = draft.size < OCTAL_SIZE_LIMIT;
  if (stored !== draft.size && (fits || (stored !== 0 && stored !== OCTAL_SIZE_LIMIT - 1))) {
    report(
      'tar-size-mismatch',
      `the header says ${Number.isNaN(stored) ? 'no number of' : stored} bytes, its PAX record ${draft.size}`,
      decodeName(draft.name),
    );
    mark(draft, 'two sizes');
  }
  // POSIX: no data follows a link, a device, a directory or a FIFO, whatever its size says.
  const bodiless = draft.type !== 'file' && draft.type !== 'other';
  if (!bodiless || draft.size === 0) return;
  report(
    'tar-size-without-body',
    `${draft.type} with a size of ${draft.size}`,
    decodeName(draft.name),
  );
  mark(draft, 'size without a body');
  draft.size = 0;
}

const NUMBERS = { size: [124, 12], mode: [100, 8], uid: [108, 8], gid: [116, 8] } as const;

/** Fields that hold no number, which have been read as 0. */
function checkBlanks(draft: TarDraft, block: Buffer, report: Report): void {
  const names = Object.entries(NUMBERS).filter(([, [at, length]]) => isBlank(block, at, length));
  const blanks = names.map(([name]) => name);
  const isTime = !isBlank(block, 136, 12) && !Number.isNaN(readNumber(block, 136, 12));
  for (const field of isTime ? blanks : [...blanks, 'mtime']) {
    report('tar-bad-number', `the header's ${field} is no number`, decodeName(draft.name));
    mark(draft, field);
  }
}

/** Takes what the GNU.sparse records say of the real file; `regions` comes when all is read. */
function settleSparse(draft: TarDraft, limits: Limits, report: Report): void {
  draft.realSize = draft.size;
  if (draft.type !== 'file') return;
  if (draft.typeflag === 'S') {
    draft.sparse = { format: 'gnu', regions: undefined };
    return;
  }
  const sparse = readPaxSparse(draft.pax, limits);
  if (sparse === undefined) return;
  draft.name = sparse.name ?? draft.name;
  draft.realSize = sparse.realSize ?? Number.NaN;
  draft.sparse = { format: sparse.format, regions: undefined };
  if (sparse.isCountRight) return;
  const message = 'a sparse map without its right count: some readers refuse it';
  report('tar-sparse-count', message, decodeName(draft.name));
  mark(draft, 'count of the sparse map');
}

function flagText(draft: TarDraft): string {
  return JSON.stringify(draft.typeflag);
}
