// How far a pull is, a line for each layer: in the words of Docker's client, which people know.
import { formatSize } from './size.js';

export interface PullLine {
  /** Twelve digits of the digest. */
  readonly id: string;
  readonly size: number;
  readonly state:
    | 'pulling'
    | 'waiting'
    | 'downloading'
    | 'verifying'
    | 'downloaded'
    | 'extracting'
    | 'complete'
    | 'exists';
  readonly bytes: number;
}

const WORDS = {
  pulling: 'Pulling fs layer',
  waiting: 'Waiting',
  downloading: 'Downloading',
  verifying: 'Verifying Checksum',
  downloaded: 'Download complete',
  extracting: 'Extracting',
  complete: 'Pull complete',
  exists: 'Already exists',
} as const;

/** `a1b2c3d4e5f6: Downloading [====>     ] 12.3 MB/45.6 MB`, within `width` columns. */
export function pullLine(line: PullLine, width: number): string {
  const { id, state } = line;
  const start = `${id}: ${WORDS[state]}`;
  if (state !== 'downloading' && state !== 'extracting') return start.slice(0, width);
  const amount = `${formatSize(line.bytes)}/${formatSize(line.size)}`;
  const room = Math.min(BAR, width - start.length - amount.length - 4);
  if (room < LEAST_BAR) return `${start} ${amount}`.slice(0, width);
  return `${start} [${bar(line, room)}] ${amount}`;
}

const BAR = 50;
const LEAST_BAR = 8;

function bar({ bytes, size }: PullLine, length: number): string {
  const share = size === 0 ? 1 : Math.min(1, bytes / size);
  const done = Math.round(share * length);
  return (done === 0 ? '' : `${'='.repeat(done - 1)}>`).padEnd(length);
}

/** Whether nothing will change in it any more. */
export function isFinalPullLine({ state }: PullLine): boolean {
  return state === 'complete' || state === 'exists';
}
