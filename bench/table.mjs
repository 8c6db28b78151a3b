// The lines that a bench prints: our time, the other's, their ratio, and whether it holds.
import { median, milliseconds } from './measure.mjs';

const lines = [];

/** `limit`: the most that the ratio may be; absent where a figure is only told. */
export function compare(title, times, name, against, limit) {
  if (!times.has(name) || !times.has(against)) {
    lines.push(`| ${title} | - | - | - | ${limit ?? ''} | left out: ${against} is not here |`);
    return;
  }
  const [own, other] = [median(times.get(name)), median(times.get(against))];
  const ratio = own / other;
  const verdict = limit === undefined ? '' : ratio <= limit ? 'holds' : 'MISSED';
  const cells = [
    title,
    milliseconds(own),
    milliseconds(other),
    ratio.toFixed(2),
    limit ?? '',
    verdict,
  ];
  lines.push(`| ${cells.join(' | ')} |`);
}

/** A figure that is no ratio: megabytes of memory. */
export function limited(title, value, limit, unit) {
  const verdict = value <= limit ? 'holds' : 'MISSED';
  lines.push(`| ${title} | ${value.toFixed(0)} ${unit} | | | ${limit} ${unit} | ${verdict} |`);
}

/** Prints what was compared; the exit status is 1 when something does not hold. */
export function printTable() {
  console.log('\n| what | cutaway | other | ratio | at most | |\n|---|---:|---:|---:|---:|---|');
  for (const line of lines) console.log(line);
  if (lines.some((line) => line.includes('MISSED'))) process.exitCode = 1;
}
