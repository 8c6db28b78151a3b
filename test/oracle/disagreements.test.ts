// Layers that tools read differently: what each of them makes of the same image. docs/overlay.md has
// the reasons in this order.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { chainIDs } from '../../src/oci/chain-id.js';
import type { Digest } from '../../src/oci/digest.js';
import { mergeLayers } from '../../src/overlay/merge.js';
import { openBench, whyNoOverlay } from '../overlay/oracle/bench.js';
import { openPodman } from '../overlay/oracle/engines.js';
import {
  buildDockerArchive,
  buildLayer,
  buildOciLayout,
  sha256,
  type LayerItem,
} from '../support/build-image.js';
import { cutawayAt } from '../support/cli.js';
import { isInstalled, startDocker, whyNoDocker } from '../support/docker.js';
import { indexOf } from '../support/index-layer.js';
import { CASES } from './disagreements.js';

/** "path mode uid", the root's path being empty, or "refused". */
type Shown = readonly string[] | 'refused';
type Show = (name: string, layers: readonly (readonly LayerItem[])[]) => Shown | Promise<Shown>;

function list(directory: string): string[] {
  const format = ['-printf', '%P %m %U\\n'];
  const text = execFileSync('find', [directory, ...format], { encoding: 'utf8' });
  return text.split('\n').filter(Boolean).sort();
}

function listMounted(directories: readonly string[]): string[] {
  const bench = openBench();
  try {
    const lower = [...directories].reverse();
    if (lower.length === 1) lower.push(bench.directory('nothing'));
    return list(bench.mount({ lower, readOnly: true }));
  } finally {
    bench.clear();
  }
}

async function inDirectory(use: (root: string) => Promise<void>): Promise<void> {
  const root = fs.mkdtempSync(join(os.tmpdir(), 'cutaway-odd-'));
  try {
    await use(root);
  } finally {
    execFileSync('rm', ['-rf', '--one-file-system', root]);
  }
}

/** Each takes the name from the one before. */
const TAG = 'odd:1';

function archive(layers: readonly (readonly LayerItem[])[]): Buffer {
  return buildDockerArchive([{ tags: [TAG], layers: layers.map(buildLayer) }]);
}

function orRefused(show: () => Shown): Shown {
  try {
    return show();
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return 'refused';
  }
}

async function compareAll(test: Test, tool: 'cutaway' | 'umoci' | 'docker' | 'podman', show: Show) {
  for (const [name, odd] of Object.entries(CASES)) {
    const shown = await show(name, odd.layers);
    const isWanted = (line: string) => odd.root === true || !line.startsWith(' ');
    const wanted = shown === 'refused' ? shown : shown.filter(isWanted);
    test.same(wanted, odd[tool] ?? odd.cutaway, name);
  }
}

const noOverlay = whyNoOverlay();

t.test('cutaway', { skip: noOverlay ?? false }, async (t) => {
  await inDirectory(async (root) => {
    const cutaway = cutawayAt(root, join(root, 'root'));
    await compareAll(t, 'cutaway', async (name, layers) => {
      const path = join(root, 'archive.tar');
      fs.writeFileSync(path, archive(layers));
      await cutaway.text('load', '-i', path);
      const tars = layers.map(buildLayer);
      const merged = mergeLayers(await Promise.all(tars.map((tar) => indexOf(tar))));
      const ours = merged.entries.map(
        ({ entry }) => `${entry.path.slice(1)} ${entry.mode.toString(8)} ${entry.uid}`,
      );
      const directories = chainIDs(tars.map((tar) => sha256(tar) as Digest)).map(
        (chainID) => `${cutaway.paths.overlay}/${chainID.slice(7)}/diff`,
      );
      const unpacked = listMounted(directories);
      const missing = CASES[name]?.notUnpacked ?? [];
      t.same(ours.sort(), [...unpacked, ...missing].sort(), `merged as mounted: ${name}`);
      return unpacked;
    });
  });
});

const noUmoci = isInstalled('umoci') ? undefined : 'umoci is not installed';

t.test('umoci', { skip: noOverlay ?? noUmoci ?? false }, async (t) => {
  await inDirectory(async (root) => {
    await compareAll(t, 'umoci', (name, layers) => {
      const bundle = join(root, name.replaceAll(/\W/g, '-'));
      const layout = buildOciLayout(`${bundle}-layout`, [
        { tags: ['odd'], layers: layers.map(buildLayer) },
      ]);
      return orRefused(() => {
        const image = `${layout}:odd`;
        execFileSync('umoci', ['unpack', '--image', image, bundle], { stdio: 'pipe' });
        return list(join(bundle, 'rootfs'));
      });
    });
  });
});

interface GraphDriver {
  readonly LowerDir?: string;
  readonly UpperDir: string;
}

function listImage({ LowerDir, UpperDir }: GraphDriver): string[] {
  return listMounted([UpperDir, ...(LowerDir?.split(':') ?? [])].reverse());
}

t.test('docker', { skip: noOverlay ?? whyNoDocker() ?? false }, async (t) => {
  await inDirectory(async (root) => {
    const docker = await startDocker(join(root, 'docker'));
    try {
      await compareAll(t, 'docker', (_, layers) =>
        orRefused(() => {
          docker.run(['load'], { input: archive(layers) });
          const image = docker.inspect(TAG) as { GraphDriver: { Data: GraphDriver } };
          return listImage(image.GraphDriver.Data);
        }),
      );
    } finally {
      await docker.stop();
    }
  });
});

const noPodman = isInstalled('podman') ? undefined : 'podman is not installed';

t.test('podman', { skip: noOverlay ?? noPodman ?? false }, async (t) => {
  await inDirectory(async (root) => {
    const podman = openPodman(root);
    try {
      await compareAll(t, 'podman', (_, layers) =>
        orRefused(() => {
          const path = join(root, 'archive.tar');
          fs.writeFileSync(path, archive(layers));
          podman.run('load', '-i', path);
          const format = '{{json .GraphDriver.Data}}';
          const text = podman.run('image', 'inspect', '--format', format, TAG);
          return listImage(JSON.parse(text) as GraphDriver);
        }),
      );
    } finally {
      await podman.stop();
    }
  });
});
