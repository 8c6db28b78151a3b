// An upperdir as it lies on a disk becomes a layer; what the layer then says is what the upperdir said.
import { execFileSync } from 'node:child_process';
import { chownSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { indexDirectory } from '../../src/overlay/index-directory.js';
import { indexTar } from '../../src/overlay/index-tar.js';
import type { LayerEntry } from '../../src/overlay/layer-entry.js';
import { layerTar, type LayerItem } from '../../src/overlay/layer-tar.js';
import { mergeLayers, mergeUpper } from '../../src/overlay/merge.js';
import { upperItems } from '../../src/overlay/upper-items.js';
import type { Problem } from '../../src/oci/problem.js';
import { readTar } from '../support/read-tar.js';

const host = linuxHost();
const skip = host.effectiveUid === 0 ? false : 'needs root';

interface Made {
  readonly bytes: Buffer;
  readonly problems: Problem[];
}

async function layerOf(upper: string, lower: readonly string[] = []): Promise<Made> {
  const problems: Problem[] = [];
  const directories = [...lower, upper];
  const items = upperItems({
    upper: indexDirectory(host, upper),
    below: lower.length,
    lower: () => mergeLayers(lower.map((directory) => indexDirectory(host, directory))),
    open: (rank, path) => host.openBeneath(directories[rank] ?? '', path),
  });
  const bytes = await collect(items, problems);
  return { bytes, problems };
}

async function collect(items: Iterable<LayerItem>, problems: Problem[] = []): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of layerTar(items, { onProblem: (one) => problems.push(one) })) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}

const xattr = (path: string, name: string, value: string) => {
  host.setXattr(path, name, Buffer.from(value, 'latin1'));
};

/** Without what only one of a tar and a directory has. */
function facts(entry: LayerEntry): unknown {
  if (entry.marker === 'whiteout') return entry;
  const { size } = entry;
  return {
    ...entry,
    offset: undefined,
    size: entry.hardLinkTo === undefined ? size : 0,
    xattrs: entry.xattrs ?? {},
  };
}

t.test('everything that an upperdir can say', { skip }, async (t) => {
  const upper = `${t.testdir()}/upper`;
  for (const name of ['', '/etc', '/opaque', '/opaque/sub', '/z']) mkdirSync(upper + name);
  writeFileSync(`${upper}/etc/file`, 'content\n');
  linkSync(`${upper}/etc/file`, `${upper}/etc/again`);
  linkSync(`${upper}/etc/file`, `${upper}/z/last`);
  host.makeNode(`${upper}/etc/gone`, 'char', 0, 0, 0);
  writeFileSync(`${upper}/etc/gone-too`, '');
  xattr(`${upper}/etc/gone-too`, 'trusted.overlay.whiteout', '');
  xattr(`${upper}/opaque`, 'trusted.overlay.opaque', 'y');
  xattr(`${upper}/opaque`, 'trusted.overlay.origin', 'machinery');
  xattr(`${upper}/etc/file`, 'user.binary', '\0\n=\xff');
  xattr(`${upper}/etc/file`, 'trusted.overlay.overlay.opaque', 'own');
  xattr(`${upper}/z`, 'user.dir', '1');
  host.makeNode(`${upper}/null`, 'char', 1, 3, 0o666);
  host.makeNode(`${upper}/sda`, 'block', 8, 0, 0o660);
  host.makeNode(`${upper}/pipe`, 'fifo', 0, 0, 0o600);
  symlinkSync('../nowhere', `${upper}/link`);
  writeFileSync(`${upper}/${'n'.repeat(255)}`, 'long');
  writeFileSync(Buffer.concat([Buffer.from(`${upper}/raw-`), Buffer.from([0xff])]), 'raw');
  chownSync(`${upper}/sda`, 3_000_000, 2_999_999);
  host.setMode(`${upper}/etc/file`, 0o6755);
  host.setMode(`${upper}/z`, 0o1777);
  host.setModifiedTime(`${upper}/etc/file`, 1_600_000_000_000_000_001n);
  host.setModifiedTime(`${upper}/z`, -1n);

  const { bytes, problems } = await layerOf(upper);
  t.same(problems, []);
  const index = await indexTar(once(bytes));
  t.same(index.problems, []);
  const wanted = indexDirectory(host, upper, { hash: true });
  t.same(index.entries.slice(1).map(facts), wanted.entries.slice(1).map(facts));

  const names = readTar(bytes).entries.map(({ name }) => name);
  t.same(names.slice(0, 5), ['etc/', 'etc/again', 'etc/file', 'etc/.wh.gone', 'etc/.wh.gone-too']);
  t.ok(names.includes('opaque/.wh..wh..opq'));
  t.notOk(names.includes('./'), 'the top directory is not part of it');

  await t.test('the same again: the same bytes', async (t) => {
    const copy = `${t.testdir()}/copy`;
    execFileSync('cp', ['-a', upper, copy]);
    t.ok(
      (await layerOf(copy)).bytes.equals(bytes),
      'whenever they were read and wherever they lie',
    );
  });
});

t.test('what a layer cannot say is told', { skip }, async (t) => {
  const upper = `${t.testdir()}/upper`;
  for (const name of ['', '/.wh.dir', '/d']) mkdirSync(upper + name);
  writeFileSync(`${upper}/.wh.dir/inside`, 'x');
  writeFileSync(`${upper}/.wh.file`, 'shared');
  linkSync(`${upper}/.wh.file`, `${upper}/a`);
  linkSync(`${upper}/.wh.file`, `${upper}/b`);
  const listen = `require('net').createServer().listen(process.argv[1], () => process.exit())`;
  // The whole path may be longer than a socket's address can be.
  execFileSync(process.execPath, ['-e', listen, 'socket'], { cwd: `${upper}/d` });
  const { bytes, problems } = await layerOf(upper);
  t.match(problems, [
    { path: '/.wh.dir', code: 'layer-whiteout-name' },
    { path: '/.wh.file', code: 'layer-whiteout-name' },
    { path: '/d/socket', code: 'layer-socket' },
  ]);
  const { entries } = readTar(bytes);
  t.match(
    entries.map(({ name, type, size }) => [name, type, size]),
    [
      ['a', 'file', 6],
      ['b', 'link', 0],
      ['d/', 'directory', 0],
    ],
    'the bytes stand by the first name that is there',
  );
});

t.test('what points down is made whole', { skip }, async (t) => {
  const directory = t.testdir();
  const [lower, upper] = [`${directory}/lower`, `${directory}/upper`];
  for (const name of [lower, `${lower}/old`, `${lower}/old/sub`, upper, `${upper}/new`])
    mkdirSync(name);
  writeFileSync(`${lower}/old/sub/kept`, 'from below\n');
  writeFileSync(`${lower}/old/gone`, 'deleted\n');
  writeFileSync(`${lower}/owned`, 'bytes from below\n');
  linkSync(`${lower}/owned`, `${lower}/old/linked`);
  host.makeNode(`${upper}/old`, 'char', 0, 0, 0);
  xattr(`${upper}/new`, 'trusted.overlay.redirect', '/old');
  host.makeNode(`${upper}/new/gone`, 'char', 0, 0, 0);
  writeFileSync(`${upper}/new/added`, 'new\n');
  writeFileSync(`${upper}/owned`, Buffer.alloc(17));
  xattr(`${upper}/owned`, 'trusted.overlay.metacopy', '');
  chownSync(`${upper}/owned`, 7, 7);

  const { bytes, problems } = await layerOf(upper, [lower]);
  t.same(problems, []);
  const layer = await indexTar(once(bytes));
  const base = indexDirectory(host, lower, { hash: true });
  const before = mergeUpper(mergeLayers([base]), indexDirectory(host, upper, { hash: true }));
  const after = mergeLayers([base, layer]);
  const shown = (tree: typeof after) =>
    tree.entries.slice(1).map(({ entry: { path, type, uid, mode, sha256, size } }) => {
      return { path, type, uid, mode, sha256, size };
    });
  t.same(shown(after), shown(before), 'on top of the same layer it shows the same');
  t.ok(after.find('/new/sub/kept'));
  t.equal(after.find('/new/gone'), undefined);
  rmSync(`${lower}/old`, { recursive: true });
  const alone = mergeLayers([indexDirectory(host, lower), layer]);
  t.ok(alone.find('/new/sub/kept'), 'and it needs nothing of what it pointed at');
  t.equal(layer.find('/new/linked')?.type, 'file');
});

t.test('a file that shrinks while it is read', { skip }, async (t) => {
  const upper = t.testdir({ file: 'x'.repeat(1000) });
  const entry = indexDirectory(host, upper).entry(1);
  const open = () => {
    const file = host.openFile(`${upper}/file`);
    writeFileSync(`${upper}/file`, 'short');
    return file;
  };
  await t.rejects(collect([{ entry, open }]), { code: 'IN_USE', message: /"\/file": it shrank/ });
});
