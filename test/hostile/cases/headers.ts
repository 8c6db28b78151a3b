// Headers that readers take differently, or that ask for more than there is.
import { headerBlock, padded, paxHeader, tarFile, tarOf } from '../../support/build-tar.js';
import { layerOf, rawLayer, type HostileCase } from '../hostile-case.js';

const file = (name: string, content = 'x') => tarFile({ name }, content);
const hex = (text: string) => Buffer.from(text, 'hex');
const sized = (bytes: Buffer | string) => headerBlock({ name: 'a', patches: [{ at: 124, bytes }] });
const END = Buffer.alloc(1024);

/** The checksum of old BSD and Sun tars: bytes from 128 on count as negative. */
function signedChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + (byte > 127 ? byte - 256 : byte), 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

export const HEADER_CASES: readonly HostileCase[] = [
  {
    name: 'size-negative',
    trick: 'a size of minus one in base-256',
    evidence: 'GHSA-8x88-c5mf-7j5w (node-tar 9e78bf0)',
    make: layerOf(sized(hex('ffffffffffffffffffffffff'))),
    expect: { refused: /"a": it has no valid size$/ },
  },
  {
    name: 'size-huge',
    trick: 'a size of 2^88 in base-256',
    evidence: 'CPython PR #151498',
    make: layerOf(sized(hex('80ffffffffffffffffffffff'))),
    expect: { refused: /"a": it has no valid size$/ },
  },
  {
    name: 'size-beyond-limit',
    trick: 'a size of 1 TiB in base-256',
    evidence: 'CPython PR #151498',
    make: layerOf(sized(hex('800000000000010000000000'))),
    expect: { refused: /exceeds the limit totalBytes of 274877906944$/ },
  },
  {
    name: 'size-beyond-archive',
    trick: 'a header that promises 8 GiB which do not follow',
    evidence: 'image-spec#1301, badtars-missing-contents',
    make: layerOf(sized('77777777777\0')),
    expect: { refused: /the archive ends inside an entry$/ },
  },
  {
    name: 'size-without-digits',
    trick: 'a size that is no number',
    evidence: 'node-tar 7a635c2',
    make: layerOf(sized('0x000000010\0')),
    expect: { refused: /"a": it has no valid size$/ },
  },
  {
    name: 'numbers-not-octal',
    trick: 'mode, owner and time that are no octal numbers, or negative',
    evidence: 'GHSA-8x88-c5mf-7j5w (node-tar)',
    make: layerOf(
      headerBlock({ name: 'mode', patches: [{ at: 100, bytes: '999999\0' }] }),
      headerBlock({ name: 'uid', patches: [{ at: 108, bytes: hex('fffffffffffffffe') }] }),
      headerBlock({ name: 'gid', patches: [{ at: 116, bytes: '12x4567\0' }] }),
      headerBlock({ name: 'time', patches: [{ at: 136, bytes: '99999999999\0' }] }),
      headerBlock({ name: 'past', patches: [{ at: 136, bytes: hex('ff0000000000000000000000') }] }),
    ),
    expect: {
      problems: [
        ...['tar-bad-number mode', 'tar-bad-number uid', 'tar-bad-number gid'],
        ...['tar-bad-number time', 'tar-bad-number past'],
      ],
    },
  },
  {
    name: 'time-beyond',
    trick: 'times before and after what a date can say',
    evidence: 'Y2038, RFC 3339',
    make: layerOf(
      headerBlock({ name: 'a', patches: [{ at: 136, bytes: hex('80000000ffffffffffffff00') }] }),
      Buffer.concat([paxHeader({ mtime: '-99999999999999999.5' }), file('b')]),
      Buffer.concat([paxHeader({ mtime: '999999999999999999.999999999999' }), file('c')]),
    ),
    expect: { problems: ['tar-bad-number a'], entries: ['f /a', 'f /b', 'f /c'] },
  },
  {
    name: 'checksum-signed',
    trick: 'a checksum over signed bytes, which some readers refuse',
    evidence: 'POSIX pax(1), Rationale',
    make: layerOf(signedChecksum(headerBlock({ name: 'gr\u00fcn' })), file('b')),
    expect: { problems: ['tar-odd-checksum gr\u00fcn'], entries: ['f /b', 'f /gr\u00fcn'] },
  },
  {
    name: 'checksum-wrong',
    trick: 'a header in the middle that is damaged',
    evidence: 'CPython tarfile: skipped or the end, by mode',
    make: layerOf(file('a'), headerBlock({ name: 'b' }).fill('z', 0, 1), file('c')),
    expect: { refused: /a damaged header: the checksum does not fit$/ },
  },
  {
    name: 'checksum-base256',
    trick: 'a checksum in base-256 or with odd spaces',
    evidence: 'libarchive, GNU tar: readers differ',
    make: layerOf(oddChecksum('b')),
    expect: { problems: ['tar-odd-checksum b'], entries: ['f /b'] },
  },
  {
    name: 'types-unknown',
    trick: 'types that nobody knows, some with a body',
    evidence: 'GNU tar: extracted as normal file; others skip',
    make: layerOf(
      tarFile({ name: 'Q', typeflag: 'Q' }, 'body'),
      tarFile({ name: 'nine', typeflag: '9' }, 'body'),
      tarFile({ name: 'A', typeflag: 'A' }, ''),
    ),
    expect: {
      problems: ['tar-unknown-type Q', 'tar-unknown-type nine', 'tar-unknown-type A'],
      entries: ['f /A', 'f /Q', 'f /nine'],
    },
  },
  {
    name: 'types-of-gnu',
    trick: 'volume labels, multi-volume parts, dump directories, old long names',
    evidence: 'GNU tar: --incremental would delete files',
    make: layerOf(
      tarFile({ name: 'label', typeflag: 'V', format: 'gnu' }),
      tarFile({ name: 'dump', typeflag: 'D', format: 'gnu' }, 'Y../canary\0Dx\0\0'),
      tarFile({ name: 'part', typeflag: 'M', format: 'gnu' }, 'rest'),
      tarFile({ name: 'names', typeflag: 'N', format: 'gnu' }, 'Rename x to ../y\n'),
      file('good'),
    ),
    expect: {
      problems: [
        ...['tar-unsupported-type label', 'tar-unsupported-type dump'],
        ...['tar-unsupported-type part', 'tar-unsupported-type names'],
      ],
      entries: ['f /good'],
    },
  },
  {
    name: 'contiguous',
    trick: 'type 7, a file that asks to be contiguous',
    evidence: 'POSIX pax(1)',
    make: layerOf(tarFile({ name: 'seven', typeflag: '7' }, 'body')),
    expect: { entries: ['f /seven'] },
  },
  {
    name: 'prefix-and-magic',
    trick: 'a prefix that only some readers join to the name, by the magic',
    evidence: 'POSIX ustar, GNU tar magic "ustar  "',
    make: layerOf(
      headerBlock({ name: 'posix', prefix: 'with' }),
      headerBlock({ name: 'gnu', format: 'gnu', patches: [{ at: 345, bytes: 'hidden' }] }),
      headerBlock({ name: 'v7', format: 'v7', patches: [{ at: 345, bytes: 'hidden' }] }),
      headerBlock({ name: 'f', prefix: '../../tmp' }),
      headerBlock({
        name: 'mixed',
        patches: [
          { at: 257, bytes: 'ustar\0\0\0' },
          { at: 345, bytes: 'p' },
        ],
      }),
    ),
    expect: {
      problems: ['tar-prefix-ignored gnu', 'tar-prefix-ignored v7', 'tar-path-escape ../../tmp/f'],
    },
  },
  {
    name: 'bytes-after-nul',
    trick: 'a name with bytes behind its closing NUL',
    evidence: 'readers that take the field whole',
    make: layerOf(headerBlock({ name: Buffer.from('good\0/../../evil') }), file('b')),
    expect: { problems: [], entries: ['f /b', 'f /good'] },
  },
  {
    name: 'end-single-zero',
    trick: 'one zero block, then more entries',
    evidence: 'GNU tar: "A lone zero block"; others read on',
    make: rawLayer(Buffer.concat([file('a'), Buffer.alloc(512), file('hidden'), END])),
    expect: { problems: ['tar-trailing-data'], entries: ['f /a'] },
  },
  {
    name: 'end-missing',
    trick: 'no zero block at the end, or one',
    evidence: 'golang/go archive/tar, CPython tarfile: readers differ',
    make: rawLayer(Buffer.concat([file('a'), Buffer.alloc(512)])),
    expect: { problems: ['tar-no-end'], entries: ['f /a'] },
  },
  {
    name: 'end-and-more',
    trick: 'a second archive behind the end of the first',
    evidence: 'tar --ignore-zeros, CVE-2026-53655',
    make: rawLayer(Buffer.concat([file('a'), END, file('hidden'), END])),
    expect: { problems: ['tar-trailing-data'], entries: ['f /a'] },
  },
  {
    name: 'end-and-junk',
    trick: 'junk behind the end',
    evidence: 'polyglot files',
    make: rawLayer(Buffer.concat([file('a'), END, Buffer.alloc(8192), Buffer.from('#!/bin/sh\n')])),
    expect: { problems: ['tar-trailing-data'], entries: ['f /a'] },
  },
  {
    name: 'slack',
    trick: 'data between the end of a body and its block',
    evidence: 'steganography in padding',
    make: layerOf(padded('').length === 0 ? slackFile() : Buffer.alloc(0)),
    expect: { problems: ['tar-slack-data a'], entries: ['f /a'] },
  },
  {
    name: 'truncated',
    trick: 'a layer that ends within a body',
    evidence: 'image-spec#1301, badtars-missing-contents',
    make: rawLayer(tarFile({ name: 'a' }, Buffer.alloc(2000)).subarray(0, 1024)),
    expect: { refused: /the archive ends inside an entry$/ },
  },
  {
    name: 'not-a-tar',
    trick: 'a layer that is no tar at all',
    evidence: 'dive: os.Exit within a library',
    make: rawLayer(Buffer.alloc(4096, 'MZ this is no tar ')),
    expect: { refused: /not a tar archive, or a damaged one: the checksum does not fit$/ },
  },
  {
    name: 'empty-layers',
    trick: 'layers of no bytes, of zeros, of one block',
    evidence: 'kaniko, buildah: empty layers',
    make: rawLayer(Buffer.alloc(10_240)),
    expect: { problems: [], entries: [] },
  },
  {
    name: 'no-bytes',
    trick: 'a layer without a single byte',
    evidence: 'kaniko, buildah: empty layers',
    make: rawLayer(Buffer.alloc(0)),
    expect: { problems: ['tar-no-end'], entries: [] },
  },
  {
    name: 'entries-limit',
    trick: 'more entries than are allowed',
    evidence: 'node-tar 631ae59, lists without a bound',
    make: rawLayer(tarOf(...Array.from({ length: 2000 }, (_, at) => file(`f${at}`, '')))),
    options: ['--limit', 'entries=1999'],
    expect: { refused: /2000 exceeds the limit entries of 1999$/ },
  },
];

function slackFile(): Buffer {
  const bytes = tarFile({ name: 'a' }, 'x');
  bytes.write('payload', 900);
  return bytes;
}

/** The checksum as a base-256 number, which GNU tar and we read. */
function oddChecksum(name: string): Buffer {
  const block = headerBlock({ name });
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.fill(0, 148, 156);
  block[148] = 0x80;
  block.writeUInt16BE(sum, 154);
  return block;
}
