import { execFileSync } from 'node:child_process';
import { finished } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import t, { type Test } from 'tap';
import type { SeekPoint, SeekPoints } from '../../src/image/seek-points.js';
import { isZstdMagic, parseZstdWindow } from '../../src/image/zstd-frame.js';
import {
  mixedContent,
  randomBlob,
  readRange,
  seededNumbers,
  seekPointsOf,
} from '../support/random-blob.js';

const SPAN = 100_000;
const CONTENT = mixedContent(1_500_000, 1);
const { constants, gzipSync } = zlib;

function run(program: string, ...options: string[]): Buffer {
  return execFileSync(program, options, { input: CONTENT, maxBuffer: 1 << 26 });
}

/** One member; after every part the blocks end and, with a full flush, forget what was before. */
async function flushed(size: number, flush: number): Promise<Buffer> {
  const gzip = zlib.createGzip();
  const parts: Buffer[] = [];
  gzip.on('data', (part: Buffer) => parts.push(part));
  for (let at = 0; at < CONTENT.length; at += size) {
    gzip.write(CONTENT.subarray(at, at + size));
    await new Promise<void>((resolve) => {
      gzip.flush(flush, resolve);
    });
  }
  gzip.end();
  await finished(gzip);
  return Buffer.concat(parts);
}

/** Parts of the content, each compressed by itself. */
function inParts(size: number, compress: (part: Buffer) => Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < CONTENT.length; at += size) {
    parts.push(compress(CONTENT.subarray(at, at + size)));
  }
  return Buffer.concat(parts);
}

/** A member with every optional field of RFC 1952 2.3. */
function decorated(bytes: Buffer): Buffer {
  const head = Buffer.from([0x1f, 0x8b, 8, 0x1c, 1, 2, 3, 4, 0, 255]);
  const extra = Buffer.from([4, 0, 65, 66, 0, 0]);
  const plain = gzipSync(bytes);
  return Buffer.concat([head, extra, Buffer.from('name\0comment\0'), plain.subarray(10)]);
}

/** RFC 8878 3.1.2. */
function skippable(content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a5e, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

const zstdPart = (part: Buffer): Buffer =>
  execFileSync('zstd', ['-qc'], { input: part, maxBuffer: 1 << 26 });

async function checkRanges(
  t: Test,
  bytes: Buffer,
  content: Buffer,
  points: SeekPoints | undefined,
): Promise<void> {
  const next = seededNumbers(7);
  const ends = points?.points.map(({ output }) => output) ?? [];
  const offsets = [0, 1, 32_768, content.length - 1, ...ends, ...ends.map((end) => end - 1)];
  for (let round = 0; round < 12; round += 1) offsets.push(next(content.length));
  for (const offset of offsets) {
    const length = Math.min(1 + next(round(offset) ? 400_000 : 3000), content.length - offset);
    const part = await readRange(randomBlob(bytes, 1 + next(70_000)), offset, length, points);
    if (!part.equals(content.subarray(offset, offset + length))) {
      t.fail(`${length} bytes at ${offset}`);
      return;
    }
  }
  t.pass(`${offsets.length} ranges`);
}

const round = (offset: number) => offset % 3 === 0;

t.test('any part of a gzip blob, of whatever made it', async (t) => {
  const strategies = {
    default: constants.Z_DEFAULT_STRATEGY,
    filtered: constants.Z_FILTERED,
    huffman: constants.Z_HUFFMAN_ONLY,
    rle: constants.Z_RLE,
    fixed: constants.Z_FIXED,
  };
  const blobs: Record<string, Buffer> = {
    'as of pigz': await flushed(131_072, constants.Z_SYNC_FLUSH),
    'as of pigz -i -b 32': await flushed(32_768, constants.Z_FULL_FLUSH),
    'a flush every 700 bytes': await flushed(700, constants.Z_PARTIAL_FLUSH),
    'gzip -9': run('gzip', '-9c'),
    members: inParts(70_000, (part) => gzipSync(part)),
    'many small members': inParts(5000, (part) => gzipSync(part)),
    'members of every kind': inParts(130_000, decorated),
    'empty members between': inParts(90_000, (part) =>
      Buffer.concat([gzipSync(''), gzipSync(part), gzipSync('')]),
    ),
    'small window': gzipSync(CONTENT, { windowBits: 9 }),
    'little memory': gzipSync(CONTENT, { memLevel: 1 }),
    'zeros behind': Buffer.concat([gzipSync(CONTENT), Buffer.alloc(5000)]),
  };
  for (let level = 0; level <= 9; level += 1) {
    blobs[`level ${level}`] = gzipSync(CONTENT, { level });
  }
  for (const [name, strategy] of Object.entries(strategies)) {
    blobs[`strategy ${name}`] = gzipSync(CONTENT, { strategy });
  }
  for (const [name, bytes] of Object.entries(blobs)) {
    await t.test(name, async (t) => {
      const points = await seekPointsOf(bytes, SPAN);
      const outputs = points.points.map(({ output }) => output);
      t.ok(outputs.length >= 7, `${outputs.length} points`);
      t.same(
        outputs,
        [...new Set(outputs)].sort((a, b) => a - b),
        'in order',
      );
      await checkRanges(t, bytes, CONTENT, points);
    });
  }
  const members = await seekPointsOf(blobs['many small members'] ?? Buffer.alloc(0), SPAN);
  t.ok(
    members.points.some(({ window }) => window === undefined),
    'a member is a point without a window',
  );
});

t.test('without points, and where there is nothing', async (t) => {
  const bytes = gzipSync(CONTENT);
  await checkRanges(t, bytes, CONTENT, undefined);
  await checkRanges(t, CONTENT, CONTENT, undefined);
  t.same((await seekPointsOf(gzipSync(''), SPAN)).points, []);
  t.same((await seekPointsOf(Buffer.alloc(0), SPAN)).points, []);
  t.same((await seekPointsOf(CONTENT, SPAN)).points, [], 'a plain blob needs none');
  for (const empty of [gzipSync(''), Buffer.alloc(0), zstdPart(Buffer.alloc(0))]) {
    t.equal((await readRange(randomBlob(empty), 0, 0)).length, 0);
    await t.rejects(readRange(randomBlob(empty), 0, 1), { code: 'CORRUPT' });
  }
  for (const [offset, length] of [
    [-1, 5],
    [0, -1],
    [0.5, 1],
    [Number.MAX_SAFE_INTEGER, 1],
    [NaN, 1],
  ] as const) {
    await t.rejects(readRange(randomBlob(bytes), offset, length), { code: 'INVALID_INPUT' });
  }
  await t.rejects(readRange(randomBlob(bytes), 2 ** 50, 1), { code: 'LIMIT_EXCEEDED' });
});

t.test('no more is read than it takes', async (t) => {
  const bytes = gzipSync(CONTENT);
  const points = await seekPointsOf(bytes, SPAN);
  const near = randomBlob(bytes, 1000);
  await readRange(near, 1_400_000, 100, points);
  t.ok(near.taken < SPAN + 140_000, `${near.taken} bytes from the nearest point`);
  const start = randomBlob(bytes, 1000);
  await readRange(start, 100, 100);
  t.ok(start.taken < 150_000, `${start.taken} bytes from the start`);
});

t.test('a blob that is cut short', async (t) => {
  for (const bytes of [gzipSync(CONTENT), CONTENT, inParts(200_000, zstdPart)]) {
    const points = await seekPointsOf(bytes, SPAN);
    for (const kept of [0.2, 0.5, 0.999]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * kept));
      const blob = { ...randomBlob(cut), digest: points.digest };
      await t.rejects(readRange(blob, CONTENT.length - 50_000, 50_000, points), {
        code: 'CORRUPT',
      });
      await t.rejects(readRange(blob, CONTENT.length - 50_000, 50_000), { code: 'CORRUPT' });
    }
    await t.rejects(readRange(randomBlob(bytes), CONTENT.length - 5, 6, points), {
      code: 'CORRUPT',
      message: /^read blob: it has 1500000 bytes, and not 6 at 1499995$/,
    });
  }
});

t.test('wrong points: an error or wrong bytes, never more than that', async (t) => {
  const bytes = gzipSync(CONTENT);
  const good = await seekPointsOf(bytes, SPAN);
  const [point] = good.points;
  t.ok(point?.window);
  const window = point!.window!;
  const other = zlib.deflateRawSync(Buffer.alloc(40_000));
  const certain: Partial<SeekPoint>[] = [
    { bits: 8 },
    { bits: -1 },
    { bits: 0.5 },
    { bits: NaN },
    { input: bytes.length + 1 },
    { input: 2 ** 40 },
    { input: 0 },
    { input: -5 },
    { input: NaN },
    { input: 1.5 },
    { output: -1 },
    { output: 0.5 },
    { window: other },
    { window: window.subarray(0, 10) },
    { window: Buffer.alloc(0) },
    { window: Buffer.from('no deflate') },
    { window: undefined },
  ];
  for (const change of certain) {
    const points = { ...good, points: [{ ...point!, ...change }] };
    await t.rejects(
      readRange(randomBlob(bytes), SPAN * 2, 1000, points),
      { code: 'CORRUPT' },
      JSON.stringify(change),
    );
  }
  const stranger = { ...good, digest: `sha256:${'0'.repeat(64)}` as const };
  await t.rejects(readRange(randomBlob(bytes), SPAN * 2, 1000, stranger), {
    code: 'CORRUPT',
    message: /wrong seek points: they are those of sha256:0000/,
  });
  const next = seededNumbers(99);
  const outcomes = { right: 0, wrong: 0, corrupt: 0 };
  for (let count = 0; count < 300; count += 1) {
    const points = good.points.map((one) => ({
      output: Math.max(0, one.output + next(2000) - 1000),
      input: Math.max(1, one.input + next(2000) - 1000),
      bits: next(8),
      window: zlib.deflateRawSync(mixedContent(next(32_769), 1 + next(1000))),
    }));
    const offset = next(CONTENT.length - 5000);
    try {
      const part = await readRange(randomBlob(bytes), offset, 5000, { ...good, points });
      t.equal(part.length, 5000);
      const isRight = part.equals(CONTENT.subarray(offset, offset + 5000));
      outcomes[isRight ? 'right' : 'wrong'] += 1;
    } catch (error) {
      t.match(error, { code: 'CORRUPT' });
      outcomes.corrupt += 1;
    }
  }
  t.ok(outcomes.corrupt > 100, JSON.stringify(outcomes));
});

t.test('zstd: points where frames start', async (t) => {
  const frames = inParts(60_000, zstdPart);
  const seekable = Buffer.concat([
    skippable(Buffer.from('head')),
    inParts(60_000, (part) => Buffer.concat([skippable(Buffer.alloc(300, 'm')), zstdPart(part)])),
    skippable(Buffer.alloc(3000, 't')),
  ]);
  for (const [name, bytes] of Object.entries({ frames, seekable })) {
    await t.test(name, async (t) => {
      const points = await seekPointsOf(bytes, SPAN);
      t.ok(points.points.length >= 7);
      t.ok(points.points.every(({ window }) => window === undefined));
      await checkRanges(t, bytes, CONTENT, points);
      const blob = randomBlob(bytes, 1000);
      await readRange(blob, 1_400_000, 100, points);
      t.ok(blob.taken < 250_000, `${blob.taken} bytes`);
    });
  }
  const single = run('zstd', '-qc');
  const points = await seekPointsOf(single, SPAN);
  t.same(points.points, [], 'none within a frame');
  await checkRanges(t, single, CONTENT, points);
  const wrong = { output: SPAN, input: 5000, bits: 0, window: undefined };
  await t.rejects(
    readRange(randomBlob(frames), SPAN, 10, {
      ...(await seekPointsOf(frames, SPAN)),
      points: [wrong],
    }),
    { code: 'CORRUPT' },
  );
  await t.rejects(
    readRange(randomBlob(single), SPAN, 10, {
      ...points,
      points: [{ ...wrong, window: zlib.deflateRawSync('') }],
    }),
    { code: 'CORRUPT', message: /wrong seek points/ },
  );
});

t.test('what a zstd frame says of itself', (t) => {
  const header = (...bytes: number[]) =>
    parseZstdWindow(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...bytes]));
  t.equal(header(0, 0), 1024);
  t.equal(header(0, 7 | (2 << 3)), 4096 + 7 * 512);
  t.equal(header(0x20, 200), 200);
  t.equal(header(0x60, 0, 1), 512, 'of two bytes: 256 more');
  t.equal(header(0xa0, 1, 2, 3, 0), 0x030201);
  t.equal(header(0xe0, 0, 0, 0, 0, 1, 0, 0, 0), 2 ** 32);
  t.equal(header(0x22, 9, 9, 7), 7, 'behind the id of a dictionary');
  t.equal(header(0x23, 9, 9, 9, 9, 6), 6);
  t.equal(header(), undefined);
  t.equal(header(0), undefined);
  t.equal(header(0xe0, 0, 0), undefined);
  t.equal(header(0x08, 0), 'invalid', 'the reserved bit');
  t.equal(parseZstdWindow(skippable(Buffer.alloc(9))), 0);
  t.equal(parseZstdWindow(Buffer.from('no frame')), 'invalid');
  t.ok(isZstdMagic(0x184d2a50) && isZstdMagic(0x184d2a5f) && !isZstdMagic(0x184d2a60));
  t.end();
});
