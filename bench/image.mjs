// A docker-archive of any size for the bench, the same bytes from the same plan: files of very
// different sizes, part text, part as good as random, as images have them.
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const MEGABYTE = 1_000_000;

/** Six layers of 974 MB together, of which one is more than half. */
export const USUAL_IMAGE = [
  { megabytes: 124, entries: 6000 },
  { megabytes: 520, entries: 5842 },
  { megabytes: 180, entries: 3000 },
  { megabytes: 90, entries: 2000 },
  { megabytes: 45, entries: 500 },
  { megabytes: 15, entries: 200, deletes: 60, overwrites: 60 },
];

/** Writes the archive; the last of `layers` is on top. Answers with a path in the largest layer. */
export function writeImage(path, layers, tag = 'bench:1') {
  const place = `${path}.parts`;
  mkdirSync(place, { recursive: true });
  const parts = layers.map((layer, number) =>
    writeLayer(join(place, `${number}.tar`), layer, number),
  );
  const config = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created: '2026-01-01T00:00:00Z',
    config: { Cmd: ['true'] },
    rootfs: { type: 'layers', diff_ids: parts.map(({ digest }) => `sha256:${digest}`) },
    history: parts.map((_, number) => ({ created_by: `RUN step ${number + 1}` })),
  });
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
  const manifest = JSON.stringify([
    {
      Config: configName,
      RepoTags: [tag],
      Layers: parts.map(({ digest }) => `${digest}/layer.tar`),
    },
  ]);
  const archive = openSync(path, 'w');
  for (const { file, digest } of parts) {
    writeSync(archive, header(`${digest}/layer.tar`, '0', statSync(file).size));
    copyFile(file, archive);
  }
  for (const [name, text] of [
    [configName, config],
    ['manifest.json', manifest],
  ]) {
    writeSync(archive, header(name, '0', Buffer.byteLength(text)));
    writeSync(archive, padded(Buffer.from(text)));
  }
  writeSync(archive, Buffer.alloc(1024));
  closeSync(archive);
  rmSync(place, { recursive: true });
}

/** Of a million entries a tenth is in each of these. */
const TOPS = ['usr', 'opt', 'srv', 'var', 'home', 'lib', 'etc', 'root', 'mnt', 'data'];
const ENTRIES_EACH = 100_000;

/** Path of a file, by the layer (from 0) and the number of the entry. */
export function filePath(layer, entry) {
  const top = TOPS[Math.floor(entry / ENTRIES_EACH) % TOPS.length];
  const parts = [top, `lib${layer}`, `package-${Math.floor(entry / 40)}`, `file-${entry}.dat`];
  return parts.join('/');
}

function writeLayer(file, { megabytes, entries, deletes = 0, overwrites = 0 }, number) {
  const random = makeRandom(number + 1);
  const hash = createHash('sha256');
  const fd = openSync(file, 'w');
  const put = (bytes) => {
    hash.update(bytes);
    writeSync(fd, bytes);
  };
  const directories = new Set();
  const sizes = fileSizes(random, megabytes * MEGABYTE, entries);
  for (const [entry, size] of sizes.entries()) {
    // Some of the files of the layer below anew, some of them deleted.
    const path = filePath(entry < overwrites ? number - 1 : number, entry);
    putParents(path, directories, put);
    put(header(path, '0', size));
    put(padded(content(random, size, `${number}/${entry}`)));
  }
  for (let entry = overwrites; entry < overwrites + deletes; entry += 1) {
    put(header(filePath(number - 1, entry).replace(/[^/]+$/, '.wh.$&'), '0', 0));
  }
  put(Buffer.alloc(1024));
  closeSync(fd);
  return { file, digest: hash.digest('hex') };
}

function putParents(path, known, put) {
  const parts = path.split('/').slice(0, -1);
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const directory = `${parts.slice(0, depth).join('/')}/`;
    if (known.has(directory)) continue;
    known.add(directory);
    put(header(directory, '5', 0));
  }
}

/** Most files are small, most bytes are in large ones. */
function fileSizes(random, total, entries) {
  const weights = Array.from({ length: entries }, () => Math.exp(random() * 9));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => Math.floor((weight / sum) * total));
}

const POOL = 8 << 20;
let pools;

/** A piece of one pool or the other, with a beginning of its own so that no two are alike. */
function content(random, size, name) {
  pools ??= makePools();
  const pool = random() < 0.85 ? pools.text : pools.noise;
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size;) {
    const from = Math.floor(random() * (POOL - 65536));
    at += pool.copy(bytes, at, from, from + Math.min(size - at, POOL - from));
  }
  bytes.write(name.slice(0, size), 'latin1');
  return bytes;
}

function makePools() {
  const random = makeRandom(99);
  const words = Array.from({ length: 4000 }, () =>
    Math.floor(random() * 36 ** 6)
      .toString(36)
      .slice(0, 2 + Math.floor(random() * 8)),
  );
  const text = Buffer.alloc(POOL);
  for (let at = 0; at < POOL;) {
    at += text.write(`${words[Math.floor(random() ** 5 * words.length)]} `, at, 'latin1');
  }
  const noise = Buffer.alloc(POOL);
  for (let at = 0; at < POOL; at += 4) noise.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return { text, noise };
}

/** mulberry32. */
function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function header(name, type, size) {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, 'latin1');
  block.write(type === '5' ? '0000755\0' : '0000644\0', 100, 'latin1');
  block.write('0000000\0'.repeat(2), 108, 'latin1');
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('14700000000\0', 136, 'latin1');
  block.write(`        ${type}`, 148, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function padded(bytes) {
  const rest = bytes.length % 512;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(512 - rest)]);
}

function copyFile(file, to) {
  const from = openSync(file, 'r');
  const chunk = Buffer.alloc(1 << 20);
  let written = 0;
  for (let length = 1; length > 0;) {
    length = readSync(from, chunk, 0, chunk.length, null);
    writeSync(to, chunk, 0, length);
    written += length;
  }
  closeSync(from);
  if (written % 512 > 0) writeSync(to, Buffer.alloc(512 - (written % 512)));
}
