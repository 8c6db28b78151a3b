// Entries and layers for the tests of pure code.
import { baseName, parentPath } from '../../src/image/tar-path.js';
import { ColumnWriter } from '../../src/overlay/column-writer.js';
import type { LayerEntry, OrdinaryEntry } from '../../src/overlay/layer-entry.js';
import { makeLayerIndex, type LayerIndex } from '../../src/overlay/layer-index.js';
import { comparePaths } from '../../src/overlay/path-order.js';
import { sortColumns } from '../../src/overlay/sort-columns.js';

type Fields = Partial<Omit<OrdinaryEntry, 'marker' | 'path'>>;

export function ordinary(path: string, fields: Fields = {}): OrdinaryEntry {
  const base = { type: 'file', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: '0' } as const;
  return { marker: 'ordinary', path, ...base, ...fields };
}

export function directory(path: string, fields: Fields = {}): OrdinaryEntry {
  return ordinary(path, { type: 'directory', mode: 0o755, ...fields });
}

export function whiteout(path: string): LayerEntry {
  return { marker: 'whiteout', path, type: 'whiteout' };
}

/** Parents that are not named are made, as a tar implies them. */
export function layer(...entries: readonly LayerEntry[]): LayerIndex {
  const rows = new ColumnWriter();
  const known = new Map<string, number>();
  const put = (entry: LayerEntry): number => {
    const { path } = entry;
    const parent = parentPath(path);
    const above =
      path === '/' ? 0 : (known.get(parent) ?? put(directory(parent, { implicit: true })));
    const row = rows.append(above, baseName(path), entry);
    known.set(path, row);
    return row;
  };
  for (const entry of [...entries].sort((a, b) => comparePaths(a.path, b.path))) put(entry);
  return makeLayerIndex(sortColumns(rows), { diffID: undefined, size: 0, problems: [] });
}
