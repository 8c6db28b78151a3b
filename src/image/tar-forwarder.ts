import { BLOCK_SIZE, paddingOf } from './tar-field.js';

/** Takes a tar, such as a running GNU tar's standard input. A promise asks for patience. */
export interface TarSink {
  write(bytes: Buffer): void | Promise<void>;
  end(): void | Promise<void>;
}

/**
 * Passes chosen bytes on to a sink. Neighbours in one chunk are joined again, so that a chunk
 * of which nothing is left out goes on as one write.
 */
export class TarForwarder {
  readonly #sink: TarSink;
  #run: Buffer | undefined;
  #pending: Promise<void>[] = [];
  #forwarded = 0;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#forwarded += bytes.length;
    const run = this.#run;
    const end = run === undefined ? -1 : run.byteOffset + run.length;
    if (run !== undefined && run.buffer === bytes.buffer && end === bytes.byteOffset) {
      this.#run = Buffer.from(run.buffer, run.byteOffset, run.length + bytes.length);
      return;
    }
    this.#send();
    this.#run = bytes;
  }

  /** To be awaited after each chunk, before the next is read. */
  async flush(): Promise<void> {
    this.#send();
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending);
  }

  /** Fills the last block and closes the archive. */
  async end(): Promise<void> {
    const closing = Buffer.alloc(paddingOf(this.#forwarded) + 2 * BLOCK_SIZE);
    this.write(closing);
    await this.flush();
    await this.#sink.end();
  }

  #send(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    const result = this.#sink.write(run);
    if (result !== undefined) this.#pending.push(result);
  }
}
