// The formats that engines keep a container's output in.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { parseLog, readLogTail } from '../../src/inspect/log-tail.js';

t.test('lines of Docker, of Podman and of neither', (t) => {
  const json = (log: string, stream: string) => JSON.stringify({ log, stream, time: 'T' });
  const lines = parseLog(
    [
      json('one\n', 'stdout'),
      json('cut in ', 'stdout'),
      json('two\r\n', 'stdout'),
      json('wrong\n', 'stderr'),
      '2026-11-21T18:10:29.7+00:00 stdout P a ',
      '2026-11-21T18:10:29.8+00:00 stdout F line',
      '2026-11-21T18:10:29.9+00:00 stderr F ',
      'free text {"log":',
      '{"no": "log"}',
      '{"log": 7}',
      '',
    ].join('\n'),
  );
  t.same(
    lines.map(({ stream, text }) => [stream, text]),
    [
      ['stdout', 'one'],
      ['stdout', 'cut in two'],
      ['stderr', 'wrong'],
      ['stdout', 'a line'],
      ['stderr', ''],
      [undefined, 'free text {"log":'],
      [undefined, '{"no": "log"}'],
      [undefined, '{"log": 7}'],
    ],
  );
  t.end();
});

t.test('the end of a long one', (t) => {
  const directory = mkdtempSync(`${tmpdir()}/cutaway-log-`);
  t.teardown(() => {
    rmSync(directory, { recursive: true });
  });
  const path = `${directory}/log`;
  const all = Array.from({ length: 40_000 }, (_, at) => `line ${at}`);
  writeFileSync(path, `${all.join('\n')}\n`);
  const { lines, size } = readLogTail(linuxHost(), path);
  t.ok(size > 256 * 1024 && lines.length < all.length);
  t.same(
    lines.map(({ text }) => text),
    all.slice(-lines.length),
    'whole lines, the last ones',
  );
  t.throws(() => readLogTail(linuxHost(), `${path}/none`));
  t.end();
});
