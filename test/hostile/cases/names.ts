// Names that lead out, cannot be, look alike, or drive a terminal.
import { buildLayer } from '../../support/build-image.js';
import { gnuLong, headerBlock, paxHeader, tarFile } from '../../support/build-tar.js';
import { layerOf, layersOf, type HostileCase } from '../hostile-case.js';

const file = (name: string | Buffer, content = 'x') => tarFile({ name }, content);
const long = (name: string, content = 'x') =>
  Buffer.concat([paxHeader({ path: name }), tarFile({ name: 'long' }, content)]);

/** Out of `overlay/<id>/diff`, out of `tmp/<id>/layer/diff`, and further up. */
const UPWARDS = [1, 2, 3, 4, 5, 6, 7, 12].map((count) => '../'.repeat(count));

export const NAME_CASES: readonly HostileCase[] = [
  {
    name: 'parent-escape',
    trick: 'names that climb out with ..',
    evidence: 'CVE-2024-24579, CVE-2026-24842 (node-tar)',
    make: layerOf(
      ...UPWARDS.map((up) => file(`${up}canary/file`, 'overwritten')),
      ...UPWARDS.map((up) => file(`${up}tmp/cutaway-hostile-escaped`)),
      file('good'),
    ),
    expect: {
      problems: [
        ...UPWARDS.map((up) => `tar-path-escape ${up}canary/file`),
        ...UPWARDS.map((up) => `tar-path-escape ${up}tmp/cutaway-hostile-escaped`),
      ],
      entries: ['f /good'],
    },
  },
  {
    name: 'parent-escape-inside',
    trick: '.. in the middle of a name that begins well',
    evidence: 'dive, extraction by prefix of the name',
    make: layerOf(
      file('etc/x/../../../../../../../../tmp/cutaway-hostile-escaped'),
      file('a/../b'),
      file('a/..'),
      file('c/.../d'),
    ),
    expect: {
      problems: [
        'tar-path-escape etc/x/../../../../../../../../tmp/cutaway-hostile-escaped',
        'tar-path-escape a/../b',
        'tar-path-escape a/..',
      ],
      entries: ['d? /c', 'd? /c/...', 'f /c/.../d'],
    },
  },
  {
    name: 'prefix-sibling',
    trick: 'a sibling whose name begins like the root of the layer',
    evidence: 'stereoscope 705198d, the fix of CVE-2024-24579 fixed again',
    make: layerOf(file('../diff-evil/x'), file('../diff/../diff2'), file('good')),
    expect: {
      problems: ['tar-path-escape ../diff-evil/x', 'tar-path-escape ../diff/../diff2'],
      entries: ['f /good'],
    },
  },
  {
    name: 'absolute',
    trick: 'absolute names are names below the root of the image',
    evidence: 'go-containerregistry#2399, shipwright#2161',
    make: layerOf(
      file('/tmp/cutaway-hostile-escaped'),
      file('//etc///passwd'),
      file('./usr/./bin//x'),
    ),
    expect: {
      problems: [],
      entries: [
        ...['d? /etc', 'f /etc/passwd', 'd? /tmp', 'f /tmp/cutaway-hostile-escaped'],
        ...['d? /usr', 'd? /usr/bin', 'f /usr/bin/x'],
      ],
    },
  },
  {
    name: 'empty-name',
    trick: 'an entry without a name',
    evidence: 'image-spec#1301, badtars-empty-filename',
    make: layerOf(file(''), file('good')),
    expect: { problems: ['tar-path-escape '], entries: ['f /good'] },
  },
  {
    name: 'root-as-directory',
    trick: 'the root by its many names',
    evidence: 'go-containerregistry#2399',
    make: layerOf(
      ...['.', './', '/', '//', './/.'].map((name) =>
        headerBlock({ name, typeflag: '5', mode: 0o700 }),
      ),
      file('a'),
    ),
    expect: { entries: ['d /', 'f /a'], problems: [] },
  },
  {
    name: 'root-as-symlink',
    trick: 'the root becomes a link, and what follows is written through it',
    evidence: 'CVE-2021-29136 (umoci)',
    make: layerOf(
      ...['.', '/', './', '//'].map((name) =>
        headerBlock({ name, typeflag: '2', linkName: '/tmp' }),
      ),
      file('cutaway-hostile-escaped'),
    ),
    expect: {
      problems: Array.from({ length: 4 }, () => 'tar-root-not-directory /'),
      entries: ['f /cutaway-hostile-escaped'],
    },
  },
  {
    name: 'root-as-anything',
    trick: 'the root as a file, a device, a FIFO, a hard link',
    evidence: 'CVE-2021-29136 (umoci)',
    make: layerOf(
      ...['0', '3', '4', '6', '1'].map((typeflag) =>
        headerBlock({ name: '.', typeflag, linkName: 'a', major: 1, minor: 3 }),
      ),
      file('a'),
    ),
    expect: {
      problems: Array.from({ length: 5 }, () => 'tar-root-not-directory /'),
      entries: ['f /a'],
    },
  },
  {
    name: 'trailing-slash',
    trick: 'a slash at the end makes an old file a directory, and nothing else one',
    evidence: 'node-tar, V7 directories',
    make: layerOf(
      headerBlock({ name: 'old/', typeflag: '\0', format: 'v7' }),
      headerBlock({ name: 'plain/', typeflag: '0' }),
      headerBlock({ name: 'link/', typeflag: '2', linkName: '/tmp' }),
      file('old/x'),
    ),
    expect: {
      entries: ['s /link', 'd /old', 'f /old/x', 'd /plain'],
      problems: ['tar-trailing-slash plain/'],
    },
  },
  {
    name: 'look-alikes',
    trick: 'names that some file system or reader takes for one',
    evidence: 'GHSA-r6q2-hw4h-h46w (node-tar)',
    make: layerOf(
      ...[
        'caf\u00e9',
        'cafe\u0301',
        'file',
        '\ufb01le',
        'File',
        'FILE',
        'stra\u00dfe',
        'strasse',
      ].map((name) => file(name)),
    ),
    expect: {
      problems: [],
      entries: [
        ...['f /FILE', 'f /File', 'f /cafe\u0301', 'f /caf\u00e9', 'f /file', 'f /strasse'],
        ...['f /stra\u00dfe', 'f /\ufb01le'],
      ],
    },
  },
  {
    name: 'windows-names',
    trick: 'backslashes and drives are letters here',
    evidence: 'go-containerregistry#2329, GHSA-9ppj-qmqm-q256 (node-tar)',
    make: layerOf(
      ...['C:\\x', '..\\..\\tmp\\x', 'a\\b', 'c:/d', '\\\\host\\share'].map((name) => file(name)),
    ),
    expect: {
      problems: [],
      entries: [
        ...['f /..\\..\\tmp\\x', 'f /C:\\x', 'f /\\\\host\\share', 'f /a\\b', 'd? /c:', 'f /c:/d'],
      ],
      shows: ['..\\\\..\\\\tmp\\\\x'],
    },
  },
  {
    name: 'invalid-utf8',
    trick: 'names that are no text keep their bytes',
    evidence: 'image-spec#1301, badtars-invalid-utf8',
    make: layerOf(
      file(Buffer.from([0x66, 0xff, 0xfe])),
      file(Buffer.from([0xc0, 0xaf])),
      file(Buffer.from([0xed, 0xa0, 0x80])),
      file('plain'),
    ),
    expect: {
      problems: [],
      shows: ['f\\xff\\xfe', '\\xc0\\xaf'],
      check: ({ tree }) => {
        const bytes = tree?.entries.map(({ pathBase64 }) => pathBase64).filter(Boolean);
        const wanted = ['L2b//g==', 'L8Cv', 'L+2ggA=='];
        return bytes?.sort().join() === wanted.sort().join() ? undefined : String(bytes);
      },
    },
  },
  {
    name: 'terminal-codes',
    trick: 'names that move the cursor, set the clipboard, hide and reverse text',
    evidence: 'CVE-2021-25743 (kubectl), vercel/ai#20052',
    make: layerOf(
      ...[
        ...[
          '\x1b[2J\x1b[H',
          '\x1b]52;c;ZWNobyBoaQ==\x07',
          '\x1b]8;;http://evil\x1b\\link',
          '\x1b[6n',
        ],
        ...[
          'a\rb',
          'a\nb',
          'a\bb',
          '\u009b31m',
          '\u0090payload\u009c',
          '\u202egnp.exe',
          '\u2066x\u2069',
        ],
        ...[
          'zero\u200bwidth',
          'joined\u200d',
          '\ufeffmark',
          'soft\u00adhyphen',
          'sep\u2028line',
          '\x7f',
        ],
        ...['{red-bg}blessed{/}', 'tag\u{e0041}', 'tab\there'],
      ].map((name) => file(name)),
    ),
    expect: {
      problems: [],
      shows: [
        '\\x1b[2J',
        '\\u202egnp.exe',
        'zero\\u200bwidth',
        '\\x9b31m',
        'a\\nb',
        'tag\\u{e0041}',
      ],
    },
  },
  {
    name: 'terminal-codes-in-problems',
    trick: 'the same in what is complained of',
    evidence: 'CVE-2021-25743 (kubectl)',
    make: layerOf(
      file('../\x1b]0;owned\x07\u202e'),
      headerBlock({ name: 'h', typeflag: '1', linkName: '\x1b[8mhidden\u200f' }),
      headerBlock({ name: 'u', typeflag: '\x1b' }),
    ),
    expect: {
      problems: [
        'tar-path-escape ../\x1b]0;owned\x07\u202e',
        'hardlink-target-missing /h',
        'tar-unknown-type u',
      ],
    },
  },
  {
    name: 'option-names',
    trick: 'names that a careless unpacker takes for options, patterns or lists',
    evidence: 'GTFOBins: tar --checkpoint-action',
    make: layerOf(
      ...[
        '--checkpoint=1',
        '--checkpoint-action=exec=touch cutaway-hostile-escaped',
        '-rf',
        '@list',
      ].map((name) => file(name)),
      ...['*', '?', '[a-z]', '$(touch x)', '`x`', "'", '"', '|', ' ', '  lead', 'trail '].map(
        (name) => file(name),
      ),
    ),
    expect: {
      problems: [],
      check: ({ tree }) => (tree?.entries.length === 16 ? undefined : 'lost'),
    },
  },
  {
    name: 'mount-option-names',
    trick: 'names that would be options of a mount if they were pasted into one',
    evidence: 'docker-explorer, container-explorer: lowerdir= from file text',
    make: layerOf(file('a,upperdir=b'), file('b:c'), file('d\\:e,x')),
    expect: { problems: [], entries: ['f /a,upperdir=b', 'f /b:c', 'f /d\\:e,x'] },
  },
  {
    name: 'name-too-long-for-linux',
    trick: 'a component of 256 bytes, which no Linux file system takes',
    evidence: 'NAME_MAX, path_resolution(7)',
    make: layerOf(long(`d/${'n'.repeat(255)}`), long(`d/${'m'.repeat(256)}`)),
    expect: {
      entries: ['d? /d', `f /d/${'m'.repeat(256)}`, `f /d/${'n'.repeat(255)}`],
      notLoaded: /./,
    },
  },
  {
    name: 'path-too-long-for-linux',
    trick: 'a path of 5,000 bytes, longer than PATH_MAX',
    evidence: 'PATH_MAX, path_resolution(7)',
    make: layerOf(long(`${'d'.repeat(200)}/`.repeat(25) + 'f')),
    expect: {
      notLoaded: /./,
      check: ({ tree }) => (tree?.entries.length === 27 ? undefined : 'lost'),
    },
  },
  {
    name: 'path-limit',
    trick: 'a name of 20,000 bytes by PAX',
    evidence: 'node-tar 631ae59, unbounded names',
    make: layerOf(long('p'.repeat(20_000))),
    expect: { refused: /20000 exceeds the limit pathLength of 16384$/ },
  },
  {
    name: 'path-limit-gnu',
    trick: 'a GNU long name of 20,000 bytes',
    evidence: 'node-tar 631ae59, unbounded names',
    make: layerOf(gnuLong('L', 'p'.repeat(20_000)), tarFile({ name: 'x', format: 'gnu' }, 'x')),
    expect: { refused: /20000 exceeds the limit pathLength of 16384$/ },
  },
  {
    name: 'deep-nesting',
    trick: '5,000 directories in each other, in one name',
    evidence: 'node-tar 2812e93, recursion without a bound',
    make: layerOf(long('a/'.repeat(5000) + 'f')),
    expect: { refused: /5001 exceeds the limit depth of 512$/ },
  },
  {
    name: 'deep-nesting-allowed',
    trick: '1,000 components, with the limit raised',
    evidence: 'node-tar 2812e93, recursion without a bound',
    make: layerOf(long('a/'.repeat(999) + 'f')),
    options: ['--limit', 'depth=1k'],
    expect: {
      problems: [],
      check: ({ tree }) => (tree?.entries.length === 1001 ? undefined : 'lost'),
    },
  },
  {
    name: 'duplicates',
    trick: 'one name several times, as different things',
    evidence: 'containerd#2070, buildkit#266: readers differ',
    make: layerOf(
      file('a', 'first'),
      file('./a', 'second'),
      file('/a', 'the last'),
      headerBlock({ name: 'b', typeflag: '2', linkName: '/tmp' }),
      headerBlock({ name: 'b', typeflag: '5' }),
      headerBlock({ name: 'c/', typeflag: '5' }),
      file('c'),
    ),
    expect: {
      problems: [
        ...['tar-duplicate-path /a', 'tar-duplicate-path /a', 'tar-duplicate-path /b'],
        ...['tar-duplicate-path /c', 'tar-not-unpacked /b'],
      ],
      check: ({ tree }) =>
        tree?.entries.find(({ path }) => path === '/a')?.size === 8 ? undefined : 'the last wins',
    },
  },
  {
    name: 'lower-name-is-link',
    trick: 'the base makes a directory a link outwards, the next layer writes below it',
    evidence: 'CVE-2021-29136 (umoci), GHSA-8qq5-rm4j-mr97 (node-tar)',
    make: layersOf(
      buildLayer([{ path: 'etc', linkTarget: '/tmp' }]),
      buildLayer([{ path: 'etc/cutaway-hostile-escaped', content: 'x' }]),
    ),
    expect: { problems: [], entries: ['d? /etc', 'f /etc/cutaway-hostile-escaped'] },
  },
];
