// Oracles: indexDirectory of the tree a tar was made from, and GNU tar fed by the sink.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { indexDirectory } from '../../src/overlay/index-directory.js';
import { indexTar, type IndexTarOptions, type TarLayerIndex } from '../../src/overlay/index-tar.js';
import type { LayerEntry } from '../../src/overlay/layer-entry.js';
import { buildLayer } from '../support/build-image.js';
import { chunksOf, headerBlock, paxHeader, tarFile, tarOf } from '../support/build-tar.js';
import { brief, codes, comparable, indexOf } from '../support/index-layer.js';
import { readTar } from '../support/read-tar.js';
import { makeSourceTree } from '../support/source-tree.js';

const host = linuxHost();
const SKIP =
  host.effectiveUid === 0 ? {} : { skip: 'needs root for devices and file capabilities' };

/** Unpacks through the sink into an empty directory, as the store does. */
async function unpack(
  bytes: Buffer,
  directory: string,
  options: IndexTarOptions = {},
): Promise<TarLayerIndex> {
  mkdirSync(directory);
  const argv = [
    '-xp',
    '-f',
    '-',
    '-C',
    directory,
    '--same-owner',
    '--numeric-owner',
    '--xattrs',
    '--xattrs-include=*',
  ];
  const child = spawn('tar', argv, {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  let messages = '';
  child.stderr.on('data', (text: Buffer) => (messages += text.toString()));
  const ended = once(child, 'close');
  const index = await indexOf(bytes, {
    ...options,
    sink: {
      write: async (part) => {
        if (!child.stdin.write(part)) await once(child.stdin, 'drain');
      },
      end: () => {
        child.stdin.end();
      },
    },
  });
  const [status] = (await ended) as [number];
  if (status !== 0) throw new Error(`tar: ${status}: ${messages}`);
  return index;
}

t.test('a real tree, indexed from tar and from disk, packed and unpacked', SKIP, async (t) => {
  const top = t.testdir();
  mkdirSync(`${top}/tree`);
  makeSourceTree(host, `${top}/tree`);
  const onDisk = indexDirectory(host, `${top}/tree`, { hash: true });
  for (const options of [
    [],
    ['-S'],
    ['-S', '--sparse-version=0.1'],
    ['-S', '--sparse-version=0.0'],
  ]) {
    const name = options.join('') || 'plain';
    const file = `${top}/${name}.tar`;
    const pack = ['--format=pax', '--xattrs', '--xattrs-include=*', ...options, '--sort=name'];
    execFileSync('tar', [...pack, '-C', `${top}/tree`, '-cf', file, '.'], {
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    const bytes = readFileSync(file);
    const index = await unpack(bytes, `${top}/${name}.out`);
    t.same(index.problems, []);
    t.same(comparable(index.entries), comparable(onDisk.entries), `${name}: as on disk`);
    const unpacked = indexDirectory(host, `${top}/${name}.out`, { hash: true });
    t.same(comparable(unpacked.entries), comparable(onDisk.entries), `${name}: unpacked the same`);
    t.equal(index.diffID, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    t.equal(index.size, bytes.length);
    for (const entry of index.entries) {
      if (entry.marker !== 'ordinary' || entry.offset === undefined) continue;
      const content = bytes.subarray(entry.offset, entry.offset + entry.size);
      t.equal(createHash('sha256').update(content).digest('hex'), entry.sha256, entry.path);
    }
    const links = index.entries.filter(
      (entry) => entry.marker === 'ordinary' && entry.hardLinkTo !== undefined,
    );
    t.equal(links.length, 2, 'two names are second ones');
    t.same(await indexTar(chunksOf(bytes, 777)), index, 'chunks do not matter');
  }
});

t.test('only what is safe reaches the sink, verbatim', async (t) => {
  const file = (name: string, content = 'x') => tarFile({ name }, content);
  const parts = {
    root: headerBlock({ name: './', typeflag: '5' }),
    a: Buffer.concat([paxHeader({ mtime: '1.5' }), file('a', 'content')]),
    escape: file('../escape'),
    whiteout: file('.wh.gone', ''),
    opaque: file('d/.wh..wh..opq', ''),
    link: headerBlock({ name: 'out', typeflag: '2', linkName: '/etc' }),
    through: file('out/passwd'),
    hard: headerBlock({ name: 'hard', typeflag: '1', linkName: '../../etc/shadow' }),
    last: file('d/last', 'z'.repeat(600)),
  };
  const seen: string[] = [];
  const out: Buffer[] = [];
  const index = await indexOf(tarOf(...Object.values(parts)), {
    onEntry: (entry, { safe }) => seen.push(`${safe ? '+' : '-'} ${entry.path}`),
    sink: {
      write: (bytes) => void out.push(Buffer.from(bytes)),
      end: () => void out.push(Buffer.from('end')),
    },
  });
  const expected = [
    parts.root,
    parts.a,
    parts.link,
    parts.last,
    Buffer.alloc(1024),
    Buffer.from('end'),
  ];
  t.ok(Buffer.concat(out).equals(Buffer.concat(expected)));
  t.same(seen, ['+ /', '+ /a', '- /gone', '+ /out', '- /hard', '+ /d/last']);
  t.same(codes(index).sort(), [
    'hardlink-target-missing',
    'tar-parent-not-directory',
    'tar-path-escape',
  ]);
});

t.test('the sink can choose and can make us wait', async (t) => {
  const out: Buffer[] = [];
  let waiting = 0;
  let most = 0;
  const bytes = buildLayer([
    { path: 'null', type: 'char', major: 1, minor: 3 },
    { path: 'copy', type: 'link', linkTarget: 'null' },
    { path: 'a', content: 'b'.repeat(100_000) },
  ]);
  const index = await indexTar(chunksOf(bytes, 10_000), {
    accept: (entry) => entry.type !== 'char',
    sink: {
      write: async (part) => {
        waiting += part.length;
        most = Math.max(most, waiting);
        await new Promise((resolve) => setTimeout(resolve, 1));
        waiting -= part.length;
        out.push(part);
      },
      end: () => undefined,
    },
  });
  t.equal(index.entries.length, 4, 'the index has all');
  t.same(
    readTar(Buffer.concat(out)).entries.map(({ name }) => name),
    ['a'],
  );
  t.ok(most <= 10_000, `${most} bytes at a time`);
});

t.test('headers that GNU tar could read differently are written anew', SKIP, async (t) => {
  const inner = tarFile({ name: 'smuggled' }, 'x');
  const bytes = tarOf(
    headerBlock({ name: './', typeflag: '5', mode: 0o755 }),
    paxHeader([
      ['path', 'device'],
      ['path', 'device'],
      ['hdrcharset', 'BINARY'],
    ]),
    headerBlock({ name: 'x', typeflag: '4', major: 7, minor: 300 }),
    paxHeader({ uid: '42', 'SCHILY.xattr.user.global': 'g' }, 'g'),
    tarFile({ name: 'global', mtime: 1_000_000_000 }, 'content'),
    paxHeader({ 'GNU.dumpdir': 'Yx\0\0', path: `long/${'n'.repeat(200)}`, mtime: '-1.5' }),
    tarFile({ name: 'dump' }, 'dumped'),
    headerBlock({ name: 'sized', typeflag: '5', size: 1024, mode: 0o750 }),
    inner,
    tarFile({ name: 'odd', typeflag: 'Q' }, 'odd'),
    paxHeader({
      'LIBARCHIVE.xattr.user.archive': 'AP8=',
      'SCHILY.xattr.trusted.overlay.redirect': '/etc',
    }),
    headerBlock({ name: 'attributes', typeflag: '5' }),
    paxHeader({ path: 'one' }),
    paxHeader({ path: 'two' }),
    tarFile({ name: 'three' }, '2'),
    paxHeader({ linkpath: 'global' }),
    headerBlock({ name: 'second', typeflag: '1', linkName: 'elsewhere' }),
  );
  const top = t.testdir();
  const index = await unpack(bytes, `${top}/out`);
  const onDisk = indexDirectory(host, `${top}/out`, { hash: true });
  const named = (entries: readonly LayerEntry[]) =>
    comparable(entries.filter((entry) => entry.marker === 'ordinary' && entry.path !== '/long'));
  t.same(named(index.entries), named(onDisk.entries));
  t.match(
    index.entries.find(({ path }) => path === '/global'),
    { uid: 42, xattrs: { 'user.global': 'Zw==' } },
  );
  t.match(
    index.entries.find(({ path }) => path === '/attributes'),
    { xattrs: { 'user.archive': 'AP8=' } },
  );
  t.same([...new Set(codes(index))].sort(), [
    'overlay-xattr',
    'tar-global-pax',
    'tar-odd-pax',
    'tar-repeated-header',
    'tar-size-without-body',
    'tar-unknown-type',
  ]);
});

t.test('nothing leaves the directory, whatever the order', SKIP, async (t) => {
  const top = t.testdir({ outside: { secret: 'keep' } });
  const outside = `${top}/outside`;
  const bytes = tarOf(
    headerBlock({ name: './', typeflag: '5', mode: 0o755 }),
    headerBlock({ name: 'a', typeflag: '2', linkName: outside }),
    tarFile({ name: 'a/secret' }, 'overwritten'),
    headerBlock({ name: 'c', typeflag: '1', linkName: `${outside}/secret` }),
    tarFile({ name: 'c' }, 'overwritten'),
    headerBlock({ name: 'd', typeflag: '2', linkName: '/' }),
    headerBlock({ name: 'e', typeflag: '1', linkName: 'd' }),
    tarFile({ name: `e${outside}/secret` }, 'overwritten'),
    paxHeader({ path: `${outside}/../outside/secret` }),
    tarFile({ name: 'f' }, 'overwritten'),
    tarFile({ name: `${outside}/new` }, 'absolute'),
  );
  const index = await unpack(bytes, `${top}/out`);
  t.equal(readFileSync(`${outside}/secret`, 'utf8'), 'keep');
  t.notOk(existsSync(`${outside}/new`));
  const onDisk = indexDirectory(host, `${top}/out`, { hash: true });
  const explicit = (entries: readonly LayerEntry[]) => {
    const implicit = new Set(
      brief(index.entries)
        .filter((line) => line.startsWith('d?'))
        .map((line) => line.slice(3)),
    );
    return comparable(entries.filter(({ path }) => !implicit.has(path)));
  };
  t.same(explicit(index.entries), explicit(onDisk.entries), 'and the disk is as the index says');
});

t.test('a file in place of a full directory cannot be unpacked, which is told', SKIP, async (t) => {
  const top = t.testdir({ outside: { secret: 'keep' } });
  const index = await unpack(
    tarOf(
      headerBlock({ name: 'b', typeflag: '5', mode: 0o755 }),
      tarFile({ name: 'b/x' }, 'x'),
      headerBlock({ name: 'b', typeflag: '2', linkName: '../outside' }),
      tarFile({ name: 'b/secret' }, 'overwritten'),
      headerBlock({ name: 'a', typeflag: '2', linkName: '../outside' }),
      headerBlock({ name: 'a', typeflag: '5' }),
      tarFile({ name: 'a/secret' }, 'overwritten'),
      headerBlock({ name: 'same', typeflag: '2', linkName: '../outside' }),
      headerBlock({ name: 'same', typeflag: '2', linkName: '../outside' }),
      headerBlock({ name: 'c', typeflag: '5', mode: 0o755 }),
      tarFile({ name: 'c' }, 'an empty directory is no obstacle'),
    ),
    `${top}/out`,
  );
  t.same(
    index.problems.map(({ code, path }) => `${code} ${path}`),
    [
      'tar-duplicate-path /b',
      'tar-not-unpacked /b',
      'tar-parent-not-directory /b/secret',
      'tar-duplicate-path /a',
      'tar-not-unpacked /a',
      'tar-not-unpacked /a/secret',
      'tar-duplicate-path /same',
      'tar-duplicate-path /c',
    ],
  );
  t.equal(host.readLink(`${top}/out/same`), '../outside');
  t.same(brief(index.entries), ['d? /', 'd /a', 'f /a/secret', 's /b', 'f /c', 's /same']);
  t.equal(readFileSync(`${top}/outside/secret`, 'utf8'), 'keep');
  t.ok(host.lstat(`${top}/out/c`).type === 'file');
});

t.test('a damaged tar is an error, and the sink is not told that all is well', async (t) => {
  const bytes = buildLayer([{ path: 'a', content: 'x'.repeat(5000) }]);
  let ended = false;
  const sink = { write: () => undefined, end: () => void (ended = true) };
  await t.rejects(indexOf(bytes.subarray(0, 3000), { sink }), { code: 'CORRUPT' });
  t.notOk(ended);
});
