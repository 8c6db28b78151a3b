// How far a pull is, a line for each layer: in the words of Docker's client, which people know.
import { withProgressBar } from './progress-bar.js';

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
  return withProgressBar(start, line, width);
}

/** Whether nothing will change in it any more. */
export function isFinalPullLine({ state }: PullLine): boolean {
  return state === 'complete' || state === 'exists';
}
