// Files with holes, GNU tar manual "Storing Sparse Files": type 'S' with the map in the header,
// and GNU.sparse.* records in the versions 0.0, 0.1 (map in records) and 1.0 (map before the data).
import type { Limits } from './limits.js';
import { checkLimit } from './limits.js';
import { parsePaxNumber, type PaxRecord } from './pax.js';
import { BLOCK_SIZE, readNumber } from './tar-field.js';

export interface SparseRegion {
  /** In the file, not in the archive. */
  readonly offset: number;
  readonly length: number;
}

export interface SparseMap {
  readonly format: 'gnu' | '0.0' | '0.1' | '1.0';
  /** Ascending, without overlap; undefined when the map makes no sense. */
  readonly regions: readonly SparseRegion[] | undefined;
}

export interface PaxSparse {
  readonly format: '0.0' | '0.1' | '1.0';
  readonly realSize: number | undefined;
  readonly name: Buffer | undefined;
  /** Offset and length by turns; of a 1.0 map empty, for it stands in the body. */
  readonly numbers: readonly number[];
  /** Of a 0.1 map: without it, or with another one, GNU tar and Go read nothing. */
  readonly isCountRight: boolean;
}

const GNU_MAP = { header: { at: 386, count: 4 }, extension: { at: 0, count: 21 } } as const;
const GNU_CONTINUED = { header: 482, extension: 504 } as const;
const GNU_REAL_SIZE_AT = 483;
const FIELD = 12;

/** What the GNU.sparse records of a header say, if it has any. */
export function readPaxSparse(
  records: readonly PaxRecord[],
  limits: Limits,
): PaxSparse | undefined {
  const last = new Map<string, Buffer>();
  const repeated: number[] = [];
  for (const { key, value } of records) {
    if (!key.startsWith('GNU.sparse.')) continue;
    last.set(key.slice('GNU.sparse.'.length), value);
    if (key !== 'GNU.sparse.offset' && key !== 'GNU.sparse.numbytes') continue;
    repeated.push(parsePaxNumber(value) ?? Number.NaN);
  }
  if (last.size === 0) return undefined;
  const number = (key: string): number | undefined => {
    const value = last.get(key);
    return value === undefined ? undefined : (parsePaxNumber(value) ?? Number.NaN);
  };
  const realSize = number('realsize') ?? number('size');
  const name = last.get('name');
  if (number('major') === 1 && number('minor') === 0) {
    return { format: '1.0', realSize, name, numbers: [], isCountRight: true };
  }
  const map = last.get('map');
  const numbers = map === undefined ? repeated : splitMap(map);
  checkLimit(limits, 'sparseRegions', numbers.length / 2, 'read sparse map');
  const isCountRight = map === undefined || number('numblocks') === Math.ceil(numbers.length / 2);
  return { format: map === undefined ? '0.0' : '0.1', realSize, name, numbers, isCountRight };
}

/** The four regions of an 'S' header, or the 21 of one of the blocks that follow it. */
export function readGnuRegions(block: Buffer, kind: 'header' | 'extension'): number[] {
  const { at, count } = GNU_MAP[kind];
  const numbers: number[] = [];
  for (let index = 0; index < count * 2; index += 2) {
    const offset = at + index * FIELD;
    if (block[offset] === 0) break;
    numbers.push(readNumber(block, offset, FIELD), readNumber(block, offset + FIELD, FIELD));
  }
  return numbers;
}

/** Whether another block of the map follows. */
export function isGnuContinued(block: Buffer, kind: 'header' | 'extension'): boolean {
  return (block[GNU_CONTINUED[kind]] ?? 0) !== 0;
}

export function readGnuRealSize(block: Buffer): number {
  return readNumber(block, GNU_REAL_SIZE_AT, FIELD);
}

/**
 * Offsets and lengths as regions; undefined unless they ascend without overlap, stay within the
 * file and account for every byte of the body.
 */
export function checkRegions(
  numbers: readonly number[],
  size: number,
  realSize: number,
): SparseRegion[] | undefined {
  if (numbers.length % 2 !== 0) return undefined;
  const regions: SparseRegion[] = [];
  let end = 0;
  let sum = 0;
  for (let index = 0; index < numbers.length; index += 2) {
    const [offset = Number.NaN, length = Number.NaN] = numbers.slice(index, index + 2);
    // NaN fails every comparison.
    if (!(offset >= end && length >= 0 && offset + length <= realSize)) return undefined;
    end = offset + length;
    sum += length;
    if (length > 0) regions.push({ offset, length });
  }
  return sum === size ? regions : undefined;
}

/** Gathers the blocks at the start of a body that hold a 1.0 map: decimal numbers, one a line. */
export class SparseMapReader {
  readonly #limits: Limits;
  readonly #blocks: Buffer[] = [];
  #lines = 0;
  #expected = Number.POSITIVE_INFINITY;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#blocks.length * BLOCK_SIZE;
  }

  /** True while another block is needed. A map without an end makes `numbers` undefined. */
  push(block: Buffer): boolean {
    this.#blocks.push(block);
    for (let at = block.indexOf(0x0a); at !== -1; at = block.indexOf(0x0a, at + 1)) {
      this.#lines += 1;
      if (this.#lines === 1) this.#expected = this.#readCount();
    }
    const stuck = this.#lines === 0 || this.#blocks.length > this.#lines;
    return this.#lines < this.#expected && !stuck;
  }

  numbers(): readonly number[] | undefined {
    if (this.#expected < 1 || this.#lines < this.#expected) return undefined;
    const lines = Buffer.concat(this.#blocks).toString('latin1').split('\n', this.#expected);
    const numbers = lines.slice(1).map((line) => parsePaxNumber(Buffer.from(line)));
    return numbers.every((number) => number !== undefined) ? numbers : undefined;
  }

  /** Lines in the whole map: the first says how many regions follow. 0 when it does not. */
  #readCount(): number {
    const first = this.#blocks[0] ?? Buffer.alloc(0);
    const count = parsePaxNumber(first.subarray(0, first.indexOf(0x0a)));
    if (count === undefined) return 0;
    checkLimit(this.#limits, 'sparseRegions', count, 'read sparse map');
    return 1 + 2 * count;
  }
}

function splitMap(map: Buffer): number[] {
  if (map.length === 0) return [];
  return map
    .toString('latin1')
    .split(',')
    .map((text) => parsePaxNumber(Buffer.from(text)) ?? Number.NaN);
}
