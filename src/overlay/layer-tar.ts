// The tar of a layer (image-spec layer.md) from what a directory on a disk says: layer whiteouts for
// kernel whiteouts, `.wh..wh..opq` for opaque directories, the first name of a file with its bytes and
// the others as hard links. Entries come in path order, and the same entries give the same bytes.
import type { OpenFile } from '../host/host.js';
import { TAR_END, tarHeader, tarPadding, type TarMember } from '../image/tar-writer.js';
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import type { LayerEntry, OrdinaryEntry } from './layer-entry.js';
import { LAYER_WHITEOUT_PREFIX, OPAQUE_MARKER, parseOverlayXattr } from './whiteout.js';

/** One entry of the layer to be, under the path that it has there. */
export interface LayerItem {
  readonly entry: LayerEntry;
  /** Opens the bytes of a file; absent for what has none. The writer closes it. */
  readonly open?: () => OpenFile;
}

export interface LayerTarOptions {
  /** Told of what a layer cannot say and is left out. */
  readonly onProblem?: (problem: Problem) => void;
}

/** In chunks; nothing at all for a layer of no entries but its end. */
export async function* layerTar(
  items: Iterable<LayerItem>,
  { onProblem = () => undefined }: LayerTarOptions = {},
): AsyncGenerator<Buffer> {
  /** First name of each file in this layer, by the name that is first to whoever made the items. */
  const firsts = new Map<string, string>();
  let skipped: string | undefined;
  for (const item of items) {
    const { entry } = item;
    if (skipped !== undefined && entry.path.startsWith(skipped)) continue;
    const reason = whyNoEntry(entry);
    if (reason !== undefined) {
      onProblem({ ...reason, path: entry.path });
      skipped = `${entry.path}/`;
      continue;
    }
    if (entry.marker === 'whiteout') yield tarHeader(marker(whiteoutName(entry.path)));
    else yield* ordinary(item, entry, firsts);
  }
  yield TAR_END;
}

/** A layer has no way to say it. */
function whyNoEntry(entry: LayerEntry): Omit<Problem, 'path'> | undefined {
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  if (name.startsWith(LAYER_WHITEOUT_PREFIX)) {
    const message = 'left out: in a layer its name would delete another file';
    return { code: 'layer-whiteout-name', message };
  }
  if (entry.type !== 'socket') return undefined;
  return { code: 'layer-socket', message: 'left out: a tar has no sockets' };
}

async function* ordinary(
  { open }: LayerItem,
  entry: OrdinaryEntry,
  firsts: Map<string, string>,
): AsyncGenerator<Buffer> {
  if (entry.type !== 'file') {
    const first = linkedTo(entry, firsts);
    yield tarHeader(first === undefined ? tarMember(entry, 0) : linkMember(entry, first));
    if (entry.opaque === true) {
      const directory = entry.path === '/' ? '' : entry.path;
      yield tarHeader(marker(`${directory}/${OPAQUE_MARKER}`));
    }
    return;
  }
  const first = linkedTo(entry, firsts);
  if (first !== undefined) yield tarHeader(linkMember(entry, first));
  else if (open === undefined) yield tarHeader(tarMember(entry, 0));
  else yield* fileMember(entry, open());
}

/** The name in this layer that another name of the same file has; undefined for the first. */
function linkedTo(entry: OrdinaryEntry, firsts: Map<string, string>): string | undefined {
  if (entry.type === 'directory') return undefined;
  const file = entry.hardLinkTo ?? entry.path;
  const first = firsts.get(file);
  if (first === undefined) firsts.set(file, entry.path);
  return first;
}

/** The size is that of the open file: since it was listed it may have grown. */
async function* fileMember(entry: OrdinaryEntry, file: OpenFile): AsyncGenerator<Buffer> {
  try {
    const { size } = file;
    yield tarHeader(tarMember(entry, size));
    let read = 0;
    for await (const chunk of file.stream({ start: 0, end: size }) as AsyncIterable<Buffer>) {
      read += chunk.length;
      yield chunk;
    }
    if (read !== size) {
      const change = `it shrank from ${size} to ${read} bytes while it was read`;
      throw new CutawayError('IN_USE', `read "${entry.path}": ${change}`, {
        hint: 'let nobody write to it meanwhile',
        data: { path: entry.path },
      });
    }
    yield tarPadding(size);
  } finally {
    file.close();
  }
}

/** How an entry stands in a tar, with a body of `size` bytes. */
export function tarMember(entry: OrdinaryEntry, size: number): TarMember {
  const { path, type, mode, uid, gid, mtime, linkTarget, major, minor, xattrs } = entry;
  if (type === 'socket') throw new RangeError(`no socket in a tar: ${path}`);
  return {
    name: type === 'directory' ? `${tarName(path)}/` : tarName(path),
    ...{ type, mode, uid, gid, size },
    mtime: BigInt(mtime),
    ...(linkTarget === undefined ? {} : { linkName: linkTarget }),
    ...(major === undefined ? {} : { major }),
    ...(minor === undefined ? {} : { minor }),
    ...(xattrs === undefined ? {} : { xattrs: storedXattrs(xattrs) }),
  };
}

/**
 * Another name of a file. It says all that the first name says: Docker changes the owner of a link when
 * it has made it, which takes the file's capabilities away, unless the link says them again.
 */
export function linkMember(entry: OrdinaryEntry, first: string): TarMember {
  const { path, mode, uid, gid, mtime, xattrs } = entry;
  return {
    ...{ name: tarName(path), type: 'link', mode, uid, gid },
    mtime: BigInt(mtime),
    linkName: tarName(first),
    ...(xattrs === undefined ? {} : { xattrs: storedXattrs(xattrs) }),
  };
}

/** Relative, as every reader takes it; the root is "." and with the slash of a directory "./". */
function tarName(path: string): string {
  return path === '/' ? '.' : path.slice(1);
}

/** image-spec layer.md#whiteouts: an empty file. Docker gives it the same mode. */
function marker(path: string): TarMember {
  return { name: path.slice(1), type: 'file', mode: 0o600 };
}

function whiteoutName(path: string): string {
  const at = path.lastIndexOf('/') + 1;
  return `${path.slice(0, at)}${LAYER_WHITEOUT_PREFIX}${path.slice(at)}`;
}

/**
 * A file's own attribute that is called as overlayfs's are goes under its escaped name, so that
 * whoever unpacks the layer does not make machinery of it (overlayfs.rst, "nesting overlayfs mounts").
 */
function storedXattrs(xattrs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(xattrs).map(([name, value]) => [
      parseOverlayXattr(name) === undefined ? name : name.replace('overlay.', 'overlay.overlay.'),
      value,
    ]),
  );
}
