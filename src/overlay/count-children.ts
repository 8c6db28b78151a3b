import { DIRECTORY, findRow, typeAt, WHITEOUT } from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';

export interface ChildCount {
  /** What is right beneath the directory in this layer, whiteouts apart. */
  readonly entries: number;
  readonly whiteouts: number;
}

/** Undefined when the layer has no such directory. */
export function countChildren({ columns }: LayerIndex, path: string): ChildCount | undefined {
  const directory = findRow(columns, path);
  if (directory === -1 || typeAt(columns, directory) !== DIRECTORY) return undefined;
  let entries = 0;
  let whiteouts = 0;
  const stop = columns.end[directory] ?? 0;
  for (let row = directory + 1; row < stop; row = columns.end[row] ?? stop) {
    if (typeAt(columns, row) === WHITEOUT) whiteouts += 1;
    else entries += 1;
  }
  return { entries, whiteouts };
}
