// Stacks of layers as plain lists, and what becomes of each entry by the definition: for each entry
// every layer above it is asked in turn. Nothing of it is shared with what it judges.
import { parentPath } from '../../src/image/tar-path.js';
import type { LayerEntry, OrdinaryEntry } from '../../src/overlay/layer-entry.js';
import { directory, ordinary, whiteout } from './entries.js';
import type { Random } from './oracle/random.js';

export type RawLayer = ReadonlyMap<string, LayerEntry>;

export interface Lost {
  readonly path: string;
  readonly layer: number;
  readonly fate: string;
  readonly goneIn: number;
  readonly by: string;
}

function parents(path: string): string[] {
  return path === '/' ? [] : [...parents(parentPath(path)), parentPath(path)];
}

/** The path of the layer that takes away what lower layers have at `path`, and how. */
function takes(
  layer: RawLayer,
  path: string,
  type: string,
): [fate: string, by: string] | undefined {
  const own = layer.get(path);
  if (own?.marker === 'whiteout') return ['deleted', path];
  if (own !== undefined && own.type !== type) return ['replaced', path];
  if (own !== undefined && type !== 'directory') return ['overwritten', path];
  for (const parent of parents(path)) {
    const entry = layer.get(parent);
    if (entry === undefined) continue;
    if (entry.marker === 'whiteout') return ['deleted', parent];
    if (entry.type !== 'directory') return ['replaced', parent];
    if (entry.opaque === true && parent !== '/') return ['hidden', parent];
  }
  return undefined;
}

/** What lower layers have that is not there at the end, by path, then by layer. */
export function lostEntries(layers: readonly RawLayer[]): Lost[] {
  const lost = layers.flatMap((layer, rank) =>
    [...layer.values()].flatMap((entry): Lost[] => {
      if (entry.marker === 'whiteout' || entry.implicit === true) return [];
      for (let above = rank + 1; above < layers.length; above += 1) {
        const taken = takes(layers[above] ?? new Map<string, LayerEntry>(), entry.path, entry.type);
        if (taken === undefined) continue;
        const [fate, by] = taken;
        return [{ path: entry.path, layer: rank + 1, fate, goneIn: above + 1, by }];
      }
      return [];
    }),
  );
  return lost.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.layer - b.layer));
}

/** The files that are there at the end, by putting one layer after the other into a map. */
export function visibleFiles(layers: readonly RawLayer[]): Map<string, [number, OrdinaryEntry]> {
  const files = new Map<string, [number, OrdinaryEntry]>();
  const clear = (path: string) => {
    for (const name of [...files.keys()]) if (name.startsWith(`${path}/`)) files.delete(name);
  };
  for (const [rank, layer] of layers.entries()) {
    for (const entry of layer.values()) {
      if (entry.path === '/') continue;
      if (entry.type !== 'directory' || entry.opaque === true) clear(entry.path);
      files.delete(entry.path);
    }
    for (const entry of layer.values()) {
      if (entry.marker === 'ordinary' && entry.type === 'file')
        files.set(entry.path, [rank + 1, entry]);
    }
  }
  return files;
}

const NAMES = ['a', 'b', 'c', 'a.b'];

/** Small, so that layers meet on the same paths. */
export function randomLayer(random: Random): LayerEntry[] {
  const entries = new Map<string, LayerEntry>();
  const fill = (parent: string, depth: number, isOpaque: boolean) => {
    for (const name of NAMES) {
      if (!random.chance(0.5)) continue;
      const path = `${parent}/${name}`;
      const kind = random.below(10);
      if (kind < 2 && !isOpaque) entries.set(path, whiteout(path));
      else if (kind < 6 && depth < 3) {
        const opaque = random.chance(0.2);
        entries.set(path, directory(path, opaque ? { opaque } : {}));
        fill(path, depth + 1, isOpaque || opaque);
      } else if (kind < 7) entries.set(path, ordinary(path, { type: 'symlink', linkTarget: name }));
      else entries.set(path, randomFile(random, path, entries));
    }
  };
  fill('', 1, false);
  return [...entries.values()];
}

function randomFile(
  random: Random,
  path: string,
  entries: ReadonlyMap<string, LayerEntry>,
): OrdinaryEntry {
  const size = random.below(100);
  const fields = { size, sha256: size.toString(16).padStart(64, '0') };
  const first = [...entries.values()].find(
    (entry) =>
      entry.marker === 'ordinary' && entry.type === 'file' && entry.hardLinkTo === undefined,
  );
  if (first?.marker !== 'ordinary' || !random.chance(0.15)) return ordinary(path, fields);
  return { ...first, path, hardLinkTo: first.path };
}

export function rawLayer(entries: readonly LayerEntry[]): RawLayer {
  return new Map(entries.map((entry) => [entry.path, entry]));
}
