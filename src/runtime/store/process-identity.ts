// A pid alone names no process: it is used again. A pid and its start time do (proc(5)).
import type { ReadHost } from '../../host/host.js';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot: field 22 of /proc/PID/stat. */
  readonly startTicks: number;
}

/** Who `pid` is now; undefined when nobody is, or a zombie that waits to be reaped. */
export function identifyProcess(host: ReadHost, pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = host.readText(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  // The command may hold spaces and parentheses; the last ")" ends it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, startTicks: Number(fields[19]) };
}

export function isAlive(host: ReadHost, process: ProcessIdentity): boolean {
  return identifyProcess(host, process.pid)?.startTicks === process.startTicks;
}
