// Reading the log of a container: what there is, and what comes.
import type { OpenFile, ReadHost } from '../../host/host.js';
import { hasCode } from '../../oci/error.js';
import type { LogStream } from './log-writer.js';

export interface LogRecord {
  /** With the newline at its end, unless the line goes on in the next record. */
  readonly log: string;
  readonly stream: LogStream;
  /** RFC 3339 in UTC with nanoseconds. */
  readonly time: string;
}

export interface LogChoice {
  /** Only so many lines at the end; records that make one line are counted as one. */
  readonly tail?: number;
  /** Times as in records; both ends belong to it. */
  readonly since?: string;
  readonly until?: string;
}

const PIECE = 1 << 18;
const NEWLINE = 0x0a;
const POLL_MILLISECONDS = 50;

interface LogFile {
  readonly file: OpenFile;
  readonly inode: bigint;
}

/**
 * Records of the files that there are, oldest first, in batches; a line that is no record is left out.
 * With `isOver` also what comes, through the turning of files, until it says so and all is read.
 */
export async function* readLog(
  host: ReadHost,
  path: string,
  choice: LogChoice,
  isOver?: () => boolean,
): AsyncGenerator<LogRecord[]> {
  let files = openFiles(host, path);
  const opened = files.map(({ file }) => file);
  const starts = choice.tail === undefined ? [] : findTail(opened, choice.tail);
  const select = (record: LogRecord) => isWithin(record, choice);
  let last: LogFile | undefined;
  let more = linesFrom(undefined, 0);
  try {
    for (const [index, next] of files.entries()) {
      more = linesFrom(next.file, starts[index] ?? 0);
      last = next;
      for (const records of more()) yield records.filter(select);
    }
    while (isOver !== undefined) {
      const wasOver = isOver();
      for (const records of more()) yield records.filter(select);
      const newer = openNewer(host, path, last);
      // It was turned away from only after its last line.
      for (const records of more()) yield records.filter(select);
      if (newer.length === 0) {
        if (wasOver || isPast(host, choice)) return;
        await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
        continue;
      }
      for (const { file } of files) file.close();
      files = newer;
      for (const next of newer) {
        more = linesFrom(next.file, 0);
        last = next;
        for (const records of more()) yield records.filter(select);
      }
    }
  } finally {
    for (const { file } of files) file.close();
  }
}

function isPast(host: ReadHost, { until }: LogChoice): boolean {
  return until !== undefined && until < `${new Date(host.now()).toISOString().slice(0, -1)}000000Z`;
}

/** The turned ones first: PATH.2, PATH.1, PATH. */
function openFiles(host: ReadHost, path: string): LogFile[] {
  return openNewer(host, path, undefined);
}

/** Those that were begun after `last`; all, when it is none of them any more. */
function openNewer(host: ReadHost, path: string, last: LogFile | undefined): LogFile[] {
  const files: LogFile[] = [];
  for (let number = 0; ; number += 1) {
    const found = openSame(host, number === 0 ? path : `${path}.${number}`);
    if (found?.inode === last?.inode || (found === undefined && number > 0)) {
      found?.file.close();
      return files;
    }
    if (found !== undefined) files.unshift(found);
  }
}

/** A file with its inode: it may be renamed between the one look and the other. */
function openSame(host: ReadHost, path: string): LogFile | undefined {
  for (;;) {
    const before = host.findStatus(path);
    if (before === undefined) return undefined;
    let file: OpenFile;
    try {
      file = host.openFile(path);
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
    if (host.findStatus(path)?.inode === before.inode) return { file, inode: before.inode };
    file.close();
  }
}

/** Reads on from where it stood each time it is called; what is no whole line yet waits. */
function linesFrom(file: OpenFile | undefined, start: number): () => Generator<LogRecord[]> {
  let position = start;
  let rest: Buffer = Buffer.alloc(0);
  return function* () {
    for (;;) {
      const piece = file?.read(position, PIECE);
      if (piece === undefined || piece.length === 0) return;
      position += piece.length;
      const text = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const end = text.lastIndexOf(NEWLINE) + 1;
      const lines = text.toString('utf8', 0, end).split('\n');
      rest = Buffer.from(text.subarray(end));
      yield lines.map(parseRecord).filter((record) => record !== undefined);
    }
  };
}

/** Where the last `count` lines begin in each file; read from the end, so that a long log costs nothing. */
function findTail(files: readonly OpenFile[], count: number): number[] {
  const starts = files.map((file) => file.size);
  let left = count;
  // A line's last record says by its newline that the line before has ended.
  let isWhole = false;
  for (let index = files.length - 1; index >= 0; index -= 1) {
    const file = files[index];
    if (file === undefined) continue;
    for (const { text, position } of linesBackwards(file)) {
      const record = parseRecord(text);
      if (record === undefined) continue;
      if (record.log.endsWith('\n') || !isWhole) {
        if (left === 0) return starts;
        left -= 1;
      }
      isWhole = true;
      starts[index] = position;
    }
  }
  return starts;
}

function* linesBackwards(file: OpenFile): Generator<{ text: string; position: number }> {
  let end = file.size;
  let tail = Buffer.alloc(0);
  while (end > 0) {
    const start = Math.max(0, end - PIECE);
    const text = Buffer.concat([readWhole(file, start, end - start), tail]);
    let to = text.length;
    for (;;) {
      // The newline that ends the line before this one.
      const newline = to < 2 ? -1 : text.lastIndexOf(NEWLINE, to - 2);
      if (newline < 0) break;
      yield {
        text: text.toString('utf8', newline + 1, to).trimEnd(),
        position: start + newline + 1,
      };
      to = newline + 1;
    }
    tail = Buffer.from(text.subarray(0, to));
    end = start;
  }
  if (tail.length > 0) yield { text: tail.toString('utf8').trimEnd(), position: 0 };
}

function readWhole(file: OpenFile, position: number, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let got = 0; got < length;) {
    const part = file.read(position + got, length - got);
    if (part.length === 0) break;
    parts.push(Buffer.from(part));
    got += part.length;
  }
  return Buffer.concat(parts);
}

export function parseRecord(line: string): LogRecord | undefined {
  try {
    const { log, stream, time } = JSON.parse(line) as Partial<LogRecord>;
    if (typeof log !== 'string' || typeof time !== 'string') return undefined;
    return { log, stream: stream === 'stderr' ? 'stderr' : 'stdout', time };
  } catch {
    return undefined;
  }
}

export function isWithin({ time }: LogRecord, { since, until }: LogChoice): boolean {
  return (since === undefined || time >= since) && (until === undefined || time <= until);
}
