// Named byte strings in a directory or in a tar: what layouts and archives have in common.
import { type Readable } from 'node:stream';
import type { OpenFile, ReadHost } from '../host/host.js';
import type { Descriptor } from '../oci/descriptor.js';
import { digestAlgorithm, digestHex, type Digest } from '../oci/digest.js';
import { CutawayError, hasCode } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { checkLimit, type Limits } from './limits.js';
import { verifyBytes } from './verify.js';

export interface MemberStore {
  /** `archive "x.tar"`, `layout "dir"`: for messages. */
  readonly what: string;
  readonly problems: readonly Problem[];
  /** Size of a regular file; undefined when there is none of this name. */
  findSize(name: string): number | undefined;
  /** Up to `length` bytes from the start. */
  readHead(name: string, length: number): Buffer;
  /** The bytes from `start` to `end` (exclusive; default all of them). */
  stream(name: string, range?: StreamRange): Readable;
  /** The same; a chunk is good until the next one is asked for. */
  lend?(name: string): AsyncIterable<Buffer>;
  /** Where another thread finds them; undefined when there are none of this name on a disk. */
  locate(name: string): FileRange | undefined;
  close(): void;
}

export interface StreamRange {
  readonly start?: number;
  readonly end?: number;
}

/** A part of a file. */
export interface FileRange {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** Where a layout keeps a blob: image-spec image-layout.md. A digest's grammar makes it safe. */
export function blobName(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

/** The whole of a small member. */
export function readMember(store: MemberStore, name: string, limits: Limits): Buffer {
  const size = getSize(store, name);
  checkLimit(limits, 'documentSize', size, `read ${name} of ${store.what}`);
  const bytes = store.readHead(name, size);
  if (bytes.length === size) return bytes;
  throw new CutawayError('CORRUPT', `read ${name} of ${store.what}: it ends early`);
}

/** A document that a descriptor points at: in the store, or within the descriptor itself. */
export function readBlob(
  store: MemberStore,
  descriptor: Descriptor,
  what: string,
  limits: Limits,
): Buffer {
  const { digest, size } = descriptor;
  const expected = { digest, size, what: `${what} ${digest}` };
  const name = blobName(digest);
  if (store.findSize(name) === undefined && descriptor.data !== undefined) {
    return verifyBytes(Buffer.from(descriptor.data, 'base64'), expected);
  }
  try {
    return verifyBytes(readMember(store, name, limits), expected);
  } catch (error) {
    if (!hasCode(error, 'NOT_FOUND')) throw error;
    throw new CutawayError('NOT_FOUND', `read ${what} ${digest}: not in ${store.what}`, {
      cause: error,
      data: { digest },
    });
  }
}

export function getSize(store: MemberStore, name: string): number {
  const size = store.findSize(name);
  if (size !== undefined) return size;
  throw new CutawayError('NOT_FOUND', `read ${JSON.stringify(name)}: not in ${store.what}`);
}

/** A directory; nothing outside of it is ever read, whatever its links say. */
export function directoryStore(host: ReadHost, path: string): MemberStore {
  const root = host.realPath(path);
  const what = `layout "${path}"`;
  const find = (name: string): string | undefined => {
    const found = host.resolveInRoot(root, name);
    return found !== undefined && host.findStatus(found)?.type === 'file' ? found : undefined;
  };
  const open = (name: string): OpenFile => {
    const found = find(name);
    if (found !== undefined) return host.openFile(found);
    throw new CutawayError('NOT_FOUND', `read ${JSON.stringify(name)}: no such file in ${what}`);
  };
  return {
    what,
    problems: [],
    findSize: (name) => {
      const found = find(name);
      return found === undefined ? undefined : host.findStatus(found)?.size;
    },
    readHead: (name, length) => {
      const file = open(name);
      try {
        return file.read(0, length);
      } finally {
        file.close();
      }
    },
    stream: (name, range) => {
      const file = open(name);
      return closing(file, file.stream(range));
    },
    lend: (name) => lendWhole(open(name)),
    locate: (name) => {
      const file = open(name);
      try {
        const { path, size } = file;
        return path === undefined ? undefined : { path, offset: 0, length: size };
      } finally {
        file.close();
      }
    },
    close: () => undefined,
  };
}

/** One member, whose place another store has told. */
export function locatedStore(
  host: Pick<ReadHost, 'openFile'>,
  what: string,
  { path, offset, length }: FileRange,
): MemberStore {
  return {
    what,
    problems: [],
    findSize: () => length,
    readHead: (_name, wanted) => {
      const file = host.openFile(path);
      try {
        return file.read(offset, Math.min(wanted, length));
      } finally {
        file.close();
      }
    },
    stream: (_name, range) => {
      const file = host.openFile(path);
      return closing(file, file.stream(within({ offset, size: length }, range)));
    },
    lend: () => lendWhole(host.openFile(path), { start: offset, end: offset + length }),
    locate: () => ({ path, offset, length }),
    close: () => undefined,
  };
}

/** A part of a member as a part of the file that has it. */
export function within(
  member: { readonly offset: number; readonly size: number },
  { start = 0, end = member.size }: StreamRange = {},
): { start: number; end: number } {
  const { offset, size } = member;
  return { start: offset + Math.min(start, size), end: offset + Math.min(end, size) };
}

function closing(file: OpenFile, stream: Readable): Readable {
  stream.once('close', () => {
    file.close();
  });
  return stream;
}

/** Closes the file at the end. */
async function* lendWhole(
  file: OpenFile,
  range?: { start: number; end: number },
): AsyncGenerator<Buffer> {
  try {
    yield* lendFrom(file, range);
  } finally {
    file.close();
  }
}

export function lendFrom(
  file: OpenFile,
  range?: { start: number; end: number },
): AsyncIterable<Buffer> {
  return file.lend?.(range) ?? (file.stream(range) as AsyncIterable<Buffer>);
}
