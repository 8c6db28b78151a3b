// Sizes, counts, ages, ids and cuts: what faces make of single values.
import t from 'tap';
import { formatAge, formatDuration } from '../../src/report/age.js';
import { cut } from '../../src/report/cut.js';
import { shortID, shortLink, shortPath } from '../../src/report/short.js';
import { formatCount, formatNumberOf, formatSize } from '../../src/report/size.js';

t.test('sizes', (t) => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1249, '1.25 kB'],
    [1250, '1.25 kB'],
    [9_994, '9.99 kB'],
    [9_996, '10 kB'],
    [10_500, '10.5 kB'],
    [99_949, '99.9 kB'],
    [99_951, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [1_984_297, '1.98 MB'],
    [204_000_000, '204 MB'],
    [1_000_000_000, '1 GB'],
    [1.5e12, '1.5 TB'],
    [Number.MAX_SAFE_INTEGER, '9.01 PB'],
    [1e19, '10000 PB'],
  ];
  for (const [bytes, expected] of cases) t.equal(formatSize(bytes), expected);
  t.end();
});

t.test('counts', (t) => {
  t.equal(formatCount(0), '0');
  t.equal(formatCount(999), '999');
  t.equal(formatCount(1000), '1,000');
  t.equal(formatCount(1_234_567), '1,234,567');
  t.equal(formatNumberOf(1, 'file', 'files'), '1 file');
  t.equal(formatNumberOf(0, 'file', 'files'), '0 files');
  t.equal(formatNumberOf(9874, 'file', 'files'), '9,874 files');
  t.end();
});

t.test('durations and ages', (t) => {
  const second = 1000;
  const day = 86_400 * second;
  const cases: [number, string][] = [
    [0, 'Less than a second'],
    [999, 'Less than a second'],
    [second, '1 second'],
    [59.9 * second, '59 seconds'],
    [60 * second, '1 minute'],
    [119 * second, '1 minute'],
    [3599 * second, '59 minutes'],
    [3600 * second, '1 hour'],
    [day - 1, '23 hours'],
    [day, '1 day'],
    [7 * day, '1 week'],
    [30 * day, '4 weeks'],
    [31 * day, '1 month'],
    [365 * day, '11 months'],
    [366 * day, '1 year'],
    [1000 * day, '2 years'],
  ];
  for (const [milliseconds, expected] of cases) t.equal(formatDuration(milliseconds), expected);
  const now = Date.parse('2026-11-21T12:00:00Z');
  t.equal(formatAge('2026-11-21T11:58:00.123456789Z', now), '1 minute ago');
  t.equal(formatAge('2027-01-01T00:00:00Z', now), 'Less than a second ago', 'from the future');
  t.equal(formatAge('yesterday', now), 'yesterday', 'no time is shown as it stands');
  t.equal(formatAge(undefined, now), '');
  t.equal(formatAge('', now), '');
  t.end();
});

t.test('ids, links and paths', (t) => {
  const id = '0123456789abcdef'.repeat(4);
  t.equal(shortID(`sha256:${id}`, { noTrunc: false }), '0123456789ab');
  t.equal(shortID(id, { noTrunc: false }), '0123456789ab');
  t.equal(shortID(`sha256:${id}`, { noTrunc: true }), `sha256:${id}`);
  t.equal(shortLink('/r/overlay/l/ABCDEFGHIJKLMNOPQRSTUVWXYZ', { noTrunc: false }), 'l/ABCDEFGH…');
  t.equal(shortLink('/r/l/ABCDEFGHIJ', { noTrunc: true }), '/r/l/ABCDEFGHIJ');
  const path = `/var/lib/${id}/diff`;
  t.equal(shortPath(path, 200, { noTrunc: false }), path, 'where there is room, whole');
  t.equal(shortPath(path, 20, { noTrunc: false }), '/var/lib/0123456789ab…/diff');
  t.equal(shortPath(path, 20, { noTrunc: true }), path);
  t.end();
});

t.test('cuts by columns, not by characters', (t) => {
  t.equal(cut('short', 5), 'short');
  t.equal(cut('longer', 5), 'long…');
  t.equal(cut('日本語', 6), '日本語');
  t.equal(cut('日本語', 5), '日本…');
  t.equal(cut('日本語', 4), '日…', 'half a character is none');
  t.equal(cut('🐳🐳🐳', 5), '🐳🐳…');
  t.end();
});
