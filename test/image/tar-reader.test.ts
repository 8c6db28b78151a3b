// GNU tar is the oracle: it writes archives of one tree in every format, and lists them.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { readTarXattrs } from '../../src/image/tar-xattr.js';
import { encodeName } from '../../src/oci/byte-name.js';
import { readTar, type ReadEntry, type ReadTar } from '../support/read-tar.js';
import { makeSourceTree } from '../support/source-tree.js';

const host = linuxHost();
const isRoot = host.effectiveUid === 0;
const ENVIRONMENT = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' };

interface Format {
  readonly name: string;
  readonly options: readonly string[];
  /** The time is cut to seconds. */
  readonly wholeSeconds: boolean;
  /** Its fields are too small for long names, high ids or a time before 1970. */
  readonly isSmall?: boolean;
}

const PAX = ['--format=pax', '--xattrs', '--xattrs-include=*'];
const FORMATS: readonly Format[] = [
  { name: 'pax', options: PAX, wholeSeconds: false },
  { name: 'pax-sparse-0.0', options: [...PAX, '-S', '--sparse-version=0.0'], wholeSeconds: false },
  { name: 'pax-sparse-0.1', options: [...PAX, '-S', '--sparse-version=0.1'], wholeSeconds: false },
  { name: 'pax-sparse-1.0', options: [...PAX, '-S', '--sparse-version=1.0'], wholeSeconds: false },
  { name: 'gnu', options: ['--format=gnu'], wholeSeconds: true },
  { name: 'gnu-sparse', options: ['--format=gnu', '-S'], wholeSeconds: true },
  { name: 'oldgnu', options: ['--format=oldgnu'], wholeSeconds: true },
  { name: 'ustar', options: ['--format=ustar'], wholeSeconds: true, isSmall: true },
  { name: 'v7', options: ['--format=v7'], wholeSeconds: true, isSmall: true },
];

const TYPE_LETTERS: Readonly<Record<string, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  link: 'h',
  char: 'c',
  block: 'b',
  fifo: 'p',
};

t.test('archives of GNU tar in every format', (t) => {
  const top = t.testdir();
  const tree = `${top}/tree`;
  mkdirSync(tree);
  makeSourceTree(host, tree);
  for (const format of FORMATS) {
    t.test(format.name, (t) => {
      const file = `${top}/${format.name}.tar`;
      const made = spawnSync(
        'tar',
        [...format.options, '--sort=name', '-C', tree, '-cf', file, '.'],
        {
          env: ENVIRONMENT,
          encoding: 'utf8',
        },
      );
      // What does not fit is left out, and GNU tar says so with its status.
      t.equal(made.status, format.isSmall === true ? 2 : 0, made.stderr.slice(0, 500));
      const bytes = readFileSync(file);
      const read = readTar(bytes);
      t.same(read.problems, [], 'no problems');
      t.ok(read.entries.length > 20);
      t.same(read.entries.filter(isListedRight).map(listLine), listing(file), 'as tar -tv says');
      for (const entry of read.entries) compareWithDisk(t, tree, entry, format);
      compareRaw(t, bytes, read.entries);
      for (const sizes of [
        [1],
        [511],
        [512],
        [513],
        [65_536],
        randomSizes(17),
        randomSizes(4_000),
      ]) {
        t.same(
          summary(readTar(bytes, sizes)),
          summary(read),
          `in chunks of ${sizes.slice(0, 4).join(', ')}`,
        );
      }
      t.end();
    });
  }
  t.end();
});

t.test('a GNU tar of nothing', (t) => {
  const file = `${t.testdir()}/empty.tar`;
  execFileSync('tar', ['-cf', file, '-T', '/dev/null']);
  t.same(readTar(readFileSync(file)), { entries: [], problems: [] });
  t.end();
});

/** `tar -tv` with everything in it, one line an entry. */
function listing(file: string): string[] {
  const options = ['--full-time', '--numeric-owner', '--quoting-style=escape'];
  const text = execFileSync('tar', ['-tvf', file, ...options], {
    env: ENVIRONMENT,
    encoding: 'utf8',
  });
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.includes(' 1969-'))
    .map((line) => line.replace(/ +\.\//, ' ./').replace(/^(\S+) (\S+) +(\S+) /, '$1 $2 $3 '));
}

/** GNU tar 1.34 prints times before 1970 with a fraction one second late, though it keeps them. */
function isListedRight(entry: ReadEntry): boolean {
  return entry.mtime >= 0n;
}

/** Small enough to compare often. */
function summary({ entries, problems }: ReadTar): unknown {
  return { problems, entries: entries.map((entry) => ({ ...entry, raw: sha256(entry.raw) })) };
}

function listLine(entry: ReadEntry): string {
  const { type, major, minor, realSize, uid, gid } = entry;
  const size = type === 'char' || type === 'block' ? `${major},${minor}` : String(realSize);
  const link = type === 'symlink' ? ' -> ' : type === 'link' ? ' link to ' : '';
  const target = entry.linkName === undefined ? '' : escaped(entry.linkName);
  const mode = `${TYPE_LETTERS[type]}${permissions(entry.mode)}`;
  return `${mode} ${uid}/${gid} ${size} ${fullTime(entry.mtime)} ${escaped(entry.name)}${link}${target}`;
}

function permissions(mode: number): string {
  const letters = Array.from('rwxrwxrwx').map((letter, index) =>
    (mode >> (8 - index)) & 1 ? letter : '-',
  );
  const special = (at: number, bit: number, set: string) => {
    if ((mode & bit) !== 0) letters[at] = letters[at] === 'x' ? set : set.toUpperCase();
  };
  special(2, 0o4000, 's');
  special(5, 0o2000, 's');
  special(8, 0o1000, 't');
  return letters.join('');
}

function fullTime(nanoseconds: bigint): string {
  const billion = 1_000_000_000n;
  const fraction = ((nanoseconds % billion) + billion) % billion;
  const seconds = (nanoseconds - fraction) / billion;
  const [day, time = ''] = new Date(Number(seconds) * 1000).toISOString().split('T');
  const digits =
    fraction === 0n ? '' : `.${fraction.toString().padStart(9, '0')}`.replace(/0+$/, '');
  return `${day} ${time.slice(0, 8)}${digits}`;
}

function escaped(name: string): string {
  return name
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replace(/[\udc80-\udcff]/g, (byte) => `\\${(byte.charCodeAt(0) - 0xdc00).toString(8)}`);
}

/** lstat(2) of what the entry was made from. */
function compareWithDisk(t: Test, tree: string, entry: ReadEntry, format: Format): void {
  const path = `${tree}/${entry.name}`.replace(/\/+$/, '');
  const status = host.lstat(path);
  const { name } = entry;
  if (entry.type === 'link') {
    const target = host.lstat(`${tree}/${entry.linkName}`);
    t.equal(status.inode, target.inode, `${name}: a name of the same file`);
  } else t.equal(entry.type, status.type, `${name}: type`);
  t.equal(entry.mode, status.mode, `${name}: mode`);
  t.equal(entry.uid, status.uid, `${name}: uid`);
  t.equal(entry.gid, status.gid, `${name}: gid`);
  const second = 1_000_000_000n;
  const whole = status.mtime - (((status.mtime % second) + second) % second);
  t.equal(entry.mtime, format.wholeSeconds ? whole : status.mtime, `${name}: mtime`);
  t.equal(entry.realSize, entry.type === 'file' ? status.size : 0, `${name}: size`);
  if (entry.type === 'symlink') compareTarget(t, host.readLink(path), entry, format);
  if (status.type === 'char' || status.type === 'block') {
    t.same([entry.major, entry.minor], [status.major, status.minor], `${name}: device`);
  }
  if (entry.type === 'file')
    t.equal(contentOf(entry), sha256(readContent(path)), `${name}: content`);
  if (format.name.startsWith('pax') && isRoot) compareXattrs(t, path, entry);
}

/** GNU tar cuts what is too long for the old formats. */
function compareTarget(t: Test, target: string, entry: ReadEntry, format: Format): void {
  const expected = format.isSmall === true ? target.slice(0, 100) : target;
  t.equal(entry.linkName, expected, `${entry.name}: target`);
}

function compareXattrs(t: Test, path: string, entry: ReadEntry): void {
  if (entry.type === 'link') return;
  const pax = entry.pax.map(([key, value]) => ({ key, value: Buffer.from(value, 'latin1') }));
  const { values } = readTarXattrs({ pax } as unknown as Parameters<typeof readTarXattrs>[0]);
  const onDisk = host.listXattrs(path).map((name) => [name, host.readXattr(path, name)] as const);
  const sorted = (list: Iterable<readonly [string, Buffer | undefined]>) =>
    [...list].map(([name, value]) => `${name}=${value?.toString('hex')}`).sort();
  t.same(sorted(values), sorted(onDisk), `${entry.name}: xattrs`);
}

/** sha256 of the body with its holes filled. */
function contentOf({ sparse, raw, size, realSize, headerOffset, bodyOffset }: ReadEntry): string {
  const start = bodyOffset - headerOffset;
  const body = raw.subarray(start, start + size);
  if (sparse === undefined) return sha256(body);
  const content = Buffer.alloc(realSize);
  let at = 0;
  for (const { offset, length } of sparse.regions ?? []) {
    body.copy(content, offset, at, at + length);
    at += length;
  }
  return sha256(content);
}

function readContent(path: string): Buffer {
  return host.readFile(path, 1 << 26);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Header, body and padding of all entries are the archive up to its end. */
function compareRaw(t: Test, bytes: Buffer, entries: readonly ReadEntry[]): void {
  const raw = Buffer.concat(entries.map((entry) => entry.raw));
  t.ok(raw.equals(bytes.subarray(0, raw.length)), 'raw bytes are verbatim and without a gap');
  t.ok(bytes.subarray(raw.length).every((byte) => byte === 0));
  for (const entry of entries) {
    const start = bytes.subarray(entry.headerOffset, entry.headerOffset + entry.raw.length);
    if (!start.equals(entry.raw)) t.fail(`${entry.name}: wrong offset`);
    t.ok(encodeName(entry.name).length > 0);
  }
}

/** Chunk sizes that differ from run to run; the message of a failure names them. */
function randomSizes(maximum: number): number[] {
  return Array.from({ length: 40 }, () => 1 + Math.floor(Math.random() * maximum));
}
