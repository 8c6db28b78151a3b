// What of a container is not isolated, as facts with their reasons. None of them is a fault by
// itself: somebody may have wanted it so.
import type { NamespaceType, ReadHost } from '../host/host.js';
import { decodeCapabilities } from '../ns/capability.js';
import { readMountinfo } from '../ns/mountinfo.js';
import { namespacesOf } from '../ns/namespaces.js';
import type { Process } from '../ns/process.js';
import { unreadable, isGone } from '../ns/unreadable.js';
import type { Problem } from '../oci/problem.js';
import type { IsolationFact } from './documents/ns.js';
import { mountFacts } from './isolation-mounts.js';
import type { KnownSubject, NamespaceLook } from './namespace-look.js';

export type Fact = Omit<IsolationFact, 'target'>;

/** For each subject that runs; what may not be read is a problem. */
export function checkIsolation(
  host: ReadHost,
  look: NamespaceLook,
  asked: readonly KnownSubject[],
): { facts: IsolationFact[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const facts = asked.flatMap(({ subject, membership }) => {
    const { target } = subject.subject;
    const { init } = membership;
    if (init === undefined) return [];
    const found = checkProcess(host, look, init, problems);
    return found.map((fact): IsolationFact => ({ target, ...fact }));
  });
  return { facts, problems };
}

function checkProcess(
  host: ReadHost,
  look: NamespaceLook,
  init: Process,
  problems: Problem[],
): Fact[] {
  const inodes = look.index.processes.get(init.pid)?.inodes ?? {};
  const shared = namespacesOf(inodes)
    .filter(([type, inode]) => look.own.inodes[type] === inode)
    .map(([type]) => type);
  const hasHostUsers = shared.includes('user');
  return [
    ...namespaceFacts(init, shared),
    ...(hasHostUsers ? capabilityFacts(look, init, shared) : []),
    ...(shared.includes('mnt') || inodes.mnt === undefined
      ? []
      : readMountFacts(host, init, { shared, hasHostUsers }, problems)),
    ...confinementFacts(host, init, problems),
  ];
}

/** Capabilities of the first user namespace count everywhere; those of another only in it. */
const NAMESPACE_REASONS: Readonly<Partial<Record<NamespaceType, string>>> = {
  mnt: 'it sees every mount of the host',
  pid: 'it sees every process of the host and can signal those of its user',
  net: 'it reaches what listens on the loopback of the host, and abstract unix sockets',
  ipc: 'it reaches shared memory and queues of the host',
  uts: 'it has the host name of the host, and can set it with CAP_SYS_ADMIN',
  cgroup: 'it sees the paths of cgroups as the host has them',
};

function namespaceFacts(init: Process, shared: readonly NamespaceType[]): Fact[] {
  return shared.flatMap((type): Fact[] => {
    const isRoot = init.uid.effective === 0;
    const reason =
      type === 'user' && isRoot ? 'root in it is root of the host' : NAMESPACE_REASONS[type];
    if (reason === undefined) return [];
    return [
      {
        code: 'host-namespace',
        effect: type === 'mnt' && isRoot ? 'escape' : 'weaker',
        message: `it is in the host's ${type} namespace`,
        reason,
        type,
      },
    ];
  });
}

/** capabilities(7): what each of them would do on the host. */
const DANGEROUS: Readonly<Record<string, readonly [Fact['effect'], string]>> = {
  cap_sys_admin: ['escape', 'it can mount the disks of the host, and much else'],
  cap_sys_module: ['escape', 'it can load code into the kernel'],
  cap_sys_rawio: ['escape', 'it can write to memory and devices of the host'],
  cap_dac_read_search: ['escape', 'it can open files of the host by handle (open_by_handle_at(2))'],
  cap_bpf: ['weaker', 'it can load BPF programs'],
  cap_perfmon: ['weaker', 'it can observe the kernel and other processes'],
  cap_sys_ptrace: ['weaker', 'it can read and change other processes that it sees'],
  cap_net_admin: ['weaker', 'it can change the network of its namespace'],
  cap_syslog: ['weaker', "it can read the kernel's log and addresses"],
  cap_sys_time: ['weaker', 'it can set the clock of the host'],
  cap_sys_boot: ['weaker', 'it can restart the host'],
  cap_mac_admin: ['weaker', 'it can change the rules of a security module'],
  cap_mac_override: ['weaker', 'it is not held by the rules of a security module'],
  cap_checkpoint_restore: ['weaker', 'it can look behind mappings of other processes'],
};

function capabilityFacts(
  look: NamespaceLook,
  init: Process,
  shared: readonly NamespaceType[],
): Fact[] {
  const names = decodeCapabilities(init.capabilities?.bounding ?? '0');
  if (isPrivileged(look, init)) {
    return [
      {
        code: 'privileged',
        effect: 'escape',
        message: `it has all ${names.length} capabilities and no seccomp filter`,
        reason: 'root in it can do what root on the host can: mount its disks, load kernel modules',
      },
    ];
  }
  return names.flatMap((capability): Fact[] => {
    const known = DANGEROUS[capability];
    if (known === undefined) return [];
    const [usual, reason] = known;
    const isOverHost = capability === 'cap_sys_ptrace' && shared.includes('pid');
    const effect = isOverHost ? 'escape' : usual;
    const message = `it can have ${capability}`;
    return [{ code: 'dangerous-capability', effect, message, reason, capability }];
  });
}

/** What the first process of this machine has left out of its bounding set nobody here has. */
function isPrivileged(look: NamespaceLook, { capabilities, seccomp }: Process): boolean {
  if (capabilities === undefined || seccomp === 2) return false;
  const ofHost = look.processes.get(1)?.capabilities?.bounding;
  if (ofHost === undefined || BigInt(`0x${ofHost}`) === 0n) return false;
  const missing = BigInt(`0x${ofHost}`) & ~BigInt(`0x${capabilities.bounding}`);
  return (missing & ~IN_SYS_ADMIN) === 0n;
}

/**
 * Perfmon, bpf and checkpoint_restore: CAP_SYS_ADMIN can do what they can (capabilities(7)), and
 * engines from before Linux 5.8 do not know them.
 */
const IN_SYS_ADMIN = 0b111n << 38n;

function readMountFacts(
  host: ReadHost,
  { pid }: Process,
  about: { shared: readonly NamespaceType[]; hasHostUsers: boolean },
  problems: Problem[],
): Fact[] {
  const path = `/proc/${pid}/mountinfo`;
  try {
    const own = readMountinfo(host, 'self');
    const isOwnPid = !about.shared.includes('pid');
    const { hasHostUsers } = about;
    return mountFacts(host, { own, inside: readMountinfo(host, pid), isOwnPid, hasHostUsers });
  } catch (error) {
    if (!isGone(error)) problems.push(unreadable(error, path));
    return [];
  }
}

function confinementFacts(host: ReadHost, init: Process, problems: Problem[]): Fact[] {
  const label = readLabel(host, init.pid, problems);
  return [
    ...(init.seccomp === 0
      ? [
          {
            code: 'no-seccomp' as const,
            effect: 'weaker' as const,
            message: 'no seccomp filter is set',
            reason: 'every system call of the kernel can be tried',
          },
        ]
      : []),
    ...(label === undefined || label === 'unconfined'
      ? [
          {
            code: 'no-security-label' as const,
            effect: 'weaker' as const,
            message:
              label === undefined
                ? 'this kernel labels no processes: neither AppArmor, SELinux nor Smack is on'
                : 'no rules of a security module hold for it: its label is "unconfined"',
            reason: 'nothing but permissions and capabilities says what it may open',
          },
        ]
      : []),
    ...(init.noNewPrivs === false
      ? [
          {
            code: 'new-privileges' as const,
            effect: 'weaker' as const,
            message: 'no-new-privs is off',
            reason: 'programs with setuid or file capabilities give a user more than it has',
          },
        ]
      : []),
  ];
}

/** "unreadable" is told as a problem, and is no fact; EINVAL says that nothing labels. */
function readLabel(host: ReadHost, pid: number, problems: Problem[]): string | undefined {
  const path = `/proc/${pid}/attr/current`;
  try {
    return host.readText(path).replace(/[\0\n]+$/, '') || undefined;
  } catch (error) {
    const problem = unreadable(error, path);
    if (problem.code === 'EINVAL' || isGone(error)) return undefined;
    problems.push(problem);
    return 'unreadable';
  }
}
