// The door against the machine itself: coreutils, util-linux and the kernel say what is right.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { errnoOf } from '../../src/host/errno.js';
import { linuxHost } from '../../src/host/linux-host.js';
import { CutawayError } from '../../src/oci/error.js';

const host = linuxHost();
const isRoot = host.effectiveUid === 0;
const needsRoot = isRoot ? {} : { skip: 'needs root' };

function place(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'cutaway-host-'));
  t.teardown(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

function fails(t: Test, action: () => unknown, errno: string, syscall: string): void {
  try {
    action();
    t.fail(`no ${errno}`);
  } catch (error) {
    t.ok(error instanceof CutawayError, 'our own error');
    t.equal(errnoOf(error), errno);
    t.match(error, { data: { syscall } });
  }
}

t.test('lstat agrees with stat(1)', (t) => {
  const path = place(t);
  writeFileSync(`${path}/file`, 'hello', { mode: 0o640 });
  symlinkSync('nowhere', `${path}/link`);
  execFileSync('mkfifo', [`${path}/pipe`]);
  for (const name of ['file', 'link', 'pipe', '']) {
    const [mode, uid, gid, size, links, inode] = execFileSync(
      'stat',
      ['-c', '%a %u %g %s %h %i', `${path}/${name}`],
      { encoding: 'utf8' },
    )
      .trim()
      .split(' ');
    const status = host.lstat(`${path}/${name}`);
    t.same(
      [status.mode.toString(8), status.uid, status.gid, status.size, status.links, status.inode],
      [mode, Number(uid), Number(gid), Number(size), Number(links), BigInt(inode ?? 0)],
      name,
    );
  }
  const [birth] = execFileSync('stat', ['-c', '%W', `${path}/file`], { encoding: 'utf8' }).split(
    '\n',
  );
  t.equal((host.birthTime(`${path}/file`) ?? 0n) / 1_000_000_000n, BigInt(birth ?? 0));
  t.equal(host.findStatus(`${path}/none`), undefined);
  t.equal(host.findStatus(`${path}/file/below`), undefined);
  fails(t, () => host.lstat(`${path}/none`), 'ENOENT', 'lstat');
  t.end();
});

t.test('only regular files are opened, and no link is followed', (t) => {
  const path = place(t);
  writeFileSync(`${path}/file`, 'hello');
  symlinkSync('file', `${path}/link`);
  execFileSync('mkfifo', [`${path}/pipe`]);
  t.equal(host.readText(`${path}/file`), 'hello');
  t.ok(host.readText('/proc/self/stat').startsWith(`${process.pid} `), 'a file of size 0');
  fails(t, () => host.readFile(`${path}/link`), 'ELOOP', 'open');
  t.throws(() => host.readFile(`${path}/pipe`), { code: 'INVALID_INPUT' }, 'does not hang');
  t.throws(() => host.readFile(path), { code: 'INVALID_INPUT' });
  t.throws(() => host.readFile('/dev/zero'), { code: 'INVALID_INPUT' });
  t.throws(() => host.readFile(`${path}/file`, 3), { code: 'LIMIT_EXCEEDED' });
  t.end();
});

t.test('streams over one file do not disturb each other', async (t) => {
  const path = `${place(t)}/file`;
  const bytes = Buffer.alloc(3_000_000, 'abcdefghijk');
  writeFileSync(path, bytes);
  const file = host.openFile(path);
  const read = async (range?: { start: number; end: number }) => {
    const parts: Buffer[] = [];
    for await (const part of file.stream(range)) parts.push(part as Buffer);
    return Buffer.concat(parts);
  };
  const [whole, middle] = await Promise.all([read(), read({ start: 100, end: 2_000_000 })]);
  t.ok(whole.equals(bytes));
  t.ok(middle.equals(bytes.subarray(100, 2_000_000)));
  t.equal(file.read(2_999_995, 100).toString(), bytes.subarray(2_999_995).toString());
  file.close();
});

t.test('names that are not UTF-8 survive', (t) => {
  const path = place(t);
  const name = '\udcff\udcfe한글';
  host.writeFile(`${path}/${name}`, 'x');
  t.same(host.readDirectory(path), [{ name, type: 'file' }]);
  t.equal(host.readText(`${path}/${name}`), 'x');
  host.createSymlink(name, `${path}/link`);
  t.equal(host.readLink(`${path}/link`), name);
  host.setModifiedTime(`${path}/${name}`, -1_500_000_000n);
  t.equal(host.lstat(`${path}/${name}`).mtime, -1_500_000_000n);
  host.removeTree(path);
  t.equal(host.findStatus(path), undefined);
  t.end();
});

t.test('xattrs agree with getfattr, binary values too', (t) => {
  const path = `${place(t)}/file`;
  writeFileSync(path, '');
  const value = Buffer.from([0, 1, 255, 10, 0]);
  host.setXattr(path, 'user.binary', value);
  host.setXattr(path, 'user.empty', Buffer.alloc(0));
  t.same(host.listXattrs(path).sort(), ['user.binary', 'user.empty']);
  t.ok(host.readXattr(path, 'user.binary')?.equals(value));
  t.equal(host.readXattr(path, 'user.empty')?.length, 0);
  t.equal(host.readXattr(path, 'user.none'), undefined);
  t.same(host.listXattrs('/proc/self'), [], 'a file system without them');
  fails(t, () => host.listXattrs(`${path}.none`), 'ENOENT', 'llistxattr');
  t.end();
});

t.test('a path resolved in a root does not leave it', (t) => {
  const root = place(t);
  mkdirSync(`${root}/etc`);
  writeFileSync(`${root}/etc/passwd`, 'inside');
  symlinkSync('/etc/passwd', `${root}/absolute`);
  symlinkSync('../../../../../etc/passwd', `${root}/climbing`);
  symlinkSync('loop', `${root}/loop`);
  symlinkSync('/proc/self/root/etc/passwd', `${root}/magic`);
  for (const path of ['absolute', 'climbing', '../../etc/passwd', '/etc/passwd', 'etc//./passwd']) {
    t.equal(host.resolveInRoot(root, path), `${root}/etc/passwd`, path);
  }
  for (const path of ['loop', 'magic', 'none', 'etc/passwd/x']) {
    t.equal(host.resolveInRoot(root, path), undefined, path);
  }
  t.equal(host.resolveInRoot(root, '/'), root);
  t.end();
});

t.test('a root in another mount namespace', needsRoot, async (t) => {
  const script =
    'mount -t tmpfs none /mnt && mkdir /mnt/etc && echo in > /mnt/etc/passwd && echo ok && exec sleep 60';
  const child = spawn('unshare', ['-m', 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const root = `/proc/${child.pid ?? 0}/root`;
  t.equal(host.resolveInRoot(root, '/mnt/etc/passwd'), `${root}/mnt/etc/passwd`);
  t.equal(host.readText(`${root}/mnt/etc/passwd`), 'in\n');
});

t.test('overlay is mounted with any path', needsRoot, (t) => {
  for (const name of ['plain', 'colon:comma,', 'back\\slash', 'space and \ttab', 'ünïcode']) {
    const path = `${place(t)}/${name}`;
    for (const part of ['low:er,1', 'lower\\2', 'upper\\', 'work,', 'merged']) {
      host.createDirectory(`${path}/${part}`, { parents: true });
    }
    writeFileSync(`${path}/low:er,1/top`, '1');
    writeFileSync(`${path}/lower\\2/bottom`, '2');
    host.mountOverlay({
      lower: [`${path}/low:er,1`, `${path}/lower\\2`],
      upper: `${path}/upper\\`,
      work: `${path}/work,`,
      target: `${path}/merged`,
      options: ['index=off'],
    });
    try {
      writeFileSync(`${path}/merged/new`, '3');
      const names = host.readDirectory(`${path}/merged`).map((entry) => entry.name);
      t.same(names.sort(), ['bottom', 'new', 'top'], name);
      t.equal(readFileSync(`${path}/upper\\/new`, 'utf8'), '3', 'what is written is in the upper');
    } finally {
      host.unmount(`${path}/merged`);
    }
  }
  t.end();
});

t.test('500 layers, by short relative links too', needsRoot, (t) => {
  const path = place(t);
  const lower = Array.from({ length: 500 }, (_, index) => `l${index}`);
  for (const name of lower) host.createDirectory(`${path}/${name}`);
  writeFileSync(`${path}/l499/deepest`, '');
  host.createDirectory(`${path}/merged`);
  host.mountOverlay({ lower, target: `${path}/merged`, directory: path, readOnly: true });
  t.same(host.readDirectory(`${path}/merged`), [{ name: 'deepest', type: 'file' }]);
  host.unmount(`${path}/merged`);
  t.end();
});

t.test('the kernel says why a mount is refused', needsRoot, (t) => {
  const path = place(t);
  const mount = { lower: ['/nowhere/at/all'], target: path };
  t.throws(
    () => {
      host.mountOverlay(mount);
    },
    { code: 'NOT_FOUND', message: /nowhere.*ENOENT/ },
  );
  fails(
    t,
    () => {
      host.unmount(path);
    },
    'EINVAL',
    'umount',
  );
  t.end();
});

t.test('a network namespace is made, held, and left', needsRoot, async (t) => {
  const file = `${place(t)}/net`;
  writeFileSync(file, '');
  const before = host.namespaceInode('/proc/thread-self/ns/net');
  host.createNetworkNamespace(file);
  t.equal(host.namespaceInode('/proc/thread-self/ns/net'), before, 'we are back');
  t.not(host.namespaceInode(file), before);
  const { stdout } = await host.run(['nsenter', `--net=${file}`, 'cat', '/sys/class/net/lo/flags']);
  t.equal(Number(stdout) & 1, 1, 'lo is up');
  t.ok(host.owningUserNamespace(file));
  t.equal(host.parentNamespace(file), undefined, 'a network namespace has no parent');
  host.unmount(file);
});

t.test('a lock is exclusive, and falls with its holder', async (t) => {
  const path = `${place(t)}/lock`;
  // A group of its own: the lock is held by the program that flock(1) runs, too.
  const child = spawn('flock', [path, 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  await once(child.stdout, 'data');
  t.equal(host.tryLock(path, 'exclusive'), undefined);
  t.equal(host.tryLock(path, 'shared'), undefined);
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await once(child, 'close');
  const lock = host.lock(path, 'exclusive');
  t.equal(spawnSync('flock', ['-n', path, 'true']).status, 1, 'flock(1) sees it');
  lock.release();
  t.equal(spawnSync('flock', ['-n', path, 'true']).status, 0);
});

t.test('a lock is on the file that has the name, not on the one that lost it', async (t) => {
  const path = `${place(t)}/lock`;
  const script = 'echo held; sleep 0.5; rm "$0"';
  const child = spawn('flock', [path, 'sh', '-c', script, path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const lock = host.lock(path, 'exclusive');
  t.equal(spawnSync('flock', ['-n', path, 'true']).status, 1, 'who comes next is kept out');
  lock.release();
});

t.test('an atomic write is the old or the new content', (t) => {
  const path = `${place(t)}/file`;
  host.writeFileAtomic(path, 'old', 0o600);
  host.writeFileAtomic(path, 'new', 0o600);
  t.equal(readFileSync(path, 'utf8'), 'new');
  t.equal(host.lstat(path).mode, 0o600);
  t.throws(
    () => {
      host.writeFileAtomic(`${path}/x/y`, '');
    },
    { code: 'NOT_FOUND' },
  );
  fails(
    t,
    () => {
      host.createSymlink('x', path);
    },
    'EEXIST',
    'symlink',
  );
  t.end();
});

t.test('a tree deeper than a path is long is removed', (t) => {
  const path = place(t);
  execFileSync(
    'sh',
    [
      '-c',
      'i=0; while [ $i -lt 60 ]; do d=$(printf %0200d $i); mkdir $d; cd $d; echo x > f; i=$((i+1)); done',
    ],
    { cwd: path },
  );
  symlinkSync('/etc', `${path}/link`);
  host.removeTree(path);
  t.equal(host.findStatus(path), undefined);
  t.ok(host.findStatus('/etc/passwd'), 'links are not followed');
  t.end();
});

t.test('a mount in a tree stops its removal', needsRoot, (t) => {
  const path = place(t);
  mkdirSync(`${path}/inside/mounted`, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', 'none', `${path}/inside/mounted`]);
  writeFileSync(`${path}/inside/mounted/precious`, '');
  t.throws(
    () => {
      host.removeTree(path);
    },
    { code: 'IN_USE' },
  );
  t.ok(host.findStatus(`${path}/inside/mounted/precious`));
  execFileSync('umount', [`${path}/inside/mounted`]);
  t.end();
});

t.test('device nodes are made as mknod makes them', needsRoot, (t) => {
  const path = place(t);
  host.makeNode(`${path}/ours`, 'char', 300, 70000, 0o666);
  execFileSync('mknod', ['-m', '666', `${path}/theirs`, 'c', '300', '70000']);
  const [ours, theirs] = [host.lstat(`${path}/ours`), host.lstat(`${path}/theirs`)];
  t.same([ours.type, ours.major, ours.minor], ['char', 300, 70000]);
  t.same([theirs.major, theirs.minor], [300, 70000]);
  t.end();
});

t.test('children: result, limits, and what is not there', async (t) => {
  const result = await host.run(['sh', '-c', 'cat; echo err >&2; exit 3'], {
    input: Buffer.from('in'),
  });
  t.same(result, { exitCode: 3, signal: undefined, stdout: 'in', stderr: 'err\n' });
  t.match(await host.run(['sh', '-c', 'kill -TERM $$']), { signal: 'SIGTERM' });
  await t.rejects(host.run(['sleep', '10'], { timeoutMilliseconds: 50 }), { code: 'UNAVAILABLE' });
  await t.rejects(host.run(['yes'], { outputLimit: 1000 }), { code: 'LIMIT_EXCEEDED' });
  await t.rejects(host.run(['/no/such/program']), { code: 'NOT_FOUND' });
  t.ok(host.findProgram('sh')?.endsWith('/sh'));
  t.equal(host.findProgram('no-such-program-anywhere'), undefined);
});

t.test('directories with their parents', (t) => {
  const top = t.testdir({ file: '' });
  host.createDirectory(`${top}/a/b/c`, { parents: true });
  host.createDirectory(`${top}/a/b/c`, { parents: true });
  host.createDirectory(`${top}/a//b/d/`, { parents: true });
  t.same(
    host.readDirectory(`${top}/a/b`).map(({ name }) => name),
    ['c', 'd'],
  );
  t.throws(
    () => {
      host.createDirectory(`${top}/a/b/c`);
    },
    { code: 'ALREADY_EXISTS' },
  );
  t.throws(
    () => {
      host.createDirectory(`${top}/file`, { parents: true });
    },
    { code: 'NOT_FOUND', message: /ENOTDIR/ },
  );
  t.throws(() => {
    host.createDirectory(`${top}/file/x`, { parents: true });
  });
  t.throws(
    () => {
      host.createDirectory('/proc/nobody/here', { parents: true });
    },
    { code: 'NOT_FOUND' },
    'where nothing can be made, it is told at once',
  );
  t.end();
});
