import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { deflateRawSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { DEFLATE_WINDOW, openInflater, type Inflater } from '../../src/host/zlib.js';
import { openZstd, type ZstdStream } from '../../src/host/zstd.js';

const CONTENT = Buffer.concat([
  randomBytes(50_000),
  Buffer.alloc(150_000, 'some text '),
  randomBytes(9),
]);

function inflater(format: 'gzip' | 'raw'): Inflater {
  const found = openInflater(format);
  if (found === undefined) throw new Error('this Node has no zlib to call');
  return found;
}

function zstdStream(): ZstdStream {
  const found = openZstd(1 << 27);
  if (found === undefined) throw new Error('there is no libzstd.so.1');
  return found;
}

t.test('a member in one step, on this thread or on another', async (t) => {
  for (const onThread of [false, true]) {
    const stream = inflater('gzip');
    const bytes = gzipSync(CONTENT);
    const output = Buffer.alloc(CONTENT.length + 10, 0xee);
    const step = await stream.inflate(Buffer.concat([bytes, Buffer.from('rest')]), output, {
      onThread,
    });
    t.same(step, {
      consumed: bytes.length,
      produced: CONTENT.length,
      isEnd: true,
      blockBits: undefined,
    });
    t.ok(output.subarray(0, CONTENT.length).equals(CONTENT));
    t.ok(output.subarray(CONTENT.length).equals(Buffer.alloc(10, 0xee)), 'nothing beyond');
    stream.end();
    stream.end();
    await t.rejects(stream.inflate(bytes, output), { code: 'INTERNAL' }, 'it is ended');
  }
});

t.test('in slices of a buffer, byte by byte', async (t) => {
  const stream = inflater('raw');
  const around = Buffer.concat([Buffer.from('before'), deflateRawSync('content'), Buffer.alloc(3)]);
  const output = Buffer.alloc(20, '.');
  let [at, filled, isEnd] = [6, 2, false];
  while (!isEnd) {
    const step = await stream.inflate(around.subarray(at, at + 1), output.subarray(filled, 12));
    at += step.consumed;
    filled += step.produced;
    isEnd = step.isEnd;
  }
  t.equal(output.toString(), `..content${'.'.repeat(11)}`);
  t.equal(at, around.length - 3);
  stream.reset('raw');
  const nothing = await stream.inflate(Buffer.alloc(0), output);
  t.match(nothing, { consumed: 0, produced: 0, isEnd: false }, 'it wants more');
  await t.rejects(stream.inflate(around, Buffer.alloc(0)), { code: 'INTERNAL' });
  stream.end();
});

t.test('what it says of damage', async (t) => {
  const stream = inflater('gzip');
  const output = Buffer.alloc(1000);
  const fails = async (bytes: Buffer, message: string) => {
    stream.reset('gzip');
    await t.rejects(stream.inflate(bytes, output), { code: 'CORRUPT', message });
    stream.reset('gzip');
    await t.rejects(stream.inflate(bytes, output, { onThread: true }), { message });
  };
  await fails(Buffer.from('no gzip at all'), 'incorrect header check');
  const flipped = gzipSync('content');
  flipped.writeUInt32LE(1, flipped.length - 8);
  await fails(flipped, 'incorrect data check');
  stream.end();
});

t.test('where blocks end, and going on from there', async (t) => {
  const bytes = deflateRawSync(CONTENT, { level: 1 });
  const stream = inflater('raw');
  const output = Buffer.alloc(CONTENT.length + 1);
  let [consumed, produced, blocks] = [0, 0, 0];
  for (;;) {
    const step = await stream.inflate(bytes.subarray(consumed), output.subarray(produced), {
      stopAtBlock: true,
    });
    consumed += step.consumed;
    produced += step.produced;
    if (step.isEnd) break;
    if (step.blockBits === undefined) continue;
    blocks += 1;
    const window = stream.window();
    t.ok(window.equals(output.subarray(Math.max(0, produced - DEFLATE_WINDOW), produced)));
    const other = inflater('raw');
    other.resumeAt(bytes[consumed - 1] ?? 0, step.blockBits, window);
    const rest = Buffer.alloc(CONTENT.length);
    const { produced: length } = await other.inflate(bytes.subarray(consumed), rest);
    t.ok(rest.subarray(0, length).equals(CONTENT.subarray(produced)), `from block ${blocks}`);
    other.end();
  }
  t.ok(blocks >= 2, `${blocks} blocks`);
  t.throws(
    () => {
      stream.resumeAt(0, 8, Buffer.alloc(0));
    },
    { code: 'CORRUPT' },
  );
  t.throws(
    () => {
      stream.resumeAt(0, 0, Buffer.alloc(DEFLATE_WINDOW + 1));
    },
    { code: 'CORRUPT' },
  );
  stream.end();
});

t.test('while another thread computes, nobody else may', async (t) => {
  const stream = inflater('gzip');
  const output = Buffer.alloc(CONTENT.length);
  const running = stream.inflate(gzipSync(CONTENT), output, { onThread: true });
  t.throws(
    () => {
      stream.end();
    },
    { code: 'INTERNAL' },
  );
  t.throws(
    () => {
      stream.reset('gzip');
    },
    { code: 'INTERNAL' },
  );
  t.throws(() => stream.window(), { code: 'INTERNAL' });
  await t.rejects(stream.inflate(CONTENT, output), { code: 'INTERNAL' });
  t.equal((await running).produced, CONTENT.length);
  stream.end();
});

t.test('zstd, frame by frame', async (t) => {
  const frame = execFileSync('zstd', ['-qc'], { input: CONTENT });
  const both = Buffer.concat([frame, frame]);
  for (const onThread of [false, true]) {
    const stream = zstdStream();
    const output = Buffer.alloc(CONTENT.length * 2);
    const step = await stream.decompress(both, output, { onThread });
    t.same(step, { consumed: frame.length, produced: CONTENT.length, isFrameEnd: true });
    t.ok(output.subarray(0, CONTENT.length).equals(CONTENT));
    const part = await stream.decompress(frame.subarray(0, 20), output, { onThread });
    t.match(part, { consumed: 20, isFrameEnd: false });
    const garbage = stream.decompress(Buffer.alloc(100_000, 0xff), output, { onThread });
    await t.rejects(garbage, { code: 'CORRUPT' });
    stream.end();
    await t.rejects(stream.decompress(both, output), { code: 'INTERNAL' });
  }
  const busy = zstdStream();
  const running = busy.decompress(frame, Buffer.alloc(CONTENT.length), { onThread: true });
  t.throws(
    () => {
      busy.end();
    },
    { code: 'INTERNAL' },
  );
  await running;
  busy.end();
});

t.test('zstd: a window beyond the limit', async (t) => {
  const stream = openZstd(1 << 20);
  t.ok(stream);
  const greedy = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3, 1, 0, 0]);
  await t.rejects(stream!.decompress(greedy, Buffer.alloc(10)), {
    code: 'CORRUPT',
    message: /requires too much memory/,
  });
  stream?.end();
});
