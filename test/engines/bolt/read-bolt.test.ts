// Our reader of bolt databases against bbolt, and against databases that are damaged or lie.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { fnv64a } from '../../../src/engines/bolt/meta-page.js';
import { readBolt, readConsistently } from '../../../src/engines/bolt/read-bolt.js';
import { linuxHost } from '../../../src/host/linux-host.js';
import { hasCode } from '../../../src/oci/error.js';
import { bytesFile, dumpBolt, dumpBucket } from './bolt-dump.js';

const FIXTURES = resolve('fixtures/bolt');
const NAMES = ['small', 'overflow', 'branches', 'removed', 'usual', 'empty'];
const database = (name: string) => readFileSync(join(FIXTURES, `${name}.db`));

t.test('what bbolt has written is read as bbolt reads it', (t) => {
  for (const name of NAMES) {
    const expected = readFileSync(join(FIXTURES, `${name}.txt`), 'utf8');
    t.equal(readBolt(linuxHost(), join(FIXTURES, `${name}.db`), dumpBucket), expected, name);
  }
  t.end();
});

t.test('the same of databases with many pages, transactions and removed keys', (t) => {
  const go = ['/usr/local/go/bin/go', '/usr/bin/go', '/usr/local/bin/go'].find(existsSync);
  if (go === undefined) {
    t.comment('skipped: go is not installed');
    t.end();
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'cutaway-bolt-'));
  t.teardown(() => {
    rmSync(directory, { recursive: true });
  });
  const run = (...args: string[]) =>
    spawnSync(go, args, { cwd: FIXTURES, encoding: 'utf8', maxBuffer: 1 << 28 });
  const program = join(directory, 'bolt');
  const built = run('build', '-o', program, '.');
  if (built.status !== 0) {
    t.comment(`skipped: bbolt cannot be built here: ${built.stderr.trim().slice(-200)}`);
    t.end();
    return;
  }
  for (const seed of ['1', '2', '3']) {
    t.equal(spawnSync(program, [directory, seed]).status, 0);
    const expected = readFileSync(join(directory, 'random.txt'), 'utf8');
    t.ok(expected.length > 500_000, 'it is a big one');
    const read = readBolt(linuxHost(), join(directory, 'random.db'), dumpBucket);
    t.ok(read === expected, `seed ${seed}: key by key`);
  }
  t.end();
});

/** What the reader makes of it: its lines, or the code of its error; anything else is thrown. */
function outcome(bytes: Uint8Array): string {
  try {
    return dumpBolt(bytes);
  } catch (error) {
    if (hasCode(error, 'CORRUPT', 'LIMIT_EXCEEDED', 'UNSUPPORTED')) return error.code;
    throw error;
  }
}

t.test('every byte of a small database, changed in four ways', (t) => {
  const sound = database('small');
  const seen = new Map<string, number>();
  for (let at = 0; at < sound.length; at += 1) {
    for (const change of [0x01, 0x10, 0x80, 0xff]) {
      const damaged = Buffer.from(sound);
      damaged[at] = (damaged[at] ?? 0) ^ change;
      const found = outcome(damaged);
      // Without its newest meta page it is what it was one transaction ago: empty.
      const kind = found.includes('\n') ? 'answer' : found || (at < 2048 ? 'before' : 'empty');
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
  }
  t.ok((seen.get('CORRUPT') ?? 0) > 100, 'some were found out');
  t.ok((seen.get('answer') ?? 0) > 10_000, 'most do not touch what is in use');
  t.notOk(seen.has('empty'), 'none looks like a database without anything');
  t.end();
});

t.test('a damaged meta page costs nothing while the other is whole', (t) => {
  const sound = database('small');
  const expected = dumpBolt(sound);
  const older = Buffer.from(sound);
  // Which of the two is the newer: their transaction ids.
  const txid = (page: number) => sound.readBigUInt64LE(page * 1024 + 16 + 48);
  older.fill(0, txid(0) < txid(1) ? 0 : 1024, txid(0) < txid(1) ? 1024 : 2048);
  t.equal(dumpBolt(older), expected, 'the older one is not missed, wherever it is');
  const both = Buffer.from(sound).fill(0, 0, 2048);
  t.throws(() => dumpBolt(both), { code: 'CORRUPT', message: /no meta page is whole/ });
  t.end();
});

t.test('cut off at every page and in the middle of each', (t) => {
  for (const name of NAMES) {
    const sound = database(name);
    const expected = outcome(sound);
    for (let end = 0; end < sound.length; end += 512) {
      const found = outcome(sound.subarray(0, end));
      t.ok(found === 'CORRUPT' || found === expected, `${name} of ${end} bytes`);
    }
  }
  t.end();
});

/** A database of one leaf page or more, with a root and checksums as bbolt makes them. */
function forge(pages: readonly Buffer[], meta: { end?: bigint; root?: bigint } = {}): Buffer {
  const size = 1024;
  const all = Buffer.alloc(size * (2 + pages.length));
  for (const number of [0, 1]) {
    const page = all.subarray(number * size, (number + 1) * size);
    page.writeBigUInt64LE(BigInt(number), 0);
    page.writeUInt16LE(0x04, 8);
    const body = page.subarray(16);
    body.writeUInt32LE(0xed0cdaed, 0);
    body.writeUInt32LE(2, 4);
    body.writeUInt32LE(size, 8);
    body.writeBigUInt64LE(meta.root ?? 2n, 16);
    body.writeBigUInt64LE(meta.end ?? BigInt(2 + pages.length), 40);
    body.writeBigUInt64LE(BigInt(number), 48);
    body.writeBigUInt64LE(fnv64a(body.subarray(0, 56)), 56);
  }
  pages.forEach((page, number) => page.copy(all, (2 + number) * size));
  return all;
}

interface Element {
  readonly flags?: number;
  readonly key: string;
  readonly value: Buffer;
  /** In place of where its bytes are. */
  readonly position?: number;
}

function leaf(
  id: number,
  elements: readonly Element[],
  header: { overflow?: number } = {},
): Buffer {
  const page = Buffer.alloc(1024);
  page.writeBigUInt64LE(BigInt(id), 0);
  page.writeUInt16LE(0x02, 8);
  page.writeUInt16LE(elements.length, 10);
  page.writeUInt32LE(header.overflow ?? 0, 12);
  let data = 16 + 16 * elements.length;
  elements.forEach(({ flags = 0, key, value, position }, number) => {
    const at = 16 + 16 * number;
    page.writeUInt32LE(flags, at);
    page.writeUInt32LE(position ?? data - at, at + 4);
    page.writeUInt32LE(key.length, at + 8);
    page.writeUInt32LE(value.length, at + 12);
    data += page.write(key, data, 'latin1');
    data += value.copy(page, data);
  });
  return page;
}

function branch(id: number, children: readonly number[]): Buffer {
  const page = Buffer.alloc(1024);
  page.writeBigUInt64LE(BigInt(id), 0);
  page.writeUInt16LE(0x01, 8);
  page.writeUInt16LE(children.length, 10);
  children.forEach((child, number) => page.writeBigUInt64LE(BigInt(child), 24 + 16 * number));
  return page;
}

const bucketAt = (root: number) => {
  const value = Buffer.alloc(16);
  value.writeBigUInt64LE(BigInt(root), 0);
  return value;
};

t.test('pages that lie', (t) => {
  const value = Buffer.from('v');
  const bucket = (key: string, root: number): Element => ({ flags: 1, key, value: bucketAt(root) });
  t.equal(
    dumpBolt(forge([leaf(2, [{ key: 'k', value }])])),
    '6b=76\n',
    'the forger knows his trade',
  );
  const inline = (inner: Buffer) => Buffer.concat([bucketAt(0), inner]);
  const cases: readonly [string, Buffer, RegExp][] = [
    ['a branch that is its own child', forge([branch(2, [2])]), /in two places/],
    ['two branches below each other', forge([branch(2, [3]), branch(3, [2])]), /in two places/],
    ['the same child twice', forge([branch(2, [3, 3]), leaf(3, [])]), /in two places/],
    ['a bucket that is its own parent', forge([leaf(2, [bucket('b', 2)])]), /in two places/],
    [
      'two buckets in one place',
      forge([leaf(2, [bucket('a', 3), bucket('b', 3)]), leaf(3, [])]),
      /in two places/,
    ],
    [
      'a page that overflows into itself',
      forge([leaf(2, [bucket('b', 3)], { overflow: 1 }), leaf(3, [])]),
      /in two places/,
    ],
    ['a bucket in the meta pages', forge([leaf(2, [bucket('b', 1)])]), /pages 2 to/],
    ['a root beyond the end', forge([leaf(2, [])], { root: 9n }), /pages 2 to/],
    [
      'a root beyond all numbers',
      forge([leaf(2, [])], { root: 2n ** 64n - 1n, end: 2n ** 64n - 1n }),
      /pages 2 to|no file is so long/,
    ],
    [
      'a page beyond any file',
      forge([leaf(2, [])], { root: 2n ** 50n, end: 2n ** 51n }),
      /no file is so long/,
    ],
    ['pages that the file has not', forge([branch(2, [4000])], { end: 5000n }), /ends early/],
    [
      'a page of 4 TiB',
      forge([leaf(2, [], { overflow: 0xffffffff })], { end: 2n ** 40n }),
      /more than/,
    ],
    ['a page that overflows the end', forge([leaf(2, [], { overflow: 7 })]), /goes on to page 9/],
    ['a page that is another', forge([leaf(3, [])]), /says that it is page 3/],
    ['a branch without children', forge([branch(2, [])]), /without children/],
    [
      'elements on top of each other',
      forge([
        leaf(2, [
          { key: 'a', value, position: 48 },
          { key: 'b', value, position: 32 },
        ]),
      ]),
      /cannot be/,
    ],
    [
      'an element that is its own bytes',
      forge([leaf(2, [{ key: 'a', value, position: 0 }])]),
      /cannot be/,
    ],
    ['bytes behind the page', forge([leaf(2, [{ key: 'a', value, position: 1008 }])]), /cannot be/],
    [
      'a key twice',
      forge([
        leaf(2, [
          { key: 'a', value },
          { key: 'a', value },
        ]),
      ]),
      /not in order/,
    ],
    [
      'keys in no order',
      forge([
        leaf(2, [
          { key: 'b', value },
          { key: 'a', value },
        ]),
      ]),
      /not in order/,
    ],
    ['a bucket without a header', forge([leaf(2, [{ flags: 1, key: 'b', value }])]), /no header/],
    [
      'an inline bucket that ends',
      forge([leaf(2, [{ flags: 1, key: 'b', value: bucketAt(0) }])]),
      /ends early/,
    ],
    [
      'a bucket in an inline bucket',
      forge([
        leaf(2, [{ flags: 1, key: 'b', value: inline(leaf(0, [bucket('c', 3)]).subarray(0, 64)) }]),
      ]),
      /more than a leaf/,
    ],
    [
      'an inline branch',
      forge([leaf(2, [{ flags: 1, key: 'b', value: inline(branch(0, [3]).subarray(0, 32)) }])]),
      /more than a leaf/,
    ],
    ['a page of no kind', forge([Buffer.alloc(1024).fill(2, 0, 1)]), /neither branch nor leaf/],
  ];
  for (const [name, bytes, message] of cases) {
    t.throws(() => dumpBolt(bytes), { message }, name);
    t.match(outcome(bytes), /^(CORRUPT|LIMIT_EXCEEDED)$/, name);
  }
  const deep = Array.from({ length: 40 }, (_, at) => branch(2 + at, [3 + at]));
  t.throws(() => dumpBolt(forge([...deep, leaf(42, [])])), { message: /deeper than 32/ });
  t.end();
});

t.test('a database of another byte order is told as such', (t) => {
  const swapped = forge([leaf(2, [])]);
  swapped.writeUInt32BE(0xed0cdaed, 16);
  swapped.writeUInt32BE(0xed0cdaed, 1024 + 16);
  t.throws(() => dumpBolt(swapped), { code: 'UNSUPPORTED', message: /big-endian/ });
  t.end();
});

t.test('one that is written meanwhile', (t) => {
  const before = forge([leaf(2, [{ key: 'k', value: Buffer.from('old') }])]);
  const after = Buffer.from(before);
  leaf(2, [{ key: 'k', value: Buffer.from('new') }]).copy(after, 2048);
  const meta = after.subarray(16, 80);
  meta.writeBigUInt64LE(2n, 48);
  meta.writeBigUInt64LE(fnv64a(meta.subarray(0, 56)), 56);
  let current = before;
  const file = { read: (at: number, length: number) => bytesFile(current).read(at, length) };
  const tried: string[] = [];
  const answer = (switchTo: Buffer) =>
    readConsistently(
      file,
      (root) => {
        tried.push(dumpBucket(root));
        current = switchTo;
        return tried.at(-1);
      },
      { what: 'database' },
    );
  t.equal(answer(after), '6b=6e6577\n', 'the answer is that of the newer transaction');
  t.same(tried, ['6b=6f6c64\n', '6b=6e6577\n'], 'it was read again');

  current = before;
  const failing = () =>
    readConsistently(
      file,
      (root) => {
        if (current === after) return dumpBucket(root);
        current = after;
        throw Object.assign(new Error('torn'), {});
      },
      { what: 'database' },
    );
  t.throws(failing, { message: 'torn' }, 'an error that is not ours is a bug and shown');

  current = before;
  const restless = () => {
    readConsistently(
      file,
      () => {
        const next = Buffer.from(current);
        const page = next.subarray(16, 80);
        page.writeBigUInt64LE(page.readBigUInt64LE(48) + 2n, 48);
        page.writeBigUInt64LE(fnv64a(page.subarray(0, 56)), 56);
        current = next;
      },
      { what: 'database' },
    );
  };
  t.throws(restless, { code: 'UNAVAILABLE', message: /changed 20 times/ });
  t.end();
});
