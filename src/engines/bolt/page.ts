import { CutawayError } from '../../oci/error.js';
import { PAGE_HEADER } from './meta-page.js';

/** What is known of a key: its value, or, of a bucket, its header and what may follow it. */
export interface LeafElement {
  readonly isBucket: boolean;
  readonly key: Buffer;
  readonly value: Buffer;
}

export type BoltPage =
  | { readonly kind: 'branch'; readonly children: readonly number[] }
  | { readonly kind: 'leaf'; readonly elements: readonly LeafElement[] };

export interface PageHeader {
  readonly id: number;
  readonly flags: number;
  readonly count: number;
  /** Pages that follow and belong to this one. */
  readonly overflow: number;
}

const BRANCH_FLAG = 0x01;
const LEAF_FLAG = 0x02;
const ELEMENT = 16;
const BUCKET_ELEMENT = 0x01;

export function parsePageHeader(bytes: Buffer, what: string): PageHeader {
  if (bytes.length < PAGE_HEADER) throw corrupt(what, 'it ends early');
  return {
    id: Number(bytes.readBigUInt64LE(0)),
    flags: bytes.readUInt16LE(8),
    count: bytes.readUInt16LE(10),
    overflow: bytes.readUInt32LE(12),
  };
}

/** A page with all that overflows from it. `what` names it in messages. */
export function parsePage(bytes: Buffer, what: string): BoltPage {
  const { flags, count } = parsePageHeader(bytes, what);
  if (PAGE_HEADER + count * ELEMENT > bytes.length) {
    throw corrupt(what, `${count} elements do not fit in it`);
  }
  if (flags === LEAF_FLAG) return { kind: 'leaf', elements: leafElements(bytes, count, what) };
  if (flags !== BRANCH_FLAG) throw corrupt(what, `neither branch nor leaf: flags ${flags}`);
  if (count === 0) throw corrupt(what, 'a branch without children');
  return { kind: 'branch', children: branchChildren(bytes, count) };
}

function leafElements(bytes: Buffer, count: number, what: string): LeafElement[] {
  // Keys and values follow the elements in their order (bbolt's WriteInodeToPage): a page where
  // they overlap would be read many times over.
  let free = PAGE_HEADER + count * ELEMENT;
  return Array.from({ length: count }, (_, number): LeafElement => {
    const at = PAGE_HEADER + number * ELEMENT;
    const start = at + bytes.readUInt32LE(at + 4);
    const middle = start + bytes.readUInt32LE(at + 8);
    const end = middle + bytes.readUInt32LE(at + 12);
    if (start < free || end > bytes.length) {
      throw corrupt(what, `element ${number} has its bytes where they cannot be`);
    }
    free = end;
    return {
      isBucket: (bytes.readUInt32LE(at) & BUCKET_ELEMENT) !== 0,
      key: bytes.subarray(start, middle),
      value: bytes.subarray(middle, end),
    };
  });
}

/** Their keys are for searching; who reads all of them needs none. */
function branchChildren(bytes: Buffer, count: number): number[] {
  return Array.from({ length: count }, (_, number) =>
    Number(bytes.readBigUInt64LE(PAGE_HEADER + number * ELEMENT + 8)),
  );
}

export function corrupt(what: string, reason: string): CutawayError {
  return new CutawayError('CORRUPT', `read ${what}: ${reason}`);
}
