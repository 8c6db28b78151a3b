import { formatSize } from './size.js';

const BAR = 50;
const LEAST_BAR = 8;

export interface Amount {
  readonly bytes: number;
  readonly size: number;
}

/** `START [====>     ] 12.3 MB/45.6 MB`, within `width` columns. */
export function withProgressBar(start: string, { bytes, size }: Amount, width: number): string {
  const amount = `${formatSize(bytes)}/${formatSize(size)}`;
  const room = Math.min(BAR, width - start.length - amount.length - 4);
  if (room < LEAST_BAR) return `${start} ${amount}`.slice(0, width);
  const share = size === 0 ? 1 : Math.min(1, bytes / size);
  const done = Math.round(share * room);
  const bar = (done === 0 ? '' : `${'='.repeat(done - 1)}>`).padEnd(room);
  return `${start} [${bar}] ${amount}`;
}
