// overlay-layers/layers.json and overlay/ID of containers-storage. Ids and links are checked before
// they become paths.
import type { ReadHost } from '../../host/host.js';
import { chainIDs } from '../../oci/chain-id.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { CutawayError, causeText } from '../../oci/error.js';
import { parseJson, type JsonReader } from '../../oci/json-reader.js';
import type { Problem } from '../../oci/problem.js';
import type { ContainerDirectories, LowerDirectory } from '../engine.js';

export const STORAGE_ID = /^[0-9a-f]{64}$/;
const SHORT_LINK = /^[A-Z0-9]{26}$/;
const LAYERS_LIMIT = 64 << 20;
const MOST_LAYERS = 1000;

export interface StorageLayer {
  readonly id: string;
  /** The store that has it. */
  readonly root: string;
  readonly parent?: string;
  readonly diffID?: Digest;
  readonly blob?: { readonly digest: Digest; readonly size?: number };
}

export interface StorageLayers {
  readonly layers: ReadonlyMap<string, StorageLayer>;
  readonly byChain: ReadonlyMap<Digest, StorageLayer>;
  readonly byDiff: ReadonlyMap<Digest, StorageLayer>;
}

export function readStorageLayers(
  host: ReadHost,
  roots: readonly string[],
  problems: Problem[],
): StorageLayers {
  const layers = new Map<string, StorageLayer>();
  for (const root of roots) {
    for (const name of ['layers.json', 'volatile-layers.json']) {
      const path = `${root}/overlay-layers/${name}`;
      for (const layer of readList(host, path, (one) => toLayer(one, root), problems)) {
        if (!layers.has(layer.id)) layers.set(layer.id, layer);
      }
    }
  }
  return { layers, ...byDigest(layers) };
}

function toLayer(reader: JsonReader, root: string): StorageLayer {
  const parent = reader.get('parent').optionalString();
  const diffID = reader.get('diff-digest').optionalString();
  const digest = reader.get('compressed-diff-digest').optionalString();
  const size = reader.get('compressed-size').optional((value) => value.integer());
  const isKnown = digest !== undefined && isDigest(digest);
  return {
    id: readID(reader.get('id')),
    root,
    ...(parent === undefined || parent === '' ? {} : { parent }),
    ...(diffID !== undefined && isDigest(diffID) ? { diffID } : {}),
    ...(isKnown ? { blob: { digest, ...(size === undefined || size < 0 ? {} : { size }) } } : {}),
  };
}

export function readID(reader: JsonReader): string {
  const id = reader.string();
  return STORAGE_ID.test(id) ? id : reader.fail(`not an id: ${JSON.stringify(id.slice(0, 80))}`);
}

function byDigest(layers: ReadonlyMap<string, StorageLayer>): Omit<StorageLayers, 'layers'> {
  const byChain = new Map<Digest, StorageLayer>();
  const byDiff = new Map<Digest, StorageLayer>();
  const known = new Map<string, Digest | undefined>();
  for (const layer of layers.values()) {
    const { diffID } = layer;
    if (diffID === undefined) continue;
    byDiff.set(diffID, layer);
    const chainID = chainOf(layers, layer, known);
    if (chainID !== undefined && !byChain.has(chainID)) byChain.set(chainID, layer);
  }
  return { byChain, byDiff };
}

/** Undefined where a layer without a diffID is below: that of a container. */
function chainOf(
  layers: ReadonlyMap<string, StorageLayer>,
  top: StorageLayer,
  known: Map<string, Digest | undefined>,
): Digest | undefined {
  const way: StorageLayer[] = [];
  let below: Digest | undefined;
  for (let at: StorageLayer | undefined = top; at !== undefined;) {
    if (known.has(at.id)) {
      below = known.get(at.id);
      if (below === undefined) return undefined;
      break;
    }
    // Until it is known what it is: a circle of parents ends here.
    known.set(at.id, undefined);
    way.push(at);
    const parent: string | undefined = at.parent;
    at = parent === undefined ? undefined : layers.get(parent);
    if (parent !== undefined && at === undefined) return undefined;
  }
  for (const { id, diffID } of way.reverse()) {
    if (diffID === undefined) return undefined;
    below = below === undefined ? diffID : chainIDs([below, diffID])[1];
    known.set(id, below);
  }
  return below;
}

export function unpackedDirectory(host: ReadHost, layer: StorageLayer): LowerDirectory {
  const overlay = `${layer.root}/overlay`;
  const directory = `${overlay}/${layer.id}/diff`;
  try {
    const link = host.readText(`${overlay}/${layer.id}/link`, 4096).trim();
    if (SHORT_LINK.test(link)) return { role: 'layer', directory, link: `${overlay}/l/${link}` };
  } catch {
    // Without it the layer cannot be mounted any more, but its files are there.
  }
  return { role: 'layer', directory };
}

/** `id`: the container's own layer, which is the top of its chain. */
export function containerDirectories(
  host: ReadHost,
  { layers }: StorageLayers,
  id: string,
): ContainerDirectories {
  const own = layers.get(id);
  if (own === undefined) throw new CutawayError('CORRUPT', `its layer ${id} is not there`);
  const below: StorageLayer[] = [];
  for (let parent = own.parent; parent !== undefined;) {
    const layer = layers.get(parent);
    if (layer === undefined) throw new CutawayError('CORRUPT', `the layer ${parent} is not there`);
    if (below.includes(layer) || layer === own || below.length === MOST_LAYERS) {
      throw new CutawayError('CORRUPT', `the parents of layer ${id} do not end`);
    }
    below.push(layer);
    parent = layer.parent;
  }
  const directory = `${own.root}/overlay/${id}`;
  const lower = below.map((layer, at) => ({
    ...unpackedDirectory(host, layer),
    layerIndex: below.length - at,
  }));
  return {
    lower,
    upper: `${directory}/diff`,
    work: `${directory}/work`,
    merged: `${directory}/merged`,
    ...lowerProblems(host, directory, lower),
  };
}

/** What the driver would mount: `lower` has the short links, top first. */
function lowerProblems(
  host: ReadHost,
  directory: string,
  lower: readonly LowerDirectory[],
): { problems?: readonly Problem[] } {
  const path = `${directory}/lower`;
  try {
    const text = host.findStatus(path) === undefined ? '' : host.readText(path, 1 << 16).trim();
    const expected = lower.map(({ link = '' }) => link.slice(link.lastIndexOf('/') - 1));
    // A layer of another store is named by its whole path.
    const short = text.split(':').map((name) => name.slice(name.lastIndexOf('/') - 1));
    if (short.join(':') === expected.join(':')) return {};
    const message = 'the file "lower" names other layers than layers.json';
    return { problems: [{ code: 'lower-disagrees', message, path }] };
  } catch (error) {
    return { problems: [{ code: 'lower-unreadable', message: causeText(error), path }] };
  }
}

/** A JSON array of which each entry is read by itself: one that is damaged hides no other. */
export function readList<One>(
  host: ReadHost,
  path: string,
  read: (reader: JsonReader) => One,
  problems: Problem[],
): One[] {
  if (host.findStatus(path) === undefined) return [];
  const options = { maximumBytes: LAYERS_LIMIT };
  const bytes = host.readFile(path, LAYERS_LIMIT);
  return parseJson(bytes, `"${path}"`, options)
    .list((one) => one)
    .flatMap((one): One[] => {
      try {
        return [read(one)];
      } catch (error) {
        problems.push({ code: 'entry-unreadable', message: causeText(error), path });
        return [];
      }
    });
}
