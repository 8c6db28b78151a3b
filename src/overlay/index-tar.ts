// One pass over a layer's tar: what it says of every path, the digests of its files and of
// itself, and, for who unpacks it, the part of it that is safe to unpack.
import { createHash } from 'node:crypto';
import { ContentHasher, SparseHasher } from '../image/content-hasher.js';
import { checkLimit, withDefaults, type Limits } from '../image/limits.js';
import type { TarEntry } from '../image/tar-entry.js';
import { TarForwarder, type TarSink } from '../image/tar-forwarder.js';
import { writeTarHeader } from '../image/tar-header-writer.js';
import { BLOCK_SIZE } from '../image/tar-field.js';
import { baseName, canonicalPath, joinPath, parentPath, pathDepth } from '../image/tar-path.js';
import { TarReader } from '../image/tar-reader.js';
import { outOfPlace } from '../image/tar-split.js';
import { decodeName } from '../oci/byte-name.js';
import type { Digest } from '../oci/digest.js';
import type { Problem } from '../oci/problem.js';
import { LayerBuilder, type EntryDraft } from './layer-builder.js';
import type { LayerColumns } from './layer-columns.js';
import type { LayerEntry, OrdinaryEntry } from './layer-entry.js';
import { whyNotMade } from './linux-limits.js';
import { makeLayerIndex, type LayerIndex } from './layer-index.js';
import { readLayerXattrs, type LayerXattrs } from './tar-xattr-filter.js';
import {
  hiddenName,
  isAufsBookkeeping,
  isOpaqueMarker,
  LAYER_WHITEOUT_PREFIX,
} from './whiteout.js';

export interface IndexTarOptions {
  /** Called when all of an entry is read. What has no place in the index is told in `problems`. */
  readonly onEntry?: (entry: LayerEntry, raw: RawEntry) => void;
  /** Receives a tar of those entries alone that are safe to unpack into an empty directory. */
  readonly sink?: TarSink;
  /** Entries that are safe but not wanted (devices, for who may not make them) stay out of it. */
  readonly accept?: (entry: OrdinaryEntry) => boolean;
  /** When the stream already verifies its diffID, it need not be hashed a second time. */
  readonly diffID?: Digest;
  readonly limits?: Partial<Limits>;
  /** Whether files are hashed; default true. */
  readonly hash?: boolean;
}

export interface RawEntry {
  /** It goes to the sink: no name or link of it leads out, and it is no whiteout. */
  readonly safe: boolean;
}

export type TarLayerIndex = LayerIndex & { readonly diffID: Digest };

/** Reads the stream to its end, also beyond the end of the archive in it. */
export async function indexTar(
  chunks: AsyncIterable<Buffer>,
  options: IndexTarOptions = {},
): Promise<TarLayerIndex> {
  const forwarder = options.sink === undefined ? undefined : new TarForwarder(options.sink);
  const indexer = new TarIndexer(options, forwarder);
  const reader = new TarReader(indexer, options);
  const hash = options.diffID === undefined ? createHash('sha256') : undefined;
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    hash?.update(chunk);
    reader.push(chunk);
    await forwarder?.flush();
  }
  reader.finish();
  await forwarder?.end();
  const diffID: Digest = options.diffID ?? `sha256:${hash?.digest('hex') ?? ''}`;
  const { columns, problems } = indexer.finish();
  const told = [...reader.problems, ...problems];
  return makeLayerIndex(columns, { diffID, size, problems: told });
}

/**
 * The same of headers alone: a number stands for so many bytes of a file that are elsewhere. The index has
 * no digests.
 */
export async function indexTarHeaders(
  parts: AsyncIterable<Buffer | number>,
  options: Pick<IndexTarOptions, 'limits'> & { readonly what: string },
): Promise<LayerIndex> {
  const indexer = new TarIndexer({ ...options, hash: false }, undefined);
  const reader = new TarReader(indexer, options);
  let skip = 0;
  for await (const part of parts) {
    if (typeof part === 'number') {
      // What is skipped is the body, which is elsewhere, and its padding, which comes next.
      const skipped = skip === 0 ? reader.skipBody() : 0;
      if (skipped < part || skipped - part >= BLOCK_SIZE) throw outOfPlace(options.what);
      skip = skipped - part;
      continue;
    }
    const left = Math.min(skip, part.length);
    skip -= left;
    reader.push(part.subarray(left));
  }
  reader.finish();
  const { columns, problems } = indexer.finish();
  const told = [...reader.problems, ...problems];
  return makeLayerIndex(columns, { diffID: undefined, size: reader.position, problems: told });
}

interface Current {
  readonly entry: LayerEntry;
  readonly row: number | undefined;
  readonly safe: boolean;
  readonly hasher: ContentHasher | SparseHasher | undefined;
}

class TarIndexer {
  readonly #options: IndexTarOptions;
  readonly #limits: Limits;
  readonly #forwarder: TarForwarder | undefined;
  readonly #builder = new LayerBuilder();
  readonly #problems = this.#builder.problems;
  /** In the index but not in the sink: what links to them cannot be unpacked either. */
  readonly #withheld = new Set<number>();
  #current: Current | undefined;
  #holeBytes = 0;

  constructor(options: IndexTarOptions, forwarder: TarForwarder | undefined) {
    this.#options = options;
    this.#limits = withDefaults(options.limits);
    this.#forwarder = forwarder;
  }

  entry(tar: TarEntry): void {
    this.#current = this.#classify(tar);
  }

  body(bytes: Buffer): void {
    const current = this.#current;
    if (current === undefined) return;
    current.hasher?.update(bytes);
    if (current.safe) this.#forwarder?.write(bytes);
  }

  padding(bytes: Buffer): void {
    if (this.#current?.safe === true) this.#forwarder?.write(bytes);
  }

  end(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    const { entry, row, hasher, safe } = current;
    if (row === undefined || hasher === undefined) {
      this.#options.onEntry?.(entry, { safe });
      return;
    }
    const sha256 = hasher.digest();
    this.#builder.setDigest(row, sha256);
    this.#options.onEntry?.(entry.marker === 'ordinary' ? { ...entry, sha256 } : entry, { safe });
  }

  finish(): { columns: LayerColumns; problems: Problem[] } {
    const columns = this.#builder.finish();
    return { columns, problems: this.#problems };
  }

  /** Undefined for what has no place in the index. */
  #classify(tar: TarEntry): Current | undefined {
    if (tar.type === 'other') return undefined;
    const raw = decodeName(tar.name);
    const path = tar.name.includes(0) ? undefined : canonicalPath(raw);
    if (path === undefined) {
      // A NUL has been told of by the reader.
      const reason = raw === '' ? 'the name is empty' : 'the name leads out of the image';
      if (!tar.name.includes(0)) this.#report('tar-path-escape', `${reason}: left out`, raw);
      return undefined;
    }
    checkLimit(this.#limits, 'depth', pathDepth(path), 'index tar');
    if (baseName(path).startsWith(LAYER_WHITEOUT_PREFIX)) return this.#addMarker(tar, path);
    if (path.includes('/.wh..wh.')) {
      this.#leaveOutAufs(path);
      return undefined;
    }
    if (path === '/' && tar.type !== 'directory') {
      this.#report('tar-root-not-directory', `the root as a ${tar.type}: left out`, path);
      return undefined;
    }
    if (tar.type === 'char' && tar.major === 0 && tar.minor === 0) {
      const message = 'character device 0:0, which overlayfs takes for a whiteout: so it is one';
      this.#report('tar-kernel-whiteout', message, path);
      return this.#addWhiteout(path);
    }
    return this.#addOrdinary(tar, path);
  }

  #addMarker(tar: TarEntry, path: string): Current | undefined {
    const name = baseName(path);
    if (tar.size > 0) {
      this.#report('whiteout-with-content', `${tar.size} bytes that no tool shows`, path);
    }
    if (isOpaqueMarker(name)) {
      this.#builder.addOpaque(parentPath(path));
      return undefined;
    }
    if (isAufsBookkeeping(name)) {
      this.#leaveOutAufs(path);
      return undefined;
    }
    const hidden = hiddenName(name);
    if (hidden !== undefined) return this.#addWhiteout(joinPath(parentPath(path), hidden));
    this.#report('whiteout-invalid', 'a whiteout of nothing that has a name: ignored', path);
    return undefined;
  }

  #addWhiteout(path: string): Current {
    this.#builder.addWhiteout(path);
    const entry: LayerEntry = { marker: 'whiteout', type: 'whiteout', path };
    return { entry, row: undefined, safe: false, hasher: undefined };
  }

  #leaveOutAufs(path: string): void {
    this.#report('aufs-bookkeeping', 'bookkeeping of AUFS, no file: left out', path);
  }

  #addOrdinary(tar: TarEntry, path: string): Current | undefined {
    const target = tar.type === 'link' ? this.#findTarget(tar, path) : undefined;
    if (target === 'none') return undefined;
    const xattrs = this.#readXattrs(tar, path);
    const isLink = target !== undefined && target !== 'missing';
    const isRead = tar.type === 'file' && this.#options.hash !== false;
    const draft = ordinaryDraft(tar, path, xattrs);
    if (tar.type === 'file' && tar.sparse === undefined) draft.offset = tar.bodyOffset;
    const row = isLink ? this.#builder.addLink(path, target) : this.#builder.add(draft);
    // One name can imply hundreds of directories.
    checkLimit(this.#limits, 'entries', this.#builder.count, 'index tar');
    if (row === undefined) return undefined;
    const entry = isLink ? this.#builder.describe(row, path) : draft;
    const safe = this.#canUnpack(row, entry, target) && this.#forwardHeader(tar, entry, xattrs);
    if (!safe) this.#withheld.add(row);
    return { entry, row, safe, hasher: isRead ? this.#hasherFor(tar, path) : undefined };
  }

  #canUnpack(row: number, entry: OrdinaryEntry, target: number | 'missing' | undefined): boolean {
    const reason = this.#builder.isBlocked(row)
      ? 'something else has the place that it would be unpacked to'
      : whyNotMade(entry);
    if (reason !== undefined) {
      this.#report('tar-not-unpacked', reason, entry.path);
      return false;
    }
    return target === undefined || (target !== 'missing' && !this.#withheld.has(target));
  }

  #readXattrs(tar: TarEntry, path: string): LayerXattrs {
    const xattrs = readLayerXattrs(tar);
    if (xattrs.dropped.length > 0) {
      const message = `${xattrs.dropped.join(', ')}: overlayfs's own machinery, left out`;
      this.#report('overlay-xattr', message, path);
    }
    return xattrs;
  }

  /** What a hard link names; 'missing' when it is not in this layer; 'none' to leave out. */
  #findTarget(tar: TarEntry, path: string): number | 'missing' | 'none' {
    const raw = decodeName(tar.linkName ?? Buffer.alloc(0));
    const target = canonicalPath(raw);
    const row = target === undefined ? undefined : this.#builder.find(target);
    if (row === undefined) {
      const message = `hard link to ${JSON.stringify(raw)}, which is not in this layer before it`;
      this.#report('hardlink-target-missing', message, path);
      return 'missing';
    }
    if (target !== path && !this.#builder.isDirectory(row)) return row;
    const reason = target === path ? 'itself' : 'a directory';
    this.#report('hardlink-invalid', `hard link to ${reason}: left out`, path);
    return 'none';
  }

  #hasherFor(tar: TarEntry, path: string): ContentHasher | SparseHasher | undefined {
    const { sparse, size, realSize } = tar;
    if (sparse === undefined) return new ContentHasher(size);
    if (sparse.regions === undefined) return undefined;
    const holes = realSize - size;
    if (this.#holeBytes + holes > this.#limits.holeBytes) {
      const message = `${holes} bytes of holes, beyond the limit holeBytes: no sha256`;
      this.#report('sparse-not-hashed', message, path);
      return undefined;
    }
    this.#holeBytes += holes;
    return new SparseHasher(sparse.regions, realSize);
  }

  /** Whether the entry goes to the sink; its header does so at once. */
  #forwardHeader(tar: TarEntry, entry: OrdinaryEntry, xattrs: LayerXattrs): boolean {
    const isPlain = tar.ambiguity === undefined && !xattrs.isRewritten;
    // A sparse map would have to be written anew as well; nobody makes such by accident.
    if (!isPlain && tar.sparse !== undefined) {
      const reason = tar.ambiguity ?? 'its extended attributes';
      this.#report('tar-not-unpacked', `a sparse file with an odd header: ${reason}`, entry.path);
      return false;
    }
    if (this.#options.accept?.(entry) === false) return false;
    const forwarder = this.#forwarder;
    if (forwarder === undefined) return true;
    if (!isPlain) forwarder.write(writeTarHeader(tar, xattrs.forUnpacking));
    else for (const block of tar.header) forwarder.write(block);
    return true;
  }

  #report(code: string, message: string, path: string): void {
    this.#problems.push({ code, message, path });
  }
}

function ordinaryDraft(tar: TarEntry, path: string, { values }: LayerXattrs): EntryDraft {
  const { userName, groupName } = tar;
  const draft: EntryDraft = {
    marker: 'ordinary',
    path,
    type: tar.type === 'link' || tar.type === 'other' ? 'file' : tar.type,
    // Linux keeps no mode of a symlink, whatever a tar says of it: symlink(7).
    mode: tar.type === 'symlink' ? 0o777 : tar.mode & 0o7777,
    uid: tar.uid,
    gid: tar.gid,
    size: tar.type === 'file' ? tar.realSize : 0,
    mtime: String(tar.mtime),
  };
  if (userName.length > 0) draft.userName = decodeName(userName);
  if (groupName.length > 0) draft.groupName = decodeName(groupName);
  if (tar.type === 'symlink') draft.linkTarget = decodeName(tar.linkName ?? Buffer.alloc(0));
  if (tar.type === 'link') draft.hardLinkTo = missingTarget(tar);
  if (tar.type === 'char' || tar.type === 'block') {
    draft.major = tar.major;
    draft.minor = tar.minor;
  }
  if (values !== undefined) draft.xattrs = values;
  return draft;
}

function missingTarget(tar: TarEntry): string {
  const raw = decodeName(tar.linkName ?? Buffer.alloc(0));
  return canonicalPath(raw) ?? raw;
}
