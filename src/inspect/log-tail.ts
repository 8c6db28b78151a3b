// The last lines that a container printed, from the file that its engine keeps.
import type { ReadHost } from '../host/host.js';

export interface LogLine {
  readonly stream: 'stdout' | 'stderr' | undefined;
  /** As the engine wrote it. */
  readonly time: string | undefined;
  readonly text: string;
}

export interface LogTail {
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly lines: readonly LogLine[];
}

const TAIL_BYTES = 256 * 1024;

/** Of the last 256 KiB; the first line of these is whole. */
export function readLogTail(host: ReadHost, path: string): LogTail {
  const file = host.openFile(path);
  try {
    const start = Math.max(0, file.size - TAIL_BYTES);
    const text = file.read(start, file.size - start).toString('utf8');
    const whole = start === 0 ? text : text.slice(text.indexOf('\n') + 1);
    return { path, size: file.size, lines: parseLog(whole) };
  } finally {
    file.close();
  }
}

/** What is cut into parts by its writer is one line again. */
export function parseLog(text: string): LogLine[] {
  const lines: LogLine[] = [];
  let isOpen = false;
  for (const raw of text.split('\n')) {
    if (raw === '') continue;
    const { isPart, ...line } = parseLine(raw);
    const last = lines.at(-1);
    if (isOpen && last !== undefined && last.stream === line.stream) {
      lines[lines.length - 1] = { ...last, text: last.text + line.text };
    } else lines.push(line);
    isOpen = isPart;
  }
  return lines;
}

type RawLine = LogLine & { readonly isPart: boolean };

function parseLine(raw: string): RawLine {
  return (
    parseJsonLine(raw) ??
    parseCriLine(raw) ?? { stream: undefined, time: undefined, text: raw, isPart: false }
  );
}

/** Docker's json-file (moby, daemon/logger/jsonfilelog), and ours. */
function parseJsonLine(raw: string): RawLine | undefined {
  if (!raw.startsWith('{')) return undefined;
  let record: unknown;
  try {
    record = JSON.parse(raw);
  } catch {
    return undefined;
  }
  if (typeof record !== 'object' || record === null || !('log' in record)) return undefined;
  const { log, stream, time } = record as { log: unknown; stream?: unknown; time?: unknown };
  if (typeof log !== 'string') return undefined;
  return {
    stream: stream === 'stderr' ? 'stderr' : 'stdout',
    time: typeof time === 'string' ? time : undefined,
    text: log.replace(/\r?\n$/, ''),
    isPart: !log.endsWith('\n'),
  };
}

/** The kubelet's format, which Podman's k8s-file has too: P is a part of a line, F its end. */
function parseCriLine(raw: string): RawLine | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([PF])(?: |$)(.*)$/s.exec(raw);
  if (match === null) return undefined;
  const [, time, stream, tag, text = ''] = match;
  return { stream: stream === 'stderr' ? 'stderr' : 'stdout', time, text, isPart: tag === 'P' };
}
