import type { TarEntry } from '../image/tar-entry.js';
import { readTarXattrs } from '../image/tar-xattr.js';
import { parseOverlayXattr } from './whiteout.js';

export interface LayerXattrs {
  /** As in a LayerEntry: base64, sorted by name; undefined when there are none. */
  readonly values: Readonly<Record<string, string>> | undefined;
  /** What may be set on the unpacked file, under the names it is stored by. */
  readonly forUnpacking: ReadonlyMap<string, Buffer>;
  /** `forUnpacking` is not what GNU tar would set by the entry's own header. */
  readonly isRewritten: boolean;
  /** Names of overlayfs's machinery: a layer that came from elsewhere has no business with it. */
  readonly dropped: readonly string[];
}

const NONE: LayerXattrs = {
  values: undefined,
  forUnpacking: new Map(),
  isRewritten: false,
  dropped: [],
};

/** The attributes of a tar entry, without those that would redirect or hide on a mounted layer. */
export function readLayerXattrs(tar: TarEntry): LayerXattrs {
  const { values, isForLibarchiveAlone } = readTarXattrs(tar);
  if (values.size === 0) return NONE;
  const forUnpacking = new Map<string, Buffer>();
  const named: [string, string][] = [];
  const dropped: string[] = [];
  for (const [stored, value] of values) {
    const special = parseOverlayXattr(stored);
    if (special?.kind === 'machinery') {
      dropped.push(stored);
      continue;
    }
    forUnpacking.set(stored, value);
    named.push([special?.name ?? stored, value.toString('base64')]);
  }
  named.sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    values: named.length === 0 ? undefined : Object.fromEntries(named),
    forUnpacking,
    isRewritten: isForLibarchiveAlone || dropped.length > 0,
    dropped,
  };
}
