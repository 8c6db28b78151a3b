import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import type { OpenFile } from '../../src/host/host.js';
import { linuxHost } from '../../src/host/linux-host.js';
import { openArchive } from '../../src/image/archive.js';
import { memoryFile } from '../../src/image/memory-file.js';
import { gnuLong, headerBlock, tarFile, tarOf } from '../support/build-tar.js';

const host = linuxHost();
const inMemory = (...parts: Buffer[]) => openArchive(memoryFile([tarOf(...parts)]), 'x.tar');

t.test('members by name, without reading their bodies', async (t) => {
  const path = `${t.testdir()}/big.tar`;
  const body = Buffer.alloc(40_000_000, 'body');
  const small = Array.from({ length: 300 }, (_, at) => tarFile({ name: `small/${at}` }, `${at}`));
  writeFileSync(
    path,
    tarOf(
      tarFile({ name: './big' }, body),
      ...small,
      tarFile({ name: 'big2' }, body),
      gnuLong('L', 'l'.repeat(200)),
      tarFile({ name: 'x' }, 'long'),
    ),
  );
  const file = host.openFile(path);
  let bytesRead = 0;
  const counting: OpenFile = {
    ...file,
    read: (position, length) => {
      const bytes = file.read(position, length);
      bytesRead += bytes.length;
      return bytes;
    },
  };
  const archive = openArchive(counting, path);
  t.ok(bytesRead < 1_000_000, `${bytesRead} bytes read of ${file.size}`);
  t.same(archive.problems, []);
  t.equal(archive.members.size, 303);
  t.equal(archive.findSize('big'), body.length);
  t.equal(archive.readHead('small/299', 100).toString(), '299');
  t.equal(archive.readHead('l'.repeat(200), 2).toString(), 'lo');
  const hash = createHash('sha256');
  for await (const chunk of archive.stream('big2') as AsyncIterable<Buffer>) hash.update(chunk);
  t.equal(hash.digest('hex'), createHash('sha256').update(body).digest('hex'));
  t.equal(archive.findSize('none'), undefined);
  t.throws(() => archive.stream('none'), {
    code: 'NOT_FOUND',
    message: /"none": no such file in archive/,
  });
  archive.close();
});

t.test('links within the archive', (t) => {
  const link = (name: string, linkName: string, typeflag = '2') =>
    headerBlock({ name, linkName, typeflag });
  const archive = inMemory(
    tarFile({ name: 'def/layer.tar' }, 'layer'),
    link('abc/layer.tar', '../def/layer.tar'),
    link('abs', '/def/layer.tar'),
    link('hard', 'def/layer.tar', '1'),
    link('chain', 'abc/layer.tar'),
    link('out', '../../etc/passwd'),
    link('nowhere', 'missing'),
    link('a', 'b'),
    link('b', 'a'),
    ...Array.from({ length: 20 }, (_, at) =>
      link(`hop${at}`, at === 0 ? 'def/layer.tar' : `hop${at - 1}`),
    ),
  );
  for (const name of ['abc/layer.tar', './abc//layer.tar', 'abs', 'hard', 'chain', 'hop5']) {
    t.equal(archive.findSize(name), 5, name);
    t.equal(archive.readHead(name, 10).toString(), 'layer', name);
  }
  for (const name of ['out', 'nowhere', 'a', 'hop19', '../etc/passwd', '', 'def', 'def/']) {
    t.equal(archive.findSize(name), undefined, name);
  }
  t.end();
});

t.test('odd archives', (t) => {
  const twice = inMemory(tarFile({ name: 'a' }, 'one'), tarFile({ name: './a' }, 'three'));
  t.equal(twice.readHead('a', 9).toString(), 'three', 'the last one counts');
  t.same(
    twice.problems.map(({ code }) => code),
    ['archive-duplicate-member'],
  );
  const escape = inMemory(tarFile({ name: '../a' }, 'x'), tarFile({ name: '/b' }, 'y'));
  t.same([...escape.members.keys()], ['b']);
  t.same(
    escape.problems.map(({ code, path }) => [code, path]),
    [['tar-path-escape', '../a']],
  );
  const whole = tarOf(tarFile({ name: 'a' }, Buffer.alloc(100_000)));
  for (const size of [512, 50_000, 100_000]) {
    t.throws(() => openArchive(memoryFile([whole.subarray(0, size)]), 'x.tar'), {
      code: 'CORRUPT',
      message: 'read archive "x.tar": it ends inside its member "a"',
    });
  }
  const noEnd = openArchive(memoryFile([whole.subarray(0, 512 + 100_352)]), 'x.tar');
  t.same(
    noEnd.problems.map(({ code }) => code),
    ['tar-no-end'],
  );
  t.throws(() => openArchive(memoryFile([Buffer.alloc(5000, 'text')]), 'x'), { code: 'CORRUPT' });
  t.throws(
    () =>
      openArchive(
        memoryFile([tarOf(...Array.from({ length: 9 }, (_, at) => tarFile({ name: `${at}` })))]),
        'x',
        { limits: { entries: 5 } },
      ),
    { code: 'LIMIT_EXCEEDED' },
  );
  t.end();
});

t.test('a file in memory reads like one on disk', async (t) => {
  const whole = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));
  const file = memoryFile([
    whole.subarray(0, 10),
    whole.subarray(10, 10),
    whole.subarray(10, 500),
    whole.subarray(500),
  ]);
  t.equal(file.size, 1000);
  for (const [start, end] of [
    [0, 1000],
    [9, 11],
    [10, 500],
    [499, 501],
    [0, 0],
    [999, 2000],
    [1000, 1010],
  ] as const) {
    t.ok(file.read(start, end - start).equals(whole.subarray(start, end)), `${start} to ${end}`);
    const parts: Buffer[] = [];
    for await (const part of file.stream({ start, end }) as AsyncIterable<Buffer>) parts.push(part);
    t.ok(Buffer.concat(parts).equals(whole.subarray(start, end)));
  }
  t.equal(memoryFile([]).read(0, 10).length, 0);
});
