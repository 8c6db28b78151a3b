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
  depth: 2_048,
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
    { hint: `raise the limit ${limit} if you trust the input`, data: { limit, allowed, actual } },
  );
}
