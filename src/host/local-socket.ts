// Stream sockets with a name on the file system: unix(7).
import * as fs from 'node:fs';
import { connect, createServer, Socket, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { errnoOf, systemError } from './errno.js';
import type { LocalServer } from './host.js';

export async function listenLocal(
  path: string,
  onConnection: (connection: Duplex) => void,
): Promise<LocalServer> {
  // Of a process that was killed: nobody can be listening, or we would not be here.
  fs.rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: false }, onConnection);
  await settled(server, path);
  return {
    close: () => {
      server.close();
    },
  };
}

async function settled(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(systemError('listen', path, errnoOf(error) ?? 'EIO', error));
    });
    server.listen(path, resolve);
  });
}

export async function connectLocal(path: string): Promise<Duplex> {
  return await new Promise<Duplex>((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', (error) => {
      reject(systemError('connect', path, errnoOf(error) ?? 'EIO', error));
    });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

/** One end of a socket pair that this process was started with. */
export function inheritedChannel(fd: number): Duplex | undefined {
  try {
    if (!fs.fstatSync(fd).isSocket()) return undefined;
  } catch {
    return undefined;
  }
  return new Socket({ fd, readable: true, writable: true });
}
