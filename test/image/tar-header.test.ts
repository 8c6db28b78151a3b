// What headers and extended headers say of an entry, where they compete or lie.
import t from 'tap';
import {
  gnuLong,
  headerBlock,
  padded,
  paxHeader,
  tarFile,
  tarOf,
  withChecksum,
} from '../support/build-tar.js';
import { readTar, thrown } from '../support/read-tar.js';

t.test('names', (t) => {
  const names = (...parts: Buffer[]) => readTar(tarOf(...parts)).entries.map(({ name }) => name);
  t.same(names(headerBlock({ name: 'b', prefix: 'a' })), ['a/b'], 'ustar prefix');
  t.same(names(headerBlock({ name: 'b', prefix: 'a', format: 'gnu' })), ['b'], 'none in GNU');
  t.same(names(headerBlock({ name: 'n'.repeat(100) })), ['n'.repeat(100)], 'no room for a NUL');
  t.same(names(gnuLong('L', 'long'), paxHeader({ path: 'pax' }), headerBlock({ name: 's' })), [
    'pax',
  ]);
  t.same(names(paxHeader({ path: 'pax' }), gnuLong('L', 'long'), headerBlock({ name: 's' })), [
    'pax',
  ]);
  t.same(names(paxHeader({ path: '' }), headerBlock({ name: 's' })), ['s'], 'empty takes back');
  t.same(names(headerBlock({ name: Buffer.from('a\xff', 'latin1') })), ['a\udcff']);
  const link = readTar(
    tarOf(gnuLong('K', 'k'.repeat(300)), headerBlock({ name: 'a', typeflag: '2' })),
  );
  t.equal(link.entries[0]?.linkName, 'k'.repeat(300));
  const nul = readTar(tarOf(paxHeader({ path: 'safe\0/../../etc' }), headerBlock({ name: 's' })));
  t.same(
    nul.problems.map(({ code }) => code),
    ['tar-nul-in-name'],
  );
  t.equal(nul.entries[0]?.name, 'safe\0/../../etc', 'kept as it is');
  t.end();
});

t.test('sizes that two readers would take differently', (t) => {
  const inner = tarFile({ name: 'smuggled' }, 'x');
  // CVE-2026-53655 and CVE-2025-62518: the record's size counts, and only for the entry itself.
  const pax = readTar(
    tarOf(paxHeader({ size: String(inner.length) }), headerBlock({ name: 'a' }), inner),
  );
  t.same(
    pax.entries.map(({ name }) => name),
    ['a'],
  );
  t.same(
    pax.problems.map(({ code }) => code),
    ['tar-size-mismatch'],
  );
  t.ok(pax.entries[0]?.ambiguity);
  const long = readTar(
    tarOf(
      paxHeader({ size: '512' }),
      gnuLong('L', 'n'.repeat(200)),
      tarFile({ name: 'a', size: 512 }, inner.subarray(0, 512)),
    ),
  );
  t.same(
    long.entries.map(({ name }) => name),
    ['n'.repeat(200)],
  );
  t.same(long.problems, []);
  for (const typeflag of ['1', '2', '3', '4', '5', '6']) {
    const read = readTar(tarOf(headerBlock({ name: 'a', typeflag, size: 1024 }), inner));
    t.same(
      read.entries.map(({ name }) => name),
      ['a', 'smuggled'],
      `no body for type ${typeflag}`,
    );
    t.same(
      read.problems.map(({ code }) => code),
      ['tar-size-without-body'],
    );
    t.ok(read.entries[0]?.ambiguity);
  }
  const eight = readTar.bind(
    null,
    tarOf(paxHeader({ size: String(9 * 1024 ** 3) }), headerBlock({ name: 'a' })),
  );
  t.match(
    thrown(eight),
    { data: { problem: 'tar-truncated' } },
    'a size of 0 beside 9 GiB is no lie',
  );
  t.end();
});

t.test('types', (t) => {
  const odd = readTar(
    tarOf(tarFile({ name: 'odd', typeflag: 'Q' }, 'body'), tarFile({ name: 'next' }, '')),
  );
  t.same(
    odd.entries.map(({ name, type }) => `${name} ${type}`),
    ['odd file', 'next file'],
  );
  t.same(
    odd.problems.map(({ code }) => code),
    ['tar-unknown-type'],
  );
  const label = readTar(tarOf(headerBlock({ name: 'label', typeflag: 'V', format: 'gnu' })));
  t.same(
    label.problems.map(({ code }) => code),
    ['tar-unsupported-type'],
  );
  t.equal(label.entries[0]?.type, 'other');
  t.equal(
    readTar(tarOf(headerBlock({ name: 'a/', typeflag: '\0', format: 'v7' }))).entries[0]?.type,
    'directory',
  );
  t.equal(readTar(tarOf(tarFile({ name: 'a', typeflag: '7' }, 'x'))).entries[0]?.type, 'file');
  t.end();
});

t.test('PAX headers that are wrong', (t) => {
  const read = (body: string) =>
    readTar(
      tarOf(
        headerBlock({ name: 'pax', typeflag: 'x', size: body.length }),
        padded(body),
        headerBlock({ name: 'a' }),
      ),
    );
  for (const body of [
    'hello',
    '9 path=b',
    '99 path=b\n',
    '5 a=b\n6 c=d\n',
    '0 a=b\n',
    '8 path b\n',
    '4 =b\n',
    '00000000000009 a=b\n',
    ' 6 a=b\n',
  ]) {
    const { problems, entries } = read(body);
    t.same(
      problems.map(({ code }) => code),
      ['tar-bad-pax'],
      JSON.stringify(body),
    );
    t.ok(entries[0]?.ambiguity);
  }
  t.same(read('9 path=b\n').problems, []);
  for (const [key, value] of [
    ['uid', '-1'],
    ['size', '1e3'],
    ['mtime', 'now'],
    ['gid', '0x10'],
    ['mtime', '1,5'],
  ] as const) {
    const { problems, entries } = readTar(
      tarOf(paxHeader({ [key]: value }), headerBlock({ name: 'a', uid: 7, gid: 7 })),
    );
    t.same(
      problems.map(({ code }) => code),
      ['tar-bad-pax'],
      `${key}=${value}`,
    );
    t.match(entries[0], { uid: 7, gid: 7, mtime: 0n }, 'the header stands');
  }
  const twice = readTar(
    tarOf(paxHeader({ path: 'one' }), paxHeader({ path: 'two' }), headerBlock({ name: 'a' })),
  );
  t.match(twice.entries[0], { name: 'two', ambiguity: 'two PAX headers' });
  t.match(
    thrown(() => readTar(tarOf(paxHeader({ path: 'x' })))),
    { data: { problem: 'tar-truncated' } },
  );
  const keys = readTar(
    tarOf(
      paxHeader([
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]),
      headerBlock({ name: 'a' }),
    ),
  );
  t.same(keys.problems, []);
  t.end();
});

t.test('times', (t) => {
  const mtime = (text: string) =>
    readTar(tarOf(paxHeader({ mtime: text }), headerBlock({ name: 'a' }))).entries[0]?.mtime;
  t.equal(mtime('1.5'), 1_500_000_000n);
  t.equal(mtime('-1.5'), -1_500_000_000n);
  t.equal(mtime('-0.25'), -250_000_000n);
  t.equal(mtime('0.123456789999'), 123_456_789n);
  t.equal(mtime('1700000000.'), 1_700_000_000_000_000_000n);
  t.end();
});

t.test('global PAX headers', (t) => {
  const bytes = tarOf(
    paxHeader({ comment: 'a commit' }, 'g'),
    tarFile({ name: 'plain' }, ''),
    paxHeader({ uid: '42', uname: 'someone' }, 'g'),
    tarFile({ name: 'a', uid: 1 }, ''),
    paxHeader({ uid: '43' }),
    tarFile({ name: 'b', uid: 1 }, ''),
    paxHeader({ uid: '' }, 'g'),
    tarFile({ name: 'c', uid: 1 }, ''),
  );
  const { entries, problems } = readTar(bytes);
  t.same(
    problems.map(({ code }) => code),
    ['tar-global-pax'],
    'told once, and not of a comment',
  );
  t.same(
    entries.map(({ uid, userName }) => [uid, userName]),
    [
      [0, ''],
      [42, 'someone'],
      [43, 'someone'],
      [1, 'someone'],
    ],
  );
  t.same(
    entries.map(({ ambiguity }) => ambiguity !== undefined),
    [false, true, true, true],
  );
  t.end();
});

t.test('binary extended attributes survive', (t) => {
  const value = Buffer.from('0100000200ff0a3d80c3280000000000', 'hex');
  const { entries } = readTar(
    tarOf(paxHeader({ 'SCHILY.xattr.security.capability': value }), tarFile({ name: 'a' }, '')),
    [7],
  );
  t.same(entries[0]?.pax, [['SCHILY.xattr.security.capability', value.toString('latin1')]]);
  t.end();
});

t.test('sparse maps that lie', (t) => {
  const sparse = (records: [string, string][], body = '') =>
    readTar(
      tarOf(
        paxHeader([
          ['GNU.sparse.major', '0'],
          ...records,
          ['GNU.sparse.numblocks', count(records)],
        ]),
        tarFile({ name: 'a' }, body),
      ),
    );
  const count = (records: [string, string][]) => {
    const map = records.find(([key]) => key === 'GNU.sparse.map')?.[1] ?? '';
    return String(Math.ceil(map.split(',').length / 2));
  };
  const good = sparse(
    [
      ['GNU.sparse.size', '100'],
      ['GNU.sparse.map', '0,2,50,3'],
    ],
    'abcde',
  );
  t.same(good.problems, []);
  t.match(good.entries[0], {
    realSize: 100,
    size: 5,
    sparse: {
      regions: [
        { offset: 0, length: 2 },
        { offset: 50, length: 3 },
      ],
    },
  });
  for (const map of [
    '0,2,1,3',
    '50,3,0,2',
    '0,2,99,3',
    '0,2,50',
    '0,2,50,x',
    '0,6',
    '0,2',
    '-1,5',
  ]) {
    const { problems, entries } = sparse(
      [
        ['GNU.sparse.size', '100'],
        ['GNU.sparse.map', map],
      ],
      'abcde',
    );
    t.same(
      problems.map(({ code }) => code),
      ['tar-bad-sparse'],
      map,
    );
    t.equal(entries[0]?.sparse?.regions, undefined);
    t.equal(entries[0]?.size, 5, 'the body is skipped all the same');
  }
  t.same(
    sparse([['GNU.sparse.map', '0,0']]).problems.map(({ code }) => code),
    ['tar-bad-sparse'],
    'no size',
  );
  const inBody = (map: string, size = 600) =>
    readTar(
      tarOf(
        paxHeader({
          'GNU.sparse.major': '1',
          'GNU.sparse.minor': '0',
          'GNU.sparse.name': 'real',
          'GNU.sparse.realsize': '700',
        }),
        tarFile({ name: 'a' }, Buffer.concat([padded(map), Buffer.alloc(size - 512, 1)])),
      ),
    );
  t.match(inBody('1\n10\n88\n'), {
    problems: [],
    entries: [{ name: 'real', size: 88, bodyOffset: 2048 }],
  });
  for (const map of ['1\n10\n', 'x\n', '', '9'.repeat(512), '-1\n', '1\n10\n89\n']) {
    t.same(
      inBody(map).problems.map(({ code }) => code),
      ['tar-bad-sparse'],
      JSON.stringify(map.slice(0, 20)),
    );
  }
  const old = withChecksum(
    headerBlock({
      name: 'a',
      typeflag: 'S',
      format: 'gnu',
      patches: [
        { at: 482, bytes: '\x01' },
        { at: 483, bytes: '00000000100' },
      ],
    }),
  );
  t.match(
    thrown(() => readTar(old)),
    { data: { problem: 'tar-truncated' } },
    'ends within the map',
  );
  t.end();
});
