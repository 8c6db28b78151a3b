// Which paths of a lower layer it takes to say what an upper one changed. Of a large layer these are
// few, and a directory on a disk can be asked for them one by one.
import { hasFlag, nameOf, OPAQUE, typeAt, WHITEOUT, DIRECTORY } from './layer-columns.js';
import type { LayerIndex } from './layer-index.js';

/** A name that is looked up, and what is looked up beneath it. */
export interface PathChoice {
  readonly children: ReadonlyMap<string, PathChoice>;
  /** All that is beneath it: it is deleted, or hidden by an opaque directory. */
  readonly whole: boolean;
}

interface Node extends PathChoice {
  readonly children: Map<string, Node>;
}

/** Undefined where `upper` points into other places of the layers below: then all of them count. */
export function choosePaths({ columns }: LayerIndex): PathChoice | undefined {
  for (const { redirect, metacopy } of columns.rare.values()) {
    if (redirect !== undefined || metacopy === true) return undefined;
  }
  const nodes: Node[] = [{ children: new Map(), whole: false }];
  for (let row = 1; row < columns.count; row += 1) {
    const parent = nodes[columns.parent[row] ?? 0];
    const type = typeAt(columns, row);
    const isHiding = type === DIRECTORY && hasFlag(columns, row, OPAQUE);
    const node: Node = { children: new Map(), whole: type === WHITEOUT || isHiding };
    nodes.push(node);
    parent?.children.set(nameOf(columns, row), node);
  }
  return nodes[0] ?? { children: new Map(), whole: false };
}
