// The standard streams of a child where Node's own will not do: what Node calls a pipe is a socket.
import * as fs from 'node:fs';
import * as net from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { SpawnOptions } from './host.js';
import { checked, libc } from './libc.js';

const O_CLOEXEC = 0o2000000;
/** fcntl(2). */
const F_SETPIPE_SZ = 1031;
/** What an ordinary user may have: pipe-max-size of proc(5). */
const CAPACITY = 1 << 20;

export interface ChildPipes {
  /** For spawn. */
  readonly stdio: (number | 'ignore' | 'inherit' | 'pipe')[];
  /** Our ends of those that we made. */
  readonly stdin: Writable | undefined;
  readonly outputs: readonly (Readable | undefined)[];
  /** The child has its ends; ours of them go. */
  closeTheirs(): void;
}

export function openChildPipes({ stdin, stdout, stderr }: SpawnOptions): ChildPipes {
  const theirs: number[] = [];
  const handOver = (fd: number): number => {
    theirs.push(fd);
    return fd;
  };
  const input = stdin === 'wide-pipe' || stdin === 'fifo' ? openPipe() : undefined;
  const outputs = [stdout, stderr].map((wanted) => (wanted === 'fifo' ? openPipe() : wanted));
  return {
    stdio: [
      input === undefined
        ? (stdin as number | 'ignore' | 'inherit' | 'pipe')
        : handOver(input.readEnd),
      ...outputs.map((one) => (isPipe(one) ? handOver(one.writeEnd) : one)),
    ],
    stdin: input && (stdin === 'wide-pipe' ? widen(input.writeEnd) : writer(input.writeEnd)),
    outputs: outputs.map((one) => (isPipe(one) ? reader(one.readEnd) : undefined)),
    closeTheirs: () => {
      theirs.forEach((fd) => {
        fs.closeSync(fd);
      });
    },
  };
}

interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

function isPipe(value: Pipe | number | string): value is Pipe {
  return typeof value === 'object';
}

function openPipe(): Pipe {
  const ends = new Int32Array(2);
  checked(libc().pipe2(ends, O_CLOEXEC), 'pipe', 'for a child');
  const [readEnd = -1, writeEnd = -1] = ends;
  return { readEnd, writeEnd };
}

/** For hundreds of megabytes: into it another thread writes a chunk at once. */
function widen(writeEnd: number): Writable {
  // Who has many pipes may have no larger ones: this one is slower then.
  libc().fcntl(writeEnd, F_SETPIPE_SZ, CAPACITY);
  return fs.createWriteStream('', { fd: writeEnd, highWaterMark: CAPACITY });
}

function writer(fd: number): Writable {
  return new net.Socket({ fd, readable: false, writable: true });
}

function reader(fd: number): Readable {
  return new net.Socket({ fd, readable: true, writable: false });
}
