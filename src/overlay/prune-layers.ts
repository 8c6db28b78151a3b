// Layers with nothing in them but what decides the fate of one path: its own entry, the directories
// it is in, and where renamed directories lead. Merging them costs next to nothing and goes by the
// rules of all merging.
import { baseName, parentPath } from '../image/tar-path.js';
import { ColumnWriter } from './column-writer.js';
import type { LayerEntry, OrdinaryEntry } from './layer-entry.js';
import { makeLayerIndex, type LayerIndex } from './layer-index.js';
import { sortColumns } from './sort-columns.js';

/** The same number of layers, in the same order. */
export function pruneLayers(layers: readonly LayerIndex[], path: string): LayerIndex[] {
  const paths = relevantPaths(layers, path);
  return layers.map((layer) => pruneLayer(layer, paths));
}

/** "/", "/a", "/a/b" of "/a/b": parents first. */
export function pathAndParents(path: string): string[] {
  if (path === '/') return ['/'];
  return [...pathAndParents(parentPath(path)), path];
}

/** The path, and what it is called in layers below a rename; each with its parents. */
function relevantPaths(layers: readonly LayerIndex[], path: string): ReadonlySet<string> {
  const relevant = new Set<string>();
  const names = [path];
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const chain = pathAndParents(name);
    if (relevant.has(name) && chain.every((part) => relevant.has(part))) continue;
    for (const part of chain) relevant.add(part);
    for (const layer of layers) {
      for (const part of chain) names.push(...formerName(layer, part, name));
    }
  }
  return relevant;
}

/** Where the layers below have `name` when `layer` has renamed the directory `part` of it. */
function formerName(layer: LayerIndex, part: string, name: string): string[] {
  const entry = layer.find(part);
  if (entry?.marker !== 'ordinary' || entry.redirect === undefined) return [];
  const { redirect } = entry;
  const parent = parentPath(part) === '/' ? '' : parentPath(part);
  const former = redirect.startsWith('/') ? redirect : `${parent}/${redirect}`;
  const parts = `${former}${name.slice(part.length)}`.split('/').filter((text) => text !== '');
  return parts.includes('..') ? [] : [`/${parts.join('/')}`];
}

function pruneLayer(layer: LayerIndex, paths: ReadonlySet<string>): LayerIndex {
  const writer = new ColumnWriter();
  const rows = new Map<string, number>();
  for (const path of [...paths].sort((a, b) => a.length - b.length)) {
    const entry = layer.find(path);
    const parent = path === '/' ? 0 : rows.get(parentPath(path));
    if (entry === undefined || parent === undefined) continue;
    rows.set(path, writer.append(parent, path === '/' ? '' : baseName(path), alone(entry)));
  }
  const { diffID, size } = layer;
  return makeLayerIndex(sortColumns(writer), { diffID, size, problems: [] });
}

/** Its other names are not here. */
function alone(entry: LayerEntry): LayerEntry {
  if (entry.marker === 'whiteout' || entry.hardLinkTo === undefined) return entry;
  const copy: { -readonly [Key in keyof OrdinaryEntry]: OrdinaryEntry[Key] } = { ...entry };
  delete copy.hardLinkTo;
  return copy;
}
