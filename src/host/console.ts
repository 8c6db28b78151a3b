// The terminal of a container: an OCI runtime makes it inside and sends its master side through a
// socket (runc, docs/terminals.md), which no verb of Node receives.
import * as fs from 'node:fs';
import { ReadStream } from 'node:tty';
import { CutawayError } from '../oci/error.js';
import { errnoOf } from './errno.js';
import { bufferAddress, checked, libc } from './libc.js';
import type { ConsoleSocket, Terminal } from './host.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;
const TIOCSWINSZ = 0x5414;
/** ioctl_tty(2), since Linux 4.13. */
const TIOCGPTPEER = 0x5441;
const O_RDWR_NOCTTY_CLOEXEC = 0o2 | 0o400 | 0o2000000;
const DRAIN_MILLISECONDS = 500;
const PIECE = 65536;
const PATH_MOST = 108;

export function openConsoleSocket(path: string): ConsoleSocket {
  const { socket, bind, listen } = libc();
  const address = socketAddress(path);
  fs.rmSync(path, { force: true });
  const fd = checked(
    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
    'socket',
    path,
  );
  checked(bind(fd, address, address.length), 'bind', path);
  checked(listen(fd, 1), 'listen', path);
  return {
    receive: () => receiveDescriptor(fd, path),
    close: () => {
      fs.closeSync(fd);
      fs.rmSync(path, { force: true });
    },
  };
}

function socketAddress(path: string): Buffer {
  const name = Buffer.from(`${path}\0`);
  if (name.length > PATH_MOST) {
    throw new CutawayError('LIMIT_EXCEEDED', `bind "${path}": longer than ${PATH_MOST} bytes`);
  }
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name]);
}

/** recvmsg(2), with struct msghdr of 64-bit Linux. Who sends has sent already: nothing is waited for. */
function receiveDescriptor(listener: number, path: string): number {
  const flags = SOCK_CLOEXEC;
  const connection = checked(libc().accept4(listener, null, null, flags), 'accept', path);
  try {
    const name = Buffer.alloc(4096);
    const control = Buffer.alloc(24);
    const vector = Buffer.alloc(16);
    vector.writeBigUInt64LE(bufferAddress(name), 0);
    vector.writeBigUInt64LE(BigInt(name.length), 8);
    const message = Buffer.alloc(56);
    message.writeBigUInt64LE(bufferAddress(vector), 16);
    message.writeBigUInt64LE(1n, 24);
    message.writeBigUInt64LE(bufferAddress(control), 32);
    message.writeBigUInt64LE(BigInt(control.length), 40);
    checked(libc().recvmsg(connection, message, MSG_CMSG_CLOEXEC), 'recvmsg', path);
    const isDescriptor =
      control.readInt32LE(8) === SOL_SOCKET && control.readInt32LE(12) === SCM_RIGHTS;
    if (isDescriptor) return control.readInt32LE(16);
    throw new CutawayError('UNAVAILABLE', `receive a terminal from "${path}": there was none`);
  } finally {
    fs.closeSync(connection);
  }
}

const RETRY_MILLISECONDS = 4;

/**
 * Holds the other side, too: where nobody has it open, libuv takes the first read that is not full for
 * the end (uv__stream_io, POLLHUP), and what is still in the terminal is lost.
 */
function holdOpen(fd: number): () => void {
  let peer = libc().ioctlNumber(fd, TIOCGPTPEER, O_RDWR_NOCTTY_CLOEXEC);
  return () => {
    if (peer >= 0) fs.closeSync(peer);
    peer = -1;
  };
}

/** At once, so that nobody reads meanwhile. True when nobody has the other side any more. */
function readRest(stream: ReadStream, fd: number): boolean {
  // What waits in the stream comes first; each is told as `data`.
  while (stream.read() !== null);
  const chunk = Buffer.alloc(PIECE);
  for (;;) {
    try {
      const length = fs.readSync(fd, chunk);
      if (length === 0) return true;
      stream.emit('data', Buffer.from(chunk.subarray(0, length)));
    } catch (error) {
      // EIO: that was all.
      return errnoOf(error) !== 'EAGAIN';
    }
  }
}

/** Reads through libuv; writes go through a thread, so that a full terminal holds nobody up. */
export function openTerminal(fd: number): Terminal {
  const stream = new ReadStream(fd);
  const letGo = holdOpen(fd);
  let isOpen = true;
  stream.on('close', () => {
    isOpen = false;
    letGo();
  });
  return {
    stream,
    drain: async () => {
      letGo();
      const end = performance.now() + DRAIN_MILLISECONDS;
      while (isOpen && !readRest(stream, fd) && performance.now() < end) {
        await new Promise((go) => setTimeout(go, RETRY_MILLISECONDS));
      }
      stream.destroy();
    },
    write: async (chunk) => {
      for (let at = 0; at < chunk.length && isOpen;) {
        const written = await writeSome(fd, chunk, at);
        if (written < 0) return;
        at += written;
        if (written === 0) await new Promise((go) => setTimeout(go, RETRY_MILLISECONDS));
      }
    },
    resize: ({ height, width }) => {
      if (!isOpen) return;
      const size = Buffer.alloc(8);
      size.writeUInt16LE(height & 0xffff, 0);
      size.writeUInt16LE(width & 0xffff, 2);
      libc().ioctlBuffer(fd, TIOCSWINSZ, size);
    },
  };
}

/** How many bytes went; 0 when it is full, -1 when nobody is there any more. */
async function writeSome(fd: number, chunk: Buffer, at: number): Promise<number> {
  return await new Promise<number>((resolve) => {
    fs.write(fd, chunk, at, chunk.length - at, null, (error, written) => {
      if (error === null) resolve(written);
      else resolve(errnoOf(error) === 'EAGAIN' ? 0 : -1);
    });
  });
}
