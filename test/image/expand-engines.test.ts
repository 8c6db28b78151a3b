// The engines that are used where the fast ones are missing, and what all of them share.
import { execFileSync } from 'node:child_process';
import { createGunzip, gzipSync } from 'node:zlib';
import t from 'tap';
import { decompress } from '../../src/image/decompress.js';
import type { ExpandOptions } from '../../src/image/expand-options.js';
import { gunzip } from '../../src/image/gunzip.js';
import { withDefaults } from '../../src/image/limits.js';
import { throughNodeZlib } from '../../src/image/node-zlib.js';
import { readAhead } from '../../src/image/read-ahead.js';
import { unzstdInJavaScript } from '../../src/image/unzstd-javascript.js';
import { unzstd } from '../../src/image/unzstd.js';
import type { Problem } from '../../src/oci/problem.js';
import { chunksOf } from '../support/build-tar.js';
import { readAll } from '../support/open-image.js';
import { mixedContent } from '../support/random-blob.js';

const CONTENT = mixedContent(2_500_000, 9);
const zstd = (bytes: Buffer, ...options: string[]): Buffer =>
  execFileSync('zstd', ['-qc', ...options], { input: bytes, maxBuffer: 1 << 26 });

type Engine = (source: AsyncIterable<Buffer>, options: ExpandOptions) => AsyncIterable<Buffer>;

const GZIP: Readonly<Record<string, Engine>> = {
  'zlib, called': gunzip,
  "Node's zlib": (source, options) => throughNodeZlib(source, createGunzip(), options),
};
const ZSTD: Readonly<Record<string, Engine>> = {
  libzstd: unzstd,
  JavaScript: unzstdInJavaScript,
};

interface Outcome {
  readonly content: Buffer | undefined;
  readonly problems: readonly Problem[];
  readonly error: unknown;
}

async function outcomeOf(engine: Engine, bytes: Buffer, size: number): Promise<Outcome> {
  const problems: Problem[] = [];
  const onProblem = (problem: Problem) => problems.push(problem);
  const options = { what: 'it', limits: withDefaults(), onProblem };
  try {
    const content = await readAll(engine(chunksOf(bytes, size), options));
    return { content, problems, error: undefined };
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { content: undefined, problems, error: { code, message } };
  }
}

t.test('gzip: both engines say the same of everything', async (t) => {
  const whole = gzipSync(CONTENT);
  const twice = Buffer.concat([gzipSync('one'), gzipSync(''), whole]);
  const wrongSum = Buffer.from(whole);
  wrongSum.writeUInt32LE(7, wrongSum.length - 8);
  const wrongSize = Buffer.from(whole);
  wrongSize.writeUInt32LE(7, wrongSize.length - 4);
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, 500_000, 500_100);
  const inputs: Record<string, Buffer> = {
    whole,
    twice,
    wrongSum,
    wrongSize,
    damaged,
    'cut in the header': whole.subarray(0, 7),
    'cut in the middle': whole.subarray(0, 600_000),
    'cut in the trailer': whole.subarray(0, whole.length - 1),
    'cut in the second member': twice.subarray(0, 40),
    zeros: Buffer.concat([whole, Buffer.alloc(70_000)]),
    'one zero': Buffer.concat([whole, Buffer.alloc(1)]),
    'zeros and a member': Buffer.concat([gzipSync('a'), Buffer.alloc(3), gzipSync('b')]),
    garbage: Buffer.concat([whole, Buffer.from('garbage')]),
    'half a magic': Buffer.concat([whole, Buffer.from([0x1f])]),
    'no deflate': Buffer.from([0x1f, 0x8b, 9, 0, 0, 0, 0, 0, 0, 0, 0]),
  };
  for (const [name, bytes] of Object.entries(inputs)) {
    for (const size of [1 << 20, 65_536, 13_001]) {
      const [called, nodes] = await Promise.all(
        Object.values(GZIP).map((engine) => outcomeOf(engine, bytes, size)),
      );
      t.same(called?.error, nodes?.error, `${name} in chunks of ${size}: the error`);
      t.same(called?.problems, nodes?.problems, `${name} in chunks of ${size}: the problems`);
      const isSame = called?.content?.equals(nodes?.content ?? Buffer.from('none')) ?? true;
      t.ok(isSame, `${name} in chunks of ${size}: the content`);
    }
  }
  const { content } = await outcomeOf(gunzip, twice, 1000);
  t.ok(content?.equals(Buffer.concat([Buffer.from('one'), CONTENT])));
});

t.test('zstd: both engines read the same and refuse the same', async (t) => {
  const whole = zstd(CONTENT);
  const frames = Buffer.concat([whole, zstd(Buffer.alloc(0)), zstd(CONTENT.subarray(0, 9))]);
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, 100_000, 100_100);
  const inputs: Record<string, [Buffer, boolean]> = {
    whole: [whole, true],
    frames: [frames, true],
    'streamed, without a content size': [zstd(CONTENT, '--no-content-size'), true],
    'long distance': [zstd(CONTENT, '--long=27', '-3'), true],
    'cut in the header': [whole.subarray(0, 5), false],
    'cut in the middle': [whole.subarray(0, 400_000), false],
    'cut at the end': [whole.subarray(0, whole.length - 1), false],
    'cut in the second frame': [frames.subarray(0, whole.length + 3), false],
    garbage: [Buffer.concat([whole, Buffer.from('garbage after it')]), false],
    zeros: [Buffer.concat([whole, Buffer.alloc(100)]), false],
    damaged: [damaged, false],
  };
  for (const [name, [bytes, isRight]] of Object.entries(inputs)) {
    for (const [engineName, engine] of Object.entries(ZSTD)) {
      for (const size of [1 << 20, 7001]) {
        const { content, error } = await outcomeOf(engine, bytes, size);
        const title = `${engineName}: ${name} in chunks of ${size}`;
        if (isRight) t.ok(content?.subarray(0, CONTENT.length).equals(CONTENT), title);
        else t.match(error, { code: 'CORRUPT', message: /^decompress it: / }, title);
      }
    }
  }
});

t.test('chunks are handed out for good', async (t) => {
  for (const bytes of [gzipSync(CONTENT), zstd(CONTENT)]) {
    const chunks: Buffer[] = [];
    for await (const chunk of decompress(chunksOf(bytes, 65_536))) chunks.push(chunk);
    t.ok(chunks.length >= 3);
    t.ok(Buffer.concat(chunks).equals(CONTENT), 'none was written to again');
  }
});

t.test('one value ahead, and no further', async (t) => {
  const made: number[] = [];
  let isClosed = false;
  async function* source(): AsyncGenerator<number> {
    try {
      for (let value = 1; value <= 5; value += 1) {
        await Promise.resolve();
        made.push(value);
        yield value;
      }
      throw new Error('the end');
    } finally {
      isClosed = true;
    }
  }
  const seen: number[] = [];
  await t.rejects(
    async () => {
      for await (const value of readAhead(source())) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        t.ok(made.length <= value + 1);
        seen.push(value);
      }
    },
    { message: 'the end' },
  );
  t.same(seen, [1, 2, 3, 4, 5]);
  t.ok(isClosed);
  isClosed = false;
  for await (const value of readAhead(source())) {
    t.equal(value, 1);
    break;
  }
  t.ok(isClosed, 'who stops early closes it');
});
