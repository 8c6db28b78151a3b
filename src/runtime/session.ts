// What a supervisor does with a container's stdio: all of it goes into the log and to those attached;
// what those send goes to the container.
import type { Duplex, Readable, Writable } from 'node:stream';
import type { LocalServer, Terminal } from '../host/host.js';
import { attachHub, type ContainerInput } from './attach/attach-hub.js';
import type { Ending } from './attach/frame.js';
import { openLog, type LogStream } from './log/log-writer.js';
import { findContainer, type ContainerRecord } from './store/container-store.js';
import { containerPaths } from './store/paths.js';
import type { Store } from './store/store.js';
import type { Supervised } from './supervise.js';

export interface Session {
  /** Into the log and to everybody attached. */
  readonly onOutput: (stream: LogStream, chunk: Buffer, source: Readable | undefined) => void;
  /** What is attached from the start, over a connection that is there already. */
  add(connection: Duplex): void;
  /** From now on what is typed goes there. */
  serve(supervised: Supervised): Promise<void>;
  /** The program has ended: the rest goes into the log, and nothing more after that. */
  closeLog(): void;
  /** Everybody is told; with `isLast` nobody can attach any more. */
  end(ending: Ending, isLast: boolean): void;
}

export async function openSession(store: Store, record: ContainerRecord): Promise<Session> {
  const paths = containerPaths(store.paths, record.id);
  const log = openLog(store.host, paths.log, record.logLimits ?? { maxFiles: 1 });
  const hub = attachHub();
  let isLogging = true;
  const server: LocalServer = await store.host.listenLocal(paths.attachSocket, (connection) => {
    hub.add(connection);
  });
  return {
    onOutput: (stream, chunk, source) => {
      if (isLogging) log.write(stream, chunk);
      hub.send(stream, chunk, source);
    },
    add: (connection) => {
      hub.add(connection, { output: true });
    },
    serve: async (supervised) => {
      hub.connectInput(containerInput(store, record, supervised.stdin, await supervised.terminal));
    },
    closeLog: () => {
      log.flush();
      isLogging = false;
    },
    end: (ending, isLast) => {
      hub.connectInput(undefined);
      hub.end(ending);
      if (isLast) server.close();
    },
  };
}

function containerInput(
  store: Store,
  record: ContainerRecord,
  stdin: Writable | undefined,
  terminal: Terminal | undefined,
): ContainerInput {
  return {
    write: async (chunk) => {
      if (terminal !== undefined && record.openStdin) await terminal.write(chunk);
      else if (stdin !== undefined) await writeAll(stdin, chunk);
    },
    end: () => {
      if (record.stdinOnce === true) stdin?.end();
    },
    resize: (size) => terminal?.resize(size),
    signal: (number) => {
      const init = findContainer(store, record.id)?.init;
      if (init !== undefined) store.host.sendSignal(init.pid, number);
    },
  };
}

async function writeAll(stdin: Writable, chunk: Buffer): Promise<void> {
  if (stdin.destroyed || stdin.writableEnded || stdin.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      stdin.off('drain', done);
      stdin.off('close', done);
      resolve();
    };
    stdin.on('drain', done);
    stdin.on('close', done);
  });
}
