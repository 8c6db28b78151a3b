// /proc/PID/stat: proc_pid_stat(5). One line; its second field may hold anything.
import { decodeName } from '../oci/byte-name.js';
import { CutawayError } from '../oci/error.js';

/** sysconf(_SC_CLK_TCK): USER_HZ, 100 wherever Node.js runs (time(7)). */
export const TICKS_PER_SECOND = 100;

/** PF_KTHREAD of linux/sched.h. */
const KERNEL_THREAD = 0x00200000;

export interface ProcessStat {
  readonly pid: number;
  /** At most 15 bytes for a program; the process can set it to anything (prctl(2)). */
  readonly comm: string;
  /** R, S, D, Z, T, t, I, X … as the kernel writes it. */
  readonly state: string;
  readonly ppid: number;
  readonly processGroup: number;
  readonly session: number;
  readonly ttyNumber: number;
  /** In the foreground process group of its terminal. */
  readonly foreground: boolean;
  readonly kernelThread: boolean;
  readonly nice: number;
  readonly threads: number;
  readonly cpuTicks: number;
  /** Since boot; with the pid it identifies a process for as long as the machine is up. */
  readonly startTicks: number;
  /** Bytes. */
  readonly virtualSize: number;
}

/** The comm is not escaped and may contain ") R 1": it ends at the last parenthesis. */
export function parseProcessStat(line: Buffer): ProcessStat {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const fields = line.toString('latin1', close + 2).split(' ');
  if (open < 2 || close < open || fields.length < 21) {
    throw new CutawayError('CORRUPT', 'parse the stat of a process: too few fields');
  }
  // Fields are counted from 1 in proc_pid_stat(5); the state is number 3.
  const field = (number: number) => Number(fields[number - 3]);
  const processGroup = field(5);
  return {
    pid: Number(line.toString('latin1', 0, open - 1)),
    comm: decodeName(line.subarray(open + 1, close)),
    state: fields[0] ?? '',
    ppid: field(4),
    processGroup,
    session: field(6),
    ttyNumber: field(7),
    foreground: field(8) === processGroup,
    kernelThread: (field(9) & KERNEL_THREAD) !== 0,
    nice: field(19),
    threads: field(20),
    cpuTicks: field(14) + field(15),
    startTicks: field(22),
    virtualSize: field(23),
  };
}
