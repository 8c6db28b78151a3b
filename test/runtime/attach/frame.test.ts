import t from 'tap';
import { encodeFrame, frameReader, jsonFrame } from '../../../src/runtime/attach/frame.js';

t.test('frames survive any cut', (t) => {
  const bytes = Buffer.concat([
    jsonFrame('hello', { output: true }),
    encodeFrame('input', Buffer.from([0, 1, 255])),
    encodeFrame('endOfInput'),
    encodeFrame('stdout', Buffer.alloc(70_000, 'x')),
    jsonFrame('end', { exitCode: 3 }),
  ]);
  for (const size of [1, 2, 5, 6, 7, 4096, bytes.length]) {
    const read = frameReader();
    const frames = [];
    for (let at = 0; at < bytes.length; at += size) {
      frames.push(...read(bytes.subarray(at, at + size)));
    }
    t.same(
      frames.map(({ kind, payload }) => [kind, payload.length]),
      [
        ['hello', 15],
        ['input', 3],
        ['endOfInput', 0],
        ['stdout', 70_000],
        ['end', 14],
      ],
      `${size} at a time`,
    );
    t.same(frames[1]?.payload, Buffer.from([0, 1, 255]));
  }
  t.end();
});

t.test('what is no frame', (t) => {
  t.throws(() => frameReader()(Buffer.from('GET / HTTP/1.1')), /not a frame/);
  t.throws(() => frameReader()(Buffer.from([1, 0, 0, 0, 255])), /not a frame/, 'too long');
  t.end();
});
