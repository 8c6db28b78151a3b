import { formatSize } from './size.js';

const WIDTH = 50;

/** As Docker draws it: `[=====>      ]  12.3 MB / 45 MB`. */
export function progressBar(done: number, total: number): string {
  const part = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor(part * WIDTH);
  const bar = filled === WIDTH ? '='.repeat(WIDTH) : `${'='.repeat(filled)}>`.padEnd(WIDTH);
  return `[${bar}]  ${formatSize(Math.min(done, total))} / ${formatSize(total)}`;
}
