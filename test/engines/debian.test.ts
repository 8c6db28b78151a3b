// On a real image: debootstrap makes it, Docker builds layers on it, and Docker, skopeo, tar and
// the kernel say what is right. Everything is made anew for each run and gone afterwards.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeCutaway } from '../support/cli.js';
import { makeImages, makeRootfs, whyNoDebian } from '../support/debian-image.js';
import { findMirror } from '../support/debian-image-mirror.js';
import { startDocker, whyNoDocker, type Docker } from '../support/docker.js';
import { whyNoOverlay } from '../overlay/oracle/bench.js';
import { testContainerDiff } from './debian/diff-container.js';
import { testExample } from './debian/example.js';
import { testImageDiff } from './debian/diff-images.js';
import { testLayers } from './debian/layers.js';
import { testLost } from './debian/lost.js';
import { testOverlay } from './debian/overlay.js';
import { testProcesses } from './debian/processes.js';
import { testTree } from './debian/tree.js';
import { copyWithSkopeo, type World } from './debian/world.js';

t.setTimeout(600_000);

interface Parts {
  readonly root: string;
  readonly docker: Docker;
  readonly images: World['images'];
}

/** The images, or why there are none. */
async function prepare(root: string): Promise<Parts | string> {
  const obstacle = whyNoDocker() ?? whyNoDebian() ?? whyNoOverlay();
  if (obstacle !== undefined) return obstacle;
  const mirror = findMirror();
  if (typeof mirror === 'string') return mirror;
  mkdirSync(join(root, 'docker'));
  const starting = startDocker(join(root, 'docker'));
  const rootfs = await makeRootfs(root, mirror).catch((error: unknown) => ({ error }));
  const docker = await starting;
  if (typeof rootfs !== 'string') {
    await docker.stop();
    return `debootstrap failed: ${String(rootfs.error)}`;
  }
  try {
    return { root, docker, images: makeImages(docker, root, rootfs, mirror) };
  } catch (error) {
    await docker.stop();
    throw error;
  }
}

const root = mkdtempSync(join(tmpdir(), 'cutaway-debian-'));
t.teardown(() => execFileSync('rm', ['-rf', '--one-file-system', root]));
const parts = await prepare(root);
const skip = typeof parts === 'string' ? parts : false;

await t.test('a Debian image', { skip }, async (t) => {
  if (typeof parts === 'string') return;
  t.teardown(() => parts.docker.stop());
  const cutaway = makeCutaway(t);
  const { archive } = parts.images;
  const [copies, loaded] = await Promise.all([
    copyWithSkopeo(root, archive),
    cutaway.run(['load', archive], { timeout: 240_000 }),
  ]);
  t.equal(loaded.status, 0, 'load');
  t.notMatch(loaded.stderr, /warning/i, 'load has nothing to warn of');
  const world: World = { ...parts, cutaway, copies, sums: new Map(), snapshots: new Map() };
  await t.test('layers', (t) => testLayers(t, world));
  await t.test('tree', (t) => testTree(t, world));
  await t.test('recover, waste and blame', (t) => testLost(t, world));
  await t.test('diff of images', (t) => testImageDiff(t, world));
  await t.test('diff of containers', (t) => testContainerDiff(t, world));
  await t.test('the git example', (t) => testExample(t, world));
  await t.test('procs and ns', (t) => testProcesses(t, world));
  await t.test('overlay', (t) => testOverlay(t, world));
});
