// Layers of archives and layouts that were read before, in `seen/` of the store. The name of a
// record is made of all that tells a file from what it was: device, inode, size, both times and
// where in it the layer lies, as git's index does it; that of a layer in a registry of its digest,
// which can only stand for the same bytes. What was verified then is not verified again; `--no-cache`
// reads all anew. It is a cache, free to be deleted at any time.
import { createHash } from 'node:crypto';
import type { Host } from '../../host/host.js';
import type { ImageLayer } from '../../image/image.js';
import { formatSeekPoints, parseSeekPoints } from '../../image/seek-points-file.js';
import type { SeekPoints } from '../../image/seek-points.js';
import { CutawayError } from '../../oci/error.js';
import { formatIndexFile, parseIndexFile } from '../../overlay/index-file.js';
import type { IndexedLayer } from '../../overlay/index-layer.js';
import type { LayerMemory, RememberedSummary } from '../../overlay/layer-memory.js';
import { summarizeLayer } from '../../overlay/layer-summary.js';

/** What was written a moment ago may be written again within the same tick of the clock. */
const SETTLED_NANOSECONDS = 2_000_000_000n;
/** Below this, reading again is as fast. */
const LEAST_BYTES = 1 << 20;
const RECORD_LIMIT = 1 << 30;

export function seenLayers(host: Host, dataRoot: string): LayerMemory {
  const directory = `${dataRoot}/seen`;
  const place = (key: string): string => `${directory}/${key}`;
  const findSummary = (layer: ImageLayer): RememberedSummary | undefined => {
    const key = recordKey(host, layer);
    if (key === undefined) return undefined;
    return attempt(() => JSON.parse(host.readText(`${place(key)}.json`)) as RememberedSummary);
  };
  const findSeekPoints = (layer: ImageLayer): SeekPoints | undefined => {
    const key = recordKey(host, layer);
    if (key === undefined) return undefined;
    const { digest } = layer.descriptor;
    const read = () => host.readFile(`${place(key)}.points`, RECORD_LIMIT);
    return attempt(() => parseSeekPoints(read(), digest));
  };
  return {
    findSummary,
    findSeekPoints,
    find(layer) {
      const known = findSummary(layer);
      const key = recordKey(host, layer);
      if (known === undefined || key === undefined) return undefined;
      const read = () => host.readFile(`${place(key)}.index`, RECORD_LIMIT);
      const index = attempt(() => parseIndexFile(read()));
      if (index === undefined || index.diffID !== layer.diffID) return undefined;
      return { index, problems: known.problems, seekPoints: undefined };
    },
    watch(layer) {
      const before = recordKey(host, layer);
      return (read) => {
        const key = recordKey(host, layer);
        if (key === undefined || key !== before || !isSettled(host, layer)) return;
        // Where nothing can be written, the next look reads the layer again.
        attempt(() => {
          keep(host, directory, place(key), read);
        });
      };
    },
  };
}

/** The summary comes last: it says that the others are there. */
function keep(host: Host, directory: string, path: string, read: IndexedLayer): void {
  const { index, problems, seekPoints } = read;
  host.createDirectory(directory, { mode: 0o700, parents: true });
  host.writeFileAtomic(`${path}.index`, formatIndexFile(index), 0o600);
  if (seekPoints !== undefined) {
    host.writeFileAtomic(`${path}.points`, formatSeekPoints(seekPoints), 0o600);
  }
  const record: RememberedSummary = { summary: summarizeLayer(index), problems };
  host.writeFileAtomic(`${path}.json`, `${JSON.stringify(record)}\n`, 0o600);
}

/** Undefined for a layer that is in memory only, or not worth it. */
function recordKey(host: Host, layer: ImageLayer): string | undefined {
  const { digest, mediaType } = layer.descriptor;
  if (layer.isAddressed === true) return hashed(['digest', digest, mediaType, layer.diffID]);
  const location = layer.location();
  if (location === undefined || location.file.length < LEAST_BYTES) return undefined;
  const { path, offset, length } = location.file;
  const status = host.findStatus(path);
  if (status === undefined) return undefined;
  const { device, inode, size, mtime, ctime } = status;
  const facts = [device, inode, size, mtime, ctime, offset, length].map(String);
  return hashed([...facts, digest, mediaType, layer.diffID]);
}

function hashed(facts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

function isSettled(host: Host, layer: ImageLayer): boolean {
  if (layer.isAddressed === true) return true;
  const path = layer.location()?.file.path;
  const status = path === undefined ? undefined : host.findStatus(path);
  return (
    status !== undefined && BigInt(host.now()) * 1_000_000n - status.ctime > SETTLED_NANOSECONDS
  );
}

/** Undefined when the cache has not what is wanted, is damaged, or may not be used. */
function attempt<Value>(operation: () => Value): Value | undefined {
  try {
    return operation();
  } catch (error) {
    if (error instanceof CutawayError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
