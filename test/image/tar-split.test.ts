// tar-split records: sound ones give back every byte, others are refused and never hang.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { Crc64 } from '../../src/image/crc64.js';
import { rebuildTar } from '../../src/image/rebuild-tar.js';
import { headersOf, readTarSplit, type TarSplitPart } from '../../src/image/tar-split.js';
import { CutawayError } from '../../src/oci/error.js';
import { indexTar, indexTarHeaders } from '../../src/overlay/index-tar.js';
import { buildLayer, type LayerItem } from '../support/build-image.js';
import { chunksOf } from '../support/build-tar.js';

const host = linuxHost();

function crcOf(content: string | Buffer): string {
  const crc = new Crc64();
  crc.update(Buffer.from(content));
  return crc.digest();
}

t.test('CRC-64 of ISO 3309, as Go computes it', (t) => {
  // The check value of CRC-64/GO-ISO in the catalogue of parametrised CRC algorithms.
  t.equal(crcOf('123456789'), 'b90956c775a41001');
  t.equal(crcOf(''), '0000000000000000');
  const crc = new Crc64();
  for (const part of ['1234', '', '56789']) crc.update(Buffer.from(part));
  t.equal(crc.digest(), 'b90956c775a41001', 'in parts');
  t.end();
});

const ITEMS: readonly LayerItem[] = [
  { path: 'etc/' },
  { path: 'etc/empty', content: '' },
  { path: 'etc/one', content: 'one\n' },
  { path: 'etc/.wh.two' },
  { path: 'big', content: 'b'.repeat(1_300_000) },
  { path: 'full', content: 'f'.repeat(1024) },
  { path: 'long/'.repeat(40) + 'name', content: 'last' },
];

type Line = Readonly<Record<string, unknown>>;

/** What tar-split makes of a tar of these items. */
function recordOf(items: readonly LayerItem[], tar: Buffer): Line[] {
  const lines: Line[] = [];
  let at = 0;
  for (const { path, content = '' } of items) {
    const bytes = Buffer.from(content);
    const start = bytes.length === 0 ? -1 : tar.indexOf(bytes, at);
    if (start === -1) continue;
    lines.push({ type: 2, payload: tar.subarray(at, start).toString('base64') });
    const payload = Buffer.from(crcOf(bytes), 'hex').toString('base64');
    lines.push({ type: 1, name: path, size: bytes.length, payload });
    at = start + bytes.length;
  }
  lines.push({ type: 2, payload: tar.subarray(at).toString('base64') });
  return lines.map((line, position) => ({ ...line, position }));
}

function stored(lines: readonly (Line | string)[]): Buffer {
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  return gzipSync(texts.join('\n') + '\n');
}

function parts(bytes: Buffer, ...sizes: number[]): AsyncGenerator<TarSplitPart> {
  return readTarSplit(chunksOf(bytes, ...sizes), 'record');
}

async function digestOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

function unpack(t: { testdir: () => string }, items: readonly LayerItem[]): string {
  const directory = t.testdir();
  for (const { path, content } of items) {
    if (content === undefined || path.includes('.wh.')) continue;
    mkdirSync(`${directory}/${path}`.replace(/\/[^/]*$/, ''), { recursive: true });
    writeFileSync(`${directory}/${path}`, content);
  }
  return directory;
}

t.test('the tar is rebuilt byte for byte, and its headers are read without it', async (t) => {
  const tar = buildLayer(ITEMS);
  const bytes = stored(recordOf(ITEMS, tar));
  const directory = unpack(t, ITEMS);
  const expected = createHash('sha256').update(tar).digest('hex');
  for (const sizes of [[], [1], [7, 512]]) {
    t.equal(await digestOf(rebuildTar(parts(bytes, ...sizes), { host, directory })), expected);
  }
  const headers = await indexTarHeaders(headersOf(parts(bytes)), { what: 'record' });
  const whole = await indexTar(chunksOf(tar));
  const plain = (entry: object) => ({ ...entry, sha256: undefined });
  t.same(headers.entries.map(plain), whole.entries.map(plain));
  t.equal(headers.size, tar.length);
});

t.test('what the disk has in the place of a file is not followed and not waited for', async (t) => {
  const tar = buildLayer(ITEMS);
  const bytes = stored(recordOf(ITEMS, tar));
  const tricks: readonly [string, (path: string, directory: string) => void][] = [
    [
      'a link',
      (path) => {
        symlinkSync('/etc/passwd', path);
      },
    ],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    [
      'a directory',
      (path) => {
        mkdirSync(path);
      },
    ],
    [
      'more bytes',
      (path) => {
        writeFileSync(path, 'one and more\n');
      },
    ],
    [
      'fewer bytes',
      (path) => {
        writeFileSync(path, 'o');
      },
    ],
    ['nothing', () => undefined],
  ];
  for (const [name, act] of tricks) {
    const directory = unpack(t, ITEMS);
    rmSync(`${directory}/etc/one`);
    act(`${directory}/etc/one`, directory);
    await t.rejects(digestOf(rebuildTar(parts(bytes), { host, directory })), CutawayError, name);
  }
  const directory = unpack(t, ITEMS);
  rmSync(`${directory}/etc`, { recursive: true });
  symlinkSync('/etc', `${directory}/etc`);
  await t.rejects(
    digestOf(rebuildTar(parts(bytes), { host, directory })),
    CutawayError,
    'on the way',
  );
});

t.test('names that lead out are refused', async (t) => {
  const directory = t.testdir({ in: { side: 'x' }, secret: 'secret' });
  for (const name of ['../secret', '/../secret', 'side/../../secret', '', '..']) {
    const payload = Buffer.from(crcOf('secret'), 'hex').toString('base64');
    const bytes = stored([{ type: 1, name, size: 6, payload, position: 0 }]);
    const place = { host, directory: `${directory}/in` };
    await t.rejects(digestOf(rebuildTar(parts(bytes), place)), { code: 'CORRUPT' }, name);
  }
});

t.test('names that are no UTF-8', async (t) => {
  const raw = Buffer.from([0x61, 0xff]);
  const line = { type: 1, name_raw: raw.toString('base64'), size: 0, payload: null, position: 0 };
  for await (const part of parts(stored([line]))) {
    t.same(part, { kind: 'file', name: 'a\udcff', size: 0, crc64: undefined });
  }
});

const SEGMENT = { type: 2, payload: '', position: 0 };
const FILE = { type: 1, name: 'a', size: 1, payload: 'AAAAAAAAAAA=', position: 0 };

t.test('what is no record is refused', async (t) => {
  const wrong: readonly (readonly [string, Buffer])[] = [
    ['not gzip but text', Buffer.from('hello\n')],
    ['gzip of text', gzipSync('hello\n')],
    ['cut off', stored([SEGMENT, { ...SEGMENT, position: 1 }]).subarray(0, 30)],
    ['no object', stored(['[]'])],
    ['null', stored(['null'])],
    ['an empty line', stored([SEGMENT, '', { ...SEGMENT, position: 1 }])],
    ['no position', stored([{ type: 2, payload: '' }])],
    ['a part twice', stored([SEGMENT, SEGMENT])],
    ['a part missing', stored([SEGMENT, { ...SEGMENT, position: 2 }])],
    ['no type', stored([{ payload: '', position: 0 }])],
    ['an unknown type', stored([{ ...SEGMENT, type: 3 }])],
    ['a payload that is no base64', stored([{ ...SEGMENT, payload: '*' }])],
    ['a payload that is no text', stored([{ ...SEGMENT, payload: 7 }])],
    ['a short checksum', stored([{ ...FILE, payload: 'AAAA' }])],
    ['no checksum', stored([{ ...FILE, payload: null }])],
    ['a negative size', stored([{ ...FILE, size: -1 }])],
    ['a size beyond numbers', stored([JSON.stringify(FILE).replace('"size":1', '"size":1e300')])],
    ['a size that is text', stored([{ ...FILE, size: '1' }])],
    ['a name that is no text', stored([{ ...FILE, name: 1 }])],
    ['deep', stored(['['.repeat(100)])],
    ['a NUL', stored(['\0'])],
  ];
  for (const [name, bytes] of wrong) {
    const read = async () => {
      for await (const part of parts(bytes)) t.ok(part);
    };
    await t.rejects(read(), { code: /CORRUPT|LIMIT_EXCEEDED/ }, name);
  }
});

t.test('what is too much is refused', async (t) => {
  const read = async (bytes: Buffer, limits: object) => {
    for await (const part of readTarSplit(chunksOf(bytes), 'record', limits)) t.ok(part);
  };
  const long = stored([{ ...SEGMENT, payload: 'AAAA'.repeat(100) }]);
  await t.rejects(read(long, { documentSize: 100 }), { code: 'LIMIT_EXCEEDED' });
  const endless = gzipSync(Buffer.alloc(1 << 20, 'x'));
  await t.rejects(read(endless, { documentSize: 1000 }), { code: 'LIMIT_EXCEEDED' });
  await t.rejects(read(endless, { totalBytes: 1000 }), { code: 'LIMIT_EXCEEDED' });
  const many = stored(Array.from({ length: 9 }, (_, position) => ({ ...SEGMENT, position })));
  await t.rejects(read(many, { entries: 3 }), { code: 'LIMIT_EXCEEDED' });
});

t.test('sizes that are not those of the headers are refused', async (t) => {
  const tar = buildLayer(ITEMS);
  const lines = recordOf(ITEMS, tar);
  const read = (changed: readonly Line[]) =>
    indexTarHeaders(headersOf(parts(stored(changed))), { what: 'record' });
  const resized = (size: number) =>
    lines.map((line) => (line['name'] === 'etc/one' ? { ...line, size } : line));
  for (const size of [0, 3, 5, 600, 2 ** 50]) {
    await t.rejects(read(resized(size)), { code: 'CORRUPT' }, String(size));
  }
  const twice = lines.flatMap((line) => (line['type'] === 1 ? [line, line] : [line]));
  const numbered = twice.map((line, position) => ({ ...line, position }));
  await t.rejects(read(numbered), { code: 'CORRUPT' }, 'a file twice');
  await t.rejects(read(lines.slice(0, 3)), { code: 'CORRUPT' }, 'no end');
});
