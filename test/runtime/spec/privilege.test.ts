import t from 'tap';
import {
  makeHosts,
  makeResolvConf,
  parseAddress,
  parseExtraHost,
} from '../../../src/runtime/spec/name-files.js';
import { parseSeccompFile, resolveSeccompFile } from '../../../src/runtime/spec/seccomp-file.js';
import {
  parseDevice,
  parseDeviceRule,
  parseSecurityOptions,
  parseSysctl,
} from '../../../src/runtime/spec/security-options.js';
import { parseTmpfs, tmpfsMount } from '../../../src/runtime/spec/tmpfs.js';

const here = { architecture: 'amd64', capabilities: ['CAP_SYS_ADMIN'], kernelRelease: '6.1.0-9' };

t.test('a seccomp profile for one machine', (t) => {
  const action = 'SCMP_ACT_ALLOW';
  const profile = parseSeccompFile(
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ERRNO',
      archMap: [{ architecture: 'SCMP_ARCH_X86_64' }],
      syscalls: [
        { name: 'always', action },
        { names: ['here'], action, includes: { arches: ['amd64'], caps: ['CAP_SYS_ADMIN'] } },
        { names: ['elsewhere'], action, includes: { arches: ['arm64'] } },
        { names: ['without'], action, excludes: { caps: ['CAP_SYS_ADMIN'] } },
        { names: ['old'], action, includes: { minKernel: '6.0' } },
        { names: ['new'], action, includes: { minKernel: '6.10' } },
        { names: ['gone'], action, excludes: { minKernel: '4.8' } },
        { names: [], action },
      ],
    }),
    'p.json',
  );
  const { syscalls = [], architectures } = resolveSeccompFile(profile, here);
  t.same(
    syscalls.flatMap(({ names }) => names),
    ['always', 'here', 'old'],
  );
  t.match(architectures, ['SCMP_ARCH_X86_64']);
  const both = '{"defaultAction": "SCMP_ACT_LOG", "architectures": [], "archMap": []}';
  t.throws(() => parseSeccompFile(both, 'p.json'), { message: /^read "p.json": it has both/ });
  t.throws(() => parseSeccompFile('[]', 'p.json'), { message: /^read "p.json"/ });
  t.end();
});

t.test('security options', (t) => {
  const read = (path: string) => `{"defaultAction": "SCMP_ACT_LOG", "path": "${path}"}`;
  const parse = (...texts: string[]) => parseSecurityOptions(texts, read);
  t.same(parse(), {});
  t.same(parse('no-new-privileges', 'seccomp=unconfined', 'apparmor=mine', 'label=disable'), {
    ...{ noNewPrivileges: true, seccomp: 'unconfined', apparmor: 'mine' },
  });
  t.same(parse('no-new-privileges:false', 'seccomp=builtin'), {});
  t.match(parse('seccomp=/a/file'), { seccomp: { defaultAction: 'SCMP_ACT_LOG' } });
  const bad = ['', 'seccomp', 'seccomp=', 'apparmor', 'label=user:x', 'systempaths=all', 'toString',
    'no-new-privileges=maybe', 'magic=1']; // prettier-ignore
  for (const text of bad) t.throws(() => parse(text), { code: 'INVALID_INPUT' }, `"${text}"`);
  t.end();
});

t.test('devices', (t) => {
  t.same(parseDevice('/dev/a'), { source: '/dev/a', destination: '/dev/a', access: 'rwm' });
  t.same(parseDevice('/dev/a:r'), { source: '/dev/a', destination: '/dev/a', access: 'r' });
  t.same(parseDevice('/dev/a:/b:rw'), { source: '/dev/a', destination: '/b', access: 'rw' });
  for (const bad of ['', 'dev', '/dev/a:b', '/dev/a:/b:x', '/dev/a:/b:r:w', '/a:r:r']) {
    if (bad === '/a:r:r') t.same(parseDevice(bad).access, 'r');
    else t.throws(() => parseDevice(bad), { code: 'INVALID_INPUT' }, `"${bad}"`);
  }
  t.same(parseDeviceRule('b 8:* rm'), { allow: true, type: 'b', major: 8, access: 'rm' });
  for (const bad of ['', 'c', 'c 1:2', 'x 1:2 r', 'c 1 r', 'c 1:2 x']) {
    t.throws(() => parseDeviceRule(bad), { code: 'INVALID_INPUT' }, `"${bad}"`);
  }
  t.same(parseSysctl('net.core.somaxconn=1=2'), ['net.core.somaxconn', '1=2']);
  for (const bad of ['net.x', 'kernel.panic=1', 'vm.x=1', '=1', 'netx=1', 'net.=1']) {
    t.throws(() => parseSysctl(bad), { code: 'INVALID_INPUT' }, `"${bad}"`);
  }
  t.end();
});

t.test('directories in memory', (t) => {
  const options = (text: string) => tmpfsMount(parseTmpfs(text)).options;
  t.same(options('/x'), ['noexec', 'nosuid', 'nodev', 'rprivate']);
  t.same(options('/x:size=1,exec,size=2,shared'), ['nosuid', 'nodev', 'exec', 'size=2', 'shared']);
  for (const bad of ['', 'x', '/', '/x:', '/x:size', '/x:what=1', '/x:lowerdir=/etc']) {
    t.throws(() => parseTmpfs(bad), { code: 'INVALID_INPUT' }, `"${bad}"`);
  }
  t.end();
});

t.test('hosts and resolv.conf', (t) => {
  const ofHost = '# mine\nsearch a.b\nnameserver 1.1.1.1\nnameserver 2.2.2.2\noptions x\n';
  t.equal(makeResolvConf({}, ofHost), ofHost, 'nothing asked for: byte for byte');
  t.equal(
    makeResolvConf({ servers: ['9.9.9.9'] }, ofHost),
    'search a.b\nnameserver 9.9.9.9\noptions x\n',
  );
  t.equal(
    makeResolvConf({ search: ['.'], options: ['y', 'z'] }, ofHost),
    'nameserver 1.1.1.1\nnameserver 2.2.2.2\noptions y z\n',
  );
  const hosts = [{ name: 'db', address: '::1' }];
  t.equal(makeHosts({}, 'mine\n'), 'mine\n');
  t.match(makeHosts({ hosts }, 'mine\n'), /^127\.0\.0\.1\tlocalhost\n[^]*\n::1\tdb\n$/);
  t.same(parseExtraHost('db:fe80::1'), { name: 'db', address: 'fe80::1' });
  t.same(parseExtraHost('db=[::1]'), { name: 'db', address: '::1' });
  for (const good of ['0.0.0.0', '255.1.2.3', '::', 'fe80::1', '::ffff:1.2.3.4']) {
    t.equal(parseAddress(good, '--dns'), good);
  }
  for (const bad of ['', '256.1.1.1', '1.2.3', '1.2.3.4.5', 'a', '1.2.3.4 ', '01.2.3.x', ':']) {
    t.throws(() => parseAddress(bad, '--dns'), { code: 'INVALID_INPUT' }, `"${bad}"`);
  }
  t.end();
});
