// Archives that tar readers take differently, and some that all take alike.
import {
  gnuLong,
  headerBlock,
  padded,
  paxHeader,
  tarFile,
  tarOf,
} from '../../support/build-tar.js';

const file = (name: string | Buffer, content = 'x') => tarFile({ name }, content);
const hex = (text: string) => Buffer.from(text, 'hex');
const patched = (name: string, at: number, bytes: string | Buffer) =>
  headerBlock({ name, patches: [{ at, bytes }] });
const rechecked = (block: Buffer, write: (sum: number) => void): Buffer => {
  block.fill(0x20, 148, 156);
  write(block.reduce((total, byte) => total + byte, 0));
  return block;
};
const END = Buffer.alloc(1024);

/** What every reader takes alike: here nothing may be complained of. */
export const PLAIN: Readonly<Record<string, Buffer>> = {
  files: tarOf(file('a'), file('dir/b', 'content'), headerBlock({ name: 'd/', typeflag: '5' })),
  links: tarOf(
    file('a'),
    headerBlock({ name: 'h', typeflag: '1', linkName: 'a' }),
    headerBlock({ name: 's', typeflag: '2', linkName: '../x' }),
  ),
  special: tarOf(
    headerBlock({ name: 'c', typeflag: '3', major: 1, minor: 3 }),
    headerBlock({ name: 'p', typeflag: '6' }),
  ),
  pax: tarOf(paxHeader({ path: 'p'.repeat(150), mtime: '1.5' }), file('x', 'content')),
  gnu: tarOf(gnuLong('L', 'l'.repeat(150)), tarFile({ name: 'x', format: 'gnu' }, 'content')),
  prefix: tarOf(headerBlock({ name: 'name', prefix: 'a/long/prefix' })),
  v7: tarOf(tarFile({ name: 'old', format: 'v7' }, 'x')),
  empty: END,
  blocked: Buffer.concat([file('a'), Buffer.alloc(10_240 - 1024)]),
};

const inner = tarOf(file('smuggled', 'payload'));

export const DISAGREEMENTS: Readonly<Record<string, Buffer>> = {
  // CVE-2025-62518: the header says 0, PAX the truth, and what lies between is an archive.
  'pax size over header size': tarOf(
    paxHeader({ size: String(inner.length) }),
    Buffer.concat([headerBlock({ name: 'outer', size: 0 }), padded(inner)]),
    file('after'),
  ),
  'pax size under header size': tarOf(
    paxHeader({ size: '1' }),
    tarFile({ name: 'a' }, 'x'.repeat(2000)),
    file('b'),
  ),
  // CVE-2026-53655 (node-tar): a PAX size that is applied to the headers after it.
  'pax size before a long name': tarOf(
    paxHeader({ size: '1024' }),
    gnuLong('L', 'long'),
    tarFile({ name: 'a', format: 'gnu' }, 'y'.repeat(1024)),
  ),
  'pax before gnu name': tarOf(paxHeader({ path: 'pax' }), gnuLong('L', 'gnu'), file('header')),
  'gnu name before pax': tarOf(gnuLong('L', 'gnu'), paxHeader({ path: 'pax' }), file('header')),
  'gnu link before pax': tarOf(
    gnuLong('K', 'gnu'),
    paxHeader({ linkpath: 'pax' }),
    headerBlock({ name: 's', typeflag: '2', linkName: 'header' }),
  ),
  'two long names': tarOf(gnuLong('L', 'one'), gnuLong('L', 'two'), file('header')),
  'two pax headers': tarOf(paxHeader({ path: 'one' }), paxHeader({ mtime: '1' }), file('header')),
  'path twice in pax': tarOf(
    paxHeader([
      ['path', 'one'],
      ['path', 'two'],
    ]),
    file('header'),
  ),
  'nul in pax path': tarOf(paxHeader({ path: 'good\0/../evil' }), file('header')),
  'nul in pax linkpath': tarOf(
    paxHeader({ linkpath: 'good\0evil' }),
    headerBlock({ name: 's', typeflag: '2', linkName: 'header' }),
  ),
  'nul in gnu name': tarOf(gnuLong('L', 'good\0evil'), file('header')),
  'empty pax path': tarOf(paxHeader({ path: '' }), file('header')),
  'empty pax size': tarOf(paxHeader({ size: '' }), file('a', 'content')),
  'pax record too long': tarOf(brokenPax('99 path=evil\n'), file('header')),
  'pax record too short': tarOf(brokenPax('5 path=evil\n'), file('header')),
  'pax record without newline': tarOf(brokenPax('12 path=evil '), file('header')),
  'pax record with leading zeros': tarOf(brokenPax('000014 path=evi\n'), file('header')),
  'pax record with plus': tarOf(brokenPax('+13 path=evil\n'), file('header')),
  'pax size hexadecimal': tarOf(paxHeader({ size: '0x400' }), file('a', 'content')),
  'pax size negative': tarOf(paxHeader({ size: '-1' }), file('a', 'content')),
  'pax size with fraction': tarOf(paxHeader({ size: '7.5' }), file('a', 'content')),
  'pax size with space': tarOf(paxHeader({ size: ' 7' }), file('a', 'content')),
  'global path': tarOf(paxHeader({ path: 'global' }, 'g'), file('a'), file('b')),
  'global size': tarOf(paxHeader({ size: '0' }, 'g'), file('a', 'content'), file('b')),
  'global linkpath': tarOf(
    paxHeader({ linkpath: 'global' }, 'g'),
    headerBlock({ name: 's', typeflag: '2', linkName: 'header' }),
  ),
  'global between pax and entry': tarOf(
    paxHeader({ path: 'pax' }),
    paxHeader({ path: 'global' }, 'g'),
    file('header'),
  ),
  'pax sparse name': tarOf(
    paxHeader({
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 'real',
      'GNU.sparse.realsize': '1',
    }),
    tarFile(
      { name: 'GNUSparseFile.0/real' },
      Buffer.concat([padded('1\n0\n1\n'), Buffer.from('x')]),
    ),
  ),
  'pax sparse without map': tarOf(
    paxHeader({ 'GNU.sparse.name': 'elsewhere', 'GNU.sparse.size': '9' }),
    file('header'),
  ),
  'sparse map without its count': tarOf(
    paxHeader({ 'GNU.sparse.size': '9', 'GNU.sparse.map': '0,1' }),
    file('s'),
  ),
  'sparse map with a wrong count': tarOf(
    paxHeader({ 'GNU.sparse.size': '9', 'GNU.sparse.numblocks': '2', 'GNU.sparse.map': '0,1' }),
    file('s'),
  ),
  'sparse map with its count': tarOf(
    paxHeader({ 'GNU.sparse.size': '9', 'GNU.sparse.numblocks': '1', 'GNU.sparse.map': '0,1' }),
    file('s'),
  ),
  'solaris header': tarOf(paxHeader({ path: 'sun' }, 'X'), file('header')),
  hdrcharset: tarOf(paxHeader({ hdrcharset: 'BINARY', path: hexName() }), file('header')),
  duplicates: tarOf(file('a', 'one'), file('a', 'two!')),
  'single zero block': Buffer.concat([file('a'), Buffer.alloc(512), file('b'), END]),
  'archive behind the end': Buffer.concat([file('a'), END, file('b'), END]),
  'junk behind the end': Buffer.concat([file('a'), END, Buffer.alloc(512, 'junk')]),
  'no end': file('a'),
  'cut in the padding': file('a').subarray(0, 600),
  'checksum of signed bytes': tarOf(signed(headerBlock({ name: 'gr\u00fcn' })), file('b')),
  'checksum in base-256': tarOf(base256Checksum(headerBlock({ name: 'b' })), file('c')),
  'checksum without NUL': tarOf(
    ((block) =>
      rechecked(block, (sum) => block.write(sum.toString(8).padStart(8, '0'), 148, 'latin1')))(
      headerBlock({ name: 'b' }),
    ),
    file('c'),
  ),
  'checksum with junk behind': tarOf(
    ((block) =>
      rechecked(block, (sum) =>
        block.write(`${sum.toString(8).padStart(6, '0')}9x`, 148, 'latin1'),
      ))(headerBlock({ name: 'b' })),
    file('c'),
  ),
  'size with junk behind': tarOf(patched('a', 124, '0000001x000\0'), file('b')),
  'size with eights': tarOf(patched('a', 124, '00000000080\0'), file('b')),
  'size in base-256': tarOf(
    Buffer.concat([patched('a', 124, hex('800000000000000000000200')), Buffer.alloc(512, 1)]),
    file('b'),
  ),
  'size negative': tarOf(patched('a', 124, hex('ffffffffffffffffffffffff')), file('b')),
  'size with leading spaces': tarOf(
    Buffer.concat([patched('a', 124, '          1 '), padded('x')]),
  ),
  'size with minus': tarOf(patched('a', 124, '-0000000001\0'), file('b')),
  'size blank': tarOf(patched('a', 124, '            '), file('b')),
  'mode not octal': tarOf(patched('a', 100, '99999z\0'), file('b')),
  'mtime not octal': tarOf(patched('a', 136, 'yesterday\0'), file('b')),
  'uid negative': tarOf(patched('a', 108, hex('fffffffffffffffe')), file('b')),
  'directory with size': tarOf(headerBlock({ name: 'd/', typeflag: '5', size: 512 }), file('b')),
  'directory with body': tarOf(
    tarFile({ name: 'd/', typeflag: '5' }, tarOf(file('in'))),
    file('b'),
  ),
  'symlink with size': tarOf(
    headerBlock({ name: 's', typeflag: '2', linkName: 'x', size: 512 }),
    file('b'),
  ),
  'hard link with size': tarOf(
    file('a'),
    headerBlock({ name: 'h', typeflag: '1', linkName: 'a', size: 512 }),
    file('b'),
  ),
  'hard link with body': tarOf(
    file('a'),
    tarFile({ name: 'h', typeflag: '1', linkName: 'a' }, 'x'.repeat(512)),
    file('b'),
  ),
  'device with size': tarOf(
    headerBlock({ name: 'c', typeflag: '3', major: 1, size: 512 }),
    file('b'),
  ),
  'fifo with size': tarOf(headerBlock({ name: 'p', typeflag: '6', size: 512 }), file('b')),
  'unknown type': tarOf(tarFile({ name: 'u', typeflag: 'Q' }, 'body'), file('b')),
  'type of a vendor': tarOf(tarFile({ name: 'u', typeflag: 'A' }, 'body'), file('b')),
  'type of star': tarOf(tarFile({ name: 'u', typeflag: 'E' }, 'body'), file('b')),
  'volume label': tarOf(tarFile({ name: 'label', typeflag: 'V', format: 'gnu' }), file('b')),
  'multi-volume part': tarOf(
    tarFile({ name: 'part', typeflag: 'M', format: 'gnu' }, 'rest'),
    file('b'),
  ),
  'dump directory': tarOf(
    tarFile({ name: 'dump', typeflag: 'D', format: 'gnu' }, 'Ya\0\0'),
    file('b'),
  ),
  'old directory': tarOf(headerBlock({ name: 'd/', typeflag: '\0', format: 'v7' }), file('b')),
  'old directory with size': tarOf(
    tarFile({ name: 'd/', typeflag: '\0', format: 'v7' }, 'body'),
    file('b'),
  ),
  'file with a slash at its end': tarOf(tarFile({ name: 'd/', typeflag: '0' }, 'body'), file('b')),
  'pax file with a slash at its end': tarOf(
    paxHeader({ path: 'd/' }),
    tarFile({ name: 'x' }, 'body'),
    file('b'),
  ),
  'empty file with a slash at its end': tarOf(
    headerBlock({ name: 'd/', typeflag: '0' }),
    file('b'),
  ),
  'contiguous with a slash at its end': tarOf(
    tarFile({ name: 'd/', typeflag: '7' }, 'body'),
    file('b'),
  ),
  'prefix of GNU': tarOf(
    headerBlock({ name: 'a', format: 'gnu', patches: [{ at: 345, bytes: 'hidden' }] }),
  ),
  'prefix of v7': tarOf(
    headerBlock({ name: 'a', format: 'v7', patches: [{ at: 345, bytes: 'hidden' }] }),
  ),
  'prefix of an odd magic': tarOf(
    headerBlock({
      name: 'a',
      patches: [
        { at: 257, bytes: 'USTAR\0' },
        { at: 345, bytes: 'hidden' },
      ],
    }),
  ),
  'prefix of star': tarOf(
    headerBlock({
      name: 'a',
      prefix: 'p',
      patches: [
        { at: 476, bytes: '00000000000\0' },
        { at: 508, bytes: 'tar\0' },
      ],
    }),
  ),
  'full star prefix': tarOf(
    headerBlock({
      name: 'a',
      prefix: 'p'.repeat(131),
      patches: [
        { at: 476, bytes: '00000000000 00000000000 ' },
        { at: 508, bytes: 'tar\0' },
      ],
    }),
  ),
  'prefix with a slash at its end': tarOf(headerBlock({ name: 'a', prefix: 'p/' })),
  'name with a slash in front and a prefix': tarOf(headerBlock({ name: '/a', prefix: 'p' })),
  'empty name with a prefix': tarOf(headerBlock({ name: '', prefix: 'p' })),
  'empty name': tarOf(headerBlock({ name: '' }), file('b')),
  'bytes behind the NUL of a name': tarOf(file(Buffer.from('good\0/evil'))),
  'bytes behind the NUL of a link': tarOf(
    headerBlock({ name: 's', typeflag: '2', linkName: 'good\0/evil' }),
  ),
  'link of what is no link': tarOf(headerBlock({ name: 'a', linkName: 'odd' }), file('b')),
  'hard link without a name': tarOf(headerBlock({ name: 'h', typeflag: '1' }), file('b')),
  'damaged header': tarOf(file('a'), headerBlock({ name: 'b' }).fill('z', 0, 1), file('c')),
  'pax without an entry': tarOf(paxHeader({ path: 'x' })),
  'long name without an entry': tarOf(gnuLong('L', 'x')),
  'long name of one byte': tarOf(
    headerBlock({ name: '././@LongLink', typeflag: 'L', size: 1, format: 'gnu' }),
    Buffer.alloc(512),
    file('b'),
  ),
  'long name without NUL': tarOf(
    headerBlock({ name: '././@LongLink', typeflag: 'L', size: 4, format: 'gnu' }),
    padded('long'),
    file('b'),
  ),
  'old GNU long name': tarOf(
    tarFile({ name: '././@MaNgLeD_NaMeS', typeflag: 'N', format: 'gnu' }, 'Rename a to b\n'),
    file('b'),
  ),
  'sparse of old GNU': tarOf(
    tarFile(
      {
        name: 's',
        typeflag: 'S',
        format: 'gnu',
        patches: [
          { at: 386, bytes: '00000000000\0' + '00000000001\0' },
          { at: 483, bytes: '00000000020\0' },
        ],
      },
      'x',
    ),
  ),
  'sparse that overlaps': tarOf(
    tarFile(
      {
        name: 's',
        typeflag: 'S',
        format: 'gnu',
        patches: [
          { at: 386, bytes: '00000000004\0' + '00000000004\0' + '00000000000\0' + '00000000004\0' },
          { at: 483, bytes: '00000000020\0' },
        ],
      },
      'xxxxxxxx',
    ),
  ),
  slack: ((bytes) => (bytes.write('payload', 900), tarOf(bytes)))(file('a')),
};

function hexName(): Buffer {
  return Buffer.from([0x66, 0xff, 0xfe]);
}

/** A PAX header whose body is exactly this. */
function brokenPax(body: string): Buffer {
  return Buffer.concat([
    headerBlock({ name: 'pax', typeflag: 'x', size: body.length }),
    padded(body),
  ]);
}

/** The checksum of old BSD and Sun tars: bytes from 128 on count as negative. */
export function signed(block: Buffer): Buffer {
  return rechecked(block, (sum) => {
    const high = block.filter((byte) => byte > 127).length;
    block.write(`${(sum - 256 * high).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  });
}

/** The checksum as a base-256 number. */
export function base256Checksum(block: Buffer): Buffer {
  return rechecked(block, (sum) => {
    block.fill(0, 148, 156);
    block[148] = 0x80;
    block.writeUInt16BE(sum, 154);
  });
}
