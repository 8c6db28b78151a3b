// The tar that a layer was unpacked from, byte for byte, out of tar-split's record and the files.
import type { OpenFile, ReadHost } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import { canonicalPath } from './tar-path.js';
import type { TarSplitPart } from './tar-split.js';

export interface UnpackedPlace {
  readonly host: ReadHost;
  readonly directory: string;
}

const CHUNK = 512 << 10;

/**
 * A chunk is good until the next one is asked for. Throws for a file that cannot be opened beneath the
 * directory, and CORRUPT for one of another size: no tar with it could have the same digest.
 */
export async function* rebuildTar(
  parts: AsyncIterable<TarSplitPart>,
  place: UnpackedPlace,
): AsyncGenerator<Buffer> {
  for await (const part of parts) {
    if (part.kind === 'segment') yield part.bytes;
    else if (part.size > 0) yield* readPart(part, place);
  }
}

async function* readPart(
  { name, size }: { name: string; size: number },
  place: UnpackedPlace,
): AsyncGenerator<Buffer> {
  const file = openUnpacked(place, name);
  try {
    if (file.size !== size) {
      const message = `rebuild tar: "${name}" has ${file.size} bytes instead of ${size}`;
      throw new CutawayError('CORRUPT', message);
    }
    yield* chunksOf(file);
  } finally {
    file.close();
  }
}

/** By a name of the tar; no link on the way is followed, and only a regular file is opened. */
export function openUnpacked({ host, directory }: UnpackedPlace, name: string): OpenFile {
  const path = canonicalPath(name);
  if (path !== undefined) return host.openBeneath(directory, path);
  throw new CutawayError('CORRUPT', `rebuild tar: the name "${name}" leads out of the layer`);
}

/** All of a file; a chunk is good until the next one is asked for. */
export async function* chunksOf(file: OpenFile): AsyncGenerator<Buffer> {
  if (file.size <= CHUNK || file.lend === undefined) {
    for (let at = 0; at < file.size;) {
      const bytes = file.read(at, Math.min(CHUNK, file.size - at));
      if (bytes.length === 0) return;
      at += bytes.length;
      yield bytes;
    }
  } else yield* file.lend();
}
