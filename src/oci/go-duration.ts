import { CutawayError } from './error.js';

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** `1h30m`, `1.5s`: a span as Go writes it, in nanoseconds. */
export function readDuration(text: string): number {
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text;
  const total = parts.reduce((sum, part) => sum + Number(part[1]) * (UNITS[part[2] ?? ''] ?? 0), 0);
  if (isWhole && Number.isSafeInteger(Math.round(total))) return Math.round(total);
  throw new CutawayError('INVALID_INPUT', `${JSON.stringify(text)} is no span of time`, {
    hint: 'write 30s, 1m30s or 2h',
  });
}
