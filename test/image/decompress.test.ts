import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as zlib from 'node:zlib';
import t from 'tap';
import { openZstd } from '../../src/host/zstd.js';
import {
  decompress,
  detectCompression,
  type DecompressOptions,
} from '../../src/image/decompress.js';
import { verified, verifyBytes } from '../../src/image/verify.js';
import { sha256Digest } from '../../src/oci/digest.js';
import type { Problem } from '../../src/oci/problem.js';
import { chunksOf } from '../support/build-tar.js';

const { gzipSync } = zlib;
const CONTENT = Buffer.concat([
  randomBytes(300_000),
  Buffer.alloc(700_000, 'abc'),
  randomBytes(1000),
]);

function zstd(bytes: Buffer, ...options: string[]): Buffer {
  return execFileSync('zstd', ['-q', '-c', ...options], { input: bytes, maxBuffer: 1 << 26 });
}

/** The four bytes that start a skippable frame, its size, its content. */
function skippable(content: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a53, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, Buffer.from(content)]);
}

async function expand(
  bytes: Buffer,
  options: DecompressOptions = {},
  sizes = [10_000],
): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of decompress(chunksOf(bytes, ...sizes), options)) parts.push(part);
  return Buffer.concat(parts);
}

async function problemsOf(bytes: Buffer, options: DecompressOptions = {}): Promise<string[]> {
  const problems: Problem[] = [];
  await expand(bytes, { ...options, onProblem: (problem) => problems.push(problem) });
  return problems.map(({ code }) => code);
}

t.test('what the bytes say', (t) => {
  t.equal(detectCompression(gzipSync('x')), 'gzip');
  t.equal(detectCompression(zstd(Buffer.from('x'))), 'zstd');
  t.equal(detectCompression(skippable('x')), 'zstd');
  t.equal(detectCompression(Buffer.from('ustar')), 'none');
  t.equal(detectCompression(Buffer.alloc(0)), 'none');
  t.end();
});

t.test('every compression, every shape', async (t) => {
  const half = CONTENT.subarray(0, 500_000);
  const rest = CONTENT.subarray(500_000);
  const shapes: Record<string, Buffer> = {
    plain: CONTENT,
    gzip: gzipSync(CONTENT),
    'gzip of two members': Buffer.concat([gzipSync(half), gzipSync(rest)]),
    'gzip with an empty member': Buffer.concat([gzipSync(''), gzipSync(CONTENT), gzipSync('')]),
    zstd: zstd(CONTENT),
    'zstd -19 --long': zstd(CONTENT, '-19', '--long=27'),
    'zstd without checksum': zstd(CONTENT, '--no-check'),
    'zstd of two frames': Buffer.concat([zstd(half), zstd(rest)]),
    'zstd with skippable frames': Buffer.concat([
      skippable('before'),
      zstd(half),
      skippable('between'.repeat(1000)),
      zstd(rest),
      skippable('after'),
    ]),
  };
  for (const [name, bytes] of Object.entries(shapes)) {
    for (const size of [997, 65_536, 1 << 24]) {
      t.ok((await expand(bytes, {}, [size])).equals(CONTENT), `${name} in chunks of ${size}`);
    }
    t.same(await problemsOf(bytes), [], name);
  }
  t.ok((await expand(gzipSync('abc'), {}, [1])).equals(Buffer.from('abc')), 'byte by byte');
  t.equal((await expand(Buffer.alloc(0))).length, 0);
  t.equal((await expand(Buffer.from('ab'))).toString(), 'ab', 'shorter than a magic');
});

t.test('a media type that is wrong', async (t) => {
  t.same(await problemsOf(gzipSync('x'), { declared: 'none' }), ['compression-mismatch']);
  t.same(await problemsOf(Buffer.from('plain'), { declared: 'gzip' }), ['compression-mismatch']);
  t.same(await problemsOf(zstd(Buffer.from('x')), { declared: 'gzip' }), ['compression-mismatch']);
  t.same(await problemsOf(gzipSync('x'), { declared: 'gzip' }), []);
});

t.test('damage', async (t) => {
  for (const bytes of [gzipSync(CONTENT), zstd(CONTENT)]) {
    for (const length of [5, 20, 1000, bytes.length - 1]) {
      await t.rejects(expand(bytes.subarray(0, length)), { code: 'CORRUPT' }, `cut to ${length}`);
    }
    const flipped = Buffer.from(bytes);
    flipped[4] = 0xff;
    flipped.fill(0xaa, 100, 200);
    flipped.fill(0x55, flipped.length - 300);
    await t.rejects(expand(flipped), { code: 'CORRUPT' });
  }
  await t.rejects(expand(Buffer.concat([gzipSync('x'), Buffer.from('garbage')])), {
    code: 'CORRUPT',
  });
  const zeros = Buffer.concat([gzipSync('x'), Buffer.alloc(3_000_000)]);
  t.same(await problemsOf(zeros), ['compressed-trailing-data']);
});

t.test('the source is read to its end, and its error is the error', async (t) => {
  let given = 0;
  const bytes = Buffer.concat([gzipSync('x'), Buffer.alloc(3_000_000)]);
  async function* source(): AsyncGenerator<Buffer> {
    for await (const chunk of chunksOf(bytes, 10_000)) {
      given += chunk.length;
      yield chunk;
    }
  }
  for await (const part of decompress(source())) t.equal(part.toString(), 'x');
  t.equal(given, bytes.length, 'also beyond the compressed data');
  async function* failing(): AsyncGenerator<Buffer> {
    yield gzipSync(CONTENT).subarray(0, 1000);
    await Promise.resolve();
    throw new Error('the disk is gone');
  }
  await t.rejects(
    async () => {
      for await (const part of decompress(failing())) t.ok(part);
    },
    { message: /the disk is gone/ },
  );
});

t.test('who stops reading stops the source', async (t) => {
  for (const bytes of [CONTENT, gzipSync(CONTENT), zstd(CONTENT)]) {
    let closed = false;
    async function* source(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield* chunksOf(bytes, 1000);
      } finally {
        closed = true;
      }
    }
    for await (const part of decompress(source())) {
      t.ok(part.length > 0);
      break;
    }
    t.ok(closed);
  }
});

t.test('bombs', async (t) => {
  const bomb = Buffer.alloc(50_000_000);
  const limits = { ratioFloor: 1_000_000, expansionRatio: 100 };
  for (const bytes of [gzipSync(bomb), zstd(bomb)]) {
    await t.rejects(expand(bytes, { limits }), {
      code: 'LIMIT_EXCEEDED',
      data: { limit: 'expansionRatio' },
    });
    await t.rejects(expand(bytes, { limits: { totalBytes: 2_000_000 } }), {
      code: 'LIMIT_EXCEEDED',
      data: { limit: 'totalBytes' },
    });
    t.equal((await expand(bytes)).length, bomb.length, 'the defaults allow it');
  }
  // A frame that asks for a gigabyte of window, with one block of a repeated byte (RFC 8878 3.1.1).
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3];
  const block = [(1 << 3) | (1 << 1) | 1, 0, 0, 0x41];
  const greedy = Buffer.from([...header, ...block, ...Array<number>(20).fill(0)]);
  // Node's own zstd, which is used where there is no libzstd, refuses it by itself.
  const libzstd = openZstd(1 << 20);
  libzstd?.end();
  const isNodes = libzstd === undefined && 'createZstdDecompress' in zlib;
  await t.rejects(expand(greedy), { code: isNodes ? 'CORRUPT' : 'LIMIT_EXCEEDED' });
});

t.test('verified bytes', async (t) => {
  const digest = sha256Digest(CONTENT);
  const read = async (bytes: Buffer, size?: number) => {
    let length = 0;
    const source = verified(chunksOf(bytes, 10_000), { digest, size, what: 'layer 3' });
    for await (const chunk of source) length += chunk.length;
    return length;
  };
  t.equal(await read(CONTENT, CONTENT.length), CONTENT.length);
  t.equal(await read(CONTENT), CONTENT.length);
  const longer = Buffer.concat([CONTENT, Buffer.from('x')]);
  await t.rejects(read(longer, CONTENT.length), {
    code: 'CORRUPT',
    message: 'read layer 3: more than 1001000 bytes instead of 1001000',
  });
  await t.rejects(read(CONTENT.subarray(1), CONTENT.length), {
    code: 'CORRUPT',
    message: /1000999 bytes/,
  });
  await t.rejects(read(longer), {
    code: 'CORRUPT',
    data: { digest, expected: digest, actual: sha256Digest(longer) },
  });
  t.throws(() => verifyBytes(longer, { digest, what: 'x' }), { code: 'CORRUPT' });
  const sha512 = `sha512:${'a'.repeat(128)}` as const;
  t.throws(() => verifyBytes(CONTENT, { digest: sha512, what: 'x' }), /has the digest sha512:/);
});
