import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import t from 'tap';
import { linuxHost } from '../../../src/host/linux-host.js';
import { openLog } from '../../../src/runtime/log/log-writer.js';
import { readLog, type LogRecord } from '../../../src/runtime/log/read-log.js';

const host = linuxHost();

async function records(path: string, choice = {}): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for await (const batch of readLog(host, path, choice)) found.push(...batch);
  return found;
}

t.test('lines, whatever chunks they come in', async (t) => {
  const text = `one\n\n${'é'.repeat(20_000)}\n${'x'.repeat(16_384)}\n${'y'.repeat(16_385)}\nlast`;
  const bytes = Buffer.from(text);
  for (const size of [1, 7, 1000, 16_384, 65_536]) {
    const directory = t.testdir();
    const path = `${directory}/log-${size}`;
    mkdirSync(directory, { recursive: true });
    const log = openLog(host, path, { maxFiles: 1 });
    for (let at = 0; at < bytes.length; at += size) {
      log.write('stdout', bytes.subarray(at, at + size));
    }
    log.flush();
    const found = await records(path);
    t.equal(found.map((record) => record.log).join(''), text, `${size} bytes at a time`);
    t.same(
      found.map((record) => Buffer.byteLength(record.log)),
      [4, 1, 16_384, 16_384, 7233, 16_384, 1, 16_384, 2, 4],
      'cut where Docker cuts',
    );
    for (const tail of [0, 1, 2, 3, 5]) {
      const lines = text.split('\n').slice(-tail || Infinity);
      const tailed = (await records(path, { tail })).map((record) => record.log).join('');
      t.equal(tailed, lines.join('\n'), `the last ${tail}`);
    }
  }
});

t.test('turned by size, the oldest goes', async (t) => {
  const directory = t.testdir();
  mkdirSync(directory, { recursive: true });
  const path = `${directory}/log`;
  const log = openLog(host, path, { maxSize: 1000, maxFiles: 3 });
  for (let number = 0; number < 100; number += 1) log.write('stderr', Buffer.from(`${number}\n`));
  t.same(readdirSync(directory).sort(), ['log', 'log.1', 'log.2']);
  const kept = (await records(path)).map((record) => Number(record.log));
  t.equal(kept.at(-1), 99);
  t.same(
    kept,
    kept.map((_, at) => 100 - kept.length + at),
    'those that are kept are all there',
  );
  t.ok(readFileSync(`${path}.1`).length < 1100);
});

t.test('a line that is no record is left out', async (t) => {
  const directory = t.testdir({
    log: '{"log":"a\\n","stream":"stdout","time":"2026"}\nrubbish\n\n{"log":7}\n{"log":"b',
  });
  t.match(await records(`${directory}/log`), [{ log: 'a\n' }]);
  t.equal((await records(`${directory}/none`)).length, 0);
});
