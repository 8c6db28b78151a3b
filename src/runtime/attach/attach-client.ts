// Attached to a container, on the side of whoever is: his terminal or pipes over one connection.
import type { Duplex } from 'node:stream';
import type { TerminalSize } from '../../host/host.js';
import { CutawayError } from '../../oci/error.js';
import { detachScanner } from './detach-keys.js';
import { encodeFrame, frameReader, jsonFrame, type Ending, type Frame } from './frame.js';

export interface AttachStreams {
  /** Undefined: nothing is typed. */
  readonly stdin: NodeJS.ReadableStream | undefined;
  readonly write: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
}

export interface AttachOptions {
  /** What lets go of the container; undefined: nothing does. */
  readonly detachKeys: Buffer | undefined;
}

export interface Attached {
  /** How the container ended, or `detached` when the user has let go of it. */
  readonly outcome: Promise<Ending | 'detached'>;
  resize(size: TerminalSize): void;
  signal(number: number): void;
}

export function attachTo(
  connection: Duplex,
  { stdin, write }: AttachStreams,
  { detachKeys }: AttachOptions,
): Attached {
  let settle: (outcome: Ending | 'detached' | Error) => void = () => undefined;
  const outcome = new Promise<Ending | 'detached'>((resolve, reject) => {
    settle = (value) => {
      if (value instanceof Error) reject(value);
      else resolve(value);
    };
  });
  connection.on('error', () => connection.destroy());
  connection.on('close', () => {
    settle(new CutawayError('UNAVAILABLE', 'attach: the supervisor of the container is gone'));
  });
  connection.write(jsonFrame('hello', { output: true }));
  const read = frameReader();
  const take = ({ kind, payload }: Frame) => {
    if (kind === 'stdout' || kind === 'stderr') write(kind, payload);
    else if (kind === 'end') settle(JSON.parse(payload.toString()) as Ending);
  };
  connection.on('data', (chunk: Buffer) => {
    try {
      read(chunk).forEach(take);
    } catch {
      connection.destroy();
    }
  });
  if (stdin !== undefined) {
    sendInput(stdin, connection, detachKeys, () => {
      settle('detached');
      connection.destroy();
    });
  }
  return {
    outcome,
    resize: (size) => connection.write(jsonFrame('resize', size)),
    signal: (number) => connection.write(encodeFrame('signal', Buffer.from(String(number)))),
  };
}

const PIECE = 16 << 10;

function sendInput(
  stdin: NodeJS.ReadableStream,
  connection: Duplex,
  detachKeys: Buffer | undefined,
  onDetach: () => void,
): void {
  const scan = detachScanner(detachKeys);
  stdin.on('data', (chunk: Buffer) => {
    const { pass, detached } = scan(chunk);
    for (let at = 0; at < pass.length; at += PIECE) {
      const hasRoom = connection.write(encodeFrame('input', pass.subarray(at, at + PIECE)));
      if (!hasRoom) stdin.pause();
    }
    if (detached) onDetach();
  });
  connection.on('drain', () => stdin.resume());
  stdin.on('end', () => {
    if (!connection.destroyed) connection.write(encodeFrame('endOfInput'));
  });
  stdin.on('error', () => undefined);
}
