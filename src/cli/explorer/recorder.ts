// What a terminal was sent, with the times: an asciicast of version 2
// (https://docs.asciinema.org/manual/asciicast/v2/).
import type { Context } from '../context.js';

export interface Recorder {
  record(text: string): void;
  /** Ends the file. */
  close(): void;
}

export function makeRecorder({ host, stdout }: Context, path: string): Recorder {
  const header = {
    version: 2,
    width: stdout.columns,
    height: stdout.rows,
    timestamp: Math.floor(host.now() / 1000),
    title: 'cutaway',
  };
  host.writeFileAtomic(path, `${JSON.stringify(header)}\n`);
  const start = host.monotonic();
  let lines = '';
  return {
    record: (text) => {
      const seconds = Number(host.monotonic() - start) / 1e9;
      lines += `${JSON.stringify([Number(seconds.toFixed(6)), 'o', text])}\n`;
      if (lines.length < FLUSH) return;
      host.appendFile(path, lines);
      lines = '';
    },
    close: () => {
      host.appendFile(path, lines);
      lines = '';
    },
  };
}

/** Characters that are kept before they are written. */
const FLUSH = 64 * 1024;
