// Tars that are nearly right: grown from entries, then changed where it hurts.
import { gzipSync } from 'node:zlib';
import {
  gnuLong,
  headerBlock,
  padded,
  paxHeader,
  tarFile,
  withChecksum,
} from '../support/build-tar.js';
import { DISAGREEMENTS } from '../hostile/cases/disagreements.js';
import type { Random } from './random.js';

const PARTS = [
  'a',
  'b',
  'c',
  'dir',
  '.',
  '..',
  '',
  '.wh.a',
  '.wh.',
  '.wh..wh..opq',
  '.wh..wh.plnk',
  'x'.repeat(90),
  'caf\u00e9',
  '\x1b[31m',
  '.wh..',
  '.wh.dir',
];
const TYPES = [
  '0',
  '5',
  '2',
  '1',
  '3',
  '4',
  '6',
  '7',
  'S',
  'V',
  'D',
  'Q',
  '\0',
  'x',
  'L',
  '0',
  '0',
  '0',
  '5',
  '5',
  '2',
  '1',
];
const KEYS = [
  'path',
  'linkpath',
  'size',
  'uid',
  'gid',
  'mtime',
  'uname',
  'comment',
  'hdrcharset',
  'GNU.sparse.map',
  'GNU.sparse.size',
  'GNU.sparse.numblocks',
  'GNU.sparse.major',
  'GNU.sparse.minor',
  'GNU.sparse.name',
  'GNU.sparse.realsize',
  'SCHILY.xattr.user.x',
  'SCHILY.xattr.trusted.overlay.opaque',
  'LIBARCHIVE.xattr.user.y',
];
const VALUES = [
  '',
  '0',
  '1',
  '-1',
  '7.5',
  '99999999999',
  '9007199254740993',
  'y',
  '../../x',
  'a/b',
  '0,1',
  '0,1,5,2',
  '1\n0\n1\n',
  'a\0b',
  '\xff\xfe',
  '=',
  '\n',
];
const NUMBERS = [0, 0, 1, 5, 511, 512, 513, 2 ** 31, 8 ** 11 - 1];
/** Where a header's fields begin. */
const FIELDS = [0, 100, 108, 116, 124, 136, 148, 156, 157, 257, 265, 329, 337, 345, 386, 482, 483];

export function oddName(random: Random): string {
  const depth = 1 + random.below(random.chance(0.02) ? 300 : 4);
  return Array.from({ length: depth }, () => random.pick(PARTS)).join('/');
}

function oddEntry(random: Random): Buffer {
  if (random.chance(0.1)) return random.pick(Object.values(DISAGREEMENTS)).subarray(0, -1024);
  if (random.chance(0.25)) return oddPax(random);
  if (random.chance(0.05)) return gnuLong(random.pick(['L', 'K'] as const), oddName(random));
  const typeflag = random.pick(TYPES);
  const content = Buffer.alloc(random.chance(0.7) ? random.below(20) : random.below(3000), 'x');
  const fields = {
    name: oddName(random),
    typeflag,
    linkName: oddName(random),
    mode: random.below(0o10000),
    uid: random.below(2 ** 21),
    mtime: random.below(2 ** 31),
    major: random.below(3),
    minor: random.below(3),
    format: random.pick(['ustar', 'gnu', 'v7'] as const),
  };
  if (random.chance(0.05)) return headerBlock({ ...fields, size: random.pick(NUMBERS) });
  const hasBody = ['0', '7', '\0', 'S', 'Q'].includes(typeflag) || random.chance(0.05);
  return hasBody ? tarFile(fields, content) : headerBlock(fields);
}

function oddPax(random: Random): Buffer {
  const records = Array.from(
    { length: 1 + random.below(4) },
    () =>
      [
        random.pick(KEYS),
        Buffer.from(random.chance(0.3) ? oddName(random) : random.pick(VALUES), 'latin1'),
      ] as const,
  );
  return paxHeader(records, random.pick(['x', 'x', 'x', 'x', 'g', 'X']));
}

/** Changes some bytes; the checksum of the header around them is put right, mostly. */
function mutate(tar: Buffer, random: Random): Buffer {
  if (tar.length === 0) return tar;
  const changed = Buffer.from(tar);
  for (let turns = random.below(4); turns > 0; turns -= 1) {
    const block = random.below(Math.ceil(changed.length / 512)) * 512;
    const at = random.chance(0.7)
      ? block + random.pick(FIELDS) + random.below(3)
      : random.below(changed.length);
    if (at >= changed.length) continue;
    changed[at] = random.pick([0, 0x20, 0x2f, 0x30, 0x37, 0x39, 0x80, 0xff, random.below(256)]);
    if (random.chance(0.9) && block + 512 <= changed.length)
      withChecksum(changed.subarray(block, block + 512));
  }
  if (random.chance(0.1)) return changed.subarray(0, random.below(changed.length));
  if (random.chance(0.1)) return Buffer.concat([changed, padded('tail')]);
  return changed;
}

export function oddTar(random: Random): Buffer {
  const entries = Array.from({ length: random.below(12) }, () => oddEntry(random));
  const end = Buffer.alloc(random.pick([1024, 1024, 1024, 512, 0, 10_240]));
  const tar = Buffer.concat([...entries, end]);
  return random.chance(0.4) ? mutate(tar, random) : tar;
}

/** Plain, or compressed with a frame that is not quite right. */
export function oddBlob(random: Random): Buffer {
  const tar = oddTar(random);
  if (random.chance(0.3)) return tar;
  const blob = gzipSync(tar, { level: 1 });
  if (random.chance(0.75)) return blob;
  const changed = Buffer.from(blob);
  changed[random.below(changed.length)] = random.below(256);
  const tail = random.pick([Buffer.alloc(0), blob, Buffer.alloc(9), Buffer.from('junk')]);
  return Buffer.concat([
    random.chance(0.3) ? changed.subarray(0, random.below(changed.length)) : changed,
    tail,
  ]);
}
