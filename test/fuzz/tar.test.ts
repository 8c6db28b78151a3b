// The reader of tars, the index and the merge over odd tars and odd compressed layers.
import { deepStrictEqual } from 'node:assert';
import t from 'tap';
import { decompress } from '../../src/image/decompress.js';
import type { Problem } from '../../src/oci/problem.js';
import { formatIndexFile, parseIndexFile } from '../../src/overlay/index-file.js';
import { indexTar } from '../../src/overlay/index-tar.js';
import type { LayerIndex } from '../../src/overlay/layer-index.js';
import { comparePaths } from '../../src/overlay/path-order.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { runCampaign } from './campaign.js';
import { oddBlob } from './odd-tar.js';
import type { Random } from './random.js';

const LIMITS = { totalBytes: 1 << 24, holeBytes: 1 << 20, entries: 1000 };

function* pieces(bytes: Buffer, random: Random): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const size = random.pick([1, 100, 511, 512, 513, 4096, bytes.length]);
    yield Buffer.from(bytes.subarray(at, at + size));
    at += size;
  }
}

async function* slowly(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    await Promise.resolve();
    yield chunk;
  }
}

async function readLayer(random: Random): Promise<LayerIndex> {
  const onProblem = checkProblem;
  const blob = slowly(pieces(oddBlob(random), random));
  const written: Buffer[] = [];
  const sink = { write: (bytes: Buffer) => void written.push(bytes), end: () => undefined };
  const tar = decompress(blob, { limits: LIMITS, onProblem });
  return await indexTar(tar, { limits: LIMITS, ...(random.chance(0.5) ? { sink } : {}) });
}

function checkProblem({ code, message, path }: Problem): void {
  if (!/^[a-z0-9-]+$/.test(code)) throw new Error(`odd code ${code}`);
  if (/undefined|NaN|\[object/.test(message)) throw new Error(`not in words: ${message}`);
  if (path !== undefined && typeof path !== 'string') throw new Error('odd path');
}

function checkIndex(index: LayerIndex): void {
  index.problems.forEach(checkProblem);
  const paths = index.entries.map(({ path }) => path);
  for (const [at, path] of paths.entries()) {
    const before = paths[at - 1];
    if (before !== undefined && comparePaths(before, path) >= 0)
      throw new Error(`order of ${path}`);
    if (!path.startsWith('/') || /\/(\.{1,2})?(\/|$)/.test(path.slice(path === '/' ? 1 : 0))) {
      throw new Error(`not canonical: ${JSON.stringify(path)}`);
    }
  }
  const again = parseIndexFile(formatIndexFile(index));
  deepStrictEqual([...again.entries], [...index.entries]);
  deepStrictEqual(again.problems, index.problems);
}

await t.test('tars', (t) =>
  runCampaign(t, {
    name: 'tars',
    trial: async (random) => {
      const layers: LayerIndex[] = [];
      for (let count = 1 + random.below(3); count > 0; count -= 1) {
        const index = await readLayer(random);
        checkIndex(index);
        layers.push(index);
      }
      const { entries } = mergeLayers(layers);
      const paths = new Set(entries.map(({ entry }) => entry.path));
      if (paths.size !== entries.length) throw new Error('a path twice in the merged tree');
    },
  }),
);
