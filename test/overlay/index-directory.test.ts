import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ReadHost } from '../../src/host/host.js';
import { decodeName } from '../../src/oci/byte-name.js';
import { indexDirectory } from '../../src/overlay/index-directory.js';
import type { LayerEntry } from '../../src/overlay/layer-entry.js';
import { comparePaths } from '../../src/overlay/path-order.js';
import { host, openBench, whyNoOverlay } from './oracle/bench.js';

const needsRoot = process.getuid?.() === 0 ? false : 'device nodes and trusted xattrs need root';

function byPath(entries: readonly LayerEntry[]): Map<string, LayerEntry> {
  return new Map(entries.map((entry) => [entry.path, entry]));
}

t.test('every type of file, and nothing is opened or followed', { skip: needsRoot }, (t) => {
  const bench = openBench();
  t.teardown(bench.clear);
  const top = bench.directory('layer');
  fs.mkdirSync(join(top, 'd'));
  fs.writeFileSync(join(top, 'd/file'), 'content');
  fs.linkSync(join(top, 'd/file'), join(top, 'again'));
  fs.symlinkSync('/etc', join(top, 'out'));
  fs.symlinkSync('.', join(top, 'd/loop'));
  host.makeNode(join(top, 'fifo'), 'fifo', 0, 0, 0o600);
  host.makeNode(join(top, 'disk'), 'block', 259, 70000, 0o600);
  host.makeNode(join(top, 'gone'), 'char', 0, 0, 0);
  fs.writeFileSync(Buffer.from(`${top}/\xff`, 'latin1'), '');
  host.setMode(join(top, 'd/file'), 0o4750);
  host.setOwner(join(top, 'out'), 7, 8);
  host.setModifiedTime(join(top, 'd'), 1_700_000_000_123_456_789n);
  const opened: string[] = [];
  const watching: ReadHost = {
    ...host,
    openFile: (path) => {
      opened.push(path.slice(top.length));
      return host.openFile(path);
    },
  };
  const index = indexDirectory(watching, top, { hash: true });
  const found = byPath(index.entries);
  const sha256 = createHash('sha256').update('content').digest('hex');
  const odd = `/${decodeName(Buffer.from([0xff]))}`;
  t.same(
    [...found.keys()],
    ['/', '/again', '/d', '/d/file', '/d/loop', '/disk', '/fifo', '/gone', '/out', odd],
  );
  t.same([...found.keys()], [...found.keys()].sort(comparePaths));
  t.match(found.get('/again'), { type: 'file', size: 7, sha256, mode: 0o4750 });
  t.match(found.get('/d/file'), { hardLinkTo: '/again', size: 7, sha256 });
  t.match(found.get('/d'), { type: 'directory', size: 0, mtime: '1700000000123456789' });
  t.match(found.get('/out'), { type: 'symlink', linkTarget: '/etc', uid: 7, gid: 8 });
  t.match(found.get('/disk'), { type: 'block', major: 259, minor: 70000, size: 0 });
  t.same(found.get('/gone'), { marker: 'whiteout', path: '/gone', type: 'whiteout' });
  t.same(opened, ['/again', odd], 'regular files, each once');
  t.match(index, { size: 7, problems: [], diffID: undefined });
  t.notOk('sha256' in (byPath(indexDirectory(host, top).entries).get('/again') ?? {}));
  t.end();
});

t.test('markers and attributes', { skip: needsRoot }, (t) => {
  const bench = openBench();
  t.teardown(bench.clear);
  const top = bench.directory('layer');
  const set = (path: string, name: string, value: string): void => {
    host.setXattr(join(top, path), name, Buffer.from(value, 'latin1'));
  };
  for (const name of ['y', 'x', 'u', 'odd']) fs.mkdirSync(join(top, name));
  set('y', 'trusted.overlay.opaque', 'y');
  set('u', 'user.overlay.opaque', 'y');
  set('x', 'trusted.overlay.opaque', 'x');
  set('odd', 'trusted.overlay.opaque', 'yes');
  for (const name of ['x/gone', 'x/full', 'gone', 'file']) fs.writeFileSync(join(top, name), '');
  fs.writeFileSync(join(top, 'x/full'), 'not empty');
  for (const name of ['x/gone', 'x/full', 'gone']) set(name, 'trusted.overlay.whiteout', '');
  set('file', 'user.note', '\0\xff');
  set('file', 'trusted.overlay.origin', 'handle');
  set('file', 'trusted.overlay.overlay.opaque', 'y');
  const found = byPath(indexDirectory(host, top).entries);
  const opaque = ['/y', '/u', '/x', '/odd'].map((path) => found.get(path));
  t.match(opaque, [{ opaque: true }, { opaque: true }, {}, {}]);
  t.notOk('opaque' in (opaque[2] ?? {}) || 'opaque' in (opaque[3] ?? {}));
  t.equal(found.get('/x/gone')?.marker, 'whiteout');
  t.equal(found.get('/gone')?.marker, 'whiteout', 'also in a directory without a mark');
  t.match(found.get('/x/full'), { marker: 'ordinary', size: 9 }, 'a file with content is none');
  t.notOk('xattrs' in (found.get('/x/full') ?? {}), 'machinery is no attribute');
  t.strictSame(found.get('/file'), {
    ...found.get('/file'),
    xattrs: { 'trusted.overlay.opaque': 'eQ==', 'user.note': 'AP8=' },
  });
  const trusted = byPath(indexDirectory(host, top, { xattrPrefixes: ['trusted.'] }).entries);
  t.match(trusted.get('/u'), { xattrs: { 'user.overlay.opaque': 'eQ==' } });
  t.notOk('opaque' in (trusted.get('/u') ?? {}));
  t.end();
});

t.test('redirect and metacopy are said', { skip: whyNoOverlay() ?? false }, (t) => {
  const bench = openBench();
  t.teardown(bench.clear);
  const lower = bench.directory('lower');
  fs.mkdirSync(join(lower, 'old/sub'), { recursive: true });
  fs.writeFileSync(join(lower, 'file'), 'content');
  const upper = bench.directory('upper');
  const options = ['redirect_dir=on', 'metacopy=on', 'index=off'];
  const merged = bench.mount({ lower: [lower], upper, work: bench.directory('work'), options });
  fs.renameSync(join(merged, 'old'), join(merged, 'new'));
  fs.chmodSync(join(merged, 'file'), 0o600);
  bench.unmount(merged);
  const { problems, entries } = indexDirectory(host, upper, { hash: true });
  t.same(problems, []);
  t.match(byPath(entries).get('/new'), { redirect: 'old' });
  const file = byPath(entries).get('/file');
  t.match(file, { size: 7, mode: 0o600, metacopy: true });
  t.notOk('sha256' in (file ?? {}) || 'xattrs' in (file ?? {}), 'holes have no digest');
  t.end();
});

t.test('what cannot be read is a problem, and the rest is there', (t) => {
  const bench = openBench();
  t.teardown(bench.clear);
  const top = bench.directory('layer');
  const before = process.cwd();
  process.chdir(top);
  // Each step is short; the whole is longer than PATH_MAX, as `mkdir` in a container can make it.
  for (let depth = 0; depth < 30; depth += 1) {
    fs.mkdirSync('n'.repeat(200));
    process.chdir('n'.repeat(200));
  }
  process.chdir(before);
  fs.writeFileSync(join(top, 'z'), 'z');
  const deep = indexDirectory(host, top);
  t.match(deep.problems, [{ code: 'ENAMETOOLONG' }]);
  t.ok(deep.problems[0]?.path?.startsWith('/nnn'));
  t.equal(deep.entries.at(-1)?.path, '/z');
  const blind: ReadHost = {
    ...host,
    lstat: (path) => host.lstat(path.endsWith('/z') ? `${path}.vanished` : path),
  };
  t.match(indexDirectory(blind, top).problems.at(-1), { code: 'ENOENT', path: '/z' });
  t.end();
});

t.test('a top that is no directory', (t) => {
  t.throws(() => indexDirectory(host, '/nothing/here'), { code: 'NOT_FOUND' });
  t.throws(() => indexDirectory(host, '/proc/self/exe'), { code: 'INVALID_INPUT' });
  t.end();
});

t.test('one lstat and one listing of xattrs for each path', (t) => {
  const bench = openBench();
  t.teardown(bench.clear);
  const top = bench.directory('layer');
  for (let at = 0; at < 50; at += 1) fs.writeFileSync(join(top, `f${at}`), '');
  const calls = new Map<string, number>();
  const counting = Object.fromEntries(
    Object.entries(host).map(([name, value]: [string, unknown]) => [
      name,
      typeof value !== 'function'
        ? value
        : (...argv: unknown[]): unknown => {
            calls.set(name, (calls.get(name) ?? 0) + 1);
            return (value as (...argv: unknown[]) => unknown)(...argv);
          },
    ]),
  ) as unknown as ReadHost;
  indexDirectory(counting, top);
  t.same(Object.fromEntries(calls), { lstat: 51, listXattrs: 51, readDirectory: 1 });
  t.end();
});
