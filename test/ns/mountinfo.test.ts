import t from 'tap';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { linuxHost } from '../../src/host/linux-host.js';
import { parseMountinfo, readMountinfo } from '../../src/ns/mountinfo.js';

t.test('the example of proc_pid_mountinfo(5)', (t) => {
  const raw = '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue';
  t.same(parseMountinfo(`${raw}\n`), [
    {
      mountId: 36,
      parentId: 35,
      device: '98:0',
      root: '/mnt1',
      mountPoint: '/mnt2',
      options: 'rw,noatime',
      optionalFields: ['master:1'],
      type: 'ext3',
      source: '/dev/root',
      superOptions: 'rw,errors=continue',
      rawSuperOptions: 'rw,errors=continue',
      raw,
    },
  ]);
  t.end();
});

t.test('no, one and many optional fields; a mount point that is a dash', (t) => {
  const [none, many] = parseMountinfo(
    '1 0 0:1 / - rw - tmpfs none rw\n2 1 0:2 / /x rw shared:1 master:2 propagate_from:3 - tmpfs none rw\n',
  );
  t.same(none?.optionalFields, []);
  t.equal(none?.mountPoint, '-');
  t.same(many?.optionalFields, ['shared:1', 'master:2', 'propagate_from:3']);
  t.end();
});

t.test('escapes, an empty source, and lines that are none', (t) => {
  t.same(parseMountinfo('garbage\n1 0 0:1 / /m rw tmpfs none rw\na b c d e f - g h i\n\n'), []);
  const [first] = parseMountinfo(
    '5 1 0:9 /a\\040b /m\\011t\\012n\\134040\\043 rw - overlay  rw,lowerdir=/a\\054b\n',
  );
  t.equal(first?.root, '/a b');
  t.equal(first?.mountPoint, '/m\tt\nn\\040#', 'unescaped once');
  t.equal(first?.source, '');
  t.equal(first?.superOptions, 'rw,lowerdir=/a,b');
  t.equal(first?.rawSuperOptions, 'rw,lowerdir=/a\\054b');
  t.end();
});

const host = linuxHost();
const unable = host.effectiveUid === 0 ? false : 'mounting needs root';

t.test('live: as findmnt(8), and a name with every escape', { skip: unable }, (t) => {
  const point = `${t.testdir()}/a b\tc\nd\\e#f,g`;
  mkdirSync(point);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'sour ce', point]);
  t.equal(mounted.status, 0, mounted.stderr.toString());
  const mounts = readMountinfo(host, 'self');
  const findmnt = spawnSync('findmnt', ['-J', '--list', '-o', 'TARGET,FSTYPE,ID,PARENT'], {
    encoding: 'utf8',
  });
  spawnSync('umount', [point]);
  const mine = mounts.find((mount) => mount.mountPoint === point);
  t.match(mine, { type: 'tmpfs', source: 'sour ce', root: '/' });
  const { filesystems } = JSON.parse(findmnt.stdout) as {
    filesystems: { id: number; parent: number; fstype: string }[];
  };
  for (const { id, parent, fstype } of filesystems) {
    const ours = mounts.find((mount) => mount.mountId === id);
    t.same([ours?.parentId, ours?.type], [parent, fstype]);
  }
  t.ok(filesystems.length > 3);
  t.end();
});
