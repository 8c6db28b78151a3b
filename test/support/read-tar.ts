import { createHash } from 'node:crypto';
import type { TarEntry } from '../../src/image/tar-entry.js';
import { TarReader, type TarReaderOptions } from '../../src/image/tar-reader.js';
import { decodeName } from '../../src/oci/byte-name.js';
import type { Problem } from '../../src/oci/problem.js';

/** An entry without views of chunks, and what came with it. */
export interface ReadEntry {
  readonly name: string;
  readonly linkName: string | undefined;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly groupName: string;
  readonly size: number;
  readonly realSize: number;
  readonly sparse: TarEntry['sparse'];
  readonly mtime: bigint;
  readonly major: number;
  readonly minor: number;
  readonly pax: readonly (readonly [string, string])[];
  readonly headerOffset: number;
  readonly bodyOffset: number;
  readonly ambiguity: string | undefined;
  /** Of the body as stored. */
  readonly sha256: string;
  /** Header, body and padding, verbatim. */
  readonly raw: Buffer;
}

export interface ReadTar {
  readonly entries: readonly ReadEntry[];
  readonly problems: readonly Problem[];
}

/** Reads `bytes` in pieces whose sizes come by turns; by default in one. */
export function readTar(
  bytes: Buffer,
  sizes: readonly number[] = [],
  options: TarReaderOptions = {},
): ReadTar {
  const entries: ReadEntry[] = [];
  let raw: Buffer[] = [];
  let hash = createHash('sha256');
  const reader = new TarReader(
    {
      entry: (entry) => {
        raw = entry.header.map((block) => Buffer.from(block));
        hash = createHash('sha256');
      },
      body: (part) => {
        hash.update(part);
        raw.push(Buffer.from(part));
      },
      padding: (part) => raw.push(Buffer.from(part)),
      end: (entry) => entries.push(plain(entry, hash.digest('hex'), Buffer.concat(raw))),
    },
    options,
  );
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    // A copy of its own, wiped afterwards: a view kept too long would show.
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    reader.push(chunk);
    at += size;
  }
  reader.finish();
  return { entries, problems: reader.problems };
}

function plain(entry: TarEntry, sha256: string, raw: Buffer): ReadEntry {
  const { linkName, pax, userName, groupName } = entry;
  const { type, mode, uid, gid, size, realSize, sparse, mtime, major, minor } = entry;
  const { headerOffset, bodyOffset, ambiguity } = entry;
  return {
    name: decodeName(entry.name),
    linkName: linkName === undefined ? undefined : decodeName(linkName),
    userName: decodeName(userName),
    groupName: decodeName(groupName),
    pax: pax.map(({ key, value }) => [key, value.toString('latin1')] as const),
    ...{ type, mode, uid, gid, size, realSize, sparse, mtime, major, minor },
    ...{ headerOffset, bodyOffset, ambiguity, sha256, raw },
  };
}

/** The error that `run` throws, or undefined. */
export function thrown(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
