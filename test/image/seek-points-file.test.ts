import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { formatSeekPoints, parseSeekPoints } from '../../src/image/seek-points-file.js';
import { SEEK_SPAN, type SeekPoints } from '../../src/image/seek-points.js';
import {
  mixedContent,
  randomBlob,
  readRange,
  seededNumbers,
  seekPointsOf,
} from '../support/random-blob.js';

const CONTENT = mixedContent(800_000, 3);
/** One long member, then short ones. */
const BLOB = Buffer.concat([
  gzipSync(CONTENT.subarray(0, 500_000)),
  ...Array.from({ length: 300 }, (_, at) =>
    gzipSync(CONTENT.subarray(500_000 + at * 1000, 501_000 + at * 1000)),
  ),
]);
const HEADER = 64;
const CHECKSUM_AT = 32;

/** With the checksum that it has to have: what is wrong is then wrong in earnest. */
function sealed(bytes: Buffer): Buffer {
  const hash = createHash('sha256').update(bytes.subarray(0, CHECKSUM_AT));
  bytes.set(hash.update(bytes.subarray(HEADER)).digest(), CHECKSUM_AT);
  return bytes;
}

t.test('what is written is what is read', async (t) => {
  const points = await seekPointsOf(BLOB, 50_000);
  t.ok(points.points.some(({ window }) => window === undefined));
  t.ok(points.points.some(({ bits }) => bits > 0));
  const file = formatSeekPoints(points);
  const read = parseSeekPoints(file, points.digest);
  const plain = ({ points }: SeekPoints) =>
    points.map((point) => ({ ...point, window: point.window?.toString('hex') }));
  t.same(plain(read), plain(points));
  t.equal(read.digest, points.digest);
  t.ok(formatSeekPoints(read).equals(file), 'the same bytes again');
  const part = await readRange(randomBlob(BLOB), 444_000, 200_000, read);
  t.ok(part.equals(CONTENT.subarray(444_000, 644_000)));
  const none = { digest: points.digest, points: [] };
  t.same(parseSeekPoints(formatSeekPoints(none), points.digest), none);
});

t.test('how far apart they are, and how big', async (t) => {
  const content = mixedContent(3 * SEEK_SPAN + 1_000_000, 5);
  const bytes = gzipSync(content, { level: 1 });
  const points = await seekPointsOf(bytes, SEEK_SPAN);
  t.equal(points.points.length, 3);
  for (const [index, { output }] of points.points.entries()) {
    const behind = output - (index + 1) * SEEK_SPAN;
    t.ok(behind >= 0 && behind < 500_000, `${behind} bytes after the span`);
  }
  t.ok(formatSeekPoints(points).length < 3 * 33_000);
});

t.test('every damage is CORRUPT', async (t) => {
  const points = await seekPointsOf(BLOB, 50_000);
  const file = formatSeekPoints(points);
  const next = seededNumbers(11);
  for (let count = 0; count < 300; count += 1) {
    const damaged = Buffer.from(file);
    const at = count < HEADER ? count : next(file.length);
    damaged[at] = (damaged[at] ?? 0) ^ (1 + next(255));
    t.throws(() => parseSeekPoints(damaged, points.digest), { code: 'CORRUPT' }, `byte ${at}`);
  }
  for (const length of [0, 10, HEADER - 1, HEADER, HEADER + 80, file.length - 1]) {
    const cut = file.subarray(0, length);
    t.throws(() => parseSeekPoints(cut, points.digest), { code: 'CORRUPT' }, `cut to ${length}`);
  }
  const other = `sha256:${'1'.repeat(64)}` as const;
  t.throws(() => parseSeekPoints(file, other), { code: 'CORRUPT', message: /those of "sha256:/ });
});

t.test('a file that lies and has the right checksum', async (t) => {
  const points = await seekPointsOf(BLOB, 50_000);
  const file = formatSeekPoints(points);
  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(file);
    change(bytes);
    return sealed(bytes);
  };
  const recordsAt = HEADER + points.digest.length;
  const lies: Record<string, Buffer> = {
    version: changed((bytes) => bytes.writeUInt32LE(2, 16)),
    'points that are not there': changed((bytes) => bytes.writeUInt32LE(0xffff_fff0, 20)),
    'a longer digest': changed((bytes) => bytes.writeUInt32LE(0xffff_fff0, 24)),
    'a longer window': changed((bytes) => bytes.writeUInt32LE(0xffff_fff0, recordsAt + 16)),
  };
  for (const [name, bytes] of Object.entries(lies)) {
    t.throws(() => parseSeekPoints(bytes, points.digest), { code: 'CORRUPT' }, name);
  }
  const states = [
    changed((bytes) => bytes.writeDoubleLE(NaN, recordsAt)),
    changed((bytes) => bytes.writeDoubleLE(-1, recordsAt + 8)),
    changed((bytes) => bytes.writeDoubleLE(1e300, recordsAt + 8)),
    changed((bytes) => bytes.writeUInt8(255, recordsAt + 20)),
  ];
  for (const bytes of states) {
    const { digest } = points;
    const read = { digest, points: parseSeekPoints(bytes, digest).points.slice(0, 1) };
    const part = await readRange(randomBlob(BLOB), 60_000, 100, read).catch((error: unknown) => {
      t.match(error, { code: 'CORRUPT' });
      return undefined;
    });
    // NaN is at or before nothing: that point is not used.
    if (part !== undefined) t.ok(part.equals(CONTENT.subarray(60_000, 60_100)));
  }
});
