import t from 'tap';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { linuxHost } from '../../src/host/linux-host.js';
import { recordedHost } from '../../src/host/recorded-host.js';
import { parsePasswd, readHostUserNames, readUserNamesInside } from '../../src/ns/user-names.js';
import { start, until } from './real-process.js';

t.test('passwd: first line wins, rubbish is left out', (t) => {
  const names = parsePasswd(
    '# comment\nroot:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n:x:5:5\nbad:x:-1:1\nb:x:1e3:1\n+::::\nweb:x:101:101\n',
  );
  t.same(
    [...names],
    [
      [0, 'root'],
      [101, 'web'],
    ],
  );
  t.end();
});

t.test('no passwd, no names', (t) => {
  t.equal(readHostUserNames(recordedHost({})).size, 0);
  t.equal(readUserNamesInside(recordedHost({}), 7).size, 0);
  t.end();
});

t.test('a link in the root of a process does not lead out of it', (t) => {
  const host = recordedHost({
    files: {
      '/etc/passwd': 'host:x:0:0\n',
      '/proc/7/root/real/passwd': 'inside:x:0:0\n',
    },
    links: { '/proc/7/root': '/', '/proc/7/root/etc': '/../../real', '/proc/8/root/etc': '/etc2' },
  });
  t.equal(readUserNamesInside(host, 7).get(0), 'inside');
  t.equal(readUserNamesInside(host, 8).size, 0);
  t.end();
});

/** A process whose root is `directory`, in a mount namespace of its own, as a container has it. */
async function enterRoot(t: Teardown, directory: string): Promise<number> {
  const script = `mount -t tmpfs none ${directory}/mnt && cp -a ${directory}/files/. ${directory}/mnt &&
    mkdir -p ${directory}/mnt/old ${directory}/mnt/bin && cp /usr/bin/busybox ${directory}/mnt/bin/ &&
    cd ${directory}/mnt && pivot_root . old && exec /bin/busybox sleep 60`;
  const child = start(['unshare', '-m', '--propagation', 'private', 'sh', '-c', script]);
  t.teardown(child.stop);
  await until(() => {
    const host = linuxHost();
    try {
      return host.readLink(`/proc/${child.pid}/exe`) === '/bin/busybox' ? true : undefined;
    } catch {
      return undefined;
    }
  });
  return child.pid;
}
interface Teardown {
  readonly teardown: (callback: () => void) => unknown;
}

const able =
  linuxHost().effectiveUid === 0 && spawnSync('busybox', ['true']).status === 0
    ? false
    : 'needs root and a static busybox';

t.test('live: names of a process with another root', { skip: able }, async (t) => {
  const directory = t.testdir({ mnt: {}, files: { etc: { passwd: 'captain:x:0:0:::\n' } } });
  const pid = await enterRoot(t, directory);
  t.equal(readUserNamesInside(linuxHost(), pid).get(0), 'captain');
});

t.test('live: a link to a file of the host gives nothing', { skip: able }, async (t) => {
  const directory = t.testdir({ mnt: {}, files: { etc: {} }, host: {} });
  writeFileSync(`${directory}/host/passwd`, 'host:x:0:0:::\n');
  symlinkSync(`${directory}/host/passwd`, `${directory}/files/etc/passwd`);
  const pid = await enterRoot(t, directory);
  t.equal(readUserNamesInside(linuxHost(), pid).size, 0);
});

t.test('live: a link within the root is followed there', { skip: able }, async (t) => {
  const directory = t.testdir({ mnt: {}, files: { etc: {} } });
  mkdirSync(`${directory}/files/share`);
  writeFileSync(`${directory}/files/share/passwd`, 'linked:x:0:0:::\n');
  symlinkSync('/share/passwd', `${directory}/files/etc/passwd`);
  const pid = await enterRoot(t, directory);
  t.equal(readUserNamesInside(linuxHost(), pid).get(0), 'linked');
});
