import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import type { Image } from '../../src/image/image.js';
import { openImageSource, selectImage, type OpenImageOptions } from '../../src/image/open-image.js';
import { parsePlatform } from '../../src/oci/platform.js';
import {
  archiveOf,
  buildConfig,
  buildDockerArchive,
  buildOciArchive,
  buildOciLayout,
  layoutFiles,
  sha256,
  writeFiles,
} from '../support/build-image.js';
import { headerBlock, tarFile, tarOf } from '../support/build-tar.js';
import { BASE, chosen, readAll, TOP, withSource } from '../support/open-image.js';

const host = linuxHost();
const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };

/** Everything of every layer is what it was built from. */
async function checkLayers(t: Test, path: string, options: OpenImageOptions = {}): Promise<Image> {
  return withSource(path, options, async (source) => {
    const image = await selectImage(source);
    t.same(image.problems, []);
    t.same(await source.listProblems(), []);
    t.same(await source.listFailures(), []);
    t.equal(image.layers.length, 2);
    for (const [index, tar] of [BASE, TOP].entries()) {
      const layer = image.layers[index]!;
      t.equal(layer.index, index + 1);
      t.equal(layer.diffID, sha256(tar));
      t.ok((await readAll(layer.openTar())).equals(tar), `tar of layer ${index + 1}`);
      const blob = await readAll(layer.openBlob());
      t.equal(sha256(blob), layer.descriptor.digest);
      t.equal(blob.length, layer.descriptor.size);
      t.ok((await readAll(layer.openTar())).equals(tar), 'a second time');
    }
    t.equal(image.layers[0]?.chainID, sha256(BASE));
    t.equal(image.layers[1]?.chainID, sha256(Buffer.from(`${sha256(BASE)} ${sha256(TOP)}`)));
    t.equal(image.id, sha256(image.configBytes));
    t.equal(image.config.architecture, 'amd64');
    return image;
  });
}

t.test('every form an image is stored in', async (t) => {
  const top = t.testdir();
  const layers = [BASE, TOP];
  const file = (name: string, bytes: Buffer) => {
    writeFileSync(`${top}/${name}`, bytes);
    return `${top}/${name}`;
  };
  const tags = ['docker.io/library/a:1'];
  const docker = buildDockerArchive([{ layers, tags: ['a:1'] }]);
  const forms: Record<string, [string, string]> = {
    'docker-archive': ['docker-archive', file('docker.tar', docker)],
    'docker-archive in gzip': ['docker-archive', file('docker.tar.gz', gzipSync(docker))],
    'oci-archive': ['oci-archive', file('oci.tar', buildOciArchive([{ layers, tags }]))],
    'oci, gzip': ['oci', buildOciLayout(`${top}/gzip`, [{ layers, tags }])],
    'oci, plain': ['oci', buildOciLayout(`${top}/plain`, [{ layers, tags, compression: 'none' }])],
  };
  for (const [name, [kind, path]] of Object.entries(forms)) {
    await t.test(name, async (t) => {
      const image = await checkLayers(t, path);
      t.same(image.references, tags);
      t.equal(await withSource(path, {}, (source) => Promise.resolve(source.kind)), kind);
      t.equal(image.manifest === undefined, kind === 'docker-archive');
      await t.rejects(
        openImageSource(host, path, { kind: kind === 'oci' ? 'oci-archive' : 'oci' }),
        { code: 'INVALID_INPUT' },
      );
    });
  }
  symlinkSync('docker.tar', `${top}/link.tar`);
  t.match(await chosen(`${top}/link.tar`), { references: tags }, 'a link that the user names');
});

t.test('archives and layouts of skopeo and umoci', async (t) => {
  const top = t.testdir({ rootfs: {} });
  const layout = buildOciLayout(`${top}/layout`, [{ layers: [BASE, TOP], tags: ['v1'] }]);
  const copy = (to: string) =>
    execFileSync('skopeo', ['--insecure-policy', 'copy', '-q', `oci:${layout}:v1`, to]);
  copy(`docker-archive:${top}/docker.tar:example.org/team/app:2.0`);
  copy(`oci-archive:${top}/oci.tar:v7`);
  copy(`oci:${top}/copy:v8`);
  t.match(await checkLayers(t, `${top}/docker.tar`), { references: ['example.org/team/app:2.0'] });
  t.match(await checkLayers(t, `${top}/oci.tar`), { names: ['v7'], references: [] });
  t.match(await checkLayers(t, `${top}/copy`), { names: ['v8'] });
  const own = `${top}/umoci`;
  execFileSync('umoci', ['init', '--layout', own]);
  execFileSync('umoci', ['new', '--image', `${own}:empty`]);
  execFileSync('umoci', [
    'insert',
    '--image',
    `${own}:empty`,
    '--tag',
    'full',
    `${top}/layout/oci-layout`,
    '/inserted',
  ]);
  t.equal((await chosen(own, 'empty')).layers.length, 0);
  t.equal((await chosen(own, 'full')).layers.length, 1);
  await t.rejects(chosen(own), { code: 'AMBIGUOUS', message: /2 images: empty, full/ });
});

t.test('choosing an image', async (t) => {
  const top = t.testdir();
  const path = `${top}/many.tar`;
  writeFileSync(
    path,
    buildDockerArchive([
      { layers: [BASE], tags: ['alpine:3.20', 'alpine:latest'] },
      { layers: [BASE, TOP], tags: ['ghcr.io/team/app:3.20'] },
      { layers: [TOP] },
    ]),
  );
  const all = await withSource(path, {}, (source) => source.listImages());
  t.same(
    all.map(({ references }) => references),
    [
      ['docker.io/library/alpine:3.20', 'docker.io/library/alpine:latest'],
      ['ghcr.io/team/app:3.20'],
      [],
    ],
  );
  const count = async (reference: string) => (await chosen(path, reference)).layers.length;
  t.equal(await count('alpine:3.20'), 1);
  t.equal(await count('docker.io/library/alpine:latest'), 1);
  t.equal(await count('alpine'), 1, 'latest is meant');
  t.equal(await count('ghcr.io/team/app:3.20'), 2);
  t.equal(await count('latest'), 1, 'a tag alone');
  const [, , nameless] = all;
  t.same((await chosen(path, nameless!.id)).layers.length, 1);
  t.same((await chosen(path, nameless!.id.slice(7, 15))).id, nameless!.id);
  await t.rejects(chosen(path, '3.20'), {
    code: 'AMBIGUOUS',
    message: /2 images match "3.20": alpine:3.20, ghcr.io\/team\/app:3.20/,
  });
  await t.rejects(chosen(path), {
    code: 'AMBIGUOUS',
    data: { images: ['alpine:3.20', 'ghcr.io/team/app:3.20', nameless!.id.slice(0, 19)] },
  });
  await t.rejects(chosen(path, 'debian'), { code: 'NOT_FOUND', hint: /it has alpine:3.20, / });
});

t.test('platforms', async (t) => {
  const top = t.testdir();
  const image = (platform: { os: string; architecture: string }, layer: Buffer) => ({
    layers: [layer],
    platform,
    architecture: platform.architecture,
  });
  const both = buildOciLayout(`${top}/both`, [image(arm64, TOP), image(amd64, BASE)]);
  t.match(await chosen(both, undefined, { platform: amd64 }), { config: amd64 });
  t.match(await chosen(both, undefined, { platform: arm64 }), { config: arm64 });
  await t.rejects(chosen(both, undefined, { platform: parsePlatform('linux/s390x') }), {
    code: 'NOT_FOUND',
    hint: 'it has images for linux/arm64, linux/amd64: choose one with --platform',
  });
  // A layout that does not say: what there is is shown, unless another platform is asked for.
  const silent = buildOciLayout(`${top}/silent`, [{ layers: [BASE], architecture: 's390x' }]);
  t.match(await chosen(silent), { config: { architecture: 's390x' } });
  await t.rejects(chosen(silent, undefined, { platform: arm64 }), {
    code: 'NOT_FOUND',
    hint: /linux\/s390x/,
  });
  const docker = `${top}/docker.tar`;
  writeFileSync(docker, buildDockerArchive([{ layers: [BASE], architecture: 's390x' }]));
  t.match(await chosen(docker), { config: { architecture: 's390x' } });
  await t.rejects(chosen(docker, undefined, { platform: arm64 }), { code: 'NOT_FOUND' });
});

/** Puts an index around the manifests of index.json, as deep as told. */
function nested(
  files: Map<string, Buffer>,
  depth: number,
  annotations?: object,
): Map<string, Buffer> {
  const result = new Map(files);
  for (let level = 0; level < depth; level += 1) {
    const index = JSON.parse(result.get('index.json')!.toString()) as { mediaType?: string };
    const inner = Buffer.from(
      JSON.stringify({ ...index, mediaType: 'application/vnd.oci.image.index.v1+json' }),
    );
    result.set(`blobs/sha256/${sha256(inner).slice(7)}`, inner);
    const descriptor = {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest: sha256(inner),
      size: inner.length,
      annotations,
    };
    result.set(
      'index.json',
      Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [descriptor] })),
    );
  }
  return result;
}

t.test('indexes within indexes', async (t) => {
  const top = t.testdir();
  const files = layoutFiles([
    { layers: [TOP], platform: arm64, architecture: 'arm64' },
    { layers: [BASE], platform: amd64 },
    { layers: [BASE], platform: { os: 'unknown', architecture: 'unknown' } },
  ]);
  const names = {
    'org.opencontainers.image.ref.name': '1.0',
    'io.containerd.image.name': 'docker.io/library/app:1.0',
  };
  const one = writeFiles(`${top}/one`, nested(files, 1, names));
  const image = await chosen(one, undefined, { platform: amd64 });
  t.same(image.references, ['docker.io/library/app:1.0']);
  t.equal(image.layers[0]?.diffID, sha256(BASE));
  t.match(
    await chosen(writeFiles(`${top}/three`, nested(files, 3)), undefined, { platform: amd64 }),
    { config: amd64 },
  );
  await t.rejects(
    chosen(writeFiles(`${top}/nine`, nested(files, 9)), undefined, { platform: amd64 }),
    { code: 'LIMIT_EXCEEDED', data: { limit: 'indexDepth' } },
  );
  // Exported for one platform, the index still lists the others.
  const partial = nested(files, 1);
  for (const [name, bytes] of files) {
    if (bytes.includes('arm64') && name.startsWith('blobs/')) partial.delete(name);
  }
  t.match(await chosen(writeFiles(`${top}/partial`, partial), undefined, { platform: amd64 }), {
    config: amd64,
  });
  await t.rejects(chosen(`${top}/partial`, undefined, { platform: arm64 }), {
    code: 'NOT_FOUND',
    message: /read image config sha256:\w+: not in layout/,
  });
});

t.test('archives with both forms, as Docker 25 and containerd write them', async (t) => {
  const top = t.testdir();
  const layers = [BASE, TOP];
  const files = layoutFiles([{ layers, tags: ['1.0'], compression: 'none' }]);
  const blob = (bytes: Buffer) => `blobs/sha256/${sha256(bytes).slice(7)}`;
  const config = blob(buildConfig(layers));
  const item = { Config: config, RepoTags: ['app:1.0', 'app:latest'], Layers: layers.map(blob) };
  const both = new Map([...files, ['manifest.json', Buffer.from(JSON.stringify([item]))]]);
  writeFileSync(`${top}/both.tar`, archiveOf(both));
  const image = await checkLayers(t, `${top}/both.tar`);
  t.ok(image.manifest, 'the real manifest');
  t.same(image.references, ['docker.io/library/app:1.0', 'docker.io/library/app:latest']);
  t.match(await chosen(`${top}/both.tar`, 'app'), { id: image.id });
  t.same((await chosen(`${top}/both.tar`, undefined, { kind: 'oci-archive' })).references, []);
  const hidden = buildConfig([TOP]);
  const other = { Config: blob(hidden), RepoTags: ['hidden:1'], Layers: [blob(TOP)] };
  const disagreeing = new Map([
    ...both,
    [blob(hidden), hidden],
    ['manifest.json', Buffer.from(JSON.stringify([item, other]))],
  ]);
  writeFileSync(`${top}/two.tar`, archiveOf(disagreeing));
  await withSource(`${top}/two.tar`, {}, async (source) => {
    t.equal((await source.listImages()).length, 2);
    t.same(
      (await source.listProblems()).map(({ code }) => code),
      ['archive-forms-disagree'],
    );
  });
});

t.test('layers of a docker-archive that are linked or compressed', async (t) => {
  const top = t.testdir();
  const config = buildConfig([BASE, TOP]);
  const manifest = [
    { Config: 'c.json', RepoTags: null, Layers: ['one/layer.tar', 'two/layer.tar'] },
  ];
  const archive = tarOf(
    tarFile({ name: 'def.tar' }, BASE),
    headerBlock({ name: 'one/layer.tar', typeflag: '2', linkName: '../def.tar' }),
    tarFile({ name: 'two/layer.tar' }, gzipSync(TOP)),
    tarFile({ name: 'c.json' }, config),
    tarFile({ name: 'manifest.json' }, JSON.stringify(manifest)),
  );
  writeFileSync(`${top}/a.tar`, archive);
  const image = await checkLayers(t, `${top}/a.tar`);
  t.equal(image.layers[1]?.descriptor.digest, sha256(gzipSync(TOP)));
  t.match(image.layers[1]?.descriptor.mediaType, /gzip$/);
});
