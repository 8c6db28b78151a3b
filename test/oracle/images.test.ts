// Random stacks as images: our merge of the tars beside what the kernel shows of the layers that we
// unpack, what `umoci unpack` makes and what a container of the real Docker sees.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parentPath } from '../../src/image/tar-path.js';
import { chainIDs } from '../../src/oci/chain-id.js';
import type { Digest } from '../../src/oci/digest.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import type { MergedTree } from '../../src/overlay/merged-tree.js';
import { openBench, whyNoOverlay } from '../overlay/oracle/bench.js';
import { compareTree } from '../overlay/oracle/compare.js';
import { buildDockerArchive, buildOciLayout, sha256 } from '../support/build-image.js';
import { cutawayAt } from '../support/cli.js';
import { isInstalled, startDocker, whyNoDocker } from '../support/docker.js';
import { indexOf } from '../support/index-layer.js';
import { makeTarStack, type TarOrder } from './tar-stack.js';

const STACKS = 60;
const SEED = 20261121;

interface Stack {
  readonly tag: string;
  readonly layers: readonly Buffer[];
  readonly tree: MergedTree;
}

async function makeStacks(order: TarOrder, most: number): Promise<Stack[]> {
  const stacks: Stack[] = [];
  for (let at = 0; at < STACKS; at += 1) {
    const layers = await makeTarStack(SEED + at, order, most);
    const indexes = await Promise.all(layers.map((layer) => indexOf(layer)));
    const problems = indexes.flatMap((index) => index.problems.map(({ message }) => message));
    if (problems.length > 0) throw new Error(problems.join());
    stacks.push({ tag: `s:${SEED + at}`, layers, tree: mergeLayers(indexes) });
  }
  return stacks;
}

/** Directories base first, as a container sees them without an upperdir of its own. */
function compareMounted(tree: MergedTree, directories: readonly string[]): string[] {
  const bench = openBench();
  try {
    const lower = [...directories].reverse();
    if (lower.length === 1) lower.push(bench.directory('nothing'));
    return compareTree(tree, bench.mount({ lower, readOnly: true }));
  } finally {
    bench.clear();
  }
}

async function inDirectory(use: (root: string) => Promise<void>): Promise<void> {
  const root = fs.mkdtempSync(join(os.tmpdir(), 'cutaway-images-'));
  try {
    await use(root);
  } finally {
    execFileSync('rm', ['-rf', '--one-file-system', root]);
  }
}

const noOverlay = whyNoOverlay();

t.test('cutaway load, then the kernel', { skip: noOverlay ?? false }, async (t) => {
  await inDirectory(async (root) => {
    const stacks = await makeStacks('any', 40);
    const archive = join(root, 'archive.tar');
    fs.writeFileSync(archive, archiveOf(stacks));
    const cutaway = cutawayAt(root, join(root, 'root'));
    await cutaway.text('load', '-i', archive);
    for (const { tag, layers, tree } of stacks) {
      const directories = chainIDs(layers.map((layer) => sha256(layer) as Digest)).map(
        (chainID) => `${cutaway.paths.overlay}/${chainID.slice(7)}/diff`,
      );
      t.same(compareMounted(tree, directories), [], tag);
    }
  });
});

function archiveOf(stacks: readonly Stack[]): Buffer {
  return buildDockerArchive(stacks.map(({ tag, layers }) => ({ tags: [tag], layers })));
}

const noUmoci = isInstalled('umoci') ? undefined : 'umoci is not installed';

t.test('umoci unpack', { skip: noOverlay ?? noUmoci ?? false }, async (t) => {
  await inDirectory(async (root) => {
    const stacks = await makeStacks('parents-first', 12);
    const images = stacks.map(({ tag, layers }) => ({ tags: [tag.slice(2)], layers }));
    const layout = buildOciLayout(join(root, 'layout'), images);
    for (const { tag, tree } of stacks) {
      const bundle = join(root, tag);
      const image = `${layout}:${tag.slice(2)}`;
      execFileSync('umoci', ['unpack', '--image', image, bundle], { stdio: 'pipe' });
      const differences = compareTree(tree, join(bundle, 'rootfs'));
      t.same(
        differences.filter((line) => !isClearedByUmoci(tree, line)),
        [],
        tag,
      );
    }
  });
});

/**
 * umoci empties a directory that is in the layer already when a whiteout of it, or of what it is
 * in, comes later, and leaves it with the time of that.
 */
function isClearedByUmoci(tree: MergedTree, line: string): boolean {
  const path = /^("\/.*") mtime: ours/.exec(line)?.[1];
  if (path === undefined) return false;
  const text = JSON.parse(path.replaceAll('n…', 'n'.repeat(254))) as string;
  const found = tree.find(text);
  const layer = tree.sources[(found?.layer ?? 0) - 1];
  if (found?.entry.type !== 'directory' || layer === undefined) return false;
  for (let at = text; at !== '/'; at = parentPath(at)) {
    const entry = layer.find(at);
    if (entry?.marker === 'ordinary' && entry.opaque === true) return true;
  }
  return false;
}

interface DockerContainer {
  readonly GraphDriver: { readonly Data: { readonly LowerDir: string } };
}

t.test('docker load and create', { skip: noOverlay ?? whyNoDocker() ?? false }, async (t) => {
  await inDirectory(async (root) => {
    const stacks = await makeStacks('sorted', 6);
    const docker = await startDocker(join(root, 'docker'));
    try {
      docker.run(['load'], { input: archiveOf(stacks) });
      for (const { tag, tree } of stacks) {
        const id = docker.run(['create', tag, 'true']).trim();
        const { Data } = (docker.inspect(id) as DockerContainer).GraphDriver;
        // The topmost is Docker's own: /etc/hosts and such.
        const directories = Data.LowerDir.split(':').slice(1).reverse();
        // It gives the root its own metadata, whatever the layers say.
        const differences = compareMounted(tree, directories);
        t.same(
          differences.filter((line) => !line.startsWith('"/" ')),
          [],
          tag,
        );
      }
    } finally {
      await docker.stop();
    }
  });
});
