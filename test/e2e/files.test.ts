// The bytes of files, through the program: of every layer, from every kind of target, and out of
// hostile ones, with nothing written outside of where it was to be.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import t, { type Test } from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { buildDockerArchive, buildLayer, buildOciLayout } from '../support/build-image.js';
import { headerBlock, padded, paxHeader, tarOf } from '../support/build-tar.js';
import { cannotRun, makeCutaway, type Cutaway } from '../support/cli.js';

type Json = ReturnType<typeof JSON.parse>;

const big = Buffer.concat([
  randomBytes(3_000_000),
  Buffer.alloc(9_000_000, 'text '),
  randomBytes(99),
]);

/** `name` with data at 0 and at 8192 only. */
function sparseFile(name: string): Buffer {
  const data = Buffer.concat([Buffer.alloc(512, 'a'), Buffer.alloc(512, 'b')]);
  const records = {
    'GNU.sparse.major': '0',
    'GNU.sparse.minor': '1',
    'GNU.sparse.name': name,
    'GNU.sparse.size': '10000',
    'GNU.sparse.map': '0,512,8192,512',
  };
  return Buffer.concat([
    paxHeader(records),
    headerBlock({ name: 'sparse', size: data.length }),
    padded(data),
  ]);
}

const sparse = Buffer.alloc(10_000);
sparse.fill('a', 0, 512).fill('b', 8192, 8704);

const items = buildLayer([
  { path: 'bin/', type: 'directory' },
  { path: 'bin/tool', content: big, mode: 0o4755 },
  { path: 'bin/twin', type: 'link', linkTarget: 'bin/tool' },
  { path: 'sbin', linkTarget: 'bin' },
  { path: 'etc/', type: 'directory', mtime: 1_600_000_000 },
  { path: 'etc/one', content: 'one\n', mode: 0o640, uid: 7, gid: 8 },
  { path: 'etc/two', content: 'two\n' },
  { path: 'etc/empty', content: '' },
  { path: 'etc/abs', linkTarget: '/etc/one' },
  { path: 'etc/out', linkTarget: '../../../../../../../../etc/passwd' },
  { path: 'etc/loop', linkTarget: 'pool' },
  { path: 'etc/pool', linkTarget: 'loop' },
  { path: 'etc/null', type: 'char', major: 1, minor: 3 },
  { path: 'etc/pipe', type: 'fifo' },
]);
const base = tarOf(items.subarray(0, -1024), sparseFile('etc/sparse'));
const top = buildLayer([
  { path: 'etc/.wh.one' },
  { path: 'etc/two', content: 'changed\n' },
  { path: 'etc/caf\u00e9', content: '\u001b[31mred\u202e\n\ttab\n' },
]);

/** The same image in the store, as an archive and as a layout of gzip layers. */
async function furnish(cutaway: Cutaway): Promise<readonly string[]> {
  const archive = `${cutaway.directory}/image.tar`;
  const layout = `${cutaway.directory}/layout`;
  writeFileSync(archive, buildDockerArchive([{ layers: [base, top], tags: ['mine:1'] }]));
  buildOciLayout(layout, [{ layers: [base, top], tags: ['example.com/mine:1'] }]);
  await cutaway.text('load', '-i', layout);
  return ['example.com/mine:1', archive, layout];
}

async function bytesOf(cutaway: Cutaway, ...args: string[]): Promise<Buffer> {
  const { status, bytes, stderr } = await cutaway.run(['cat', ...args]);
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return bytes;
}

t.test('cat', async (t) => {
  const cutaway = makeCutaway(t);
  const targets = await furnish(cutaway);
  const points = readdirSync(cutaway.paths.indexes).filter((name) => name.endsWith('.points'));
  t.equal(points.length, 1, 'the large blob has seek points, the small one needs none');
  for (const target of targets) {
    const is = async (expected: Buffer | string, ...args: string[]) => {
      t.ok((await bytesOf(cutaway, target, ...args)).equals(Buffer.from(expected)), args.join(' '));
    };
    await is(big, '/bin/tool');
    await is(big, 'bin//twin');
    await is(big, '/sbin/tool');
    await is('changed\n', '/etc/two');
    await is('two\n', '/etc/two', '--layer', '1');
    await is('one\n', '/etc/one', '--layer', '1');
    await is('one\n', '/etc/abs', '--layer', '1');
    await is('', '/etc/empty');
    await is(sparse, '/etc/sparse');
    await is('\u001b[31mred\u202e\n\ttab\n', '/etc/caf\u00e9');
    t.ok((await bytesOf(cutaway, `${target}@1`, '/etc/one')).equals(Buffer.from('one\n')));
    const fails = async (pattern: RegExp, ...args: string[]) => {
      const { status, stdout, stderr } = await cutaway.run(['cat', target, ...args]);
      t.same([status, stdout], [2, ''], args.join(' '));
      t.match(stderr, pattern);
    };
    await fails(
      /no "\/etc\/one" in it\n {2}layer 1 has it; deleted by layer 2: --layer/,
      '/etc/one',
    );
    await fails(/no "\/etc\/one" in it, where "\/etc\/abs" leads\n/, '/etc/abs');
    await fails(/layer 2 has no "\/bin\/tool"\n {2}layer 1 has it/, '/bin/tool', '--layer', '2');
    await fails(
      /layer 2 has no "\/etc\/one"\n {2}layer 1 has it; deleted by layer 2/,
      '/etc/one',
      '--layer',
      '2',
    );
    await fails(/no "\/etc\/passwd" in it/, '/etc/out');
    await fails(/more than 40 links/, '/etc/loop');
    await fails(/is a directory, no file/, '/etc');
    await fails(/is a character device, no file/, '/etc/null');
    await fails(/contains "\.\."/, '/etc/../etc/two');
    await fails(/there is no layer 3/, '/etc/two', '--layer', '3');
  }
});

t.test('cat on a terminal', { skip: cannotRun('script') }, async (t) => {
  const cutaway = makeCutaway(t);
  const [target = ''] = await furnish(cutaway);
  const onTerminal = (...args: string[]) => {
    const command = [...cutaway.argv, 'cat', target, ...args].map((word) => `'${word}'`).join(' ');
    return execFileSync('script', ['-qfc', command, '/dev/null'], {
      encoding: 'utf8',
      env: { ...process.env, TERM: 'xterm', CUTAWAY_DATA_ROOT: cutaway.dataRoot },
    });
  };
  t.equal(
    onTerminal('/etc/caf\u00e9'),
    '\\x1b[31mred\\u202e\r\n\ttab\r\n',
    'text goes through the gate',
  );
  t.equal(onTerminal('/etc/caf\u00e9', '--raw'), '\u001b[31mred\u202e\r\n\ttab\r\n');
  t.match(onTerminal('/bin/tool'), /"\/bin\/tool" is no text\r\n.*> FILE; --raw/);
});

t.test('bytes that are not those of the index', async (t) => {
  const cutaway = makeCutaway(t);
  const layout = `${cutaway.directory}/layout`;
  buildOciLayout(layout, [{ layers: [base], tags: ['example.com/mine:1'], compression: 'none' }]);
  await cutaway.text('load', '-i', layout);
  const blobs = `${cutaway.paths.images}/blobs/sha256`;
  const name = readdirSync(blobs).find((one) => statSync(`${blobs}/${one}`).size > 1_000_000) ?? '';
  const bytes = readFileSync(`${blobs}/${name}`);
  const at = bytes.indexOf('two\n');
  bytes.write('TWO', at);
  chmodSync(`${blobs}/${name}`, 0o600);
  writeFileSync(`${blobs}/${name}`, bytes);
  const { status, stderr } = await cutaway.run(['cat', 'example.com/mine:1', '/etc/two']);
  t.equal(status, 2);
  t.match(
    stderr,
    /read "\/etc\/two" of layer 1: its content has the sha256 [0-9a-f]{64}, not [0-9a-f]{64}/,
  );
  t.equal(
    (await cutaway.run(['cat', 'example.com/mine:1', '/etc/one'])).stdout,
    'one\n',
    'the others are',
  );
  const out = `${cutaway.directory}/out`;
  const extract = await cutaway.run(['extract', 'example.com/mine:1', '/etc', '-C', out, '--json']);
  t.equal(extract.status, 2);
  const { skipped } = JSON.parse(extract.stdout);
  t.match(
    skipped.filter(({ failed }: Json) => failed),
    [
      { path: '/etc/sparse', reason: 'unreadable' },
      { path: '/etc/two', reason: 'unreadable' },
    ],
  );
  t.notOk(existsSync(`${out}/etc/two`), 'not even a part of it');
  t.same(readdirSync(`${out}/etc`).sort(), ['empty', 'one']);

  // Seek points are a cache: without them, or with damaged ones, it takes longer.
  const other = makeCutaway(t);
  await furnish(other);
  const points = readdirSync(other.paths.indexes).find((one) => one.endsWith('.points')) ?? '';
  writeFileSync(`${other.paths.indexes}/${points}`, 'damaged');
  t.ok((await bytesOf(other, 'example.com/mine:1', '/bin/tool')).equals(big));
  rmSync(other.paths.indexes, { recursive: true });
  t.ok((await bytesOf(other, 'example.com/mine:1', '/bin/tool')).equals(big));
  await other.text('rmi', 'example.com/mine:1');
});

t.test('seek points go with their blob', async (t) => {
  const cutaway = makeCutaway(t);
  await furnish(cutaway);
  await cutaway.text('rmi', 'example.com/mine:1');
  t.same(readdirSync(cutaway.paths.indexes), []);
});

/** Everything below a directory, with what stat says of it. */
function listing(directory: string): string {
  return execFileSync('find', [directory, '-printf', '%P %y %m %s %T@ %l\n'], { encoding: 'utf8' });
}

t.test('extract', async (t) => {
  const cutaway = makeCutaway(t);
  for (const [number, target] of (await furnish(cutaway)).entries()) {
    const out = `${cutaway.directory}/out-${number}`;
    const document = await cutaway.json('extract', target, '/etc', '/bin', '-C', out);
    t.match(document, {
      directory: out,
      totals: { files: 6, directories: 2, symlinks: 0, failed: 0 },
    });
    t.same(
      document.skipped.map(({ path, reason }: Json) => `${reason} ${path}`),
      [
        'symlink /etc/abs',
        'symlink /etc/loop',
        'special /etc/null',
        'symlink /etc/out',
        'special /etc/pipe',
        'symlink /etc/pool',
      ],
    );
    for (const { file, sha256 } of document.written as Json[]) {
      if (sha256 === undefined) continue;
      const bytes = readFileSync(`${out}/${String(file)}`);
      t.equal(createHash('sha256').update(bytes).digest('hex'), sha256, file as string);
    }
    t.ok(readFileSync(`${out}/bin/tool`).equals(big));
    t.equal(statSync(`${out}/bin/tool`).mode & 0o7777, 0o755, 'no setuid');
    t.equal(statSync(`${out}/bin/tool`).ino, statSync(`${out}/bin/twin`).ino, 'a hard link');
    t.ok(readFileSync(`${out}/etc/sparse`).equals(sparse));
    t.equal(statSync(`${out}/etc`).mtimeMs, 1_600_000_000_000, 'times of directories too');
    const again = await cutaway.run(['extract', target, '/etc', '-C', out]);
    t.equal(again.status, 2);
    t.match(again.stderr, /\/etc: make ".*": it exists; --force replaces files/);
    t.equal(
      (await cutaway.run(['extract', '--force', target, '/etc', '/bin', '-C', out])).status,
      0,
    );
    t.equal(listing(out), listing(out));
  }
});

t.test('extract: one layer, links, ownership', async (t) => {
  const cutaway = makeCutaway(t);
  const [target = ''] = await furnish(cutaway);
  const out = `${cutaway.directory}/out`;
  const first = await cutaway.json('extract', '--layer', '1', '--links', target, '/etc', '-C', out);
  t.match(first, { layer: 1, totals: { files: 4, symlinks: 4 } });
  t.equal(readFileSync(`${out}/etc/one`, 'utf8'), 'one\n', 'deleted later');
  t.equal(readlinkSync(`${out}/etc/abs`), '/etc/one');
  t.equal(statSync(`${out}/etc/one`).mode & 0o7777, 0o640);
  t.equal(statSync(`${out}/etc/one`).uid, process.getuid?.());
  const second = await cutaway.json('extract', '--layer', '2', target, '/', '-C', `${out}/two`);
  t.match(second.skipped, [
    { path: '/etc/one', type: 'whiteout', reason: 'whiteout', failed: false },
  ]);
  t.same(readdirSync(`${out}/two/etc`).sort(), ['caf\u00e9', 'two']);
  if (process.getuid?.() === 0) {
    await cutaway.text('extract', '--preserve', target, '/bin/tool', '-C', `${out}/kept`);
    t.equal(statSync(`${out}/kept/tool`).mode & 0o7777, 0o4755);
    await cutaway.text(
      'extract',
      '--preserve',
      '--layer',
      '1',
      target,
      '/etc/one',
      '-C',
      `${out}/kept`,
    );
    t.same([statSync(`${out}/kept/one`).uid, statSync(`${out}/kept/one`).gid], [7, 8]);
  }
  const link = await cutaway.run(['extract', target, '/etc/abs', '-C', out]);
  t.equal(link.status, 2, 'it was asked for by name');
  t.match(link.stderr, /not written: \/etc\/abs: a symlink: --links writes it/);
  await cutaway.run(['extract', target, '/etc/two'], { cwd: out });
  t.equal(readFileSync(`${out}/two/etc/two`, 'utf8'), 'changed\n');
  t.equal((await cutaway.run(['extract', target, '/none', '-C', out])).status, 2);
});

/** What stands around the destination must be as it was. */
async function unharmed(t: Test, place: string, action: () => Promise<void>): Promise<void> {
  const canary = () =>
    execFileSync(
      'find',
      [
        place,
        '-mindepth',
        '1',
        '-path',
        `${place}/out`,
        '-prune',
        '-o',
        '-printf',
        '%P %y %m %s %T@ %C@\n',
      ],
      { encoding: 'utf8' },
    );
  const before = canary();
  await action();
  t.equal(canary(), before, 'nothing outside of it was touched');
}

t.test('extract: what is in the way, and names that lead out', async (t) => {
  const cutaway = makeCutaway(t);
  const place = `${cutaway.directory}/place`;
  const out = `${place}/out`;
  mkdirSync(`${place}/secret`, { recursive: true });
  mkdirSync(out);
  writeFileSync(`${place}/secret/file`, 'safe');
  const archive = `${cutaway.directory}/evil.tar`;
  const evil = buildLayer([
    { path: 'd/', type: 'directory' },
    { path: 'd/link', linkTarget: '../../secret' },
    { path: 'd/link/file', content: 'evil' },
    { path: 'd/abs', linkTarget: `${place}/secret/file` },
    { path: '../../up', content: 'evil' },
    { path: 'd/../../../up', content: 'evil' },
    { path: `${place}/secret/file`, content: 'beneath out, if anywhere' },
    { path: 'd/hard', type: 'link', linkTarget: '../../secret/file' },
    { path: 'd/new\nline\u001b[31m', content: 'x' },
    { path: 'd/file', content: 'good' },
  ]);
  const over = buildLayer([
    { path: 'd/abs', content: 'now a file' },
    { path: 'd/link/', type: 'directory' },
    { path: 'd/link/file', content: 'now in a directory' },
  ]);
  writeFileSync(archive, buildDockerArchive([{ layers: [evil, over], tags: ['evil:1'] }]));
  await unharmed(t, place, async () => {
    for (const options of [
      ['--links'],
      ['--links', '--layer', '1'],
      ['--layer', '2'],
      ['--links', '--force'],
    ]) {
      rmSync(out, { recursive: true });
      mkdirSync(out);
      const { status, stdout, stderr } = await cutaway.run([
        'extract',
        ...options,
        archive,
        '/',
        '-C',
        out,
      ]);
      t.ok(status === 0 || status === 2, options.join(' '));
      t.notMatch(stdout + stderr, /\u001b/, 'and nothing drives the terminal');
      const links = execFileSync('find', [out, '-type', 'f', '-links', '+1'], { encoding: 'utf8' });
      t.equal(links, '', 'no hard link to anything');
    }
    t.equal(readFileSync(`${out}/d/file`, 'utf8'), 'good');
    t.equal(readFileSync(`${out}/d/link/file`, 'utf8'), 'now in a directory');
  });
  await unharmed(t, place, async () => {
    // Links that somebody has put where it is to be written.
    for (const force of [[], ['--force']]) {
      rmSync(out, { recursive: true });
      mkdirSync(out);
      symlinkSync(`${place}/secret`, `${out}/d`);
      const blocked = await cutaway.run(['extract', ...force, archive, '/d', '-C', out]);
      t.equal(blocked.status, 2);
      t.match(blocked.stderr, /a symlink is in the way/);
      t.ok(lstatSync(`${out}/d`).isSymbolicLink(), 'it is left alone');
      rmSync(`${out}/d`);
      mkdirSync(`${out}/d`);
      symlinkSync(`${place}/secret/file`, `${out}/d/file`);
      symlinkSync(`${place}/secret`, `${out}/d/link`);
      const inner = await cutaway.run(['extract', '--force', archive, '/d', '-C', out, '--json']);
      t.equal(inner.status, 2);
      const { skipped } = JSON.parse(inner.stdout);
      const failed = skipped
        .filter((one: Json) => one.failed)
        .map(({ path, reason }: Json) => `${reason} ${path}`);
      t.ok(failed.includes('unsafe /d/file'), failed.join());
      t.ok(failed.includes('unsafe /d/link'), failed.join());
    }
  });
});

t.test('a container', { skip: cannotRun('runc', 'busybox') }, async (t) => {
  const cutaway = makeCutaway(t);
  await cutaway.run([
    'run',
    '--name',
    'done',
    'busybox',
    'sh',
    '-c',
    'echo hi > /new; rm /etc/motd; ln -s /new /link; mkfifo /pipe; ln /new /twin',
  ]);
  t.equal((await bytesOf(cutaway, 'done', '/link')).toString(), 'hi\n');
  t.equal((await bytesOf(cutaway, 'done', '/twin', '--layer', 'upper')).toString(), 'hi\n');
  t.match(await cutaway.run(['cat', 'done', '/etc/motd']), {
    status: 2,
    stderr: /no "\/etc\/motd" in it\n {2}layer 2 and layer 3 have it; deleted by the upper layer/,
  });
  t.match((await bytesOf(cutaway, 'done', '/etc/motd', '--layer', '2')).toString(), /layer 2/);
  t.match((await cutaway.run(['cat', 'done', '/pipe'])).stderr, /is a FIFO, no file/);
  const out = `${cutaway.directory}/out`;
  const document = await cutaway.json('extract', '--layer', 'upper', 'done', '/', '-C', out);
  t.same(readdirSync(out).sort(), ['etc', 'new', 'twin']);
  t.match(document.totals, { files: 2, failed: 0, size: 3 });
  const { upper } = await cutaway.json('overlay', 'done');
  const [moved, redirect] = [`${upper.directory}/moved`, Buffer.from('/nowhere')];
  linuxHost().createDirectory(moved);
  linuxHost().setXattr(moved, 'trusted.overlay.redirect', redirect);
  for (const question of ['tree', 'diff']) {
    const { problems } = await cutaway.json(question, 'done');
    t.same([problems[0].path, problems.length], ['/moved', 1], question);
  }
});
