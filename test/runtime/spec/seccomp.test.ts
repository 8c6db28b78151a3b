import t from 'tap';
import { DEFAULT_CAPABILITIES } from '../../../src/runtime/spec/capabilities.js';
import { ALWAYS, CONDITIONAL } from '../../../src/runtime/spec/seccomp-profile.js';
import { makeSeccomp } from '../../../src/runtime/spec/seccomp.js';

const rulesOf = (architecture: string, capabilities = DEFAULT_CAPABILITIES) => {
  const { syscalls = [] } = makeSeccomp({ architecture, capabilities });
  return (name: string) => syscalls.filter(({ names }) => names.includes(name));
};

t.test('every name is a name, and stands once among what is always allowed', (t) => {
  const always = Object.values(ALWAYS).flatMap((text) => text.trim().split(/\s+/));
  t.equal(new Set(always).size, always.length);
  t.equal(always.length, 364);
  const conditional = CONDITIONAL.flatMap(({ names }) => names.trim().split(/\s+/));
  for (const name of [...always, ...conditional]) {
    if (!/^[a-z_][a-z0-9_]+$/.test(name)) t.fail(`not a name: ${name}`);
  }
  t.end();
});

t.test('what gives a container the host is refused', (t) => {
  const rules = rulesOf('amd64');
  const refused =
    'mount umount2 setns unshare bpf kexec_load init_module reboot ptrace_scope swapon io_uring_setup open_by_handle_at keyctl userfaultfd perf_event_open';
  for (const name of refused.split(' ')) t.same(rules(name), [], name);
  t.end();
});

t.test('clone may make threads, not namespaces; clone3 looks as if it were not there', (t) => {
  const rules = rulesOf('amd64');
  const args = [{ index: 0, value: 0x7e020000, op: 'SCMP_CMP_MASKED_EQ' }];
  t.same(rules('clone'), [{ names: ['clone'], action: 'SCMP_ACT_ALLOW', args }]);
  t.same(rules('clone3'), [{ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }]);
  t.match(rulesOf('s390x')('clone'), [{ args: [{ index: 1 }] }], 'flags come second on s390');
  const admin = rulesOf('amd64', ['CAP_SYS_ADMIN']);
  for (const name of ['clone', 'clone3', 'mount', 'setns']) {
    t.match(admin(name), [{ action: 'SCMP_ACT_ALLOW' }], name);
    t.notOk(admin(name)[0]?.args, `${name} without a condition`);
  }
  t.end();
});

t.test('sockets of every family but the kernel ciphers and the hypervisor', (t) => {
  const allowed = (family: number) =>
    rulesOf('amd64')('socket').some(({ args }) => {
      const { op, value } = args![0]!;
      if (op === 'SCMP_CMP_LT') return family < value;
      return op === 'SCMP_CMP_EQ' ? family === value : family > value;
    });
  const refused = Array.from({ length: 60 }, (_, family) => family).filter((f) => !allowed(f));
  t.same(refused, [38, 40]);
  t.end();
});

t.test('each architecture has its own calls', (t) => {
  t.same(makeSeccomp({ architecture: 'arm64', capabilities: [] }).architectures, [
    'SCMP_ARCH_AARCH64',
    'SCMP_ARCH_ARM',
  ]);
  t.equal(rulesOf('arm64')('set_tls').length, 1);
  t.equal(rulesOf('arm64')('arch_prctl').length, 0);
  t.equal(rulesOf('amd64')('set_tls').length, 0);
  t.equal(rulesOf('amd64')('arch_prctl').length, 1);
  t.equal(rulesOf('arm64', [])('chroot').length, 0, 'and each capability');
  t.equal(rulesOf('arm64', ['CAP_SYS_CHROOT'])('chroot').length, 1);
  t.throws(() => makeSeccomp({ architecture: 'x64', capabilities: [] }), { code: 'UNSUPPORTED' });
  t.end();
});
