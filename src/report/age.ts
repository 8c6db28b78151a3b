import { safeText } from './text.js';

const STEPS: readonly [number, string][] = [
  [365.25 * 86_400, 'year'],
  [30.44 * 86_400, 'month'],
  [7 * 86_400, 'week'],
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
];

/** The time between two moments in words: "4 months", "Less than a second". */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 1) return 'Less than a second';
  for (const [length, name] of STEPS) {
    const count = Math.floor(seconds / length);
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  const whole = Math.floor(seconds);
  return `${whole} second${whole === 1 ? '' : 's'}`;
}

/** "4 months ago"; a time that cannot be read is shown as it stands. */
export function formatAge(time: string | undefined, now: number): string {
  if (time === undefined || time === '') return '';
  const at = Date.parse(time);
  return Number.isNaN(at) ? safeText(time) : `${formatDuration(Math.max(0, now - at))} ago`;
}
