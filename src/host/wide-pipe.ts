// A pipe for a child that takes hundreds of megabytes. What Node opens for a child is a socket that
// this thread copies into a little at a time; into a pipe another thread writes a chunk at once.
import * as fs from 'node:fs';
import type { Writable } from 'node:stream';
import { checked, libc } from './libc.js';

const O_CLOEXEC = 0o2000000;
/** fcntl(2). */
const F_SETPIPE_SZ = 1031;
/** What an ordinary user may have: pipe-max-size of proc(5). */
const CAPACITY = 1 << 20;

export interface WidePipe {
  /** The caller's to close. */
  readonly readEnd: number;
  readonly stream: Writable;
}

export function openWidePipe(): WidePipe {
  const ends = new Int32Array(2);
  checked(libc().pipe2(ends, O_CLOEXEC), 'pipe', 'for a child');
  const [readEnd = -1, writeEnd = -1] = ends;
  // Who has many pipes may have no larger ones: this one is slower then.
  libc().fcntl(writeEnd, F_SETPIPE_SZ, CAPACITY);
  return { readEnd, stream: fs.createWriteStream('', { fd: writeEnd, highWaterMark: CAPACITY }) };
}
