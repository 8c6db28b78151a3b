// getcap(8) and getfacl(1) are the judges, on attributes that setcap(8) and setfacl(1) have written.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { formatFileCapabilities } from '../../src/oci/file-capabilities.js';
import { formatPosixAcl } from '../../src/oci/posix-acl.js';
import { cannotRun } from '../support/cli.js';

const host = linuxHost();

t.test('file capabilities', { skip: cannotRun('setcap', 'getcap') }, (t) => {
  const file = `${t.testdir()}/file`;
  for (const wanted of [
    'cap_net_raw=ep',
    'cap_net_raw,cap_net_admin=ep',
    'cap_chown=p',
    'cap_chown=i',
    'cap_kill,cap_checkpoint_restore,cap_bpf=eip',
    'cap_setuid=ep cap_setgid=ip',
  ]) {
    writeFileSync(file, '');
    if (spawnSync('setcap', [wanted, file]).status !== 0) continue;
    const value = host.readXattr(file, 'security.capability') ?? Buffer.alloc(0);
    const judged = execFileSync('getcap', [file], { encoding: 'utf8' })
      .trim()
      .slice(file.length + 1);
    const sorted = (text: string) => text.split(' ').sort().join(' ').replaceAll('+', '=');
    t.equal(sorted(formatFileCapabilities(value) ?? ''), sorted(judged), wanted);
  }
  writeFileSync(file, '');
  execFileSync('setcap', ['-n', '1000', 'cap_net_raw=ep', file]);
  const value = host.readXattr(file, 'security.capability') ?? Buffer.alloc(0);
  t.equal(formatFileCapabilities(value), 'cap_net_raw=ep [rootid=1000]');
  t.end();
});

t.test('access lists', { skip: cannotRun('setfacl', 'getfacl') }, (t) => {
  const directory = t.testdir();
  execFileSync('setfacl', ['-m', 'u:1000:r,g:5:rwx,d:u:7:x', directory]);
  const judged = (...options: string[]) =>
    execFileSync('getfacl', ['-n', '-c', '-p', '-E', ...options, directory], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '');
  const read = (name: string) => formatPosixAcl(host.readXattr(directory, name) ?? Buffer.alloc(0));
  t.same(read('system.posix_acl_access'), judged('-a'));
  const inherited = judged('-d').map((line) => line.replace(/^default:/, ''));
  t.same(read('system.posix_acl_default'), inherited);
  t.end();
});

t.test('bytes that are none', (t) => {
  const bytes = [[], [1], [0, 0, 0, 9], [0, 0, 0, 2], [0, 0, 0, 3, 1, 2, 3], [2, 0, 0, 0, 9]];
  for (const odd of bytes.map((list) => Buffer.from(list))) {
    t.equal(formatFileCapabilities(odd), undefined);
    if (odd.length !== 4 || odd[0] !== 2) t.equal(formatPosixAcl(odd), undefined);
  }
  t.equal(
    formatPosixAcl(Buffer.from([2, 0, 0, 0, 3, 0, 7, 0, 0, 0, 0, 0])),
    undefined,
    'no such tag',
  );
  t.same(formatPosixAcl(Buffer.from([2, 0, 0, 0])), []);
  t.equal(
    formatFileCapabilities(Buffer.from('0000000200000000000000000000000000000000', 'hex')),
    '=',
  );
  t.end();
});
