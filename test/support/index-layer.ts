import { chunksOf } from './build-tar.js';
import { buildLayer, type LayerItem } from './build-image.js';
import { indexTar, type IndexTarOptions, type TarLayerIndex } from '../../src/overlay/index-tar.js';
import type { LayerEntry, OrdinaryEntry } from '../../src/overlay/layer-entry.js';

export function indexOf(bytes: Buffer, options: IndexTarOptions = {}): Promise<TarLayerIndex> {
  return indexTar(chunksOf(bytes, 4096, 100, 65_536), options);
}

export function codes({ problems }: { problems: TarLayerIndex['problems'] }): string[] {
  return problems.map(({ code }) => code);
}

/** "d /etc", "w /etc/gone", "o /opaque": what matters of most entries in most tests. */
export function brief(entries: readonly LayerEntry[]): string[] {
  return entries.map((entry) => {
    if (entry.marker === 'whiteout') return `w ${entry.path}`;
    const letter = entry.opaque === true ? 'o' : entry.type.slice(0, 1);
    return `${letter}${entry.implicit === true ? '?' : ''} ${entry.path}`;
  });
}

export async function briefOf(...items: LayerItem[]): Promise<string[]> {
  return brief((await indexOf(buildLayer(items))).entries);
}

/** What a directory and a tar of it can both say. */
export function comparable(entries: readonly LayerEntry[]): unknown[] {
  return entries
    .filter((entry): entry is OrdinaryEntry => entry.marker === 'ordinary')
    .map((entry) => {
      const { path, type, mode, uid, gid, size, mtime, linkTarget, major, minor, xattrs, sha256 } =
        entry;
      return { path, type, mode, uid, gid, size, mtime, linkTarget, major, minor, xattrs, sha256 };
    });
}
