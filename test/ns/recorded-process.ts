// What /proc would say of made-up processes, for a recorded host.

export interface Said {
  readonly comm?: string;
  readonly ppid?: number;
  readonly state?: string;
  readonly session?: number;
  readonly ttyNumber?: number;
  readonly nsPid?: readonly number[];
  readonly uid?: number;
  readonly cmdline?: string;
  readonly cgroup?: string;
  readonly startTicks?: number;
  readonly flags?: number;
  /** CapBnd in hexadecimal; with it come the lines on what confines it. */
  readonly bounding?: string;
  readonly seccomp?: number;
  readonly noNewPrivs?: boolean;
  readonly namespaces?: Readonly<Record<string, number>>;
}

/** First namespaces as the kernel numbers them. */
export const HOST_INODES = {
  mnt: 4026531832,
  pid: 4026531836,
  net: 4026531833,
  ipc: 4026531839,
  uts: 4026531838,
  user: 4026531837,
  cgroup: 4026531835,
  time: 4026531834,
};

export function recordProcesses(said: Readonly<Record<number, Said>>): {
  files: Record<string, string>;
  links: Record<string, string>;
} {
  const files: Record<string, string> = {
    '/proc/stat': 'cpu 1 2 3\nbtime 1700000000\nprocesses 99\n',
    '/proc/tty/drivers':
      'serial /dev/ttyS 4 64-111 serial\n/dev/console /dev/console 5 1 system:console\nunknown /dev/tty 4 1-63 console\n',
  };
  const links: Record<string, string> = {};
  for (const [pid, one] of Object.entries(said)) {
    const directory = `/proc/${pid}`;
    files[`${directory}/stat`] = statOf(Number(pid), one);
    files[`${directory}/status`] = statusOf(Number(pid), one);
    files[`${directory}/cmdline`] = one.cmdline ?? 'sleep\x0060\0';
    files[`${directory}/cgroup`] = one.cgroup ?? '0::/\n';
    links[`${directory}/exe`] = '/bin/sleep';
    links[`${directory}/root`] = '/';
    for (const [type, inode] of Object.entries({ ...HOST_INODES, ...one.namespaces })) {
      links[`${directory}/ns/${type}`] = `${type}:[${inode}]`;
    }
  }
  return { files, links };
}

function statOf(pid: number, one: Said): string {
  const {
    comm = 'sleep',
    state = 'S',
    ppid = 1,
    session = 7,
    ttyNumber = 0,
    flags = 4194304,
  } = one;
  const start = one.startTicks ?? 12345;
  return `${pid} (${comm}) ${state} ${ppid} ${pid} ${session} ${ttyNumber} -1 ${flags} 1 2 3 4 150 75 0 0 20 5 3 0 ${start} 8388608 500 18446744073709551615 1 2\n`;
}

function statusOf(pid: number, said: Said): string {
  const { comm = 'sleep', nsPid = [pid], uid = 0 } = said;
  const ids = `${uid}\t${uid}\t${uid}\t${uid}`;
  return `Name:\t${comm.replaceAll('\n', '\\n')}\nUid:\t${ids}\nGid:\t${ids}\nNSpid:\t${nsPid.join('\t')}\nNSsid:\t7\nVmRSS:\t    2000 kB\n${confinementOf(said)}`;
}

function confinementOf({ bounding, seccomp = 0, noNewPrivs = false }: Said): string {
  if (bounding === undefined) return '';
  const none = '0'.repeat(16);
  const masks = [none, bounding, bounding, bounding, none];
  const lines = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map(
    (name, at) => `${name}:\t${masks[at]?.padStart(16, '0')}\n`,
  );
  return `${lines.join('')}NoNewPrivs:\t${noNewPrivs ? 1 : 0}\nSeccomp:\t${seccomp}\nSeccomp_filters:\t${seccomp === 2 ? 1 : 0}\n`;
}
