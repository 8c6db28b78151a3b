import { hardLinkOf, pathOf } from './layer-columns.js';
import type { OrdinaryEntry } from './layer-entry.js';
import type { LayerIndex } from './layer-index.js';
import { comparePaths } from './path-order.js';

export interface LinkLeaders {
  /** The same for all names of one file; its own path for a file with one name. */
  leaderOf(entry: OrdinaryEntry): string;
}

/**
 * A tar calls that name of a file the first which comes first in it, a directory that which sorts first.
 * So that the two can be compared, a file is called by the first in order of those of its names that
 * the other one has, too.
 */
export function linkLeaders(index: LayerIndex, other: LayerIndex): LinkLeaders {
  const names = new Map<string, string[]>();
  for (let row = 0; row < index.count; row += 1) {
    const first = hardLinkOf(index.columns, row);
    if (first === undefined) continue;
    const known = names.get(first) ?? [first];
    known.push(pathOf(index.columns, row));
    names.set(first, known);
  }
  const leaders = new Map<string, string>();
  for (const [first, all] of names) {
    const shared = all.filter((path) => other.find(path)?.marker === 'ordinary').sort(comparePaths);
    leaders.set(first, shared[0] ?? first);
  }
  return { leaderOf: ({ path, hardLinkTo }) => leaders.get(hardLinkTo ?? path) ?? path };
}
