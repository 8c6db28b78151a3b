// The open files of a process: /proc/PID/fd (proc_pid_fd(5)).
import type { ReadHost } from '../host/host.js';
import type { Problem } from '../oci/problem.js';
import { isGone, unreadable } from './unreadable.js';

export interface Descriptor {
  readonly fd: number;
  /** "socket:[4026]", "net:[4026531833]", or a path as its own mount namespace has it. */
  readonly target: string;
}

export interface Descriptors {
  readonly descriptors: readonly Descriptor[];
  /** How many more there are than were read. */
  readonly left: number;
  readonly problem?: Problem;
}

/** In order; at most `limit` of them are read. Empty for a process that is gone. */
export function readDescriptors(host: ReadHost, pid: number, limit = Infinity): Descriptors {
  const directory = `/proc/${pid}/fd`;
  try {
    const numbers = host.readDirectory(directory).map(({ name }) => Number(name));
    numbers.sort((a, b) => a - b);
    const descriptors: Descriptor[] = [];
    for (const fd of numbers.slice(0, limit)) {
      const target = readTarget(host, `${directory}/${fd}`);
      if (target !== undefined) descriptors.push({ fd, target });
    }
    return { descriptors, left: Math.max(0, numbers.length - limit) };
  } catch (error) {
    const none = { descriptors: [], left: 0 };
    return isGone(error) ? none : { ...none, problem: unreadable(error, directory) };
  }
}

function readTarget(host: ReadHost, path: string): string | undefined {
  try {
    return host.readLink(path);
  } catch (error) {
    // Closed meanwhile.
    if (isGone(error)) return undefined;
    throw error;
  }
}
