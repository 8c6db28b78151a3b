import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { recordedHost } from '../../src/host/recorded-host.js';
import { parseMaps, readMappedFiles, splitDeleted } from '../../src/ns/mapped-files.js';
import { readPreloadFile, readPreloadVariables } from '../../src/ns/preload.js';

t.test('files that are mapped as code, each once', (t) => {
  const text = [
    '5581-5582 r--p 00000000 00:1c 77 /usr/bin/x',
    '5582-5583 r-xp 00001000 00:1c 77 /usr/bin/x',
    '5583-5584 r-xp 00002000 00:1c 77 /usr/bin/x',
    '7f10-7f11 r-xp 00000000 fe:01 78 /tmp/a\\012b.so (deleted)',
    '7f11-7f12 r--p 00000000 fe:01 79 /usr/share/data',
    '7f12-7f13 r-xp 00000000 00:00 0 ',
    '7fff-8000 r-xp 00000000 00:00 0 [vdso]',
  ].join('\n');
  t.same(parseMaps(text), [
    { path: '/usr/bin/x', deleted: false, device: '0:28', inode: 77n },
    { path: '/tmp/a\nb.so', deleted: true, device: '254:1', inode: 78n },
  ]);
  t.same(splitDeleted('/memfd:x (deleted)'), { path: '/memfd:x', deleted: true });
  t.end();
});

t.test('live: our own code comes from our own program', (t) => {
  const host = linuxHost();
  const files = readMappedFiles(host, process.pid);
  const own = files.find(({ path }) => path === process.execPath);
  t.equal(own?.inode, host.lstat(process.execPath).inode);
  t.ok(files.some(({ path }) => /\/libc\.so/.test(path)));
  t.end();
});

t.test('what the dynamic linker is told to load', (t) => {
  const environ = 'HOME=/\0LD_PRELOAD=/a.so:/b.so\0LD_PRELOAD=/later.so\0LD_AUDIT=\0';
  const files = {
    '/proc/5/environ': environ,
    '/proc/6/environ': 'XLD_PRELOAD=/a\0',
    '/proc/5/root/etc/ld.so.preload': '# why\n/c.so /d.so\n\n',
  };
  const host = recordedHost({ files });
  t.same(readPreloadVariables(host, 5), [{ source: 'LD_PRELOAD', value: '/a.so:/b.so' }]);
  t.same(readPreloadVariables(host, 6), []);
  t.same(readPreloadFile(host, 5), [{ source: '/etc/ld.so.preload', value: '/c.so /d.so' }]);
  t.same(readPreloadFile(host, 6), []);
  t.end();
});

t.test('a link as ld.so.preload does not lead out of the root', (t) => {
  const host = recordedHost({
    files: { '/etc/shadow': 'secret', '/proc/5/root/etc/x': '' },
    links: { '/proc/5/root/etc/ld.so.preload': '/etc/shadow' },
  });
  t.same(readPreloadFile(host, 5), []);
  t.end();
});
