import { createHash, hash as hashAtOnce, type Hash } from 'node:crypto';
import type { SparseRegion } from './tar-sparse.js';

const EMPTY_SHA256 = createHash('sha256').digest('hex');
const ZEROS = Buffer.alloc(1 << 20);

/** sha256 of a file whose bytes come in slices; most files come in one. */
export class ContentHasher {
  readonly #size: number;
  #hash: Hash | undefined;
  #whole: string | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  update(bytes: Buffer): void {
    if (bytes.length === this.#size) {
      this.#whole = hashAtOnce('sha256', bytes);
      return;
    }
    this.#hash ??= createHash('sha256');
    this.#hash.update(bytes);
  }

  digest(): string {
    return this.#whole ?? this.#hash?.digest('hex') ?? EMPTY_SHA256;
  }
}

/** The same for a file with holes: the zeros that they stand for are hashed in their places. */
export class SparseHasher {
  readonly #hash = createHash('sha256');
  readonly #regions: readonly SparseRegion[];
  readonly #realSize: number;
  #region = 0;
  #position = 0;

  constructor(regions: readonly SparseRegion[], realSize: number) {
    this.#regions = regions;
    this.#realSize = realSize;
  }

  update(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const region = this.#regions[this.#region];
      if (region === undefined) return;
      this.#fillTo(region.offset);
      const end = region.offset + region.length;
      const taken = Math.min(bytes.length - at, end - this.#position);
      this.#hash.update(bytes.subarray(at, at + taken));
      at += taken;
      this.#position += taken;
      if (this.#position === end) this.#region += 1;
    }
  }

  digest(): string {
    this.#fillTo(this.#realSize);
    return this.#hash.digest('hex');
  }

  #fillTo(position: number): void {
    while (this.#position < position) {
      const length = Math.min(ZEROS.length, position - this.#position);
      this.#hash.update(ZEROS.subarray(0, length));
      this.#position += length;
    }
  }
}
