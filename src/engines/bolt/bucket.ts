// Buckets: each a tree of pages of its own. What lies is found on the way: in a sound database every
// page is in one place and the keys of a bucket ascend, so that no page is ever read twice.
import { decodeName } from '../../oci/byte-name.js';
import { CutawayError } from '../../oci/error.js';
import { PAGE_HEADER, type BoltFile, type BoltMeta } from './meta-page.js';
import { corrupt, parsePage, parsePageHeader, type BoltPage, type LeafElement } from './page.js';

export interface BoltBucket {
  /** Its values by key, ascending; keys are in the form of oci/byte-name. */
  readonly values: ReadonlyMap<string, Buffer>;
  /** The buckets in it by key, ascending; each is read when it is asked for. */
  readonly buckets: ReadonlyMap<string, () => BoltBucket>;
}

/** Bytes that a database may make us read. */
export interface BoltLimits {
  /** Of one page with what overflows from it. */
  readonly pageBytes: number;
  readonly totalBytes: number;
}

export const BOLT_LIMITS: BoltLimits = { pageBytes: 64 << 20, totalBytes: 1 << 30 };

// A page holds two keys at least, so that 2^32 keys are not deeper than this.
const MAXIMUM_DEPTH = 32;
const BUCKET_HEADER = 16;

/** One database at one moment. */
interface Pages {
  readonly what: string;
  read(id: number): BoltPage;
}

/** The bucket that holds all others. */
export function openRoot(
  file: BoltFile,
  meta: BoltMeta,
  { what, limits = BOLT_LIMITS }: { what: string; limits?: BoltLimits },
): BoltBucket {
  return readBucket(openPages(file, meta, { what, limits }), meta.root);
}

function openPages(
  file: BoltFile,
  { pageSize, end }: BoltMeta,
  { what, limits }: { what: string; limits: BoltLimits },
): Pages {
  const taken = new Set<number>();
  let total = 0;
  const read = (id: number): BoltPage => {
    const name = `page ${id} of ${what}`;
    // Pages 0 and 1 are the meta pages.
    if (id < 2 || id >= end) throw corrupt(name, `there are pages 2 to ${end - 1}`);
    if (id * pageSize > Number.MAX_SAFE_INTEGER) throw corrupt(name, 'no file is so long');
    const header = parsePageHeader(file.read(id * pageSize, PAGE_HEADER), name);
    if (header.id !== id) throw corrupt(name, `it says that it is page ${header.id}`);
    const last = id + header.overflow;
    if (last >= end) throw corrupt(name, `it goes on to page ${last} of ${end}`);
    const length = (header.overflow + 1) * pageSize;
    total += length;
    if (length > limits.pageBytes) throw tooMuch(name, length, limits.pageBytes);
    if (total > limits.totalBytes) throw tooMuch(name, total, limits.totalBytes);
    for (let page = id; page <= last; page += 1) {
      if (taken.has(page)) throw corrupt(name, `page ${page} is in two places`);
      taken.add(page);
    }
    const bytes = file.read(id * pageSize, length);
    if (bytes.length < length) throw corrupt(name, 'it ends early');
    return parsePage(bytes, name);
  };
  return { what, read };
}

function tooMuch(name: string, bytes: number, limit: number): CutawayError {
  return new CutawayError('LIMIT_EXCEEDED', `read ${name}: ${bytes} bytes, more than ${limit}`);
}

function readBucket(pages: Pages, root: number): BoltBucket {
  const elements: LeafElement[] = [];
  collect(pages, root, elements, 0);
  return toBucket(pages, elements, `bucket at page ${root} of ${pages.what}`);
}

function collect(pages: Pages, id: number, into: LeafElement[], depth: number): void {
  if (depth > MAXIMUM_DEPTH) throw corrupt(pages.what, `deeper than ${MAXIMUM_DEPTH} pages`);
  const page = pages.read(id);
  if (page.kind === 'leaf') for (const element of page.elements) into.push(element);
  else for (const child of page.children) collect(pages, child, into, depth + 1);
}

function toBucket(pages: Pages, elements: readonly LeafElement[], what: string): BoltBucket {
  const values = new Map<string, Buffer>();
  const buckets = new Map<string, () => BoltBucket>();
  let before: Buffer | undefined;
  for (const { isBucket, key, value } of elements) {
    if (before !== undefined && before.compare(key) >= 0) {
      throw corrupt(what, 'its keys are not in order');
    }
    before = key;
    if (isBucket)
      buckets.set(
        decodeName(key),
        once(() => openBucket(pages, value, what)),
      );
    else values.set(decodeName(key), value);
  }
  return { values, buckets };
}

/** bbolt's bucket.go: page of the root and a sequence; small buckets have page 0 and follow. */
function openBucket(pages: Pages, value: Buffer, within: string): BoltBucket {
  if (value.length < BUCKET_HEADER) throw corrupt(within, 'a bucket in it has no header');
  const root = Number(value.readBigUInt64LE(0));
  if (root !== 0) return readBucket(pages, root);
  const what = `inline bucket of ${within}`;
  const page = parsePage(value.subarray(BUCKET_HEADER), what);
  // What has buckets in it is never inline (bbolt's inlineable): else they could nest for ever.
  if (page.kind === 'branch' || page.elements.some(({ isBucket }) => isBucket)) {
    throw corrupt(what, 'it is more than a leaf of values');
  }
  return toBucket(pages, page.elements, what);
}

/** A bucket that is asked for again is not read again. */
function once(open: () => BoltBucket): () => BoltBucket {
  let bucket: BoltBucket | undefined;
  return () => (bucket ??= open());
}
