// Those attached to a container, on its supervisor's side: all see what it prints, all may type.
import type { Duplex, Readable } from 'node:stream';
import type { TerminalSize } from '../../host/host.js';
import {
  encodeFrame,
  frameReader,
  jsonFrame,
  type Ending,
  type Frame,
  type Hello,
} from './frame.js';

/** Where what the attached send goes: the container's first process. */
export interface ContainerInput {
  /** Resolves when there is room for more. */
  write(chunk: Buffer): Promise<void>;
  /** Somebody's input has come to its end, or he is gone. */
  end(): void;
  resize(size: TerminalSize): void;
  signal(number: number): void;
}

export interface AttachHub {
  add(connection: Duplex, hello?: Hello): void;
  /** `source` stands still while somebody attached is behind. */
  send(kind: 'stdout' | 'stderr', chunk: Buffer, source: Readable | undefined): void;
  /** The container's first process is another one now. */
  connectInput(input: ContainerInput | undefined): void;
  /** Tells everybody how it ended and lets them go. */
  end(ending: Ending): void;
}

interface Client {
  readonly connection: Duplex;
  wantsOutput: boolean;
  hasTyped: boolean;
}

/** What may wait for a slow reader before the container has to. */
const BACKLOG = 1 << 20;

export function attachHub(): AttachHub {
  const clients = new Set<Client>();
  let input: ContainerInput | undefined;
  const forget = (client: Client) => {
    if (clients.delete(client) && client.hasTyped) input?.end();
  };
  const take = async (client: Client, { kind, payload }: Frame) => {
    if (kind === 'hello') client.wantsOutput = (JSON.parse(payload.toString()) as Hello).output;
    else if (kind === 'input') {
      client.hasTyped = true;
      await input?.write(payload);
    } else if (kind === 'endOfInput') {
      client.hasTyped = false;
      input?.end();
    } else if (kind === 'resize') input?.resize(JSON.parse(payload.toString()) as TerminalSize);
    else if (kind === 'signal') input?.signal(Number(payload.toString()));
  };
  return {
    add: (connection, hello) => {
      const client = { connection, wantsOutput: hello?.output ?? false, hasTyped: false };
      clients.add(client);
      connection.on('error', () => connection.destroy());
      connection.on('close', () => {
        forget(client);
      });
      void readFrames(client, take);
    },
    send: (kind, chunk, source) => {
      for (const client of clients) {
        if (client.wantsOutput) deliver(client.connection, encodeFrame(kind, chunk), source);
      }
    },
    connectInput: (next) => {
      input = next;
    },
    end: (ending) => {
      for (const { connection } of clients) connection.end(jsonFrame('end', ending));
      clients.clear();
    },
  };
}

/** One frame after the other: a full container holds up the one who types. */
async function readFrames(
  client: Client,
  take: (client: Client, frame: Frame) => Promise<void>,
): Promise<void> {
  const read = frameReader();
  try {
    for await (const chunk of client.connection) {
      for (const frame of read(chunk as Buffer)) await take(client, frame);
    }
  } catch {
    // It speaks no frames, or is gone in the middle of one.
    client.connection.destroy();
  }
}

function deliver(connection: Duplex, frame: Buffer, source: Readable | undefined): void {
  if (connection.destroyed) return;
  connection.write(frame);
  if (source === undefined || connection.writableLength < BACKLOG) return;
  source.pause();
  const goOn = () => {
    connection.off('drain', goOn);
    connection.off('close', goOn);
    source.resume();
  };
  connection.on('drain', goOn);
  connection.on('close', goOn);
}
