// Seek points as bytes, for a cache that may be deleted at any time. A file that is damaged, of
// another version or of another blob is CORRUPT: the caller collects the points anew.
import { createHash } from 'node:crypto';
import type { Digest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import type { SeekPoint, SeekPoints } from './seek-points.js';

const VERSION = 1;
const MAGIC = Buffer.from('cutaway.seek\0');
const VERSION_AT = 16;
const COUNT_AT = 20;
const DIGEST_LENGTH_AT = 24;
/** sha256 of the header before it and of everything after it. */
const CHECKSUM_AT = 32;
const HEADER = 64;
/** Output, input, length of the window, bits. */
const RECORD = 8 + 8 + 4 + 1;
/** In place of the length of a window that there is not. */
const NO_WINDOW = 0xffff_ffff;

/** Header, the blob's digest, a record for each point, their windows. Numbers are little-endian. */
export function formatSeekPoints({ digest, points }: SeekPoints): Buffer {
  const name = Buffer.from(digest, 'latin1');
  const records = Buffer.alloc(points.length * RECORD);
  for (const [index, { output, input, bits, window }] of points.entries()) {
    const at = index * RECORD;
    records.writeDoubleLE(output, at);
    records.writeDoubleLE(input, at + 8);
    records.writeUInt32LE(window?.length ?? NO_WINDOW, at + 16);
    records.writeUInt8(bits, at + 20);
  }
  const header = Buffer.alloc(HEADER);
  header.set(MAGIC);
  header.writeUInt32LE(VERSION, VERSION_AT);
  header.writeUInt32LE(points.length, COUNT_AT);
  header.writeUInt32LE(name.length, DIGEST_LENGTH_AT);
  const windows = points.flatMap(({ window }) => (window === undefined ? [] : [window]));
  const bytes = Buffer.concat([header, name, records, ...windows]);
  bytes.set(checksum(bytes), CHECKSUM_AT);
  return bytes;
}

/** The points of the blob with this digest. */
export function parseSeekPoints(bytes: Buffer, digest: Digest): SeekPoints {
  if (bytes.length < HEADER || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw damaged('not a file of seek points');
  }
  const version = bytes.readUInt32LE(VERSION_AT);
  if (version !== VERSION) throw damaged(`version ${version}, this program reads ${VERSION}`);
  if (!bytes.subarray(CHECKSUM_AT, HEADER).equals(checksum(bytes))) {
    throw damaged('its checksum does not match');
  }
  const recordsAt = HEADER + bytes.readUInt32LE(DIGEST_LENGTH_AT);
  const named = bytes.toString('latin1', HEADER, recordsAt);
  if (named !== digest) throw damaged(`they are those of ${JSON.stringify(named)}`);
  const windowsAt = recordsAt + bytes.readUInt32LE(COUNT_AT) * RECORD;
  if (windowsAt > bytes.length) throw damaged('it ends early');
  return { digest, points: parseRecords(bytes, recordsAt, windowsAt) };
}

function parseRecords(bytes: Buffer, recordsAt: number, windowsAt: number): SeekPoint[] {
  const points: SeekPoint[] = [];
  let windowAt = windowsAt;
  for (let at = recordsAt; at < windowsAt; at += RECORD) {
    const length = bytes.readUInt32LE(at + 16);
    const end = windowAt + (length === NO_WINDOW ? 0 : length);
    if (end > bytes.length) throw damaged('it ends early');
    points.push({
      output: bytes.readDoubleLE(at),
      input: bytes.readDoubleLE(at + 8),
      bits: bytes.readUInt8(at + 20),
      window: length === NO_WINDOW ? undefined : bytes.subarray(windowAt, end),
    });
    windowAt = end;
  }
  return points;
}

function checksum(bytes: Buffer): Buffer {
  const hash = createHash('sha256').update(bytes.subarray(0, CHECKSUM_AT));
  return hash.update(bytes.subarray(HEADER)).digest();
}

function damaged(cause: string): CutawayError {
  return new CutawayError('CORRUPT', `parse seek points: ${cause}`);
}
