// Entries and layers for the tests of pure code.
import type { LayerEntry, LayerIndex, OrdinaryEntry } from '../../src/overlay/layer-index.js';
import { comparePaths } from '../../src/overlay/layer-index.js';

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

export function layer(...entries: readonly LayerEntry[]): LayerIndex {
  const sorted = [...entries].sort((a, b) => comparePaths(a.path, b.path));
  return { diffID: undefined, size: 0, entries: sorted, problems: [] };
}
