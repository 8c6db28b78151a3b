// What an archive may ask of us. Every bound has a name, so that an error can say which one to
// raise; the defaults are far above what image builders make and below what hurts a machine.
import { CutawayError } from '../oci/error.js';

export interface Limits {
  /** Entries of one tar, extended headers included. */
  readonly entries: number;
  /** Bytes of one name or link target. */
  readonly pathLength: number;
  /** Components of one path. */
  readonly depth: number;
  /** Bytes of one PAX header, and of all global PAX records together. */
  readonly paxSize: number;
  /** Bytes of one uncompressed tar, and of one file in it when its holes are counted. */
  readonly totalBytes: number;
  /** Uncompressed bytes per compressed byte, once more than `ratioFloor` bytes came out. */
  readonly expansionRatio: number;
  readonly ratioFloor: number;
  /** Data regions of one sparse file. */
  readonly sparseRegions: number;
  /** Bytes of holes of one tar that are hashed as the zeros they stand for. */
  readonly holeBytes: number;
  /** Bytes of memory a zstd frame may ask for. */
  readonly zstdWindow: number;
  /** Indexes within indexes. */
  readonly indexDepth: number;
  /** Manifests reached from one index.json. */
  readonly manifests: number;
  /** Bytes of one JSON document. */
  readonly documentSize: number;
  /** Bytes of an archive that is itself compressed: it is held in memory. */
  readonly compressedArchive: number;
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

export const DEFAULT_LIMITS: Limits = {
  entries: 2_000_000,
  pathLength: 16_384,
  depth: 512,
  paxSize: MIB,
  totalBytes: 256 * GIB,
  expansionRatio: 500,
  ratioFloor: GIB,
  sparseRegions: 100_000,
  holeBytes: 4 * GIB,
  zstdWindow: 128 * MIB,
  indexDepth: 4,
  manifests: 10_000,
  documentSize: 8 * MIB,
  compressedArchive: 512 * MIB,
};

/** The defaults with some of them replaced. */
export function withDefaults(limits: Partial<Limits> = {}): Limits {
  return { ...DEFAULT_LIMITS, ...limits };
}

/** What each bounds, for people: the order is that of the help. */
export const LIMIT_TEXTS: Readonly<Record<keyof Limits, string>> = {
  entries: 'entries of one tar, extended headers included',
  pathLength: 'bytes of one name or link target',
  depth: 'components of one path',
  paxSize: 'bytes of one PAX header, and of all global PAX headers of a tar',
  totalBytes: 'bytes of one uncompressed tar, and of one sparse file',
  expansionRatio: 'uncompressed bytes for each compressed one',
  ratioFloor: 'uncompressed bytes from which on expansionRatio counts',
  sparseRegions: 'data regions of one sparse file',
  holeBytes: 'bytes of holes of one tar that are hashed',
  zstdWindow: 'bytes of memory that a zstd frame may ask for',
  indexDepth: 'image indexes within each other',
  manifests: 'manifests of one archive, layout or index, and tags of one repository',
  documentSize: 'bytes of one JSON document',
  compressedArchive: 'bytes of an archive that is itself compressed, held in memory',
};

export const LIMIT_NAMES = Object.keys(LIMIT_TEXTS) as readonly (keyof Limits)[];

const SUFFIXES: Readonly<Record<string, number>> = { '': 1, k: 1024, M: MIB, G: GIB };

/** What `entries=5000000` and `totalBytes=1G` say; later ones win. */
export function parseLimits(texts: readonly string[]): Partial<Limits> {
  return Object.fromEntries(texts.map(parseLimit));
}

function parseLimit(text: string): [keyof Limits, number] {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  const known = LIMIT_NAMES.find((limit) => limit === name);
  if (known === undefined) {
    throw new CutawayError('INVALID_INPUT', `no limit is called ${JSON.stringify(name)}`, {
      hint: `there are ${LIMIT_NAMES.join(', ')}`,
    });
  }
  const value = equals === -1 ? '' : text.slice(equals + 1);
  const [, digits = '', suffix = ''] = /^(\d{1,15})([kMG]?)$/.exec(value) ?? [];
  const number = Number(digits) * (SUFFIXES[suffix] ?? Number.NaN);
  if (digits !== '' && number > 0 && Number.isSafeInteger(number)) return [known, number];
  throw new CutawayError(
    'INVALID_INPUT',
    `the limit ${known} is a whole number from 1, not ${JSON.stringify(value)}`,
    {
      hint: `${known}=${formatLimit(DEFAULT_LIMITS[known])} is the default; k, M and G may follow`,
    },
  );
}

/** The shortest text that `parseLimits` reads as this number: "256G". */
export function formatLimit(value: number): string {
  for (const suffix of ['G', 'M', 'k']) {
    const unit = SUFFIXES[suffix] ?? 1;
    if (value >= unit && value % unit === 0) return `${value / unit}${suffix}`;
  }
  return String(value);
}

/** Throws LIMIT_EXCEEDED when `actual` is more than the limit; `what` names the thing read. */
export function checkLimit(
  limits: Limits,
  limit: keyof Limits,
  actual: number,
  what: string,
): void {
  const allowed = limits[limit];
  if (actual <= allowed) return;
  throw new CutawayError(
    'LIMIT_EXCEEDED',
    `${what}: ${Number.isFinite(actual) ? actual : 'more'} exceeds the limit ${limit} of ${allowed}`,
    {
      hint: `--limit ${limit}=VALUE raises it, if you trust the input`,
      data: { limit, allowed, actual },
    },
  );
}

/** What a JSON document has already passed as a member of the store it passes as text too. */
export function jsonLimits({ documentSize }: Limits): { readonly maximumBytes: number } {
  return { maximumBytes: documentSize };
}
