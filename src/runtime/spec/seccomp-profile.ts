// The default seccomp profile: what a container may ask of the kernel. The decisions are those of
// Docker's default profile (github.com/moby/profiles, seccomp/default.json, as of June 2026), so
// that what runs there runs here; what is not named is refused with EPERM.

/** One comparison of one argument: seccomp_rule_add(3). */
export interface ArgumentRule {
  readonly index: number;
  readonly operator: '<' | '=' | '>' | 'masked-zero';
  readonly value: number;
}

/** When a rule holds: all that is given must be true. */
export interface RuleCondition {
  /** One of these, in the names of the image-spec (GOARCH). */
  readonly architectures?: readonly string[];
  readonly notArchitectures?: readonly string[];
  /** In the bounding set of the container. */
  readonly capability?: string;
  readonly notCapability?: string;
}

export interface SyscallRule {
  /** Names, separated by spaces. */
  readonly names: string;
  readonly when?: RuleCondition;
  readonly argument?: ArgumentRule;
  /** Refuse with this errno instead of allowing. */
  readonly errno?: number;
}

/** Refused calls get EPERM, so that programs take the kernel for one that forbids, not lacks. */
export const DEFAULT_ERRNO = 1;

const ENOSYS = 38;
// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET of clone(2), or-ed.
const NAMESPACE_FLAGS = 0x7e02_0000;
const AF_ALG = 38;
const AF_VSOCK = 40;
const S390 = ['s390', 's390x'];

/** Allowed for everybody, by what they are about. Names that an architecture lacks do no harm. */
export const ALWAYS: Readonly<Record<string, string>> = {
  'opening and closing': `open openat openat2 creat close close_range dup dup2 dup3 fcntl fcntl64
    memfd_create memfd_secret name_to_handle_at`,
  'reading and writing': `read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2
    lseek _llseek readahead sendfile sendfile64 splice tee vmsplice copy_file_range ioctl`,
  'space and durability': `truncate truncate64 ftruncate ftruncate64 fallocate fadvise64
    fadvise64_64 sync syncfs fsync fdatasync sync_file_range flock cachestat`,
  'names and directories': `mkdir mkdirat rmdir rename renameat renameat2 link linkat symlink
    symlinkat readlink readlinkat unlink unlinkat mknod mknodat getdents getdents64 getcwd chdir
    fchdir`,
  'status of files': `stat stat64 fstat fstat64 lstat lstat64 newfstatat fstatat64 statx statfs
    statfs64 fstatfs fstatfs64 statmount listmount access faccessat faccessat2`,
  'mode, owner and times of files': `umask chmod fchmod fchmodat fchmodat2 chown chown32 fchown
    fchown32 fchownat lchown lchown32 utime utimes futimesat utimensat utimensat_time64`,
  'extended attributes': `getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr
    setxattrat listxattr llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr
    removexattrat`,
  'watching files': 'inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark',
  'waiting for descriptors': `select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64
    epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait
    epoll_pwait2 eventfd eventfd2`,
  'asynchronous I/O': `io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents
    io_pgetevents_time64 ioprio_get ioprio_set`,
  'pipes and sockets': `pipe pipe2 socketpair socketcall bind listen accept accept4 connect shutdown
    send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64 getsockname
    getpeername getsockopt setsockopt`,
  'System V and POSIX messages': `ipc msgget msgsnd msgrcv msgctl semget semop semtimedop
    semtimedop_time64 semctl shmget shmat shmdt shmctl mq_open mq_unlink mq_notify mq_getsetattr
    mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64`,
  memory: `brk mmap mmap2 munmap mremap mprotect madvise msync mincore mlock mlock2 mlockall munlock
    munlockall remap_file_pages membarrier map_shadow_stack mseal pkey_alloc pkey_free
    pkey_mprotect process_mrelease`,
  'processes and threads': `fork vfork execve execveat exit exit_group wait4 waitid waitpid
    set_tid_address get_thread_area set_thread_area get_robust_list set_robust_list futex
    futex_time64 futex_wait futex_waitv futex_wake futex_requeue rseq restart_syscall prctl
    pidfd_open pidfd_send_signal`,
  'other processes': 'ptrace process_vm_readv process_vm_writev uretprobe',
  'who a process is': `getpid getppid gettid getpgid getpgrp setpgid getsid setsid getuid getuid32
    geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid
    getresgid32 getgroups getgroups32 capget`,
  'becoming another user': `setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32
    setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 setgroups
    setgroups32 capset`,
  'giving up rights': `seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self`,
  signals: `kill tkill tgkill pause sigaltstack signalfd signalfd4 sigprocmask sigreturn
    rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn
    rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64`,
  'clocks and timers': `time times gettimeofday clock_getres clock_getres_time64 clock_gettime
    clock_gettime64 clock_nanosleep clock_nanosleep_time64 nanosleep alarm getitimer setitimer
    timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime
    timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime
    timerfd_settime64 adjtimex clock_adjtime clock_adjtime64`,
  scheduling: `sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr
    sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_get_priority_max
    sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64 getpriority
    setpriority getcpu`,
  'limits and the system': `getrlimit setrlimit ugetrlimit prlimit64 getrusage sysinfo uname
    getrandom riscv_hwprobe`,
};

/** personality(2) values a program may ask for: PER_LINUX(32), with UNAME26, and "tell me". */
const PERSONALITIES = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/** Allowed, or refused in another way, when something holds. */
export const CONDITIONAL: readonly SyscallRule[] = [
  // AF_VSOCK reaches the hypervisor past every network namespace; AF_ALG the kernel's ciphers.
  { names: 'socket', argument: { index: 0, operator: '<', value: AF_ALG } },
  { names: 'socket', argument: { index: 0, operator: '=', value: AF_ALG + 1 } },
  { names: 'socket', argument: { index: 0, operator: '>', value: AF_VSOCK } },
  ...PERSONALITIES.map((value): SyscallRule => ({
    names: 'personality',
    argument: { index: 0, operator: '=', value },
  })),

  { names: 'sync_file_range2 swapcontext', when: { architectures: ['ppc64le'] } },
  {
    names: 'arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls',
    when: { architectures: ['arm', 'arm64'] },
  },
  { names: 'arch_prctl', when: { architectures: ['amd64'] } },
  { names: 'modify_ldt', when: { architectures: ['amd64', '386'] } },
  {
    names: 's390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr',
    when: { architectures: S390 },
  },
  { names: 'riscv_flush_icache', when: { architectures: ['riscv64'] } },

  {
    names: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie
      lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree
      perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2
      unshare`,
    when: { capability: 'CAP_SYS_ADMIN' },
  },
  // Without it: threads and children yes, new namespaces no. On s390 the flags come second.
  {
    names: 'clone',
    when: { notCapability: 'CAP_SYS_ADMIN', notArchitectures: S390 },
    argument: { index: 0, operator: 'masked-zero', value: NAMESPACE_FLAGS },
  },
  {
    names: 'clone',
    when: { notCapability: 'CAP_SYS_ADMIN', architectures: S390 },
    argument: { index: 1, operator: 'masked-zero', value: NAMESPACE_FLAGS },
  },
  // Its flags lie in memory, out of seccomp's reach; ENOSYS makes the C library use clone.
  { names: 'clone3', when: { notCapability: 'CAP_SYS_ADMIN' }, errno: ENOSYS },

  { names: 'open_by_handle_at', when: { capability: 'CAP_DAC_READ_SEARCH' } },
  { names: 'reboot', when: { capability: 'CAP_SYS_BOOT' } },
  { names: 'chroot', when: { capability: 'CAP_SYS_CHROOT' } },
  { names: 'init_module finit_module delete_module', when: { capability: 'CAP_SYS_MODULE' } },
  { names: 'acct', when: { capability: 'CAP_SYS_PACCT' } },
  { names: 'kcmp pidfd_getfd process_madvise', when: { capability: 'CAP_SYS_PTRACE' } },
  { names: 'iopl ioperm', when: { capability: 'CAP_SYS_RAWIO' } },
  {
    names: 'settimeofday stime clock_settime clock_settime64',
    when: { capability: 'CAP_SYS_TIME' },
  },
  { names: 'vhangup', when: { capability: 'CAP_SYS_TTY_CONFIG' } },
  {
    names: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
    when: { capability: 'CAP_SYS_NICE' },
  },
  { names: 'syslog', when: { capability: 'CAP_SYSLOG' } },
  { names: 'bpf', when: { capability: 'CAP_BPF' } },
  { names: 'perf_event_open', when: { capability: 'CAP_PERFMON' } },
];

/** Other instruction sets a kernel of the key runs: their calls have to pass the same filter. */
export const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  amd64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
  s390x: ['SCMP_ARCH_S390X', 'SCMP_ARCH_S390'],
  riscv64: ['SCMP_ARCH_RISCV64'],
  loong64: ['SCMP_ARCH_LOONGARCH64'],
  // No other set to name: the runtime adds the native one by itself.
  ppc64le: [],
  arm: [],
  '386': [],
};
