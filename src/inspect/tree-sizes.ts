// How many bytes are beneath each directory, a file with several names there counted once.

export interface SizedNode {
  /** Position of the directory that it is in; -1 for the first. Parents come first. */
  readonly parent: number;
  /** Bytes of a file that counts; else undefined. */
  readonly size: number | undefined;
  /** The same for all names of one file; undefined for a file with one name. */
  readonly file: string | undefined;
}

/**
 * Each name adds its size to all directories above it; where two names of a file have a directory
 * in common it was added twice there, so it is taken away again from the lowest common one on.
 * Nodes are in path order, for which pairs of neighbours are enough.
 */
export function sumSizes(nodes: readonly SizedNode[]): number[] {
  const sums = nodes.map(() => 0);
  const depths: number[] = [];
  const last = new Map<string, number>();
  const add = (at: number, size: number) => {
    if (at >= 0) sums[at] = (sums[at] ?? 0) + size;
  };
  for (const [at, { parent, size, file }] of nodes.entries()) {
    depths.push(parent < 0 ? 0 : (depths[parent] ?? 0) + 1);
    if (size === undefined) continue;
    add(at, size);
    if (file === undefined) continue;
    const before = last.get(file);
    if (before !== undefined) add(commonParent(nodes, depths, before, at), -size);
    last.set(file, at);
  }
  for (let at = nodes.length - 1; at >= 0; at -= 1) add(nodes[at]?.parent ?? -1, sums[at] ?? 0);
  return sums;
}

function commonParent(
  nodes: readonly SizedNode[],
  depths: readonly number[],
  one: number,
  other: number,
): number {
  let [a, b] = [one, other];
  while (a !== b) {
    if ((depths[a] ?? 0) >= (depths[b] ?? 0)) a = nodes[a]?.parent ?? -1;
    else b = nodes[b]?.parent ?? -1;
    if (a < 0 || b < 0) return -1;
  }
  return a;
}
