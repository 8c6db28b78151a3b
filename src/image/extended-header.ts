// Headers that speak of the entry after them: PAX 'x', PAX global 'g', GNU long name 'L' and long
// link name 'K'. Each has a body of its own, whose size no PAX record can change.
import { decodeName } from '../oci/byte-name.js';
import { CutawayError } from '../oci/error.js';
import { checkLimit, type Limits } from './limits.js';
import { parsePax, type PaxRecord } from './pax.js';
import type { TarEntry } from './tar-entry.js';
import { BLOCK_SIZE, readNumber } from './tar-field.js';
import type { ExtendedHeaders, Report } from './tar-header.js';
import { readPaxSparse } from './tar-sparse.js';

type Kind = 'x' | 'g' | 'L' | 'K';

/** Typeflags by meaning; 'X' is Solaris' older spelling of 'x', which GNU tar reads too. */
const KINDS: Readonly<Record<string, Kind>> = { x: 'x', X: 'x', g: 'g', L: 'L', K: 'K' };

/** Records that change nothing of an entry: `git archive` puts its commit in one. */
const HARMLESS = new Set(['comment']);

export class ExtendedHeaderReader {
  readonly #limits: Limits;
  readonly #report: Report;
  readonly #global = new Map<string, Buffer>();
  #globalSize = 0;
  #hasGlobal = false;
  #kind: Kind = 'x';
  #size = 0;
  #body: Buffer[] = [];
  #blocks: Buffer[] = [];
  #offset = 0;
  #pax: readonly PaxRecord[] | undefined;
  #longName: Buffer | undefined;
  #longLink: Buffer | undefined;
  #ambiguity: string | undefined;

  constructor(limits: Limits, report: Report) {
    this.#limits = limits;
    this.#report = report;
  }

  /** Whether an entry must follow. */
  get isOpen(): boolean {
    return this.#blocks.length > 0;
  }

  /** When `block` is such a header: whether a body is to be pushed. Undefined for any other. */
  open(block: Buffer, offset: number): boolean | undefined {
    const flag = String.fromCharCode(block[156] ?? 0);
    const kind = KINDS[flag];
    if (kind === undefined) return undefined;
    const size = readNumber(block, 124, 12);
    if (!(size >= 0)) {
      throw new CutawayError(
        'CORRUPT',
        `read tar at byte ${offset}: extended header of type ${kind} without a valid size`,
        { data: { problem: 'tar-bad-extended-header', offset } },
      );
    }
    const isName = kind === 'L' || kind === 'K';
    // A GNU name counts its closing NUL.
    const length = isName ? size - 1 : size;
    checkLimit(this.#limits, isName ? 'pathLength' : 'paxSize', length, 'read extended header');
    if (this.#blocks.length === 0) this.#offset = offset;
    if (flag === 'X') {
      this.mark('Solaris extended header');
      this.#report(
        'tar-solaris-header',
        'an extended header of Solaris, which not all readers know',
      );
    }
    this.#kind = kind;
    this.#size = size;
    this.#body = [];
    // A global header speaks of no entry in particular: it is not part of the next one.
    if (kind !== 'g') this.#blocks.push(Buffer.from(block));
    if (size === 0) this.#close(Buffer.alloc(0));
    return size > 0;
  }

  /** True while more of the body is to come. */
  push(block: Buffer): boolean {
    // The chunk that it is in may be gone before the entry comes.
    const own = Buffer.from(block);
    this.#body.push(own);
    if (this.#kind !== 'g') this.#blocks.push(own);
    if (this.#body.length * BLOCK_SIZE < this.#size) return true;
    this.#close(Buffer.concat(this.#body, this.#size));
    return false;
  }

  /** Everything said of the entry whose header is `block`. */
  take(block: Buffer, offset: number): ExtendedHeaders {
    const global = [...this.#global].map(([key, value]) => ({ key, value }));
    const taken = {
      headerOffset: this.#blocks.length === 0 ? offset : this.#offset,
      blocks: [...this.#blocks, block],
      pax: global.length === 0 ? (this.#pax ?? []) : [...global, ...(this.#pax ?? [])],
      longName: this.#longName,
      longLink: this.#longLink,
      ambiguity: global.length === 0 ? this.#ambiguity : 'global PAX records',
    };
    this.#blocks = [];
    this.#pax = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    this.#ambiguity = undefined;
    return taken;
  }

  /** The map of a sparse file that its records hold. */
  sparseNumbers(entry: TarEntry): readonly number[] | undefined {
    return readPaxSparse(entry.pax, this.#limits)?.numbers;
  }

  #close(body: Buffer): void {
    switch (this.#kind) {
      case 'L':
        if (this.#longName !== undefined) this.#repeated('two long names');
        this.#longName = beforeNul(body);
        return;
      case 'K':
        if (this.#longLink !== undefined) this.#repeated('two long link names');
        this.#longLink = beforeNul(body);
        return;
      case 'x':
        if (this.#pax !== undefined) this.#repeated('two PAX headers');
        this.#pax = this.#parse(body);
        return;
      case 'g':
        this.#closeGlobal(body);
    }
  }

  #closeGlobal(body: Buffer): void {
    if (this.#blocks.length > 0) this.#repeated('a PAX header with a global one behind it');
    this.#globalSize += body.length;
    checkLimit(this.#limits, 'paxSize', this.#globalSize, 'read global PAX headers');
    for (const { key, value } of this.#parse(body)) {
      if (HARMLESS.has(key)) continue;
      this.#reportGlobal(key);
      // Copied: a global record outlives the chunk it came in.
      if (value.length === 0) this.#global.delete(key);
      else this.#global.set(key, Buffer.from(value));
    }
  }

  /** Once: it can speak of a million entries. */
  #reportGlobal(key: string): void {
    if (this.#hasGlobal) return;
    this.#hasGlobal = true;
    const message = `a global PAX record ${key}: some readers apply it to every entry, some to none`;
    this.#report('tar-global-pax', message);
  }

  #parse(body: Buffer): readonly PaxRecord[] {
    const { records, damage } = parsePax(body);
    if (damage !== undefined) {
      const path = records.find(({ key }) => key === 'path')?.value;
      const message = `PAX header: ${damage}; what follows in it is ignored`;
      this.#report('tar-bad-pax', message, path === undefined ? undefined : decodeName(path));
      this.mark('damaged PAX header');
    }
    return records;
  }

  /** Of the entry that follows: another reader may see something else. */
  mark(ambiguity: string): void {
    this.#ambiguity ??= ambiguity;
  }

  #repeated(what: string): void {
    this.mark(what);
    this.#report('tar-repeated-header', `${what} for one entry: readers take one or the other`);
  }
}

function beforeNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}
