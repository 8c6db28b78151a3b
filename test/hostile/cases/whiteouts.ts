// Whiteouts that hide nothing, too much, or themselves.
import { buildLayer, type LayerItem } from '../../support/build-image.js';
import { headerBlock, tarFile } from '../../support/build-tar.js';
import { layersOf, type HostileCase } from '../hostile-case.js';

const BASE = buildLayer([
  { path: 'd/' },
  { path: 'd/a', content: 'a' },
  { path: 'd/b/' },
  { path: 'd/b/c', content: 'c' },
  { path: 'f', content: 'f' },
]);
const BELOW = ['d /d', 'f /d/a', 'd /d/b', 'f /d/b/c', 'f /f'];

/** These items on top of the base. */
const above = (...items: LayerItem[]) => layersOf(BASE, buildLayer(items));

export const WHITEOUT_CASES: readonly HostileCase[] = [
  {
    name: 'whiteout-bare',
    trick: 'a whiteout of nothing',
    evidence: 'image-spec#1301, stereoscope#647, badtars-invalid-whiteout',
    make: above({ path: '.wh.' }, { path: 'd/.wh.' }),
    expect: {
      problems: ['whiteout-invalid /.wh.', 'whiteout-invalid /d/.wh.'],
      entries: BELOW,
    },
  },
  {
    name: 'whiteout-of-dots',
    trick: 'whiteouts of . and .., which are no names',
    evidence: 'image-spec#1301',
    make: above({ path: 'd/.wh..' }, { path: 'd/.wh...' }),
    expect: {
      problems: ['whiteout-invalid /d/.wh..', 'whiteout-invalid /d/.wh...'],
      entries: BELOW,
    },
  },
  {
    name: 'whiteout-of-root',
    trick: 'the root hidden, or made opaque',
    evidence: 'image-spec layer.md, overlayfs.rst',
    make: above({ path: '.wh..' }, { path: '.wh..wh..opq' }, { path: 'new' }),
    expect: { problems: ['whiteout-invalid /.wh..'] },
  },
  {
    name: 'opaque-lookalike',
    trick: 'names that only begin like the opaque marker',
    evidence: 'stereoscope#696',
    make: above({ path: 'd/.wh..wh..opqX' }, { path: 'd/.wh..wh..op' }),
    expect: {
      entries: BELOW,
      problems: ['aufs-bookkeeping /d/.wh..wh..opqX', 'aufs-bookkeeping /d/.wh..wh..op'],
    },
  },
  {
    name: 'opaque-through-symlink',
    trick: 'an opaque marker in a link to a directory of the base',
    evidence: 'stereoscope#694',
    make: above({ path: 'l', linkTarget: 'd' }, { path: 'l/.wh..wh..opq' }, { path: 'l/.wh.a' }),
    expect: {
      problems: ['opaque-not-directory /l', 'tar-parent-not-directory /l/a'],
      entries: [...BELOW, 's /l'],
    },
  },
  {
    name: 'whiteout-through-base-symlink',
    trick: 'a whiteout below what the base has as a link outwards',
    evidence: 'stereoscope#694',
    make: layersOf(
      buildLayer([
        { path: 'l', linkTarget: '/etc' },
        { path: 'etc/passwd', content: 'x' },
      ]),
      buildLayer([{ path: 'l/.wh.passwd' }]),
    ),
    expect: { problems: [], entries: ['d? /etc', 'f /etc/passwd', 'd? /l'] },
  },
  {
    name: 'opaque-after-children',
    trick: 'the opaque marker comes after the files that stay',
    evidence: 'image-spec layer.md#opaque-whiteout, PR #1215',
    make: above({ path: 'd/' }, { path: 'd/new' }, { path: 'd/.wh..wh..opq' }),
    expect: { problems: [], entries: ['d /d', 'f /d/new', 'f /f'] },
  },
  {
    name: 'whiteout-in-opaque',
    trick: 'a whiteout in an opaque directory, which a kernel would show',
    evidence: 'umoci CHANGELOG, kernel whiteouts in readdir',
    make: above({ path: 'd/.wh..wh..opq' }, { path: 'd/.wh.a' }, { path: 'd/.wh.ghost' }),
    expect: { problems: [], entries: ['d /d', 'f /f'] },
  },
  {
    name: 'whiteout-parent-and-children',
    trick: 'a directory and what is in it, all deleted',
    evidence: 'umoci#254, umoci#2',
    make: above({ path: '.wh.d' }, { path: 'd/.wh.a' }, { path: 'd/b/.wh.c' }),
    expect: { problems: [], entries: ['f /f'] },
  },
  {
    name: 'whiteout-and-recreate',
    trick: 'deleted and made anew in one layer, in both orders',
    evidence: 'go-containerregistry#2029, stacker#627',
    make: above(
      { path: '.wh.d' },
      { path: 'd/' },
      { path: 'd/fresh' },
      { path: 'f', content: 'new' },
      { path: '.wh.f' },
    ),
    expect: { problems: [], entries: ['d /d', 'f /d/fresh', 'f /f'] },
  },
  {
    name: 'whiteout-in-base',
    trick: 'whiteouts in the lowest layer, where there is nothing to hide',
    evidence: 'stereoscope#696',
    make: layersOf(
      buildLayer([{ path: '.wh.x' }, { path: 'd/.wh..wh..opq' }, { path: 'd/.wh.y' }]),
    ),
    expect: { problems: [], entries: ['d? /d'] },
  },
  {
    name: 'whiteout-of-missing',
    trick: 'whiteouts of what never was',
    evidence: 'image-registry-resource PR #284',
    make: above({ path: '.wh.ghost' }, { path: 'no/such/.wh.thing' }),
    expect: { problems: [], entries: [...BELOW, 'd? /no', 'd? /no/such'] },
  },
  {
    name: 'whiteout-types',
    trick: 'whiteouts as directories, links, devices, FIFOs',
    evidence: 'vic#5997: the name decides, not the type',
    make: layersOf(
      buildLayer(['a', 'b', 'c', 'e', 'g'].map((path) => ({ path, content: 'x' }))),
      buildLayer([
        { path: '.wh.a/', type: 'directory' },
        { path: '.wh.b', linkTarget: '/etc/passwd' },
        { path: '.wh.c', type: 'char', major: 1, minor: 3 },
        { path: '.wh.e', type: 'fifo' },
        { path: '.wh.g', type: 'link', linkTarget: '../../../etc/passwd' },
      ]),
    ),
    expect: { problems: [], entries: [] },
  },
  {
    name: 'whiteout-with-children',
    trick: 'files in a directory that is itself a whiteout by name',
    evidence: 'stereoscope#647',
    make: above({ path: '.wh.x/' }, { path: '.wh.x/hidden', content: 'payload' }),
    expect: {
      entries: ['d? /.wh.x', 'f /.wh.x/hidden', ...BELOW],
    },
  },
  {
    name: 'whiteout-with-content',
    trick: 'data in a whiteout, where no tool shows it',
    evidence: 'image-spec layer.md: whiteouts are empty',
    make: layersOf(
      BASE,
      Buffer.concat([
        tarFile({ name: '.wh.f' }, 'payload'),
        tarFile({ name: 'd/.wh..wh..opq' }, 'payload'),
        Buffer.alloc(1024),
      ]),
    ),
    expect: {
      problems: ['whiteout-with-content /.wh.f', 'whiteout-with-content /d/.wh..wh..opq'],
      entries: ['d /d'],
    },
  },
  {
    name: 'whiteout-escape',
    trick: 'whiteouts of what lies outside',
    evidence: 'CVE-2024-24579 (stereoscope)',
    make: above({ path: '../../../canary/.wh.file' }, { path: '/../.wh.x' }),
    expect: {
      problems: ['tar-path-escape ../../../canary/.wh.file', 'tar-path-escape /../.wh.x'],
      entries: BELOW,
    },
  },
  {
    name: 'kernel-whiteouts',
    trick: "overlayfs's own whiteouts and marks inside a layer",
    evidence: 'umoci CHANGELOG 269-350, overlayfs.rst',
    make: above(
      { path: 'f', type: 'char', major: 0, minor: 0 },
      { path: 'd/', xattrs: { 'trusted.overlay.opaque': 'y', 'user.overlay.opaque': 'x' } },
      {
        path: 'd/new',
        xattrs: { 'trusted.overlay.redirect': '/etc', 'trusted.overlay.metacopy': '' },
      },
      {
        path: 'w',
        xattrs: { 'user.overlay.whiteout': 'y', 'trusted.overlay.overlay.whiteout': 'y' },
      },
    ),
    expect: {
      problems: [
        ...[
          'tar-kernel-whiteout /f',
          'overlay-xattr /d',
          'overlay-xattr /d/new',
          'overlay-xattr /w',
        ],
      ],
      entries: ['d /d', 'f /d/a', 'd /d/b', 'f /d/b/c', 'f /d/new', 'f /w'],
    },
  },
  {
    name: 'aufs-bookkeeping',
    trick: 'what AUFS keeps for itself, with files in it',
    evidence: 'container-inspector#39',
    make: above(
      { path: '.wh..wh.plnk/' },
      { path: '.wh..wh.plnk/1.2', content: 'x' },
      { path: '.wh..wh.aufs', content: 'x' },
      { path: '.wh..wh.orph/' },
    ),
    expect: {
      problems: [
        ...['aufs-bookkeeping /.wh..wh.plnk', 'aufs-bookkeeping /.wh..wh.plnk/1.2'],
        ...['aufs-bookkeeping /.wh..wh.aufs', 'aufs-bookkeeping /.wh..wh.orph'],
        'whiteout-with-content /.wh..wh.aufs',
      ],
      entries: BELOW,
    },
  },
  {
    name: 'devices',
    trick: 'devices, FIFOs and what only root may make',
    evidence: 'container-explorer opens what it finds: a FIFO would hang it',
    make: above(
      { path: 'dev/sda', type: 'block', major: 8, minor: 0, mode: 0o666 },
      { path: 'dev/mem', type: 'char', major: 1, minor: 1, mode: 0o666 },
      { path: 'pipe', type: 'fifo', mode: 0o666 },
      { path: 'big', type: 'char', major: 2_000_000, minor: 2_000_000 },
    ),
    expect: {
      // The kernel has 12 bits for the major number.
      notLoaded: /big: Cannot mknod/,
      problems: [],
      entries: [
        'c /big',
        ...BELOW.slice(0, 4),
        'd? /dev',
        'c /dev/mem',
        'b /dev/sda',
        'f /f',
        'f /pipe',
      ],
    },
  },
  {
    name: 'power',
    trick: 'setuid, setgid, sticky, file capabilities, owners without names',
    evidence: 'capabilities(7), CVE-2021-30465',
    make: above(
      {
        path: 'su',
        mode: 0o4755,
        content: 'x',
        xattrs: {
          'security.capability': Buffer.from('01000002ffffffff000000000000000000000000', 'hex'),
        },
      },
      { path: 'owned', uid: 2_000_000, gid: 2_097_151 },
      { path: 'all', mode: 0o7777 },
    ),
    expect: {
      problems: [],
      check: ({ tree }) =>
        tree?.entries.find(({ path }) => path === '/su')?.mode === '4755' ? undefined : 'mode lost',
    },
  },
  {
    name: 'owner-names',
    trick: 'owners whose names drive a terminal or fill their field',
    evidence: 'CVE-2021-25743 (kubectl)',
    make: layersOf(
      Buffer.concat([
        headerBlock({ name: 'a', userName: '\x1b[31mroot\x1b[0m\n', groupName: 'g'.repeat(32) }),
        Buffer.alloc(1024),
      ]),
    ),
    expect: { problems: [], entries: ['f /a'] },
  },
];
