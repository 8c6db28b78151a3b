// Archives that no archiver writes. Each case says what is read of it, what is told, what refused.
import t from 'tap';
import type { Limits } from '../../src/image/limits.js';
import { CutawayError } from '../../src/oci/error.js';
import {
  gnuLong,
  headerBlock,
  paxBody,
  paxHeader,
  padded,
  tarFile,
  tarOf,
} from '../support/build-tar.js';
import { readTar, thrown } from '../support/read-tar.js';

const END = Buffer.alloc(1024);

function codes(bytes: Buffer, sizes: number[] = []): string[] {
  return readTar(bytes, sizes).problems.map((problem) => problem.code);
}

function refused(bytes: Buffer, limits: Partial<Limits> = {}): [string, unknown] | undefined {
  const error = thrown(() => readTar(bytes, [], { limits }));
  if (!(error instanceof CutawayError)) return undefined;
  return [error.code, error.data['problem'] ?? error.data['limit']];
}

t.test('cut short at any byte: an error or a problem, never silence', (t) => {
  const whole = Buffer.concat([
    paxHeader({ path: `${'p'.repeat(200)}/file`, mtime: '1.5' }),
    tarFile({ name: 'x' }, 'content'),
    gnuLong('L', 'l'.repeat(150)),
    tarFile({ name: 'y', format: 'gnu' }, Buffer.alloc(1500, 1)),
    headerBlock({ name: 'dir/', typeflag: '5' }),
    END,
  ]);
  const starts = readTar(whole).entries.map((entry) => entry.headerOffset);
  const cuts = [...Array(whole.length / 512).keys()].flatMap((block) => [
    block * 512,
    block * 512 + 1,
    block * 512 + 511,
  ]);
  for (const cut of cuts) {
    const bytes = whole.subarray(0, cut);
    const result = refused(bytes);
    if (result !== undefined) {
      t.same(result, ['CORRUPT', 'tar-truncated'], `cut at ${cut}`);
      continue;
    }
    t.same(codes(bytes), ['tar-no-end'], `cut at ${cut}`);
    const begun = starts.filter((start) => start < cut).length;
    t.equal(readTar(bytes).entries.length, begun, 'what has begun is there');
  }
  t.same(codes(whole), []);
  t.end();
});

t.test('a body is never half read without an error', (t) => {
  const bytes = tarFile({ name: 'a' }, Buffer.alloc(600, 1));
  t.same(refused(bytes.subarray(0, 512)), ['CORRUPT', 'tar-truncated']);
  t.same(refused(bytes.subarray(0, 1024)), ['CORRUPT', 'tar-truncated']);
  t.same(codes(bytes.subarray(0, 512 + 600)), ['tar-no-end'], 'only padding is missing');
  t.equal(readTar(bytes.subarray(0, 512 + 600)).entries.length, 1);
  t.end();
});

t.test('the end', (t) => {
  const file = tarFile({ name: 'a' }, 'a');
  t.same(codes(Buffer.concat([file, END, Buffer.alloc(8192)])), [], 'zeros may follow');
  t.same(codes(Buffer.concat([file, END, Buffer.from('x')])), ['tar-trailing-data']);
  t.same(codes(Buffer.concat([file, END, file, END]), [512]), ['tar-trailing-data']);
  t.same(codes(Buffer.concat([file, Buffer.alloc(512), file, END])), ['tar-trailing-data']);
  t.equal(readTar(Buffer.concat([file, Buffer.alloc(512), file, END])).entries.length, 1);
  t.same(codes(Buffer.concat([file, Buffer.alloc(512)])), ['tar-no-end']);
  t.same(codes(Buffer.alloc(0)), ['tar-no-end']);
  t.end();
});

t.test('checksums', (t) => {
  const signed = headerBlock({ name: 'grün', size: 0 });
  // The sum of old BSD and Sun tars: bytes from 128 on count as negative.
  signed.fill(0x20, 148, 156);
  const sum = signed.reduce((total, byte) => total + (byte > 127 ? byte - 256 : byte), 0);
  signed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  t.same(
    readTar(tarOf(signed)).entries.map(({ name }) => name),
    ['grün'],
  );
  const wrong = Buffer.from(signed);
  wrong[0] = 0x41;
  t.same(refused(tarOf(wrong)), ['CORRUPT', 'tar-bad-checksum']);
  t.match(
    thrown(() => readTar(Buffer.alloc(2048, 'not a tar'))),
    { message: /not a tar archive/ },
  );
  t.match(
    thrown(() => readTar(tarOf(tarFile({ name: 'a' }, 'x'), wrong))),
    {
      message: 'read tar at byte 1024: a damaged header: the checksum does not fit',
      data: { offset: 1024 },
    },
  );
  t.end();
});

t.test('numbers', (t) => {
  const field = (at: number, bytes: Buffer | string) =>
    readTar(tarOf(headerBlock({ name: 'a', typeflag: '5', patches: [{ at, bytes }] })));
  const uid = (bytes: Buffer | string) => field(108, bytes);
  t.equal(uid('   17 \0\0').entries[0]?.uid, 0o17, 'spaces around');
  t.equal(uid(Buffer.alloc(8)).entries[0]?.uid, 0, 'empty');
  t.equal(uid(Buffer.from('80000000ffffffff', 'hex')).entries[0]?.uid, 0xffffffff, 'base-256');
  t.equal(uid(Buffer.from('fffffffffffffffe', 'hex')).entries[0]?.uid, 0xfffffffe, 'minus two');
  t.same(
    uid(Buffer.from('fffffffffffffffe', 'hex')).problems.map((p) => p.code),
    ['tar-bad-number'],
  );
  t.same(
    uid('12345x7\0').problems.map((p) => p.code),
    ['tar-bad-number'],
  );
  t.equal(
    field(136, Buffer.from('fffffffffffffffffffffffe', 'hex')).entries[0]?.mtime,
    -2_000_000_000n,
  );
  const sized = (bytes: Buffer | string) =>
    refused(tarOf(headerBlock({ name: 'a', patches: [{ at: 124, bytes }] })));
  t.same(
    sized(Buffer.from('ffffffffffffffffffffffff', 'hex')),
    ['CORRUPT', 'tar-bad-size'],
    'negative',
  );
  t.same(
    sized(Buffer.from('80ffffffffffffffffffffff', 'hex')),
    ['CORRUPT', 'tar-bad-size'],
    'huge',
  );
  t.same(sized('1234567890x\0'), ['CORRUPT', 'tar-bad-size']);
  t.same(sized('77777777777\0'), ['CORRUPT', 'tar-truncated'], '8 GiB announced');
  t.same(sized(Buffer.from('80000000000010000000000f', 'hex')), ['LIMIT_EXCEEDED', 'totalBytes']);
  t.end();
});

t.test('slack that may hide data', (t) => {
  const file = tarFile({ name: 'a' }, 'x');
  file.write('secret', 900);
  t.same(codes(tarOf(file)), ['tar-slack-data']);
  t.same(codes(tarOf(file, file), [100]), ['tar-slack-data'], 'told once');
  t.end();
});

t.test('limits', (t) => {
  const files = tarOf(...Array.from({ length: 20 }, (_, at) => tarFile({ name: `f${at}` }, '')));
  t.same(refused(files, { entries: 19 }), ['LIMIT_EXCEEDED', 'entries']);
  t.equal(refused(files, { entries: 20 }), undefined);
  const limited = (limits: Partial<Limits>, ...parts: Buffer[]) => refused(tarOf(...parts), limits);
  t.same(
    limited({ paxSize: 99 }, paxHeader({ comment: 'x'.repeat(100) }), headerBlock({ name: 'a' })),
    ['LIMIT_EXCEEDED', 'paxSize'],
  );
  t.same(limited({ pathLength: 99 }, gnuLong('L', 'x'.repeat(100)), headerBlock({ name: 'a' })), [
    'LIMIT_EXCEEDED',
    'pathLength',
  ]);
  t.same(
    limited({ pathLength: 99 }, paxHeader({ path: 'x'.repeat(100) }), headerBlock({ name: 'a' })),
    ['LIMIT_EXCEEDED', 'pathLength'],
  );
  t.same(
    limited(
      { pathLength: 99 },
      paxHeader({ 'GNU.sparse.name': 'x'.repeat(100) }),
      headerBlock({ name: 'a' }),
    ),
    ['LIMIT_EXCEEDED', 'pathLength'],
  );
  t.same(
    limited(
      { pathLength: 99 },
      paxHeader({ linkpath: 'x'.repeat(100) }),
      headerBlock({ name: 'a', typeflag: '2' }),
    ),
    ['LIMIT_EXCEEDED', 'pathLength'],
  );
  t.same(limited({ totalBytes: 4096 }, tarFile({ name: 'a' }, Buffer.alloc(4000))), [
    'LIMIT_EXCEEDED',
    'totalBytes',
  ]);
  const globals = Array.from({ length: 20 }, (_, at) =>
    paxHeader({ [`k${at}`]: 'x'.repeat(100) }, 'g'),
  );
  t.same(limited({ paxSize: 1000 }, ...globals), ['LIMIT_EXCEEDED', 'paxSize']);
  const map = Array.from({ length: 50 }, (_, at) => `${at * 2},1`).join(',');
  t.same(
    limited(
      { sparseRegions: 49 },
      paxHeader({ 'GNU.sparse.size': '100', 'GNU.sparse.map': map }),
      tarFile({ name: 'a' }, 'x'.repeat(50)),
    ),
    ['LIMIT_EXCEEDED', 'sparseRegions'],
  );
  t.same(
    limited(
      {},
      paxHeader({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '1' }),
      tarFile({ name: 'a' }, padded('9999999999\n')),
    ),
    ['LIMIT_EXCEEDED', 'sparseRegions'],
  );
  t.same(
    limited(
      {},
      paxHeader({ 'GNU.sparse.size': '9007199254740991', 'GNU.sparse.map': '0,0' }),
      tarFile({ name: 'a' }, ''),
    ),
    ['LIMIT_EXCEEDED', 'totalBytes'],
  );
  // A header that claims a gigabyte of PAX is refused before a byte of it is kept.
  t.same(limited({}, headerBlock({ name: 'pax', typeflag: 'x', size: 2 ** 30 })), [
    'LIMIT_EXCEEDED',
    'paxSize',
  ]);
  t.equal(paxBody({ path: 'b' }).toString(), '9 path=b\n');
  t.end();
});
