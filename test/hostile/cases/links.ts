// Links that lead out, in circles, to nothing, or under what is written next.
import { buildLayer } from '../../support/build-image.js';
import { headerBlock, paxHeader, tarFile } from '../../support/build-tar.js';
import { layerOf, layersOf, type HostileCase } from '../hostile-case.js';

const file = (name: string, content = 'x') => tarFile({ name }, content);
const directory = (name: string) => headerBlock({ name, typeflag: '5', mode: 0o755 });
const symlink = (name: string, linkName: string) => headerBlock({ name, typeflag: '2', linkName });
const link = (name: string, linkName: string) => headerBlock({ name, typeflag: '1', linkName });
const ESCAPED = 'cutaway-hostile-escaped';

export const LINK_CASES: readonly HostileCase[] = [
  {
    name: 'write-through-symlink',
    trick: 'a link to the outside, then a file below it',
    evidence: 'CVE-2021-29136, CVE-2024-12905 (tar-fs), GHSA-qffp-2rhf-9h96 (node-tar)',
    make: layerOf(
      symlink('abs', '/tmp'),
      file(`abs/${ESCAPED}`),
      symlink('rel', '../../../../../../../../tmp'),
      file(`rel/${ESCAPED}`),
      symlink('canary', '../../../canary'),
      file('canary/file', 'overwritten'),
    ),
    expect: {
      problems: [
        `tar-parent-not-directory /abs/${ESCAPED}`,
        `tar-parent-not-directory /rel/${ESCAPED}`,
        'tar-parent-not-directory /canary/file',
      ],
      entries: ['s /abs', 's /canary', 's /rel'],
    },
  },
  {
    name: 'write-through-symlink-chain',
    trick: 'links that lead out only together',
    evidence: 'node-tar d18e4e1, 119c401',
    make: layerOf(
      directory('a/b/c'),
      symlink('a/b/c/up', '../../..'),
      symlink('out', 'a/b/c/up/..'),
      file(`out/${ESCAPED}`),
      file(`a/b/c/up/../${ESCAPED}`),
    ),
    expect: {
      problems: [
        `tar-parent-not-directory /out/${ESCAPED}`,
        `tar-path-escape a/b/c/up/../${ESCAPED}`,
      ],
      entries: ['d? /a', 'd? /a/b', 'd /a/b/c', 's /a/b/c/up', 's /out'],
    },
  },
  {
    name: 'swap-directory-for-symlink',
    trick: 'a directory with files becomes a link outwards, then more files come',
    evidence: 'node-tar 119c401, docker cp CVE-2018-15664',
    make: layerOf(
      directory('d'),
      file('d/first'),
      symlink('d', '/tmp'),
      file(`d/${ESCAPED}`),
      directory('e'),
      symlink('e', '/tmp'),
      directory('e'),
      file(`e/${ESCAPED}`),
    ),
    expect: {
      problems: [
        ...['tar-duplicate-path /d', 'tar-duplicate-path /e', 'tar-duplicate-path /e'],
        ...['tar-not-unpacked /d', 'tar-not-unpacked /e', `tar-not-unpacked /e/${ESCAPED}`],
        `tar-parent-not-directory /d/${ESCAPED}`,
      ],
      entries: ['s /d', 'd /e', `f /e/${ESCAPED}`],
    },
  },
  {
    name: 'symlink-overwritten-by-file',
    trick: 'a file of the name of a link is not written to where the link leads',
    evidence: 'GHSA-qffp-2rhf-9h96 (node-tar)',
    make: layerOf(symlink('x', `/tmp/${ESCAPED}`), file('x', 'mine')),
    expect: {
      problems: ['tar-duplicate-path /x', 'tar-not-unpacked /x'],
      entries: ['f /x'],
    },
  },
  {
    name: 'hardlink-outside',
    trick: 'hard links to files of the host',
    evidence: 'GHSA-34x7-hfp2-rc4v (node-tar 7d4cc17)',
    make: layerOf(
      link('shadow', '/etc/shadow'),
      link('up', '../../../../../../etc/passwd'),
      link('canary', '../../../canary/file'),
      file('canary', 'overwritten'),
    ),
    expect: {
      problems: [
        'hardlink-target-missing /shadow',
        'hardlink-target-missing /up',
        'hardlink-target-missing /canary',
        'tar-duplicate-path /canary',
      ],
      entries: ['f /canary', 'f /shadow', 'f /up'],
    },
  },
  {
    name: 'hardlink-to-symlink',
    trick: 'a hard link to a link outwards, then a write through it',
    evidence: 'node-tar f4a7aa9',
    make: layerOf(
      symlink('s', '/tmp'),
      link('h', 's'),
      file(`h/${ESCAPED}`),
      link('k', 's'),
      file('k', 'overwritten'),
    ),
    expect: {
      problems: [
        ...['tar-duplicate-path /k', 'tar-not-unpacked /k'],
        `tar-parent-not-directory /h/${ESCAPED}`,
      ],
      entries: ['s /h', 'f /k', 's /s'],
    },
  },
  {
    name: 'hardlink-through-symlink',
    trick: 'a hard link whose target is named through a link',
    evidence: 'node-tar 9704d8c, rpm and cpio differ',
    make: layerOf(directory('d'), file('d/f'), symlink('s', 'd'), link('h', 's/f')),
    expect: {
      problems: ['hardlink-target-missing /h'],
      entries: ['d /d', 'f /d/f', 'f /h', 's /s'],
    },
  },
  {
    name: 'hardlink-before-target',
    trick: 'a hard link to what comes later',
    evidence: 'node-tar 9704d8c',
    make: layerOf(link('h', 'f'), file('f')),
    expect: { problems: ['hardlink-target-missing /h'], entries: ['f /f', 'f /h'] },
  },
  {
    name: 'hardlink-cycle',
    trick: 'hard links to each other and to themselves',
    evidence: 'go-containerregistry#2232',
    make: layerOf(link('a', 'b'), link('b', 'a'), link('self', 'self'), link('slash', './slash')),
    expect: {
      problems: [
        'hardlink-target-missing /a',
        'hardlink-target-missing /self',
        'hardlink-target-missing /slash',
      ],
    },
  },
  {
    name: 'hardlink-chain',
    trick: 'a thousand hard links, each to the one before',
    evidence: 'go-containerregistry#2232',
    make: layerOf(
      file('0', 'content'),
      ...Array.from({ length: 1000 }, (_, at) => link(String(at + 1), String(at))),
    ),
    expect: {
      problems: [],
      check: ({ tree }) =>
        tree?.entries.filter(({ hardLinkTo }) => hardLinkTo === '/0').length === 1000
          ? undefined
          : 'all are names of the first',
    },
  },
  {
    name: 'hardlink-to-directory',
    trick: 'hard links to directories, to the root, to nothing',
    evidence: 'link(2): not allowed, and tars have them',
    make: layerOf(directory('d'), link('h', 'd'), link('r', '/'), link('e', ''), link('p', '..')),
    expect: {
      entries: ['d /d', 'f /e', 'f /p'],
      problems: [
        ...['hardlink-invalid /h', 'hardlink-target-missing /e', 'hardlink-target-missing /p'],
        'hardlink-invalid /r',
      ],
    },
  },
  {
    name: 'hardlink-to-whiteout',
    trick: 'hard links to whiteouts, and whiteouts that are hard links',
    evidence: 'vic#5997: whiteouts stored as hard links',
    make: layersOf(
      buildLayer([
        { path: 'a', content: 'x' },
        { path: 'b', content: 'y' },
      ]),
      buildLayer([
        { path: '.wh.a' },
        { path: '.wh.b', type: 'link', linkTarget: '.wh.a' },
        { path: 'h', type: 'link', linkTarget: '.wh.a' },
        { path: 'i', type: 'link', linkTarget: 'a' },
      ]),
    ),
    expect: {
      problems: ['hardlink-target-missing /h', 'hardlink-target-missing /i'],
      entries: ['f /h', 'f /i'],
    },
  },
  {
    name: 'hardlink-target-changes',
    trick: 'the first name of a file is replaced after it was linked',
    evidence: 'dive, go-containerregistry#2002',
    make: layerOf(file('a', 'old'), link('b', 'a'), file('a', 'newer!'), link('c', 'b')),
    expect: {
      problems: ['tar-duplicate-path /a'],
      entries: ['f /a', 'f /b', 'f /c'],
      check: ({ tree }) => {
        const sizes = tree?.entries.map(({ size }) => size).join();
        return sizes === '0,6,3,3' ? undefined : `sizes are ${String(sizes)}`;
      },
    },
  },
  {
    name: 'symlink-loops',
    trick: 'links in circles, and sixty in a row',
    evidence: 'go-containerregistry#2232, stereoscope#158',
    make: layerOf(
      symlink('a', 'b'),
      symlink('b', 'a'),
      symlink('self', 'self'),
      symlink('dir', '.'),
      ...Array.from({ length: 60 }, (_, at) => symlink(`s${at}`, `s${at + 1}`)),
      file('s60'),
    ),
    expect: {
      problems: [],
      check: ({ tree }) => (tree?.entries.length === 66 ? undefined : 'lost'),
    },
  },
  {
    name: 'file-as-parent',
    trick: 'a file with files in it',
    evidence: 'node-tar e02a4e9',
    make: layerOf(file('f'), file('f/x'), file('g/x'), file('g')),
    expect: {
      problems: [
        ...['tar-parent-not-directory /f/x', 'tar-duplicate-path /g', 'tar-not-unpacked /g'],
      ],
      entries: ['f /f', 'f /g'],
    },
  },
  {
    name: 'odd-link-targets',
    trick: 'links whose text is empty, long, drives a terminal or is no text',
    evidence: 'symlink(7), CVE-2021-25743 (kubectl)',
    make: layerOf(
      symlink('empty', ''),
      symlink('codes', '\x1b[31m\u202e\r\n'),
      Buffer.concat([paxHeader({ linkpath: 't'.repeat(5000) }), symlink('long', 'x')]),
      Buffer.concat([
        paxHeader({ linkpath: Buffer.from([0xff, 0x2f, 0xfe]) }),
        symlink('bytes', 'x'),
      ]),
    ),
    expect: { notLoaded: /./, entries: ['s /bytes', 's /codes', 's /empty', 's /long'] },
  },
  {
    name: 'link-with-body',
    trick: 'links, directories and devices that claim a body',
    evidence: 'POSIX pax(1), CVE-2026-53655 (node-tar)',
    make: layerOf(
      file('f'),
      headerBlock({ name: 'l', typeflag: '1', linkName: 'f', size: 512 }),
      headerBlock({ name: 's', typeflag: '2', linkName: 'f', size: 512 }),
      headerBlock({ name: 'd', typeflag: '5', size: 512 }),
      file('after'),
    ),
    expect: {
      problems: ['tar-size-without-body l', 'tar-size-without-body s', 'tar-size-without-body d'],
      entries: ['f /after', 'd /d', 'f /f', 'f /l', 's /s'],
    },
  },
];
