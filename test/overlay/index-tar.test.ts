// What a tar says of each path; what is odd in it is told.
import { createHash } from 'node:crypto';
import t from 'tap';
import type { OrdinaryEntry } from '../../src/overlay/layer-entry.js';
import { buildLayer, type LayerItem } from '../support/build-image.js';
import { headerBlock, paxHeader, tarFile, tarOf } from '../support/build-tar.js';
import { brief, briefOf, codes, indexOf } from '../support/index-layer.js';

t.test('names become canonical paths; parents are made', async (t) => {
  t.same(
    await briefOf({ path: './etc//passwd' }, { path: '/abs' }, { path: './' }, { path: 'a/./b/' }),
    ['d /', 'd? /a', 'd /a/b', 'f /abs', 'd? /etc', 'f /etc/passwd'],
  );
  const { entries } = await indexOf(buildLayer([{ path: 'a/b' }]));
  t.match(entries[1], {
    path: '/a',
    implicit: true,
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: '0',
    size: 0,
  });
  t.same(
    await briefOf({ path: 'a/b' }, { path: 'a/', mode: 0o700 }),
    ['d? /', 'd /a', 'f /a/b'],
    'later named',
  );
  t.same(await briefOf(), []);
  t.same(
    brief(
      (await indexOf(buildLayer([{ path: 'a.b' }, { path: 'a/x' }, { path: 'a' + '\u0001' }])))
        .entries,
    ),
    ['d? /', 'd? /a', 'f /a/x', 'f /a\u0001', 'f /a.b'],
    'a tree stays together',
  );
});

t.test('names that lead out are told of and left out', async (t) => {
  const names = ['../a', 'a/../../b', '/..', 'a/..', '..', '../../../etc/cron.d/x'];
  const index = await indexOf(buildLayer(names.map((path) => ({ path }))));
  t.same(index.entries, []);
  t.same(
    index.problems.map(({ code, path }) => [code, path]),
    names.map((name) => ['tar-path-escape', name]),
  );
  const empty = await indexOf(tarOf(headerBlock({ name: '', patches: [{ at: 1, bytes: 'x' }] })));
  t.same(codes(empty), ['tar-path-escape']);
  t.same(await briefOf({ path: '..a' }, { path: 'b../c' }, { path: '...' }), [
    'd? /',
    'f /...',
    'f /..a',
    'd? /b..',
    'f /b../c',
  ]);
  const nul = await indexOf(tarOf(paxHeader({ path: 'a\0b' }), headerBlock({ name: 'x' })));
  t.same(codes(nul), ['tar-nul-in-name']);
  t.same(nul.entries, []);
});

t.test('the root is a directory', async (t) => {
  for (const path of ['.', './.', '/.']) {
    const index = await indexOf(buildLayer([{ path, linkTarget: '/etc' }, { path: 'a' }]));
    t.same(codes(index), ['tar-root-not-directory'], 'CVE-2021-29136');
    t.same(brief(index.entries), ['d? /', 'f /a']);
  }
});

t.test('whiteouts', async (t) => {
  t.same(await briefOf({ path: 'etc/.wh.gone' }), ['d? /', 'd? /etc', 'w /etc/gone']);
  t.same(
    await briefOf({ path: 'etc/.wh..wh..opq' }),
    ['d? /', 'o? /etc'],
    'opaque without an entry',
  );
  t.same(
    await briefOf({ path: 'etc/x' }, { path: 'etc/.wh..wh..opq' }, { path: 'etc/' }),
    ['d? /', 'o /etc', 'f /etc/x'],
    'order does not matter',
  );
  t.same(await briefOf({ path: '.wh..wh..opq' }), ['o? /'], 'of the root');
  t.same(
    await briefOf({ path: '.wh.a', linkTarget: 'x' }, { path: '.wh.b/' }),
    ['d? /', 'w /a', 'w /b'],
    'the name counts, not the type',
  );
  t.same(
    await briefOf({ path: '.wh.d' }, { path: 'd/new' }),
    ['d? /', 'o? /d', 'f /d/new'],
    'deleted and made anew',
  );
  t.same(await briefOf({ path: 'd/' }, { path: '.wh.d' }), ['d? /', 'o /d']);
  t.same(
    await briefOf({ path: 'f' }, { path: '.wh.f' }),
    ['d? /', 'f /f'],
    'a file replaces anyway',
  );
  t.same(
    await briefOf({ path: '.wh.d' }, { path: 'd/.wh.x' }, { path: 'd/e/.wh.y' }),
    ['d? /', 'w /d'],
    'with its children',
  );
  t.same(
    await briefOf({ path: 'd/.wh..wh..opq' }, { path: 'd/.wh.x' }),
    ['d? /', 'o? /d'],
    'nothing shows through anyway',
  );
});

t.test('whiteouts that are none', async (t) => {
  for (const [name, code] of [
    ['.wh.', 'whiteout-invalid'],
    ['.wh..', 'whiteout-invalid'],
    ['.wh...', 'whiteout-invalid'],
    ['.wh..wh..opqX', 'aufs-bookkeeping'],
    ['.wh..wh.aufs', 'aufs-bookkeeping'],
    ['.wh..wh.plnk/1.2', 'aufs-bookkeeping'],
    ['.wh..wh.orph/', 'aufs-bookkeeping'],
  ] as const) {
    const index = await indexOf(buildLayer([{ path: `d/${name}` }]));
    t.same(codes(index), [code], name);
    t.same(index.entries, []);
  }
  const content = await indexOf(buildLayer([{ path: '.wh.a', content: 'hidden data' }]));
  t.same(codes(content), ['whiteout-with-content']);
  t.same(brief(content.entries), ['d? /', 'w /a']);
  const inFile = await indexOf(
    buildLayer([{ path: 'f' }, { path: 'f/.wh.x' }, { path: 'f/.wh..wh..opq' }]),
  );
  t.same(codes(inFile), ['tar-parent-not-directory', 'opaque-not-directory'].reverse());
  t.same(brief(inFile.entries), ['d? /', 'f /f']);
  const kernel = await indexOf(buildLayer([{ path: 'dev/null', type: 'char' }]));
  t.same(codes(kernel), ['tar-kernel-whiteout']);
  t.same(brief(kernel.entries), ['d? /', 'd? /dev', 'w /dev/null']);
});

t.test('a name more than once: the last entry counts', async (t) => {
  const index = await indexOf(
    buildLayer([
      { path: 'a', content: 'one' },
      { path: 'a', content: 'three' },
    ]),
  );
  t.same(codes(index), ['tar-duplicate-path']);
  t.match(index.entries[1], { path: '/a', size: 5 });
  const dropped = await indexOf(
    buildLayer([{ path: 'd/x' }, { path: 'd/e/y' }, { path: 'd', content: 'f' }]),
  );
  t.same(brief(dropped.entries), ['d? /', 'f /d'], 'children go with their directory');
  const again = await indexOf(
    buildLayer([{ path: 'd/x' }, { path: 'd', content: 'f' }, { path: 'd/z' }]),
  );
  t.same(brief(again.entries), ['d? /', 'f /d']);
  t.same(codes(again), ['tar-duplicate-path', 'tar-not-unpacked', 'tar-parent-not-directory']);
  const anew = await indexOf(
    buildLayer([{ path: 'd/x' }, { path: 'd', content: 'f' }, { path: 'd/' }, { path: 'd/z' }]),
  );
  t.same(brief(anew.entries), ['d? /', 'd /d', 'f /d/z'], 'dropped children do not come back');
  const twice = await indexOf(
    buildLayer([
      { path: 'd/', mode: 0o700, xattrs: { 'user.a': 'x' } },
      { path: 'd/x' },
      { path: 'd/', mode: 0o711 },
    ]),
  );
  t.match(twice.entries[1], { path: '/d', mode: 0o711, xattrs: undefined });
  t.same(codes(twice), [], 'directories are often named again');
});

t.test('hard links', async (t) => {
  const link = (path: string, linkTarget: string): LayerItem => ({
    path,
    linkTarget,
    type: 'link',
  });
  const index = await indexOf(
    buildLayer([
      { path: 'a', content: 'data', mode: 0o600, uid: 5, xattrs: { 'user.x': '1' } },
      link('b', './a'),
      link('c', '/b'),
    ]),
  );
  t.same(index.problems, []);
  const [, a, b, c] = index.entries as OrdinaryEntry[];
  t.same({ ...b, path: '/a', hardLinkTo: undefined }, { ...a, hardLinkTo: undefined });
  t.same(
    [a?.hardLinkTo, b?.hardLinkTo, c?.hardLinkTo],
    [undefined, '/a', '/a'],
    'to the first name',
  );
  t.equal(c?.offset, a?.offset);
  const gone = await indexOf(
    buildLayer([
      { path: 'a', content: 'data' },
      link('b', 'a'),
      link('c', 'a'),
      { path: 'a', content: 'other' },
    ]),
  );
  t.same(
    (gone.entries as OrdinaryEntry[])
      .slice(1)
      .map(({ path, size, hardLinkTo }) => [path, size, hardLinkTo]),
    [
      ['/a', 5, undefined],
      ['/b', 4, undefined],
      ['/c', 4, '/b'],
    ],
    'the file outlives its first name',
  );
  const missing = await indexOf(
    buildLayer([link('b', 'later'), { path: 'later' }, link('out', '../../etc/passwd')]),
  );
  t.same(
    missing.problems.map(({ code, path }) => [code, path]),
    [
      ['hardlink-target-missing', '/b'],
      ['hardlink-target-missing', '/out'],
    ],
  );
  t.match(missing.entries[1], { path: '/b', hardLinkTo: '/later', size: 0 });
  t.same(
    codes(
      await indexOf(buildLayer([{ path: 'a' }, link('a', 'a'), { path: 'd/' }, link('x', 'd')])),
    ),
    ['hardlink-invalid', 'hardlink-invalid'],
  );
  const symlink = await indexOf(buildLayer([{ path: 's', linkTarget: 'x' }, link('t', 's')]));
  t.match(symlink.entries[2], { path: '/t', type: 'symlink', linkTarget: 'x', hardLinkTo: '/s' });
});

t.test('extended attributes', async (t) => {
  const value = Buffer.from('00ff0a3d', 'hex');
  const index = await indexOf(
    tarOf(
      paxHeader({
        'SCHILY.xattr.user.z': value,
        'SCHILY.xattr.user.a%3Db%25': '1',
        'LIBARCHIVE.xattr.user.u%20v': 'AP8=',
        'LIBARCHIVE.xattr.user.z': 'AAAA',
      }),
      headerBlock({ name: 'a' }),
    ),
  );
  t.same((index.entries[1] as OrdinaryEntry).xattrs, {
    'user.a=b%': 'MQ==',
    'user.u v': 'AP8=',
    'user.z': value.toString('base64'),
  });
  const machinery = await indexOf(
    buildLayer([
      {
        path: 'd/',
        xattrs: {
          'trusted.overlay.redirect': '/etc',
          'user.overlay.opaque': 'y',
          'user.ok': '1',
          'trusted.overlay.overlay.x': '2',
        },
      },
    ]),
  );
  t.same(codes(machinery), ['overlay-xattr']);
  t.same((machinery.entries[1] as OrdinaryEntry).xattrs, {
    'trusted.overlay.x': 'Mg==',
    'user.ok': 'MQ==',
  });
});

t.test('sparse files are hashed with their holes, within a limit', async (t) => {
  const bytes = tarOf(
    paxHeader({
      'GNU.sparse.size': '5000000',
      'GNU.sparse.numblocks': '1',
      'GNU.sparse.map': '1000,3',
    }),
    tarFile({ name: 'a' }, 'abc'),
  );
  const content = Buffer.alloc(5_000_000);
  content.write('abc', 1000);
  const index = await indexOf(bytes);
  t.match(index.entries[1], {
    size: 5_000_000,
    sha256: createHash('sha256').update(content).digest('hex'),
    offset: undefined,
  });
  const limited = await indexOf(bytes, { limits: { holeBytes: 1_000_000 } });
  t.same(codes(limited), ['sparse-not-hashed']);
  t.equal((limited.entries[1] as OrdinaryEntry).sha256, undefined);
});

t.test('names that are not UTF-8, and as deep as the limit', async (t) => {
  const index = await indexOf(tarOf(tarFile({ name: Buffer.from('caf\xe9', 'latin1') }, '')));
  t.equal(index.entries[1]?.path, '/caf\udce9');
  await t.rejects(indexOf(buildLayer([{ path: 'a/'.repeat(60) }]), { limits: { depth: 50 } }), {
    code: 'LIMIT_EXCEEDED',
    data: { limit: 'depth' },
  });
  t.equal((await indexOf(buildLayer([{ path: 'a/'.repeat(500) }]))).entries.length, 501);
});
