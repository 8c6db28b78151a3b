import t from 'tap';
import { buffer } from 'node:stream/consumers';
import { recordedHost } from '../../src/host/recorded-host.js';
import { hasCode } from '../../src/oci/error.js';

const host = recordedHost({
  files: { '/etc/hosts': 'a\n', '/bin/b\udcff': new Uint8Array([1, 2, 3]) },
  links: {
    '/etc/link': 'hosts',
    '/up': '../../etc/hosts',
    '/loop': '/loop',
    '/root/etc/x': '/../../hosts',
  },
  directories: ['/empty'],
  failures: { '/secret': 'EACCES', '/etc/gone': 'ESRCH' },
  statuses: { '/dev/zero': { type: 'char', major: 1, minor: 5 } },
  xattrs: { '/etc/hosts': { 'user.a': 'AQI=' } },
  namespaces: { '/proc/1/ns/net': { inode: '7', owner: '8' } },
  programs: { 'id -u': { exitCode: 0, signal: undefined, stdout: '0\n', stderr: '' } },
  now: 1000,
});

t.test('files and directories', async (t) => {
  t.equal(host.readText('/etc/hosts'), 'a\n');
  t.same([...host.readFile('/bin/b\udcff')], [1, 2, 3]);
  t.same(
    host.readDirectory('/').map(({ name, type }) => `${type} ${name}`),
    [
      'directory bin',
      'directory dev',
      'directory empty',
      'directory etc',
      'symlink loop',
      'directory root',
      'unknown secret',
      'symlink up',
    ],
  );
  t.same(host.readDirectory('/empty'), []);
  t.equal(host.lstat('/etc/link').type, 'symlink');
  t.match(host.lstat('/dev/zero'), { type: 'char', major: 1, minor: 5 });
  t.equal(host.findStatus('/nothing'), undefined);
  const file = host.openFile('/bin/b\udcff');
  t.same([...file.read(1, 9)], [2, 3]);
  t.same([...(await buffer(file.stream({ start: 2 })))], [3]);
});

t.test('links: read as they are, resolved within a root', (t) => {
  t.equal(host.readLink('/etc/link'), 'hosts');
  t.equal(host.realPath('/up'), '/etc/hosts');
  t.equal(host.resolveInRoot('/root', '/etc/x'), undefined, 'not /hosts of the host');
  t.equal(host.resolveInRoot('', '/up'), '/etc/hosts');
  t.throws(() => host.realPath('/loop'), { code: 'INVALID_INPUT' });
  t.end();
});

t.test('failures carry the code that the live host would give', (t) => {
  const code = (call: () => unknown) => {
    try {
      call();
      return 'none';
    } catch (error) {
      return hasCode(error, 'NOT_FOUND', 'PERMISSION_DENIED', 'INVALID_INPUT', 'LIMIT_EXCEEDED')
        ? error.code
        : 'another';
    }
  };
  t.equal(
    code(() => host.readFile('/nothing')),
    'NOT_FOUND',
  );
  t.equal(
    code(() => host.readFile('/etc/gone')),
    'NOT_FOUND',
  );
  t.equal(
    code(() => host.readFile('/secret/below')),
    'PERMISSION_DENIED',
  );
  t.equal(
    code(() => host.readFile('/etc')),
    'INVALID_INPUT',
  );
  t.equal(
    code(() => host.readLink('/etc/hosts')),
    'INVALID_INPUT',
  );
  t.equal(
    code(() => host.readFile('/etc/hosts', 1)),
    'LIMIT_EXCEEDED',
  );
  t.end();
});

t.test('the rest', async (t) => {
  t.same(host.listXattrs('/etc/hosts'), ['user.a']);
  t.same([...host.readXattr('/etc/hosts', 'user.a')!], [1, 2]);
  t.equal(host.namespaceInode('/proc/1/ns/net'), 7n);
  t.same(host.owningUserNamespace('/proc/1/ns/net'), { inode: 8n });
  t.equal(host.parentNamespace('/proc/1/ns/net'), undefined);
  t.equal((await host.run(['id', '-u'])).stdout, '0\n');
  await t.rejects(host.run(['rm', '-rf']), { code: 'NOT_FOUND' });
  t.equal(host.findProgram('id'), 'id');
  t.equal(host.now(), 1000);
});
