// Layers by location and by range, in every form that an image is stored in.
import { writeFileSync, truncateSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import type { Image, ImageLayer } from '../../src/image/image.js';
import { openLayer } from '../../src/image/image-layer.js';
import type { SeekPoints } from '../../src/image/seek-points.js';
import {
  buildDockerArchive,
  buildLayer,
  buildOciArchive,
  buildOciLayout,
} from '../support/build-image.js';
import { readAll, withSource } from '../support/open-image.js';
import { mixedContent } from '../support/random-blob.js';

const host = linuxHost();
const SMALL = buildLayer([{ path: 'etc/' }, { path: 'etc/motd', content: 'hello\n' }]);
const LARGE = buildLayer([{ path: 'big', content: mixedContent(9_500_000, 21) }]);

async function forImages(
  top: string,
  use: (name: string, image: Image, isPlain: boolean) => Promise<void>,
): Promise<void> {
  const layers = [SMALL, LARGE];
  const file = (name: string, bytes: Buffer) => {
    writeFileSync(`${top}/${name}`, bytes);
    return `${top}/${name}`;
  };
  const docker = buildDockerArchive([{ layers, tags: ['a:1'] }]);
  const sources: [string, string, boolean][] = [
    ['docker-archive', file('docker.tar', docker), true],
    ['docker-archive in memory', file('docker.tar.gz', gzipSync(docker, { level: 1 })), true],
    ['oci-archive', file('oci.tar', buildOciArchive([{ layers }])), false],
    ['oci', buildOciLayout(`${top}/gzip`, [{ layers }]), false],
    ['oci, plain', buildOciLayout(`${top}/plain`, [{ layers, compression: 'none' }]), true],
  ];
  for (const [name, path, isPlain] of sources) {
    await withSource(path, {}, async (source) => {
      const [image] = await source.listImages();
      if (image === undefined) throw new Error('no image');
      await use(name, image, isPlain);
    });
  }
}

async function pointsOf(layer: ImageLayer): Promise<SeekPoints | undefined> {
  let points: SeekPoints | undefined;
  await readAll(layer.openTar({ onSeekPoints: (found) => (points = found) }));
  return points;
}

t.test('ranges of the tar', async (t) => {
  await forImages(t.testdir(), async (name, image, isPlain) => {
    const [small, large] = image.layers;
    t.ok(small && large);
    const points = await pointsOf(large!);
    if (isPlain) t.equal(points, undefined, `${name}: no points are needed`);
    else t.match(points, { digest: large?.descriptor.digest, points: { length: 2 } }, name);
    for (const [offset, length] of [
      [0, 512],
      [512, 9_500_000],
      [8_400_000, 100_000],
      [LARGE.length - 1024, 1024],
      [4_194_304, 0],
    ] as const) {
      for (const given of points === undefined ? [undefined] : [points, undefined]) {
        const part = await readAll(large!.readRange(offset, length, given));
        t.ok(part.equals(LARGE.subarray(offset, offset + length)), `${name}: ${length}, ${offset}`);
      }
    }
    t.equal((await readAll(small!.readRange(1024, 6))).toString(), 'hello\n', name);
    await t.rejects(readAll(small!.readRange(SMALL.length - 5, 6)), { code: 'CORRUPT' });
  });
});

t.test('a location opens the same layer again', async (t) => {
  await forImages(t.testdir(), async (name, image) => {
    for (const [at, layer] of image.layers.entries()) {
      const location = layer.location();
      if (name.includes('memory')) {
        t.equal(location, undefined, name);
        continue;
      }
      t.ok(location);
      const again = openLayer(host, structuredClone(location!));
      t.same({ ...again.location() }, { ...location }, name);
      t.match(again, { index: layer.index, diffID: layer.diffID, chainID: layer.chainID });
      t.ok((await readAll(again.openTar())).equals(at === 0 ? SMALL : LARGE), name);
      t.ok((await readAll(again.openBlob())).equals(await readAll(layer.openBlob())), name);
      const part = await readAll(again.readRange(100, 200));
      t.ok(part.equals((at === 0 ? SMALL : LARGE).subarray(100, 300)), name);
    }
  });
});

t.test('points come after what was read is verified', async (t) => {
  const top = buildOciLayout(t.testdir(), [{ layers: [LARGE] }]);
  await withSource(top, {}, async (source) => {
    const [image] = await source.listImages();
    const layer = image!.layers[0]!;
    const { path, length } = layer.location()!.file;
    const points = await pointsOf(layer);
    truncateSync(path, length - 1);
    let isTold = false;
    await t.rejects(readAll(layer.openTar({ onSeekPoints: () => (isTold = true) })), {
      code: 'CORRUPT',
    });
    t.notOk(isTold);
    const part = await readAll(layer.readRange(8_400_000, 1000, points));
    t.ok(part.equals(LARGE.subarray(8_400_000, 8_401_000)), 'what is there can still be read');
  });
});

t.test('a layer that is not there, or of no known type', async (t) => {
  const [path] = [buildOciLayout(t.testdir(), [{ layers: [SMALL] }])];
  await withSource(path, {}, async (source) => {
    const [image] = await source.listImages();
    const layer = image!.layers[0]!;
    const location = layer.location()!;
    host.removeFile(location.file.path);
    t.equal(layer.location(), undefined);
    await t.rejects(readAll(layer.readRange(0, 5)), { code: 'NOT_FOUND' });
    await t.rejects(readAll(openLayer(host, location).openTar()), { code: 'NOT_FOUND' });
    const descriptor = { ...location.descriptor, mediaType: 'text/plain' };
    const unknown = openLayer(host, { ...location, descriptor });
    await t.rejects(readAll(unknown.readRange(0, 5)), { code: 'UNSUPPORTED' });
  });
});
