// Real engines, each with the same image: what an intruder does to its layers is found and named.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { buildDockerArchive, buildOciArchive } from '../../support/build-image.js';
import { cannotRun, cutawayAt, makeCutaway } from '../../support/cli.js';
import { startContainerd, whyNoContainerd } from '../../support/containerd.js';
import { startDocker, whyNoDocker } from '../../support/docker.js';
import { startPodman } from '../../support/podman.js';
import {
  checkStore,
  containerdBreakages,
  cutawayBreakages,
  dockerBreakages,
  podmanBreakages,
} from './break-store.js';
import { checkEngine } from './check-engine.js';
import { checkBlob, checkBuilt, checkRecord } from './check-evidence.js';
import { tamperImage } from './tamper.js';

function place(t: Test): string {
  const base = mkdtempSync(join(tmpdir(), 'cv-'));
  t.teardown(() => {
    rmSync(base, { recursive: true, force: true });
  });
  return base;
}

function archiveIn(base: string): string {
  const path = join(base, 'image.tar');
  writeFileSync(path, buildDockerArchive([{ tags: ['tampered:1'], layers: tamperImage() }]));
  return path;
}

t.test('our own store', { skip: cannotRun('runc') }, async (t) => {
  const cutaway = makeCutaway(t);
  await cutaway.text('load', archiveIn(cutaway.directory));
  const image = 'tampered:1';
  const engine = { cutaway, options: [], engine: 'cutaway', image, against: 'blob' } as const;
  await checkEngine(t, engine);
  await checkStore(t, engine, cutawayBreakages(cutaway.dataRoot));
  await checkBlob(t, engine, cutaway.paths.images);
});

t.test('Docker', { skip: whyNoDocker() ?? false, timeout: 120_000 }, async (t) => {
  const base = place(t);
  const docker = await startDocker(base);
  t.teardown(() => docker.stop());
  docker.run(['load', '-q', '-i', archiveIn(base)]);
  const cutaway = cutawayAt(base, join(base, 'store'));
  const options = ['--engine-root', `docker=${base}/data`];
  const image = 'docker:tampered:1';
  const engine = { cutaway, options, engine: 'docker', image, against: 'tar-split' } as const;
  await checkEngine(t, engine);
  await checkStore(t, engine, dockerBreakages(`${base}/data`));
  await checkRecord(t, engine, `${base}/data/image/overlay2/layerdb/sha256`, '/tar-split.json.gz');
  await checkBuilt(t, engine, docker, base);
});

t.test('Podman', { skip: cannotRun('podman'), timeout: 120_000 }, async (t) => {
  const base = place(t);
  const podman = startPodman(base);
  t.teardown(() => {
    podman.stop();
  });
  podman.run('load', '-q', '-i', archiveIn(base));
  const cutaway = cutawayAt(base, join(base, 'store'));
  const options = ['--engine-root', `podman=${podman.root}`];
  const image = 'podman:tampered:1';
  const engine = { cutaway, options, engine: 'podman', image, against: 'tar-split' } as const;
  await checkEngine(t, engine);
  await checkStore(t, engine, podmanBreakages(podman.root));
  await checkRecord(t, engine, `${podman.root}/overlay-layers`, '.tar-split.gz');
});

t.test('containerd', { skip: whyNoContainerd() ?? false, timeout: 120_000 }, async (t) => {
  const base = place(t);
  const containerd = await startContainerd(base);
  t.teardown(() => containerd.stop());
  const path = join(base, 'oci.tar');
  writeFileSync(path, buildOciArchive([{ tags: ['tampered:1'], layers: tamperImage() }]));
  containerd.ctr('images', 'import', '--base-name', 'tampered', '--all-platforms', path);
  const cutaway = cutawayAt(base, join(base, 'store'));
  const options = ['--engine-root', `containerd=${containerd.root}`];
  const [image = ''] = containerd.ctr('images', 'ls', '-q').split('\n');
  const engine = {
    ...({ cutaway, options, engine: 'containerd', against: 'blob' } as const),
    image: `containerd:${image}`,
  };
  await checkEngine(t, engine);
  await checkStore(t, engine, containerdBreakages(containerd.root));
  await checkBlob(t, engine, `${containerd.root}/io.containerd.content.v1.content`);
});
