// A push parser for tar in all its formats: v7, ustar, old GNU, PAX. It owns every byte: each
// belongs to a header, a body, padding or the end, and what does not is a problem. Bodies are
// handed on as views of the pushed chunks; nothing is allocated per block.
import { decodeName } from '../oci/byte-name.js';
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { ExtendedHeaderReader } from './extended-header.js';
import { checkLimit, withDefaults, type Limits } from './limits.js';
import type { TarEntry, TarVisitor } from './tar-entry.js';
import {
  BLOCK_SIZE,
  checkChecksum,
  isZero,
  isZeroBlock,
  paddingOf,
  readText,
} from './tar-field.js';
import { mark, readHeader, type TarDraft } from './tar-header.js';
import {
  checkRegions,
  isGnuContinued,
  readGnuRealSize,
  readGnuRegions,
  SparseMapReader,
} from './tar-sparse.js';

type State =
  'header' | 'extended' | 'gnu-map' | 'body-map' | 'body' | 'padding' | 'second-zero' | 'trailer';

export interface TarReaderOptions {
  readonly limits?: Partial<Limits>;
}

/** Push chunks of any size, each of which is the caller's again afterwards, then `finish`. Throws CORRUPT where reading on makes no sense. */
export class TarReader {
  readonly problems: Problem[] = [];
  readonly #visitor: TarVisitor;
  readonly #limits: Limits;
  readonly #extended: ExtendedHeaderReader;
  #state: State = 'header';
  /** Bytes consumed. */
  #position = 0;
  /** Of the body or the padding. */
  #remaining = 0;
  #entries = 0;
  #entry: TarDraft | undefined;
  #gnuNumbers: number[] = [];
  #mapReader: SparseMapReader | undefined;
  #partial = Buffer.alloc(0);
  #partialLength = 0;
  #hasTrailingData = false;
  #hasSlack = false;

  constructor(visitor: TarVisitor, options: TarReaderOptions = {}) {
    this.#visitor = visitor;
    this.#limits = withDefaults(options.limits);
    this.#extended = new ExtendedHeaderReader(this.#limits, this.#report);
  }

  /** Bytes read or skipped so far. */
  get position(): number {
    return this.#position;
  }

  /** Whether the two closing zero blocks were read. */
  get isAtEnd(): boolean {
    return this.#state === 'trailer';
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const consumed = this.#consume(chunk, at);
      at += consumed;
      this.#position += consumed;
    }
  }

  /**
   * For who can seek: takes the rest of a body as read and returns how many bytes to leave out
   * before the next push; 0 outside of a body.
   */
  skipBody(): number {
    const entry = this.#entry;
    if (entry === undefined || (this.#state !== 'body' && this.#state !== 'padding')) return 0;
    const skipped = this.#remaining + (this.#state === 'body' ? paddingOf(entry.size) : 0);
    this.#position += skipped;
    this.#remaining = 0;
    this.#endEntry(entry);
    return skipped;
  }

  /** No more bytes will come. */
  finish(): void {
    const inHeader = this.#partialLength > 0 || this.#state.endsWith('map');
    if (inHeader || this.#state === 'body' || this.#state === 'extended') {
      throw this.#corrupt('tar-truncated', 'the archive ends inside an entry');
    }
    if (this.#state === 'trailer') return;
    if (this.#extended.isOpen) {
      throw this.#corrupt('tar-truncated', 'the archive ends after an extended header');
    }
    const found =
      this.#state === 'second-zero' ? 'one closing zero block' : 'no closing zero block';
    this.#report('tar-no-end', `the archive ends with ${found} instead of two`);
    if (this.#state === 'padding' && this.#entry !== undefined) this.#endEntry(this.#entry);
  }

  readonly #report = (code: string, message: string, path?: string): void => {
    this.problems.push({ code, message, ...(path === undefined ? {} : { path }) });
  };

  /** Returns how many bytes from `at` on were used up: at least one. */
  #consume(chunk: Buffer, at: number): number {
    if (this.#state === 'body') return this.#consumeBody(chunk, at);
    if (this.#state === 'padding') return this.#consumePadding(chunk, at);
    if (this.#state === 'trailer') return this.#consumeTrailer(chunk, at);
    const rest = chunk.length - at;
    if (this.#partialLength === 0 && rest >= BLOCK_SIZE) {
      this.#consumeBlock(chunk.subarray(at, at + BLOCK_SIZE), this.#position);
      return BLOCK_SIZE;
    }
    if (this.#partialLength === 0) this.#partial = Buffer.allocUnsafe(BLOCK_SIZE);
    const taken = chunk.copy(this.#partial, this.#partialLength, at, at + rest);
    this.#partialLength += taken;
    if (this.#partialLength === BLOCK_SIZE) {
      this.#partialLength = 0;
      this.#consumeBlock(this.#partial, this.#position + taken - BLOCK_SIZE);
    }
    return taken;
  }

  #consumeBlock(block: Buffer, offset: number): void {
    if (this.#state === 'header') this.#consumeHeader(block, offset);
    else if (this.#state === 'extended') {
      if (!this.#extended.push(block)) this.#state = 'header';
    } else if (this.#state === 'gnu-map') this.#consumeGnuMap(block, 'extension', offset);
    else if (this.#state === 'body-map') this.#consumeBodyMap(block, offset);
    else this.#consumeSecondZero(block, offset);
  }

  #consumeHeader(block: Buffer, offset: number): void {
    if (isZeroBlock(block)) {
      if (this.#extended.isOpen) {
        throw this.#corrupt('tar-truncated', 'the archive ends after an extended header', offset);
      }
      this.#state = 'second-zero';
      return;
    }
    const checksum = checkChecksum(block);
    if (checksum === 'wrong') {
      const what = offset === 0 ? 'not a tar archive, or a damaged one' : 'a damaged header';
      throw this.#corrupt('tar-bad-checksum', `${what}: the checksum does not fit`, offset);
    }
    this.#entries += 1;
    checkLimit(this.#limits, 'entries', this.#entries, 'read tar');
    if (checksum === 'odd') this.#reportChecksum(block);
    const isMore = this.#extended.open(block, offset);
    if (isMore !== undefined) {
      this.#state = isMore ? 'extended' : 'header';
      return;
    }
    // A copy: the entry is looked at until its end, when the chunk that its header was in is gone.
    const own = Buffer.from(block);
    const entry = readHeader(own, this.#extended.take(own, offset), this.#limits, this.#report);
    this.#entry = entry;
    const end = offset + BLOCK_SIZE + entry.size;
    checkLimit(this.#limits, 'totalBytes', end, 'read tar');
    this.#startEntry(entry, block, offset);
  }

  #reportChecksum(block: Buffer): void {
    const message = 'a checksum of signed bytes, or none in octal: some readers refuse it';
    this.#report('tar-odd-checksum', message, decodeName(readText(block, 0, 100)));
    this.#extended.mark('odd checksum');
  }

  #startEntry(entry: TarDraft, block: Buffer, offset: number): void {
    if (entry.sparse === undefined) {
      this.#startBody(entry, offset + BLOCK_SIZE);
    } else if (entry.sparse.format === 'gnu') {
      entry.realSize = readGnuRealSize(block);
      this.#gnuNumbers = [];
      this.#consumeGnuMap(block, 'header', offset);
    } else if (entry.sparse.format === '1.0') {
      this.#mapReader = new SparseMapReader(this.#limits);
      this.#state = 'body-map';
      if (entry.size < BLOCK_SIZE) this.#startSparse(entry, undefined, offset + BLOCK_SIZE);
    } else {
      this.#startSparse(entry, this.#extended.sparseNumbers(entry), offset + BLOCK_SIZE);
    }
  }

  #consumeGnuMap(block: Buffer, kind: 'header' | 'extension', offset: number): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    if (kind === 'extension') entry.header = [...entry.header, Buffer.from(block)];
    this.#gnuNumbers.push(...readGnuRegions(block, kind));
    checkLimit(this.#limits, 'sparseRegions', this.#gnuNumbers.length / 2, 'read sparse map');
    this.#state = 'gnu-map';
    if (isGnuContinued(block, kind)) return;
    this.#startSparse(entry, this.#gnuNumbers, offset + BLOCK_SIZE);
  }

  #consumeBodyMap(block: Buffer, offset: number): void {
    const entry = this.#entry;
    const reader = this.#mapReader;
    if (entry === undefined || reader === undefined) return;
    entry.header = [...entry.header, Buffer.from(block)];
    const isMore = reader.push(block) && reader.size + BLOCK_SIZE <= entry.size;
    if (isMore) return;
    entry.size -= reader.size;
    this.#startSparse(entry, reader.numbers(), offset + BLOCK_SIZE);
  }

  #startSparse(entry: TarDraft, numbers: readonly number[] | undefined, offset: number): void {
    const { size, realSize, sparse } = entry;
    const regions = numbers === undefined ? undefined : checkRegions(numbers, size, realSize);
    if (regions === undefined) {
      this.#report(
        'tar-bad-sparse',
        'the sparse map does not fit the file',
        decodeName(entry.name),
      );
      mark(entry, 'sparse map');
      if (!(realSize >= 0)) entry.realSize = size;
    }
    checkLimit(this.#limits, 'totalBytes', entry.realSize, 'read sparse file');
    if (sparse !== undefined) entry.sparse = { format: sparse.format, regions };
    this.#startBody(entry, offset);
  }

  #startBody(entry: TarDraft, offset: number): void {
    entry.bodyOffset = offset;
    this.#visitor.entry?.(entry);
    this.#remaining = entry.size;
    if (entry.size === 0) this.#endEntry(entry);
    else this.#state = 'body';
  }

  #consumeBody(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#remaining, chunk.length - at);
    const entry = this.#entry;
    if (entry === undefined) return taken;
    this.#visitor.body?.(chunk.subarray(at, at + taken), entry);
    this.#remaining -= taken;
    if (this.#remaining > 0) return taken;
    this.#remaining = paddingOf(entry.size);
    if (this.#remaining === 0) this.#endEntry(entry);
    else this.#state = 'padding';
    return taken;
  }

  #consumePadding(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#remaining, chunk.length - at);
    const entry = this.#entry;
    if (entry === undefined) return taken;
    const padding = chunk.subarray(at, at + taken);
    if (!this.#hasSlack && !isZero(padding)) {
      this.#hasSlack = true;
      const message = 'the bytes after a body are not zero: they may hide data (first such entry)';
      this.#report('tar-slack-data', message, decodeName(entry.name));
    }
    this.#visitor.padding?.(padding, entry);
    this.#remaining -= taken;
    if (this.#remaining === 0) this.#endEntry(entry);
    return taken;
  }

  #endEntry(entry: TarEntry): void {
    this.#state = 'header';
    this.#entry = undefined;
    this.#mapReader = undefined;
    this.#visitor.end?.(entry);
  }

  /** GNU tar stops at a lone zero block too. What follows is not looked at, but told of. */
  #consumeSecondZero(block: Buffer, offset: number): void {
    this.#state = 'trailer';
    if (!isZeroBlock(block)) this.#reportTrailingData(offset);
  }

  #consumeTrailer(chunk: Buffer, at: number): number {
    const rest = chunk.subarray(at);
    if (!this.#hasTrailingData && !isZero(rest)) this.#reportTrailingData(this.#position);
    checkLimit(this.#limits, 'totalBytes', this.#position, 'read tar');
    return rest.length;
  }

  #reportTrailingData(offset: number): void {
    this.#hasTrailingData = true;
    const message = `data follows the end of the archive, after byte ${offset}: no tar reads it`;
    this.#report('tar-trailing-data', message);
  }

  #corrupt(problem: string, reason: string, offset = this.#position): CutawayError {
    return new CutawayError('CORRUPT', `read tar at byte ${offset}: ${reason}`, {
      data: { problem, offset },
    });
  }
}
