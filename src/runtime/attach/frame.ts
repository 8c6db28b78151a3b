// What goes over a container's socket between its supervisor and those attached to it.
// This file: the form. One byte of kind, four of length (little end first), the bytes.
import { CutawayError } from '../../oci/error.js';

/** Towards the container: the first five. */
const KINDS = [
  /** JSON of `Hello`; the first frame. */
  'hello',
  'input',
  'endOfInput',
  /** JSON of a `TerminalSize`. */
  'resize',
  /** A number as text. */
  'signal',
  'stdout',
  'stderr',
  /** JSON of `Ending`; the last frame. */
  'end',
] as const;
export type FrameKind = (typeof KINDS)[number];

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
}

export interface Hello {
  /** Whether it wants what the container prints. */
  readonly output: boolean;
}

/** How the program ended: with a status, or why nobody knows it. */
export interface Ending {
  readonly exitCode?: number;
  readonly error?: string;
  /** The kernel killed for its memory limit. */
  readonly oomKilled?: true;
}

const HEADER = 5;
const MOST = 1 << 20;
const NOTHING = Buffer.alloc(0);

export function encodeFrame(kind: FrameKind, payload: Buffer = NOTHING): Buffer {
  const header = Buffer.allocUnsafe(HEADER);
  header.writeUInt8(KINDS.indexOf(kind), 0);
  header.writeUInt32LE(payload.length, 1);
  return Buffer.concat([header, payload]);
}

export function jsonFrame(kind: FrameKind, value: Hello | Ending | object): Buffer {
  return encodeFrame(kind, Buffer.from(JSON.stringify(value)));
}

/** Gathers the frames of a stream. Throws CORRUPT for what is none. */
export function frameReader(): (chunk: Buffer) => Frame[] {
  let rest: Buffer = NOTHING;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (rest.length - at >= HEADER) {
      const kind = KINDS[rest.readUInt8(at)];
      const length = rest.readUInt32LE(at + 1);
      if (kind === undefined || length > MOST) {
        throw new CutawayError('CORRUPT', 'read the socket of a container: not a frame');
      }
      if (rest.length - at - HEADER < length) break;
      frames.push({ kind, payload: rest.subarray(at + HEADER, at + HEADER + length) });
      at += HEADER + length;
    }
    rest = rest.subarray(at);
    return frames;
  };
}
