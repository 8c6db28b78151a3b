// The inflate of the zlib that is inside the node binary: Node's own streams hide where blocks
// end and what their window is, and that is what random access needs. Pure computation.
import type * as Koffi from 'koffi';
import { CutawayError } from '../oci/error.js';
import { loadKoffi } from './load-koffi.js';

export interface InflateStep {
  readonly consumed: number;
  readonly produced: number;
  /** The gzip member (its checksum was right) or the raw deflate stream has ended. */
  readonly isEnd: boolean;
  /**
   * Where it stopped between two blocks: how many bits of the last byte consumed belong to the
   * next block. Undefined elsewhere.
   */
  readonly blockBits: number | undefined;
}

export interface InflateOptions {
  /** Stop at the next end of a block, if it comes before the end of input or output. */
  readonly stopAtBlock?: boolean;
  /** Compute on another thread; the buffers must be left alone until the promise settles. */
  readonly onThread?: boolean;
}

interface Zlib {
  version: string;
  init: Koffi.KoffiFunc<
    (stream: Buffer, windowBits: number, version: string, size: number) => number
  >;
  reset: Koffi.KoffiFunc<(stream: Buffer, windowBits: number) => number>;
  prime: Koffi.KoffiFunc<(stream: Buffer, bits: number, value: number) => number>;
  setDictionary: Koffi.KoffiFunc<(stream: Buffer, bytes: Buffer, length: number) => number>;
  getDictionary: Koffi.KoffiFunc<(stream: Buffer, bytes: Buffer, length: Buffer) => number>;
  inflate: Koffi.KoffiFunc<(stream: Buffer, flush: number) => number>;
  end: Koffi.KoffiFunc<(stream: Buffer) => number>;
  address(bytes: Buffer): bigint;
  text(address: bigint): string;
}

export type DeflateFormat = 'gzip' | 'raw';
/** zlib.h, inflateInit2: 15 bits of window, 16 more for a gzip wrapper, negative for none. */
const WINDOW_BITS: Readonly<Record<DeflateFormat, number>> = { gzip: 31, raw: -15 };
/** RFC 1951 2: how far back a match may reach. */
export const DEFLATE_WINDOW = 32 * 1024;

const Z_NO_FLUSH = 0;
const Z_BLOCK = 5;
const Z_STREAM_END = 1;
const Z_NEED_DICT = 2;
const Z_BUF_ERROR = -5;
const Z_OK = 0;

/** struct z_stream of zlib.h on a 64-bit machine: `unsigned long` and pointers have 8 bytes. */
const Z_STREAM = {
  nextIn: 0,
  availIn: 8,
  nextOut: 24,
  availOut: 32,
  message: 48,
  dataType: 88,
  size: 112,
} as const;

let loaded: Zlib | 'none' | undefined;

/** Undefined where this Node has no zlib that can be called; the caller ends it. */
export function openInflater(format: DeflateFormat): Inflater | undefined {
  loaded ??= load() ?? 'none';
  return loaded === 'none' ? undefined : new Inflater(loaded, format);
}

function load(): Zlib | undefined {
  if (process.arch !== 'x64' && process.arch !== 'arm64') return undefined;
  try {
    const koffi = loadKoffi();
    const library = koffi.load(null);
    const version = library.func('zlibVersion', 'str', []) as () => string;
    return {
      version: version(),
      init: library.func('inflateInit2_', 'int', ['void *', 'int', 'str', 'int']),
      reset: library.func('inflateReset2', 'int', ['void *', 'int']),
      prime: library.func('inflatePrime', 'int', ['void *', 'int', 'int']),
      setDictionary: library.func('inflateSetDictionary', 'int', ['void *', 'void *', 'uint']),
      getDictionary: library.func('inflateGetDictionary', 'int', ['void *', 'void *', 'void *']),
      inflate: library.func('inflate', 'int', ['void *', 'int']),
      end: library.func('inflateEnd', 'int', ['void *']),
      address: (bytes) => koffi.address(bytes),
      text: (address) => koffi.decode(address, 'char', -1) as string,
    };
  } catch {
    // A Node that is linked without these symbols still has its streams.
    return undefined;
  }
}

/** One inflate stream. Not ended, it leaks 40 KiB. */
export class Inflater {
  readonly #zlib: Zlib;
  readonly #stream = Buffer.alloc(Z_STREAM.size);
  #state: 'idle' | 'busy' | 'ended' = 'idle';

  constructor(zlib: Zlib, format: DeflateFormat) {
    this.#zlib = zlib;
    const result = zlib.init(this.#stream, WINDOW_BITS[format], zlib.version, Z_STREAM.size);
    this.#check(result, 'inflateInit2');
  }

  /** Starts over at the beginning of a member or stream. */
  reset(format: DeflateFormat): void {
    this.#checkIdle();
    this.#check(this.#zlib.reset(this.#stream, WINDOW_BITS[format]), 'inflateReset2');
  }

  /** Goes on in the middle of a raw stream: the bits of `byte` that are left, then the window. */
  resumeAt(byte: number, bits: number, window: Buffer): void {
    this.#checkIdle();
    if (bits < 0 || bits > 7 || window.length > DEFLATE_WINDOW) {
      throw new CutawayError('CORRUPT', 'inflate: no state that deflate can be in');
    }
    if (bits > 0) {
      this.#check(this.#zlib.prime(this.#stream, bits, byte >> (8 - bits)), 'inflatePrime');
    }
    if (window.length === 0) return;
    const result = this.#zlib.setDictionary(this.#stream, window, window.length);
    this.#check(result, 'inflateSetDictionary');
  }

  /** What later matches may reach back to. */
  window(): Buffer {
    this.#checkIdle();
    // The call writes up to 32 KiB, whatever the length says that it is given.
    const bytes = Buffer.alloc(DEFLATE_WINDOW);
    const length = Buffer.alloc(4);
    const result = this.#zlib.getDictionary(this.#stream, bytes, length);
    this.#check(result, 'inflateGetDictionary');
    return bytes.subarray(0, Math.min(length.readUInt32LE(0), DEFLATE_WINDOW));
  }

  /** Fails with CORRUPT and zlib's words. Neither consumed nor produced: it wants more input. */
  async inflate(
    input: Buffer,
    output: Buffer,
    { stopAtBlock = false, onThread = false }: InflateOptions = {},
  ): Promise<InflateStep> {
    this.#checkIdle();
    if (output.length === 0) throw new CutawayError('INTERNAL', 'inflate: no room for output');
    const stream = this.#stream;
    stream.writeBigUInt64LE(input.length === 0 ? 0n : this.#zlib.address(input), Z_STREAM.nextIn);
    stream.writeUInt32LE(input.length, Z_STREAM.availIn);
    stream.writeBigUInt64LE(this.#zlib.address(output), Z_STREAM.nextOut);
    stream.writeUInt32LE(output.length, Z_STREAM.availOut);
    const flush = stopAtBlock ? Z_BLOCK : Z_NO_FLUSH;
    const code = onThread ? await this.#inflateOnThread(flush) : this.#zlib.inflate(stream, flush);
    if (code !== Z_OK && code !== Z_STREAM_END && code !== Z_BUF_ERROR) throw this.#failure(code);
    const kind = stream.readInt32LE(Z_STREAM.dataType);
    // zlib.h, inflate: 128 at the end of a block, 64 when that block was the last, and the bits.
    const isBetween = stopAtBlock && code === Z_OK && (kind & ~7) === 128;
    // That both buffers are read here is also what keeps them alive while another thread has them.
    return {
      consumed: input.length - stream.readUInt32LE(Z_STREAM.availIn),
      produced: output.length - stream.readUInt32LE(Z_STREAM.availOut),
      isEnd: code === Z_STREAM_END,
      blockBits: isBetween ? kind & 7 : undefined,
    };
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.#checkIdle();
    this.#state = 'ended';
    this.#zlib.end(this.#stream);
  }

  async #inflateOnThread(flush: number): Promise<number> {
    this.#state = 'busy';
    try {
      return await new Promise<number>((resolve, reject) => {
        this.#zlib.inflate.async(this.#stream, flush, (error: unknown, code: number) => {
          if (error === null || error === undefined) resolve(code);
          else reject(new CutawayError('INTERNAL', 'inflate on a thread', { cause: error }));
        });
      });
    } finally {
      this.#state = 'idle';
    }
  }

  #checkIdle(): void {
    if (this.#state !== 'idle') throw new CutawayError('INTERNAL', `inflate: it is ${this.#state}`);
  }

  #check(code: number, call: string): void {
    if (code !== Z_OK) throw new CutawayError('INTERNAL', `${call}: zlib says ${code}`);
  }

  #failure(code: number): CutawayError {
    const address = this.#stream.readBigUInt64LE(Z_STREAM.message);
    const fallback = code === Z_NEED_DICT ? 'it needs a dictionary' : `zlib says ${code}`;
    return new CutawayError('CORRUPT', address === 0n ? fallback : this.#zlib.text(address));
  }
}
