import t from 'tap';
import { sumSizes, type SizedRows } from '../../src/inspect/tree-sizes.js';
import { DIRECTORY, FILE } from '../../src/overlay/layer-columns.js';

interface Node {
  readonly parent: number;
  /** Of a file. */
  readonly size: number | undefined;
  /** The same for all names of one file. */
  readonly file: string | undefined;
}

const node = (parent: number, size?: number, file?: string): Node => ({ parent, size, file });

/** The first node of a file has its first name: "/4" for the node at 4. */
function rowsOf(nodes: readonly Node[]): SizedRows {
  const first = ({ file }: Node) => nodes.findIndex((one) => one.file === file);
  const others = nodes.flatMap((one, at) =>
    one.file === undefined || first(one) === at ? [] : [[at, `/${first(one)}`] as const],
  );
  return {
    count: nodes.length,
    parent: Int32Array.from(nodes, ({ parent }) => parent),
    type: Uint8Array.from(nodes, ({ size }) => (size === undefined ? DIRECTORY : FILE)),
    size: Float64Array.from(nodes, ({ size }) => size ?? 0),
    layer: new Uint16Array(nodes.length).fill(1),
    links: new Map(others),
    find: (path) => Number(path.slice(1)),
  };
}

const sums = (nodes: readonly Node[]) => [...sumSizes(rowsOf(nodes), () => true)];

t.test('files beneath, and none', (t) => {
  t.same(sums([]), []);
  const nodes = [node(-1), node(0), node(1, 5), node(1), node(3, 2), node(0, 1)];
  t.same(sums(nodes), [8, 7, 5, 2, 2, 1]);
  t.end();
});

t.test('a file with several names counts once in each directory that has any', (t) => {
  const nodes = [
    node(-1),
    node(0),
    node(1, 10, 'f'),
    node(1, 10, 'f'),
    node(0),
    node(4),
    node(5, 10, 'f'),
    node(4, 3, 'g'),
    node(0, 10, 'f'),
  ];
  t.same(sums(nodes), [13, 10, 10, 10, 13, 10, 10, 3, 10]);
  t.end();
});

t.test('by brute force', (t) => {
  let state = 7;
  const random = (below: number) => (state = (state * 48271) % 2147483647) % below;
  for (let round = 0; round < 50; round += 1) {
    const nodes: Node[] = [node(-1)];
    // In path order: a new node goes beneath the last one or one above it.
    for (let last = 0; nodes.length < 40; last = nodes.length - 1) {
      let parent = last;
      while (nodes[parent]!.size !== undefined) parent = nodes[parent]!.parent;
      while (parent > 0 && random(3) > 0) parent = nodes[parent]!.parent;
      const file = `f${random(6)}`;
      nodes.push(random(3) === 0 ? node(parent) : node(parent, 2 ** Number(file.slice(1)), file));
    }
    const above = (at: number): number[] => (at < 0 ? [] : [at, ...above(nodes[at]!.parent)]);
    const expected = nodes.map(({ size }, directory) => {
      if (size !== undefined) return size;
      const files = nodes.filter((one) => above(one.parent).includes(directory) && one.size);
      return [...new Map(files.map((one) => [one.file, one.size ?? 0])).values()].reduce(
        (a, b) => a + b,
        0,
      );
    });
    t.same(sums(nodes), expected);
  }
  t.end();
});

t.test('a name that does not count takes nothing away', (t) => {
  const nodes = [node(-1), node(0, 10, 'f'), node(0, 10, 'f'), node(0, 10, 'f')];
  t.same([...sumSizes(rowsOf(nodes), (at) => at !== 1)], [10, 0, 10, 10]);
  t.end();
});
