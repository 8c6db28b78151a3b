// The contents of many files: those that lie near each other in a blob come out of one reading, so
// that a directory of a gzip layer costs one pass and not one for each file.
import { CutawayError } from '../oci/error.js';
import { readContent, verifiedContent, type ContentPlace } from './content.js';

/** Bytes between two files that are rather thrown away than left out. */
const NEAR = 4 << 20;

export interface FileChunks<Item> {
  readonly item: Item;
  /** To be read before the next one is asked for; fails like `readContent`. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** In the order in which their layers have them. */
export async function* readContents<Item extends { readonly place: ContentPlace }>(
  items: readonly Item[],
): AsyncGenerator<FileChunks<Item>> {
  for (const run of findRuns(items)) {
    const [first] = run;
    if (first === undefined) continue;
    if (run.length === 1) yield { item: first, chunks: readContent(first.place) };
    else yield* readRun(run);
  }
}

function findRuns<Item extends { readonly place: ContentPlace }>(items: readonly Item[]): Item[][] {
  const sorted = [...items].sort(
    ({ place: a }, { place: b }) => a.layer - b.layer || startOf(a) - startOf(b),
  );
  const runs: Item[][] = [];
  let last: ContentPlace | undefined;
  for (const item of sorted) {
    const { place } = item;
    if (last !== undefined && isNear(last, place)) runs.at(-1)?.push(item);
    else runs.push([item]);
    last = place;
  }
  return runs;
}

function isNear(last: ContentPlace, next: ContentPlace): boolean {
  if (last.source !== next.source || last.source.kind !== 'blob') return false;
  if (last.entry.offset === undefined || next.entry.offset === undefined) return false;
  const gap = next.entry.offset - (last.entry.offset + last.entry.size);
  return gap >= 0 && gap <= NEAR;
}

function startOf({ entry }: ContentPlace): number {
  return entry.offset ?? -1;
}

async function* readRun<Item extends { readonly place: ContentPlace }>(
  run: readonly Item[],
): AsyncGenerator<FileChunks<Item>> {
  const [first, last] = [run[0]?.place, run.at(-1)?.place];
  if (first?.source.kind !== 'blob' || last === undefined) return;
  const start = startOf(first);
  const length = startOf(last) + last.entry.size - start;
  const points = length === 0 ? undefined : first.source.findSeekPoints();
  const cursor = new Cursor(first.source.layer.readRange(start, length, points), start);
  try {
    for (const item of run) {
      const { entry } = item.place;
      const part = cursor.take(startOf(item.place), entry.size);
      yield { item, chunks: verifiedContent(part, item.place) };
    }
  } finally {
    await cursor.close();
  }
}

/** Parts of a stream, one behind the other. */
class Cursor {
  readonly #source: AsyncIterator<Buffer>;
  #position: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>, position: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#position = position;
  }

  async *take(from: number, length: number): AsyncGenerator<Buffer> {
    const end = from + length;
    while (this.#position < end) {
      if (this.#rest.length === 0) {
        const next = await this.#source.next();
        if (next.done === true) throw new CutawayError('CORRUPT', 'unexpected end of the layer');
        this.#rest = next.value;
      }
      const taken = this.#rest.subarray(0, end - this.#position);
      const wanted = taken.subarray(Math.max(0, from - this.#position));
      this.#position += taken.length;
      this.#rest = this.#rest.subarray(taken.length);
      if (wanted.length > 0) yield wanted;
    }
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
