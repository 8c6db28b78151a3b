// Children that this process did not spawn itself: orphans of those it did.
import { checked, libc, waitInThread } from './libc.js';

const PR_SET_CHILD_SUBREAPER = 36;

/** prctl(2): from now on a process below this one whose parent ends becomes this one's child. */
export function adoptOrphans(): void {
  checked(libc().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 'prctl', 'PR_SET_CHILD_SUBREAPER');
}

/** The exit status of an adopted child, 128+n for a signal; waits in a thread. */
export async function waitForOrphan(pid: number): Promise<number> {
  const status = await waitInThread(pid);
  // wait(2): the low seven bits are the signal that ended it.
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}
