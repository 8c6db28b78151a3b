// Children that this process did not spawn itself: orphans of those it did. All of them are reaped, for
// the first process of a pid namespace cannot end before every other one in it has been
// (pid_namespaces(7)), also one whose parent was outside and was killed.
import * as fs from 'node:fs';
import { isOwnChild } from './child.js';
import { checked, libc } from './libc.js';

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
/** Lest a signal be lost, and to keep this process from ending while somebody waits. */
const LOOK_MILLISECONDS = 1000;
const STATUSES_KEPT = 256;

const waiting = new Map<number, (status: number) => void>();
/** Of those that ended before anybody asked, newest last. */
const ended = new Map<number, number>();
let isReaper = false;

/** prctl(2): from now on a process below this one whose parent ends becomes this one's child. */
export function adoptOrphans(): void {
  if (isReaper) return;
  isReaper = true;
  checked(libc().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 'prctl', 'PR_SET_CHILD_SUBREAPER');
  process.on('SIGCHLD', reapOrphans);
}

/** The exit status of an adopted child, 128+n for a signal. */
export async function waitForOrphan(pid: number): Promise<number> {
  reapOrphans();
  const before = ended.get(pid);
  if (before !== undefined) {
    ended.delete(pid);
    return before;
  }
  const timer = setInterval(reapOrphans, LOOK_MILLISECONDS);
  const status = await new Promise<number>((resolve) => waiting.set(pid, resolve));
  clearInterval(timer);
  return status;
}

/** Node's own children are left to Node: it waits for each by its pid. */
function reapOrphans(): void {
  const buffer = Buffer.alloc(4);
  for (const pid of listChildren()) {
    if (isOwnChild(pid) || libc().waitpid(pid, buffer, WNOHANG) !== pid) continue;
    const status = exitStatus(buffer.readInt32LE(0));
    const resolve = waiting.get(pid);
    if (resolve === undefined) remember(pid, status);
    else {
      waiting.delete(pid);
      resolve(status);
    }
  }
}

/** wait(2): the low seven bits are the signal that ended it. */
function exitStatus(packed: number): number {
  const signal = packed & 0x7f;
  return signal === 0 ? (packed >> 8) & 0xff : 128 + signal;
}

function remember(pid: number, status: number): void {
  ended.delete(pid);
  ended.set(pid, status);
  const [oldest] = ended.keys();
  if (ended.size > STATUSES_KEPT && oldest !== undefined) ended.delete(oldest);
}

/** proc_pid_task_children(5), of all threads; where the kernel has it not, those waited for. */
function listChildren(): number[] {
  try {
    return fs.readdirSync('/proc/self/task').flatMap((thread) => {
      const text = fs.readFileSync(`/proc/self/task/${thread}/children`, 'utf8');
      return text.split(' ').filter(Boolean).map(Number);
    });
  } catch {
    return [...waiting.keys()];
  }
}
