// Rows as they came become rows in path order: siblings by the bytes of their names, each followed
// by what is beneath it.
import type { ColumnWriter } from './column-writer.js';
import { compareSpans, type LayerColumns, type RareFields } from './layer-columns.js';

/** Rows that are not alive are left out, and with them all that is beneath. */
export function sortColumns(
  writer: ColumnWriter,
  isAlive: (row: number) => boolean = () => true,
): LayerColumns {
  const tree = groupChildren(writer, isAlive);
  const { order, parent, end } = walkTree(writer.count, tree);
  const { numbers } = writer;
  const { nameAt, names } = orderNames(writer, order);
  return {
    count: order.length,
    parent,
    end,
    nameAt,
    names,
    kind: pick(numbers.kind, order, new Uint8Array(order.length)),
    mode: pick(numbers.mode, order, new Uint16Array(order.length)),
    owner: pick(numbers.owner, order, new Uint32Array(order.length)),
    owners: writer.owners,
    size: pick(numbers.size, order, new Float64Array(order.length)),
    offset: pick(numbers.offset, order, new Float64Array(order.length)),
    mtime: pick(numbers.mtime, order, new BigInt64Array(order.length)),
    digest: pick(numbers.digest, order, new Uint32Array(order.length)),
    digests: writer.digests.bytes.subarray(0, writer.digests.length),
    text: pick(numbers.text, order, new Uint32Array(order.length)),
    textAt: writer.textAt.subarray(0, writer.textCount + 1),
    texts: writer.texts.bytes.subarray(0, writer.texts.length),
    rare: orderRare(writer.rare, order),
  };
}

interface Children {
  /** Where the children of each row start in `rows`; one more than there are rows. */
  readonly start: Uint32Array;
  readonly rows: Uint32Array;
}

function groupChildren(writer: ColumnWriter, isAlive: (row: number) => boolean): Children {
  const parents = writer.numbers.parent;
  const alive = findAlive(writer, isAlive);
  const start = countChildren(parents, alive);
  const rows = new Uint32Array(start.at(-1) ?? 0);
  const next = start.slice();
  for (let row = 1; row < alive.length; row += 1) {
    if (alive[row] === 0) continue;
    const parent = parents[row] ?? 0;
    const at = next[parent] ?? 0;
    rows[at] = row;
    next[parent] = at + 1;
  }
  for (let row = 0; row < alive.length; row += 1) {
    sortSiblings(writer, rows.subarray(start[row], start[row + 1]));
  }
  return { start, rows };
}

/** A row comes after the directory it is in. */
function findAlive(writer: ColumnWriter, isAlive: (row: number) => boolean): Uint8Array {
  const alive = new Uint8Array(writer.count);
  for (let row = 0; row < alive.length; row += 1) {
    const isKept = row === 0 || alive[writer.numbers.parent[row] ?? 0] === 1;
    if (isKept && isAlive(row)) alive[row] = 1;
  }
  return alive;
}

/** Where the children of each row will start. */
function countChildren(parents: Uint32Array, alive: Uint8Array): Uint32Array {
  const start = new Uint32Array(alive.length + 1);
  for (let row = 1; row < alive.length; row += 1) {
    const after = (parents[row] ?? 0) + 1;
    if (alive[row] === 1) start[after] = (start[after] ?? 0) + 1;
  }
  for (let row = 1; row < start.length; row += 1) {
    start[row] = (start[row] ?? 0) + (start[row - 1] ?? 0);
  }
  return start;
}

/** Most tars have them in order already. */
function sortSiblings({ numbers, names }: ColumnWriter, siblings: Uint32Array): void {
  const { nameAt } = numbers;
  const { bytes } = names;
  const compare = (a: number, b: number): number =>
    compareSpans(
      bytes,
      nameAt[a] ?? 0,
      nameAt[a + 1] ?? 0,
      bytes,
      nameAt[b] ?? 0,
      nameAt[b + 1] ?? 0,
    );
  for (let at = 1; at < siblings.length; at += 1) {
    if (compare(siblings[at - 1] ?? 0, siblings[at] ?? 0) > 0) {
      siblings.sort(compare);
      return;
    }
  }
}

/** `order`: for each new row the old one. No recursion: a tree may be deeper than the stack. */
function walkTree(
  count: number,
  { start, rows }: Children,
): { order: Uint32Array; parent: Uint32Array; end: Uint32Array } {
  const total = count === 0 ? 0 : rows.length + 1;
  const order = new Uint32Array(total);
  const parent = new Uint32Array(total);
  const end = new Uint32Array(total);
  /** New rows of the directories we are in, and which of their children comes next. */
  const stack: { row: number; next: number; stop: number }[] = [];
  let filled = 0;
  const enter = (old: number, above: number): void => {
    order[filled] = old;
    parent[filled] = above;
    end[filled] = filled + 1;
    stack.push({ row: filled, next: start[old] ?? 0, stop: start[old + 1] ?? 0 });
    filled += 1;
  };
  if (total > 0) enter(0, 0);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next < top.stop) {
      top.next += 1;
      enter(rows[top.next - 1] ?? 0, top.row);
    } else {
      end[top.row] = filled;
      stack.pop();
    }
  }
  return { order, parent, end };
}

function orderNames(
  { numbers, names }: ColumnWriter,
  order: Uint32Array,
): { nameAt: Uint32Array; names: Uint8Array } {
  const nameAt = new Uint32Array(order.length + 1);
  let length = 0;
  for (let row = 0; row < order.length; row += 1) {
    const old = order[row] ?? 0;
    length += (numbers.nameAt[old + 1] ?? 0) - (numbers.nameAt[old] ?? 0);
    nameAt[row + 1] = length;
  }
  const ordered = new Uint8Array(length);
  for (let row = 0; row < order.length; row += 1) {
    const old = order[row] ?? 0;
    const to = nameAt[row] ?? 0;
    const from = numbers.nameAt[old] ?? 0;
    const size = (nameAt[row + 1] ?? 0) - to;
    for (let at = 0; at < size; at += 1) ordered[to + at] = names.bytes[from + at] ?? 0;
  }
  return { nameAt, names: ordered };
}

interface Column<Value> {
  [row: number]: Value;
}

function pick<Value, Numbers extends Column<Value>>(
  from: Column<Value>,
  order: Uint32Array,
  to: Numbers,
): Numbers {
  for (let row = 0; row < order.length; row += 1) to[row] = from[order[row] ?? 0] as Value;
  return to;
}

function orderRare(
  rare: ReadonlyMap<number, RareFields>,
  order: Uint32Array,
): Map<number, RareFields> {
  const ordered = new Map<number, RareFields>();
  if (rare.size === 0) return ordered;
  for (let row = 0; row < order.length; row += 1) {
    const fields = rare.get(order[row] ?? 0);
    if (fields !== undefined) ordered.set(row, fields);
  }
  return ordered;
}
