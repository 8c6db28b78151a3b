import type { PaxRecord } from './pax.js';
import type { SparseMap } from './tar-sparse.js';

/** `other` is what no file comes of: volume labels, multi-volume and dump records. */
export type TarEntryType =
  'file' | 'link' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo' | 'other';

/**
 * One member of a tar, its extended headers resolved. Buffers may be views of the chunk that is
 * being read: whoever keeps one beyond the call copies it.
 */
export interface TarEntry {
  /** As stored: may be absolute, empty, or have `..` in it. */
  readonly name: Buffer;
  /** Of links and symlinks. */
  readonly linkName: Buffer | undefined;
  readonly type: TarEntryType;
  /** The byte in the header: "0", "5", "\0". */
  readonly typeflag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: Buffer;
  readonly groupName: Buffer;
  /** Bytes of body in the archive, a sparse map in it not counted; 0 for what has no body. */
  readonly size: number;
  /** Bytes of the file, holes included. */
  readonly realSize: number;
  readonly sparse: SparseMap | undefined;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
  readonly major: number;
  readonly minor: number;
  /** Global records first, then its own; later ones win. */
  readonly pax: readonly PaxRecord[];
  /** Of the first header block that belongs to it, its extended headers included. */
  readonly headerOffset: number;
  readonly bodyOffset: number;
  /** All blocks from `headerOffset` to `bodyOffset`, verbatim. */
  readonly header: readonly Buffer[];
  /** Why another reader of this header may see something else; undefined when plain. */
  readonly ambiguity: string | undefined;
}

/** What becomes of a tar as it is read. All calls come in the order of the bytes. */
export interface TarVisitor {
  entry?(entry: TarEntry): void;
  /** Views of the chunk that was pushed; together `size` bytes. */
  body?(bytes: Buffer, entry: TarEntry): void;
  /** The bytes that fill the last block; fewer when the archive ends within them. */
  padding?(bytes: Buffer, entry: TarEntry): void;
  end?(entry: TarEntry): void;
}
