// How far a pull is, a line for each layer: in the words of Docker's client, which people know.
import type { LayerLine } from './layer-line.js';

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

export interface PullStep {
  /** Twelve digits of the digest. */
  readonly id: string;
  readonly size: number;
  readonly state: keyof typeof WORDS;
  readonly bytes: number;
}

export function pullLine({ id, size, state, bytes }: PullStep): LayerLine {
  const isMoving = state === 'downloading' || state === 'extracting';
  const isFinal = state === 'complete' || state === 'exists';
  return {
    name: id,
    text: WORDS[state],
    ...(isMoving ? { amount: { bytes, size } } : {}),
    isFinal,
    isNews: isFinal || state === 'pulling' || state === 'downloaded',
  };
}
