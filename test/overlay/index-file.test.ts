import { createHash } from 'node:crypto';
import t from 'tap';
import { formatIndexFile, parseIndexFile } from '../../src/overlay/index-file.js';
import { makeLayerIndex, type LayerIndex } from '../../src/overlay/layer-index.js';
import { directory, layer, ordinary, whiteout } from './entries.js';

const sha256 = createHash('sha256').update('content').digest('hex');

const index: LayerIndex = makeLayerIndex(
  layer(
    directory('/', { opaque: true, mode: 0o1777, mtime: '-1500000000' }),
    directory('/i', { implicit: true }),
    ordinary('/f', { size: 7, sha256, offset: 512, mtime: '1763711999123456789' }),
    ordinary('/g', { size: 7, sha256, offset: 0, hardLinkTo: '/f', mode: 0o4755 }),
    ordinary('/later', { mtime: '99999999999999999999999' }),
    ordinary('/owned', { uid: 4294967294, gid: 1000, userName: 'ü', groupName: '' }),
    ordinary('/\udcff\n', { xattrs: { 'user.a': 'AP8=' } }),
    ordinary('/l', { type: 'symlink', linkTarget: 'to\udcfe' }),
    ordinary('/dev', { type: 'char', major: 1, minor: 3 }),
    ordinary('/blk', { type: 'block', major: 259, minor: 70000 }),
    ordinary('/fifo', { type: 'fifo' }),
    ordinary('/sock', { type: 'socket' }),
    ordinary('/big', { size: 2 ** 43 + 1, offset: 2 ** 44 }),
    directory('/moved', { redirect: '/from\udcff' }),
    ordinary('/meta', { metacopy: true, size: 9 }),
    ordinary('/s', { type: 'symlink', linkTarget: 'x', hardLinkTo: '/l' }),
    whiteout('/w'),
  ).columns,
  {
    diffID: `sha256:${sha256}`,
    size: 2 ** 45,
    problems: [{ code: 'odd', message: 'm', path: '/\udcff' }],
  },
);

/** All that an index says. */
function told({ diffID, size, problems, count, entries }: LayerIndex): unknown {
  return { diffID, size, problems, count, entries };
}

function thereAndBack(layer: LayerIndex): unknown {
  return told(parseIndexFile(formatIndexFile(layer)));
}

t.test('there and back', (t) => {
  t.strictSame(thereAndBack(index), told(index));
  const empty = layer();
  t.strictSame(thereAndBack(empty), told(empty));
  const plain = layer(directory('/'), ordinary('/a'));
  t.strictSame(thereAndBack(plain), told(plain));
  t.ok(formatIndexFile(index).equals(formatIndexFile(index)), 'the same bytes for the same index');
  t.end();
});

t.test('bytes that lie anywhere in memory', (t) => {
  const bytes = formatIndexFile(index);
  for (let shift = 0; shift < 9; shift += 1) {
    const moved = Buffer.alloc(bytes.length + shift);
    moved.set(bytes, shift);
    t.strictSame(told(parseIndexFile(moved.subarray(shift))), told(index), `shifted by ${shift}`);
  }
  t.end();
});

t.test('any damage is found', (t) => {
  const bytes = formatIndexFile(index);
  for (let at = 0; at < bytes.length; at += 1) {
    // The header's spare bytes mean nothing.
    if ((at >= 14 && at < 16) || (at >= 22 && at < 32)) continue;
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    try {
      parseIndexFile(damaged);
      t.fail(`byte ${at} may change`);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'CORRUPT')) throw error;
    }
  }
  for (const length of [0, 1, 13, 63, 64, 71, 72, 100, bytes.length - 1]) {
    t.throws(
      () => parseIndexFile(bytes.subarray(0, length)),
      { code: 'CORRUPT' },
      `${length} bytes`,
    );
  }
  t.throws(() => parseIndexFile(Buffer.concat([bytes, Buffer.alloc(8)])), { code: 'CORRUPT' });
  t.end();
});

t.test('another version is to be built anew', (t) => {
  const bytes = formatIndexFile(index);
  bytes.writeUInt32LE(99, 16);
  t.throws(() => parseIndexFile(bytes), { code: 'CORRUPT', message: /version 99/ });
  t.end();
});
