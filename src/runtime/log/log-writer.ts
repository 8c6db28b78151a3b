// The log of a container: a line of JSON for each line that it prints, as Docker's json-file has them
// (moby, daemon/logger/jsonfilelog), with its limits of size and number.
import type { Host } from '../../host/host.js';
import { hasCode } from '../../oci/error.js';
import type { LogLimits } from '../store/container-store.js';

/** What a line is cut at, its newline counted: the rest is a record of its own, and only the last one ends in "\n". */
const LINE_MOST = 16 * 1024;

export interface LogWriter {
  write(stream: LogStream, chunk: Buffer): void;
  /** What is left of lines without an end. */
  flush(): void;
}

export type LogStream = 'stdout' | 'stderr';

export function openLog(host: Host, path: string, limits: LogLimits): LogWriter {
  const append = logFile(host, path, limits);
  const clock = nanosecondClock(host);
  const cutters = { stdout: lineCutter(clock, 'stdout'), stderr: lineCutter(clock, 'stderr') };
  return {
    write: (stream, chunk) => {
      append(cutters[stream].cut(chunk));
    },
    flush: () => {
      append([...cutters.stdout.rest(), ...cutters.stderr.rest()]);
    },
  };
}

/** Records of the lines of one stream, whatever chunks they come in. */
function lineCutter(clock: () => string, stream: LogStream) {
  let rest: Buffer = Buffer.alloc(0);
  // All parts of a line have the time of the first.
  let started: string | undefined;
  const record = (line: Buffer, time: string) =>
    `{"log":${JSON.stringify(line.toString('utf8'))},"stream":"${stream}","time":"${time}"}\n`;
  const cut = (chunk: Buffer): string[] => {
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const now = clock();
    const records: string[] = [];
    let at = 0;
    for (;;) {
      const newline = text.indexOf(0x0a, at);
      const end = newline < 0 ? text.length : newline + 1;
      if (newline >= 0 && end - at <= LINE_MOST) {
        records.push(record(text.subarray(at, end), started ?? now));
        started = undefined;
        at = end;
      } else if (end - at >= LINE_MOST) {
        started ??= now;
        const part = wholeCharacters(text.subarray(at, at + LINE_MOST));
        records.push(record(part, started));
        at += part.length;
      } else break;
    }
    // Its own bytes: the chunk is used again.
    rest = Buffer.from(text.subarray(at));
    if (rest.length > 0) started ??= now;
    return records;
  };
  return {
    cut,
    rest: () => {
      const records = rest.length === 0 ? [] : [record(rest, started ?? clock())];
      rest = Buffer.alloc(0);
      started = undefined;
      return records;
    },
  };
}

/** Not in the middle of a UTF-8 sequence, which would be lost on both sides. */
function wholeCharacters(part: Buffer): Buffer {
  for (let back = 1; back <= 3 && back < part.length; back += 1) {
    const byte = part[part.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? part.subarray(0, part.length - back) : part;
  }
  return part;
}

/**
 * The time of day to the nanosecond, from the clock that has no more than milliseconds and the one that
 * never goes back: a later line never has an earlier time, unless somebody sets the clock.
 */
function nanosecondClock(host: Host): () => string {
  const offset = () => BigInt(host.now()) * 1_000_000n - host.monotonic();
  let ahead = offset();
  return () => {
    const now = offset();
    if (now - ahead > CLOCK_SLACK || ahead - now > CLOCK_SLACK) ahead = now;
    const time = host.monotonic() + ahead;
    const seconds = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 20);
    return `${seconds}${String(time % 1_000_000_000n).padStart(9, '0')}Z`;
  };
}

const CLOCK_SLACK = 5_000_000n;

function logFile(
  host: Host,
  path: string,
  limits: LogLimits,
): (records: readonly string[]) => void {
  const { maxSize = Infinity, maxFiles } = limits;
  let size = host.findStatus(path)?.size ?? 0;
  return (records) => {
    let batch: string[] = [];
    const write = () => {
      if (batch.length > 0) host.appendFile(path, batch.join(''));
      batch = [];
    };
    for (const record of records) {
      const length = maxSize === Infinity ? 0 : Buffer.byteLength(record);
      // As Docker: what is full already is turned before the next line.
      if (size >= maxSize) {
        write();
        rotate(host, path, maxFiles);
        size = 0;
      }
      batch.push(record);
      size += length;
    }
    write();
  };
}

/** PATH becomes PATH.1, that PATH.2, and so on; the oldest goes. */
function rotate(host: Host, path: string, files: number): void {
  for (let number = files - 1; number >= 1; number -= 1) {
    const from = number === 1 ? path : `${path}.${number - 1}`;
    try {
      host.rename(from, `${path}.${number}`);
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND')) throw error;
    }
  }
  // A file of its own again, so that who reads it sees that it is another.
  if (files === 1) host.removeFile(path);
}
