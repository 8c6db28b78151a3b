import t from 'tap';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { NAMESPACE_TYPES } from '../../src/host/host.js';
import { linuxHost } from '../../src/host/linux-host.js';
import { recordedHost } from '../../src/host/recorded-host.js';
import {
  namespaceHolders,
  namespaceRelations,
  nsfsMounts,
} from '../../src/ns/namespace-holders.js';
import { parseMountinfo } from '../../src/ns/mountinfo.js';
import {
  hostNamespaces,
  indexNamespaces,
  namespacesOf,
  parseNamespaceLink,
  readNamespaces,
} from '../../src/ns/namespaces.js';
import { HOST_INODES, recordProcesses } from './recorded-process.js';
import { findBelow, start, until } from './real-process.js';

const host = linuxHost();
const unable = host.effectiveUid === 0 ? false : 'unshare(1) without a user namespace needs root';

t.test('links', (t) => {
  t.equal(parseNamespaceLink('net:[4026531833]'), '4026531833');
  t.equal(parseNamespaceLink('time_for_children:[1]'), '1');
  t.equal(parseNamespaceLink('/bin/sh'), undefined);
  t.equal(parseNamespaceLink('net:[]'), undefined);
  t.end();
});

t.test('an old kernel has fewer types', (t) => {
  const { files, links } = recordProcesses({ 5: {} });
  delete links['/proc/5/ns/time'];
  delete links['/proc/5/ns/cgroup'];
  const { namespaces, problems } = readNamespaces(recordedHost({ files, links }), 5)!;
  t.same(Object.keys(namespaces.inodes), ['mnt', 'pid', 'net', 'ipc', 'uts', 'user']);
  t.same(problems, []);
  t.equal(namespaces.timeForChildren, undefined);
  t.end();
});

t.test('links that may not be read are one problem, not eight', (t) => {
  const { files, links } = recordProcesses({ 5: {} });
  const failures = Object.fromEntries(
    NAMESPACE_TYPES.map((one) => [`/proc/5/ns/${one}`, 'EACCES']),
  );
  const { namespaces, problems } = readNamespaces(recordedHost({ files, links, failures }), 5)!;
  t.same(namespaces, { pid: 5, inodes: {} });
  t.match(problems, [{ code: 'EACCES', path: '/proc/5/ns/mnt' }]);
  t.equal(problems.length, 1);
  t.end();
});

t.test('nobody there', (t) => {
  t.equal(readNamespaces(recordedHost({}), 5), undefined);
  t.end();
});

t.test('where children will be', (t) => {
  const { files, links } = recordProcesses({ 5: {} });
  links['/proc/5/ns/pid_for_children'] = 'pid:[77]';
  links['/proc/5/ns/time_for_children'] = 'time:[78]';
  const { namespaces } = readNamespaces(recordedHost({ files, links }), 5)!;
  t.match(namespaces, { pidForChildren: '77', timeForChildren: '78' });
  t.end();
});

t.test('the host: pid 1, else kthreadd, else ourselves', (t) => {
  const said = {
    1: {},
    2: { comm: 'kthreadd' },
    50: { namespaces: { mnt: 9 } },
  };
  const { files, links } = recordProcesses(said);
  t.equal(hostNamespaces(recordedHost({ files, links, processId: 50 })).pid, 1);
  const failures: Record<string, string> = { '/proc/1/ns': 'EACCES' };
  const second = hostNamespaces(recordedHost({ files, links, failures, processId: 50 }));
  t.equal(second.pid, 2);
  t.equal(second.inodes.mnt, `${HOST_INODES.mnt}`);
  const other = recordProcesses({ ...said, 2: { comm: 'sh' } });
  const own = hostNamespaces(recordedHost({ ...other, failures, processId: 50 }));
  t.equal(own.pid, 50, 'a second process that is no kthreadd may be anywhere');
  t.equal(own.inodes.mnt, '9');
  t.end();
});

t.test('the index', (t) => {
  const record = recordProcesses({ 5: {}, 6: { namespaces: { net: 99 } }, 7: {} });
  const { pids } = indexNamespaces(recordedHost({ ...record, directories: ['/proc/8'] }));
  t.same(pids.get(`net:${HOST_INODES.net}`), [5, 7]);
  t.same(pids.get('net:99'), [6]);
  t.same(pids.get(`user:${HOST_INODES.user}`), [5, 6, 7]);
  t.end();
});

t.test('nsfs mounts', (t) => {
  const mounts = parseMountinfo(
    `9 1 0:4 net:[4026532177] /run/netns/a\\040b rw shared:9 - nsfs nsfs rw
9 1 0:4 / /run/fake rw - nsfs nsfs rw
9 1 0:4 net:[1] /run/no rw - tmpfs none rw
9 1 0:4 new:[1] /run/unknown rw - nsfs nsfs rw
`,
  );
  t.same(nsfsMounts(mounts), [{ type: 'net', inode: '4026532177', mountPoint: '/run/netns/a b' }]);
  t.end();
});

t.test('holders: the reader’s own mounts first, copies once', (t) => {
  const { files, links } = recordProcesses({ 3: { namespaces: { mnt: 8 } }, 5: {}, 6: {} });
  const line = (inode: number, at: string) => `9 1 0:4 net:[${inode}] ${at} rw - nsfs nsfs rw\n`;
  files['/proc/5/mountinfo'] = line(70, '/run/a');
  files['/proc/3/mountinfo'] = `${line(70, '/run/a')}${line(71, '/run/b')}`;
  const failing = recordedHost({ files, links });
  const { holders, problems } = namespaceHolders(
    failing,
    indexNamespaces(failing),
    `${HOST_INODES.mnt}`,
  );
  t.same(holders, [
    {
      type: 'net',
      inode: '70',
      mountPoint: '/run/a',
      mountNamespace: `${HOST_INODES.mnt}`,
      pid: 5,
    },
    { type: 'net', inode: '71', mountPoint: '/run/b', mountNamespace: '8', pid: 3 },
  ]);
  t.same(problems, []);
  t.end();
});

t.test('live: the links of this process', (t) => {
  const { namespaces } = readNamespaces(host, process.pid)!;
  const types = namespacesOf(namespaces.inodes);
  t.ok(types.length >= 6);
  for (const [type, inode] of types) {
    t.equal(`${type}:[${inode}]`, readlinkSync(`/proc/self/ns/${type}`));
    t.equal(host.namespaceInode(`/proc/self/ns/${type}`), BigInt(inode));
  }
  t.end();
});

interface Lsns {
  readonly namespaces: { ns: number; type: string; nprocs: number; pid: number }[];
}

t.test('live: the index says what lsns(8) says', { skip: unable }, async (t) => {
  const outer = start(['unshare', '-fpmuin', '--mount-proc', 'sleep', '62.5']);
  t.teardown(outer.stop);
  const init = await until(() => findBelow(outer.pid, 'sleep 62.5'));
  const { stdout } = spawnSync('lsns', ['-J', '-o', 'NS,TYPE,NPROCS,PID'], { encoding: 'utf8' });
  const { pids } = indexNamespaces(host);
  const { namespaces } = JSON.parse(stdout) as Lsns;
  const inside = readNamespaces(host, init)!.namespaces.inodes;
  let own = 0;
  for (const [type, inode] of namespacesOf(inside)) {
    const theirs = namespaces.find((one) => one.type === type && `${one.ns}` === inode);
    const ours = pids.get(`${type}:${inode}`) ?? [];
    t.equal(ours[0], theirs?.pid, `lowest pid in ${type}`);
    if (['user', 'cgroup', 'time'].includes(type)) continue;
    t.equal(ours.length, theirs?.nprocs, `processes in ${type}`);
    own += 1;
  }
  t.equal(own, 5);
});

t.test('live: owners and parents', { skip: unable }, async (t) => {
  const outer = start(['unshare', '-Urnfp', '--mount-proc', 'sleep', '63.5']);
  t.teardown(outer.stop);
  const init = await until(() => findBelow(outer.pid, 'sleep 63.5'));
  const own = hostNamespaces(host).inodes;
  const { inodes } = readNamespaces(host, init)!.namespaces;
  const relations = (type: 'net' | 'user' | 'pid') =>
    namespaceRelations(host, type, `/proc/${init}/ns/${type}`);
  t.same(relations('net'), { owner: inodes.user }, 'owned by the new user namespace');
  t.same(relations('pid'), { owner: inodes.user, parent: own.pid });
  t.same(relations('user'), { owner: own.user, parent: own.user });
  t.same(namespaceRelations(host, 'user', '/proc/self/ns/user'), {}, 'the top has neither');
  t.same(namespaceRelations(host, 'net', '/nowhere'), {});
});

t.test('live: a network namespace that only a mount holds', { skip: unable }, (t) => {
  const directory = mkdtempSync(`${tmpdir()}/cutaway-`);
  const point = `${directory}/held net`;
  writeFileSync(point, '');
  const mounted = spawnSync('unshare', [`--net=${point}`, 'readlink', '/proc/self/ns/net'], {
    encoding: 'utf8',
  });
  t.teardown(() => {
    spawnSync('umount', [point]);
    rmSync(directory, { recursive: true });
  });
  const inode = parseNamespaceLink(mounted.stdout.trim());
  const index = indexNamespaces(host);
  const first = readNamespaces(host, process.pid)!.namespaces.inodes.mnt;
  const { holders } = namespaceHolders(host, index, first);
  t.match(
    holders.find((one) => one.inode === inode),
    { type: 'net', mountPoint: point, mountNamespace: first },
  );
  t.equal(index.pids.get(`net:${inode}`), undefined, 'no process is in it');
  t.same(namespaceRelations(host, 'net', point), { owner: hostNamespaces(host).inodes.user });
  t.end();
});
