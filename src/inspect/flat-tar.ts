// What a container or an image shows, all layers together, as one tar: without a mount, so that it works
// for what does not run and for archives too.
import { createHash } from 'node:crypto';
import type { OpenFile, ReadHost } from '../host/host.js';
import { TAR_END, tarHeader, tarPadding } from '../image/tar-writer.js';
import { chainIDs } from '../oci/chain-id.js';
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import { linkMember, tarMember } from '../overlay/layer-tar.js';
import type { MergedTree } from '../overlay/merged-tree.js';
import type { Engine } from '../engines/engine.js';
import { findContent, readContent, type ContentPlace } from './content.js';
import { mergeStack, targetStack, type Stack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

/** In path order; `onProblem` is told of what is left out and of what is odd about the layers. */
export async function* flatTar(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  onProblem: (problem: Problem) => void,
): AsyncGenerator<Buffer> {
  const engine = target.kind === 'container' ? target.engine : target.stored?.engine;
  const read = await targetStack(context, target, { hash: false });
  const stack = engine === undefined ? read : fromDirectories(context.host, engine, read);
  const tree = mergeStack(stack);
  [...stack.problems, ...tree.problems].forEach(onProblem);
  for (let row = 0; row < tree.count; row += 1) {
    yield* entryChunks(context.host, stack, tree, row, onProblem);
  }
  yield TAR_END;
}

/** A file is read sooner from where its layer is unpacked than out of the blob. */
function fromDirectories(host: ReadHost, engine: Engine, stack: Stack): Stack {
  const diffIDs = stack.layers.flatMap(({ diffID }) => (diffID === undefined ? [] : [diffID]));
  const chain = chainIDs(diffIDs);
  const layers = stack.layers.map((layer, at) => {
    const chainID = chain[at];
    if (layer.diffID === undefined || chainID === undefined) return layer;
    const directory = engine.layerDirectory(chainID)?.directory;
    if (directory === undefined || host.findStatus(directory) === undefined) return layer;
    return { ...layer, source: { kind: 'directory', directory, host } as const };
  });
  return { ...stack, layers };
}

async function* entryChunks(
  host: ReadHost,
  stack: Stack,
  tree: MergedTree,
  row: number,
  onProblem: (problem: Problem) => void,
): AsyncGenerator<Buffer> {
  const { entry } = tree.entry(row);
  // Whoever unpacks it would have the directory changed that they unpack into.
  if (entry.path === '/' && isPlainRoot(entry)) return;
  if (entry.type === 'socket') {
    const message = 'left out: a tar has no sockets';
    onProblem({ code: 'tar-socket', message, path: entry.path });
  } else if (entry.hardLinkTo !== undefined) {
    yield tarHeader(linkMember(entry, entry.hardLinkTo));
  } else if (entry.type === 'file') {
    yield* fileChunks(host, entry, findContent(stack, tree, row));
  } else yield tarHeader(tarMember(entry, 0));
}

/** As Docker, which leaves it out always. */
function isPlainRoot({ mode, uid, gid, xattrs }: OrdinaryEntry): boolean {
  return mode === 0o755 && uid === 0 && gid === 0 && xattrs === undefined;
}

async function* fileChunks(
  host: ReadHost,
  entry: OrdinaryEntry,
  place: ContentPlace,
): AsyncGenerator<Buffer> {
  if (place.source.kind === 'directory') {
    const file = host.openBeneath(place.source.directory, place.entry.path);
    try {
      yield* openFileChunks(entry, place, file);
    } finally {
      file.close();
    }
    return;
  }
  yield tarHeader(tarMember(entry, entry.size));
  yield* readContent(place);
  yield tarPadding(entry.size);
}

/** A container that runs writes on: the size is the one that the file has when its turn comes. */
async function* openFileChunks(
  entry: OrdinaryEntry,
  { entry: { sha256 }, layer }: ContentPlace,
  file: OpenFile,
): AsyncGenerator<Buffer> {
  const { size } = file;
  const hash = sha256 === undefined ? undefined : createHash('sha256');
  yield tarHeader(tarMember(entry, size));
  let read = 0;
  for await (const chunk of file.stream({ start: 0, end: size }) as AsyncIterable<Buffer>) {
    read += chunk.length;
    hash?.update(chunk);
    yield chunk;
  }
  const what = `read "${entry.path}" of layer ${layer}`;
  if (read !== size) {
    throw new CutawayError('IN_USE', `${what}: it shrank while it was read`);
  }
  if (hash !== undefined && hash.digest('hex') !== sha256) {
    throw new CutawayError('CORRUPT', `${what}: its content is not what the layer says`, {
      hint: 'the unpacked layer was changed from outside',
      data: { path: entry.path },
    });
  }
  yield tarPadding(size);
}
