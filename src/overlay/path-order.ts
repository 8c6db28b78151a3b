// The order of comparePaths without making a string: merging compares millions of paths.

const SLASH = 47;

/** Negative, zero or positive, exactly as `comparePaths` orders the two. */
export function orderPaths(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    // A directory's tree stands before a sibling whose name goes on: "/a/x" before "/a.b".
    if (left === SLASH) return -1;
    if (right === SLASH) return 1;
    return left - right;
  }
  return a.length - b.length;
}

/** Position of `path` in a list sorted by path, or -1. */
export function searchPath<Item>(
  items: readonly Item[],
  path: string,
  pathOf: (item: Item) => string,
): number {
  let low = 0;
  let high = items.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item === undefined) return -1;
    const order = orderPaths(pathOf(item), path);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** What every path beneath `path` starts with. */
export function prefixBeneath(path: string): string {
  return path === '/' ? '/' : `${path}/`;
}
