// libzstd, where the machine has it (whatever has dpkg does): Node 20 knows no zstd. Pure
// computation.
import type * as Koffi from 'koffi';
import { CutawayError } from '../oci/error.js';
import { loadKoffi } from './load-koffi.js';

export interface ZstdStep {
  readonly consumed: number;
  readonly produced: number;
  /** A frame has ended and all of it came out. */
  readonly isFrameEnd: boolean;
}

interface Libzstd {
  create: Koffi.KoffiFunc<() => bigint | null>;
  free: Koffi.KoffiFunc<(stream: bigint) => number>;
  setParameter: Koffi.KoffiFunc<(stream: bigint, parameter: number, value: number) => number>;
  decompress: Koffi.KoffiFunc<(stream: bigint, output: Buffer, input: Buffer) => number>;
  errorName: Koffi.KoffiFunc<(code: number) => string>;
  address(bytes: Buffer): bigint;
}

/** zstd.h: ZSTD_d_windowLogMax, and its bounds on a 64-bit machine. */
const WINDOW_LOG_MAX = 100;
const [LEAST_WINDOW_LOG, MOST_WINDOW_LOG] = [10, 31];
/** ZSTD_inBuffer and ZSTD_outBuffer: pointer, size, position. */
const BUFFER_SIZE = 24;

let loaded: Libzstd | 'none' | undefined;

/** Undefined where there is no libzstd. Windows beyond `window` bytes are refused. */
export function openZstd(window: number): ZstdStream | undefined {
  loaded ??= load() ?? 'none';
  return loaded === 'none' ? undefined : new ZstdStream(loaded, window);
}

function load(): Libzstd | undefined {
  if (process.arch !== 'x64' && process.arch !== 'arm64') return undefined;
  try {
    const koffi = loadKoffi();
    const library = koffi.load('libzstd.so.1');
    // A failed call returns a size_t close to its end: as a signed number, minus the error.
    return {
      create: library.func('ZSTD_createDStream', 'void *', []),
      free: library.func('ZSTD_freeDStream', 'long', ['void *']),
      setParameter: library.func('ZSTD_DCtx_setParameter', 'long', ['void *', 'int', 'int']),
      decompress: library.func('ZSTD_decompressStream', 'long', ['void *', 'void *', 'void *']),
      errorName: library.func('ZSTD_getErrorName', 'str', ['long']),
      address: (bytes) => koffi.address(bytes),
    };
  } catch {
    return undefined;
  }
}

/** One decompression stream. Not ended, it leaks its window. */
export class ZstdStream {
  readonly #library: Libzstd;
  readonly #stream: bigint;
  readonly #input = Buffer.alloc(BUFFER_SIZE);
  readonly #output = Buffer.alloc(BUFFER_SIZE);
  #state: 'idle' | 'busy' | 'ended' = 'idle';

  constructor(library: Libzstd, window: number) {
    const stream = library.create();
    if (stream === null) throw new CutawayError('UNAVAILABLE', 'start zstd: no memory');
    this.#library = library;
    this.#stream = stream;
    const log = Math.ceil(Math.log2(Math.max(window, 1)));
    const most = Math.min(Math.max(log, LEAST_WINDOW_LOG), MOST_WINDOW_LOG);
    this.#check(library.setParameter(stream, WINDOW_LOG_MAX, most));
  }

  /**
   * Goes no further than the end of a frame. Fails with CORRUPT and the library's words. On
   * another thread, the buffers must be left alone until the promise settles.
   */
  async decompress(
    input: Buffer,
    output: Buffer,
    { onThread = false }: { readonly onThread?: boolean } = {},
  ): Promise<ZstdStep> {
    this.#checkIdle();
    this.#describe(this.#input, input);
    this.#describe(this.#output, output);
    const result = onThread
      ? await this.#decompressOnThread()
      : this.#library.decompress(this.#stream, this.#output, this.#input);
    this.#check(result);
    // That both buffers are read here is also what keeps them alive while another thread has them.
    return {
      consumed: Math.min(Number(this.#input.readBigUInt64LE(16)), input.length),
      produced: Math.min(Number(this.#output.readBigUInt64LE(16)), output.length),
      isFrameEnd: result === 0,
    };
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.#checkIdle();
    this.#state = 'ended';
    this.#library.free(this.#stream);
  }

  #describe(place: Buffer, bytes: Buffer): void {
    place.writeBigUInt64LE(bytes.length === 0 ? 0n : this.#library.address(bytes), 0);
    place.writeBigUInt64LE(BigInt(bytes.length), 8);
    place.writeBigUInt64LE(0n, 16);
  }

  async #decompressOnThread(): Promise<number> {
    this.#state = 'busy';
    try {
      return await new Promise<number>((resolve, reject) => {
        const done = (error: unknown, result: number) => {
          if (error === null || error === undefined) resolve(result);
          else reject(new CutawayError('INTERNAL', 'zstd on a thread', { cause: error }));
        };
        this.#library.decompress.async(this.#stream, this.#output, this.#input, done);
      });
    } finally {
      this.#state = 'idle';
    }
  }

  #checkIdle(): void {
    if (this.#state !== 'idle') throw new CutawayError('INTERNAL', `zstd: it is ${this.#state}`);
  }

  #check(result: number): void {
    if (result < 0) throw new CutawayError('CORRUPT', this.#library.errorName(result));
  }
}
