// Extended headers: what they say of the entry behind them, and of others.
import {
  gnuLong,
  headerBlock,
  padded,
  paxBody,
  paxHeader,
  tarFile,
  tarOf,
} from '../../support/build-tar.js';
import { base256Checksum } from './disagreements.js';
import { layerOf, type HostileCase } from '../hostile-case.js';

const file = (name: string, content = 'x') => tarFile({ name }, content);
const inner = tarOf(file('smuggled', 'payload'));

/** Records of three bytes of value each, as many as there are to be. */
function manyRecords(count: number): Buffer {
  const record = Buffer.from('9 aa=bbb\n');
  return Buffer.alloc(record.length * count, record);
}

function paxOf(body: Buffer): Buffer {
  return Buffer.concat([
    headerBlock({ name: 'pax', typeflag: 'x', size: body.length }),
    padded(body),
  ]);
}

const sparse = (records: Readonly<Record<string, string>>, content: string | Buffer = '') =>
  Buffer.concat([paxHeader(records), tarFile({ name: 's' }, content)]);

export const PAX_CASES: readonly HostileCase[] = [
  {
    name: 'pax-size-smuggles',
    trick: 'the header says 0 bytes, PAX the size of an archive within',
    evidence: 'CVE-2025-62518 (TARmageddon)',
    make: layerOf(
      paxHeader({ size: String(inner.length) }),
      Buffer.concat([headerBlock({ name: 'outer' }), padded(inner)]),
      file('after'),
    ),
    expect: { entries: ['f /after', 'f /outer'], problems: ['tar-size-mismatch outer'] },
  },
  {
    name: 'pax-size-on-meta',
    trick: 'a PAX size that must not move the long name behind it',
    evidence: 'CVE-2026-53655, GHSA-vmf3-w455-68vh (node-tar)',
    make: layerOf(
      paxHeader({ size: '1024' }),
      gnuLong('L', 'long'),
      tarFile({ name: 'a', format: 'gnu' }, 'y'.repeat(1024)),
    ),
    expect: { problems: [], entries: ['f /long'] },
  },
  {
    name: 'pax-and-gnu-names',
    trick: 'two names for one entry, in both orders',
    evidence: 'GHSA-vmf3-w455-68vh: readers take one or the other',
    make: layerOf(
      Buffer.concat([paxHeader({ path: 'pax1' }), gnuLong('L', 'gnu1'), file('header')]),
      Buffer.concat([gnuLong('L', 'gnu2'), paxHeader({ path: 'pax2' }), file('header')]),
      Buffer.concat([gnuLong('L', 'one'), gnuLong('L', 'two'), file('header')]),
      Buffer.concat([paxHeader({ path: 'x' }), paxHeader({ path: 'y' }), file('header')]),
    ),
    expect: {
      problems: [
        ...['tar-two-names pax1', 'tar-two-names pax2'],
        ...['tar-repeated-header', 'tar-repeated-header'],
      ],
      entries: ['f /pax1', 'f /pax2', 'f /two', 'f /y'],
    },
  },
  {
    name: 'pax-nul',
    trick: 'a NUL in a name, where C stops and others go on',
    evidence: 'GHSA-gvwx-54wh-qm9j (node-tar 7a635c2)',
    make: layerOf(
      Buffer.concat([paxHeader({ path: 'good\0/../../evil' }), file('header')]),
      Buffer.concat([
        paxHeader({ linkpath: '/etc\0/x' }),
        headerBlock({ name: 's', typeflag: '2', linkName: 'x' }),
      ]),
    ),
    expect: {
      problems: ['tar-nul-in-name good\0/../../evil', 'tar-nul-in-name s'],
    },
  },
  {
    name: 'pax-newline',
    trick: 'a value that looks like the next record',
    evidence: 'node-tar e02a4e9, readers that split lines',
    make: layerOf(
      Buffer.concat([paxHeader({ path: 'one\n12 path=two\n' }), file('header')]),
      Buffer.concat([paxHeader({ comment: 'x\n15 path=/evil/\n' }), file('b')]),
    ),
    expect: {
      problems: [],
      entries: ['f /b', 'f /one\n12 path=two\n'],
      shows: ['one\\n12 path=two\\n'],
    },
  },
  {
    name: 'pax-records-many',
    trick: 'a million records in one header',
    evidence: 'CPython PR #151498, node-tar',
    make: layerOf(paxOf(manyRecords(1_000_000)), file('a')),
    expect: { refused: /9000000 exceeds the limit paxSize of 1048576$/ },
  },
  {
    name: 'pax-records-many-allowed',
    trick: 'a hundred thousand records, which just fit',
    evidence: 'CPython PR #151498, node-tar',
    make: layerOf(paxOf(manyRecords(100_000)), file('a')),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'pax-size-claim',
    trick: 'a header that claims 4 GiB of records',
    evidence: 'CPython PR #151498: allocated before it is read',
    make: layerOf(headerBlock({ name: 'pax', typeflag: 'x', size: 2 ** 32 })),
    expect: { refused: /4294967296 exceeds the limit paxSize of 1048576$/ },
  },
  {
    name: 'pax-broken',
    trick: 'records whose lengths lie',
    evidence: 'CPython PR #151498, GHSA-gvwx-54wh-qm9j',
    make: layerOf(
      ...[
        '99 path=evil\n',
        '5 path=evil\n',
        '12 path=evil ',
        '+13 path=evil\n',
        '-1 a=b\n',
        '\0',
        '0 x=y\n',
      ].map((body, at) => Buffer.concat([paxOf(Buffer.from(body)), file(`f${at}`)])),
    ),
    expect: { problems: Array.from({ length: 7 }, () => 'tar-bad-pax') },
  },
  {
    name: 'pax-numbers',
    trick: 'sizes and owners that are negative, hexadecimal, too large, empty',
    evidence: 'GHSA-8x88-c5mf-7j5w (node-tar 9e78bf0)',
    make: layerOf(
      ...['-1', '0x10', '1e3', '99999999999999999999', ' 7', '7.5'].map((uid, at) =>
        Buffer.concat([paxHeader({ uid }), file(`u${at}`)]),
      ),
      Buffer.concat([paxHeader({ uid: '4294967296' }), file('u6')]),
      Buffer.concat([paxHeader({ size: '-5' }), file('s')]),
      Buffer.concat([paxHeader({ size: '' }), file('e')]),
      Buffer.concat([paxHeader({ mtime: 'now' }), file('m')]),
    ),
    expect: {
      problems: [
        ...[0, 1, 2, 3, 4, 5].map((at) => `tar-bad-pax u${at}`),
        ...['tar-bad-number u6', 'tar-bad-pax s', 'tar-empty-pax e', 'tar-bad-pax m'],
      ],
    },
  },
  {
    name: 'pax-global',
    trick: 'a name, an owner and a size for all that follows',
    evidence: 'Go archive/tar, GNU tar: applied by some, by others not',
    make: layerOf(paxHeader({ path: 'everything', uid: '0' }, 'g'), file('a'), file('b')),
    expect: {
      problems: ['tar-global-pax', 'tar-duplicate-path /everything'],
      entries: ['f /everything'],
    },
  },
  {
    name: 'pax-global-many',
    trick: 'ten thousand global headers of different keys',
    evidence: 'node-tar 631ae59, memory without a bound',
    make: layerOf(
      ...Array.from({ length: 10_000 }, (_, at) => paxHeader({ [`k${at}`]: 'v'.repeat(400) }, 'g')),
      file('a'),
    ),
    expect: { refused: /exceeds the limit paxSize of 1048576$/ },
  },
  {
    name: 'pax-commands',
    trick: 'records that only GNU tar acts on: dump directories, volumes, character sets',
    evidence: 'GNU tar manual: GNU.dumpdir removes files',
    make: layerOf(
      Buffer.concat([
        paxHeader({ 'GNU.dumpdir': 'Dcanary\0\0' }),
        headerBlock({ name: 'd/', typeflag: '5' }),
      ]),
      Buffer.concat([paxHeader({ 'GNU.volume.label': 'x' }), file('v')]),
      Buffer.concat([paxHeader({ hdrcharset: 'BINARY' }), file('c')]),
    ),
    expect: {
      problems: ['tar-odd-pax d/', 'tar-odd-pax v', 'tar-odd-pax c'],
      entries: ['f /c', 'd /d', 'f /v'],
    },
  },
  {
    name: 'pax-xattrs',
    trick: 'extended attributes with odd names, long values, and those that give power',
    evidence: 'CVE-2021-29136, xattr(7)',
    make: layerOf(
      Buffer.concat([
        paxHeader({
          'SCHILY.xattr.user.ok': Buffer.from([0, 1, 0xff]),
          'SCHILY.xattr.security.capability': Buffer.from(
            '0100000200200000000000000000000000000000',
            'hex',
          ),
          'SCHILY.xattr.trusted.overlay.redirect': '/../../../etc',
        }),
        file('a'),
      ]),
    ),
    expect: { problems: ['overlay-xattr /a'], entries: ['f /a'] },
  },
  {
    name: 'pax-xattrs-impossible',
    trick: 'extended attributes that no file system takes',
    evidence: 'xattr(7): 255 bytes of name, 64 KiB of value',
    make: layerOf(
      Buffer.concat([
        paxHeader({
          [`SCHILY.xattr.user.${'n'.repeat(300)}`]: 'x',
          'SCHILY.xattr.user.v': 'v'.repeat(100_000),
        }),
        file('a'),
      ]),
    ),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'gnu-long-name-abuse',
    trick: 'long names that are empty, unclosed, cut, or of what climbs out',
    evidence: 'libarchive, node-tar: GNU long names',
    make: layerOf(
      Buffer.concat([gnuLong('L', '../../../canary/file'), file('x')]),
      Buffer.concat([gnuLong('L', ''), file('y')]),
      Buffer.concat([
        gnuLong('K', '/etc/shadow'),
        headerBlock({ name: 'k', typeflag: '1', linkName: 'x' }),
      ]),
      Buffer.concat([
        headerBlock({ name: '././@LongLink', typeflag: 'L', size: 4, format: 'gnu' }),
        padded('open'),
        file('z'),
      ]),
    ),
    expect: {
      problems: [
        ...[
          'tar-path-escape ../../../canary/file',
          'tar-path-escape ',
          'hardlink-target-missing /k',
        ],
      ],
      entries: ['f /k', 'f /open'],
    },
  },
  {
    name: 'extended-without-entry',
    trick: 'extended headers with nothing behind them',
    evidence: 'CPython tarfile, node-tar',
    make: layerOf(file('a'), paxHeader({ path: 'x' })),
    expect: { refused: /the archive ends after an extended header$/ },
  },
  {
    name: 'checksum-of-extended',
    trick: 'an extended header whose checksum only some accept: for others it is not there',
    evidence: 'libarchive, GNU tar: readers differ',
    make: layerOf(
      base256Checksum(
        headerBlock({ name: 'pax', typeflag: 'x', size: paxBody({ path: 'evil' }).length }),
      ),
      padded(paxBody({ path: 'evil' })),
      file('good'),
    ),
    expect: { problems: ['tar-odd-checksum pax'], entries: ['f /evil'] },
  },
  {
    name: 'sparse-bomb',
    trick: 'a sparse file of 200 GiB in one byte',
    evidence: 'CVE-2025-58183 (Go), cri-o PR #9591',
    make: layerOf(
      sparse(
        {
          'GNU.sparse.major': '1',
          'GNU.sparse.minor': '0',
          'GNU.sparse.realsize': String(200 * 2 ** 30),
        },
        Buffer.concat([padded('1\n0\n1\n'), Buffer.from('x')]),
      ),
    ),
    expect: { problems: ['sparse-not-hashed /s'], entries: ['f /s'] },
  },
  {
    name: 'sparse-bomb-huge',
    trick: 'a sparse file of 8 PiB',
    evidence: 'CVE-2025-58183 (Go)',
    make: layerOf(
      sparse({
        'GNU.sparse.size': '9007199254740991',
        'GNU.sparse.numblocks': '1',
        'GNU.sparse.map': '0,0',
      }),
    ),
    expect: { refused: /9007199254740991 exceeds the limit totalBytes of 274877906944$/ },
  },
  {
    name: 'sparse-map-bomb',
    trick: 'a map that says it has ten thousand million regions',
    evidence: 'CVE-2025-58183 (Go): unbounded sparse maps',
    make: layerOf(
      sparse(
        { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '1' },
        padded('9999999999\n'),
      ),
    ),
    expect: { refused: /9999999999 exceeds the limit sparseRegions of 100000$/ },
  },
  {
    name: 'sparse-map-endless',
    trick: 'a GNU map whose every block says that another follows',
    evidence: 'CVE-2025-58183 (Go): unbounded sparse maps',
    make: layerOf(
      headerBlock({
        name: 's',
        typeflag: 'S',
        format: 'gnu',
        patches: [{ at: 482, bytes: '\x01' }],
      }),
      Buffer.alloc(512 * 6000, mapBlock()),
    ),
    expect: { refused: /exceeds the limit sparseRegions of 100000$/ },
  },
  {
    name: 'sparse-lies',
    trick: 'regions that overlap, run backwards, or go beyond the file',
    evidence: 'libarchive CVE-2016-8687 and its kind',
    make: layerOf(
      Buffer.concat([
        paxHeader({
          'GNU.sparse.size': '10',
          'GNU.sparse.numblocks': '2',
          'GNU.sparse.map': '4,4,0,4',
        }),
        tarFile({ name: 'back' }, 'xxxxxxxx'),
      ]),
      Buffer.concat([
        paxHeader({ 'GNU.sparse.size': '4', 'GNU.sparse.numblocks': '1', 'GNU.sparse.map': '0,8' }),
        tarFile({ name: 'beyond' }, 'xxxxxxxx'),
      ]),
      Buffer.concat([
        paxHeader({
          'GNU.sparse.size': '10',
          'GNU.sparse.numblocks': '2',
          'GNU.sparse.map': '0,x,-1',
        }),
        tarFile({ name: 'words' }, 'xxxxxxxx'),
      ]),
    ),
    expect: {
      entries: ['f /back', 'f /beyond', 'f /words'],
      problems: [
        ...['tar-bad-sparse back', 'tar-bad-sparse beyond', 'tar-bad-sparse words'],
        ...['tar-not-unpacked /back', 'tar-not-unpacked /beyond', 'tar-not-unpacked /words'],
      ],
    },
  },
  {
    name: 'sparse-name',
    trick: 'a name that only readers of sparse records see',
    evidence: 'GNU tar manual, Storing Sparse Files',
    make: layerOf(
      Buffer.concat([
        paxHeader({
          'GNU.sparse.name': '../../../canary/file',
          'GNU.sparse.size': '1',
          'GNU.sparse.numblocks': '1',
          'GNU.sparse.map': '0,1',
        }),
        tarFile({ name: 'harmless' }, 'x'),
      ]),
      Buffer.concat([
        paxHeader({ 'GNU.sparse.name': 'elsewhere', 'GNU.sparse.size': '9' }),
        file('plain'),
      ]),
    ),
    expect: {
      entries: ['f /elsewhere'],
      problems: [
        ...['tar-path-escape ../../../canary/file', 'tar-bad-sparse elsewhere'],
        'tar-not-unpacked /elsewhere',
      ],
    },
  },
];

/** A block of a GNU map: no regions used up, and the mark that more follow. */
function mapBlock(): Buffer {
  const block = Buffer.alloc(512);
  for (let at = 0; at < 21; at += 1) block.write('00000000000\x0000000000000\0', at * 24, 'latin1');
  block[504] = 1;
  return block;
}
