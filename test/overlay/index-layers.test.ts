import { truncateSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { Image, ImageLayer, LayerLocation } from '../../src/image/image.js';
import { CutawayError } from '../../src/oci/error.js';
import { formatIndexFile } from '../../src/overlay/index-file.js';
import { indexTar } from '../../src/overlay/index-tar.js';
import { indexLayer } from '../../src/overlay/index-layer.js';
import { indexLayers, type IndexLayersOptions } from '../../src/overlay/index-layers.js';
import { packError, unpackLayer } from '../../src/overlay/layer-message.js';
import { LayerQueue } from '../../src/overlay/layer-queue.js';
import { startLayerWorker } from '../../src/overlay/layer-worker.js';
import {
  buildDockerArchive,
  buildLayer,
  buildOciLayout,
  sha256,
  type LayerItem,
} from '../support/build-image.js';
import { withSource } from '../support/open-image.js';
import { mixedContent } from '../support/random-blob.js';

/** Any size is worth a worker. */
const PARALLEL: IndexLayersOptions = { threads: 3, workerBytes: 1 };

function makeLayers(count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => {
    const items: LayerItem[] = [
      { path: 'shared', content: `of layer ${at}` },
      { path: `d${at}/`, xattrs: { 'user.a': Buffer.from([0, 255]) } },
      { path: `d${at}/noise`, content: mixedContent(200_000 + at * 1000, at + 1) },
      { path: Buffer.from([0x64, 0xe9]).toString('latin1'), content: 'x' },
    ];
    if (at > 0) items.push({ path: `d${at - 1}/.wh.noise` }, { path: '../out', content: 'x' });
    return buildLayer(items);
  });
}

function withImage(path: string, use: (image: Image) => Promise<void>): Promise<void> {
  return withSource(path, {}, async (source) => {
    const [image] = await source.listImages();
    if (image === undefined) throw new Error('no image');
    await use(image);
  });
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof CutawayError)) return error;
    const { code, message, hint, data } = error;
    return { code, message, hint, data };
  }
  throw new Error('it did not fail');
}

t.test('the same from chunks whose buffer is used again', async (t) => {
  // Headers of several blocks on every kind of border between two chunks.
  const items = Array.from({ length: 4000 }, (_, at): LayerItem => ({
    path: `${'long-name/'.repeat(at % 30)}file-${at}`,
    content: mixedContent((at * 37) % 1500, at + 1),
    xattrs: { 'user.a': Buffer.alloc(3000 + (at % 700), at) },
  }));
  const layer = buildLayer(items);
  t.ok(layer.length > 4 << 20);
  const file = `${t.testdir()}/image.tar`;
  writeFileSync(file, buildDockerArchive([{ layers: [layer] }]));
  const expected = await indexTar(Readable.from([layer]));
  await withImage(file, async ({ layers }) => {
    const { index } = await indexLayer(layers[0]!);
    t.same(formatIndexFile(index), formatIndexFile(expected));
  });
});

t.test('the same from workers as from here', async (t) => {
  const layers = makeLayers(7);
  const top = t.testdir();
  writeFileSync(`${top}/docker.tar`, buildDockerArchive([{ layers }]));
  const paths = [`${top}/docker.tar`, buildOciLayout(`${top}/oci`, [{ layers }])];
  for (const path of paths) {
    await withImage(path, async (image) => {
      const options = { seekPoints: true };
      const here = [];
      for (const layer of image.layers) here.push(await indexLayer(layer, options));
      for (const threads of [1, 2, 3, 20]) {
        const side = await indexLayers(image.layers, { ...PARALLEL, ...options, threads });
        t.equal(side.length, layers.length);
        for (const [at, { index, problems, seekPoints }] of side.entries()) {
          const expected = here[at]!;
          t.ok(formatIndexFile(index).equals(formatIndexFile(expected.index)), `layer ${at + 1}`);
          t.equal(index.diffID, image.layers[at]?.diffID);
          t.same(problems, expected.problems);
          t.same(seekPoints, expected.seekPoints);
          t.equal(index.problems.length, at === 0 ? 0 : 1);
        }
      }
      t.equal(here[0]?.seekPoints !== undefined, path.endsWith('oci'));
    });
  }
});

t.test('problems of the blob come along', async (t) => {
  const layers = makeLayers(3);
  const top = buildOciLayout(t.testdir(), [{ layers }]);
  await withImage(top, async (image) => {
    const layer = image.layers[1]!;
    const { file } = layer.location()!;
    const bytes = Buffer.concat([gzipSync(layers[1]!), Buffer.alloc(100)]);
    writeFileSync(file.path, bytes);
    const odd: ImageLayer = {
      ...layer,
      location: () => ({
        ...layer.location()!,
        descriptor: { ...layer.descriptor, digest: sha256(bytes) as never, size: bytes.length },
      }),
    };
    // The last of them is the biggest, and stays here.
    const side = await indexLayers([image.layers[0]!, odd, image.layers[2]!], PARALLEL);
    t.same(
      side.map(({ problems }) => problems.map(({ code }) => code)),
      [[], ['compressed-trailing-data'], []],
    );
  });
});

t.test('errors of workers are those of this thread', async (t) => {
  const layers = makeLayers(5);
  const damages: Record<string, (path: string, bytes: Buffer) => void> = {
    'cut short': (path, bytes) => {
      truncateSync(path, bytes.length - 100);
    },
    'another content': (path) => {
      writeFileSync(path, gzipSync('another'));
    },
    'no gzip': (path, bytes) => {
      writeFileSync(path, Buffer.alloc(bytes.length, 1));
    },
    'one byte': (path, bytes) => {
      bytes[50_000] = (bytes[50_000] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    const top = buildOciLayout(`${t.testdir()}/${name}`, [{ layers }]);
    await withImage(top, async (image) => {
      const { path } = image.layers[1]!.location()!.file;
      damage(path, gzipSync(layers[1]!));
      const here = await failure(indexLayer(image.layers[1]!));
      t.match(here, { code: 'CORRUPT' }, name);
      t.same(await failure(indexLayers(image.layers, PARALLEL)), here, name);
      t.same(await failure(indexLayers(image.layers, { threads: 1 })), here, name);
    });
  }
  const top = buildOciLayout(`${t.testdir()}/limits`, [{ layers }]);
  await withImage(top, async (image) => {
    const limits = { entries: 3 };
    const here = await failure(indexLayer(image.layers[0]!, { limits }));
    t.match(here, {
      code: 'LIMIT_EXCEEDED',
      hint: /entries/,
      data: { allowed: 3 },
    });
    t.same(await failure(indexLayers(image.layers, { ...PARALLEL, limits })), here);
  });
});

t.test('of several failures that of the lowest layer counts', async (t) => {
  const layers = makeLayers(8);
  const top = buildOciLayout(t.testdir(), [{ layers }]);
  await withImage(top, async (image) => {
    for (const at of [3, 4, 5, 6, 7]) {
      truncateSync(image.layers[at]!.location()!.file.path, 1000 + at);
    }
    const first = await failure(indexLayer(image.layers[3]!));
    for (let round = 0; round < 5; round += 1) {
      t.same(await failure(indexLayers(image.layers, PARALLEL)), first);
    }
  });
});

t.test('what only this thread can read stays here', async (t) => {
  const layers = makeLayers(4);
  const top = t.testdir();
  writeFileSync(`${top}/docker.tar.gz`, gzipSync(buildDockerArchive([{ layers }])));
  await withImage(`${top}/docker.tar.gz`, async (image) => {
    t.equal(image.layers[0]?.location(), undefined);
    const side = await indexLayers(image.layers, PARALLEL);
    t.same(
      side.map(({ index }) => index.diffID),
      layers.map(sha256),
    );
  });
  t.same(await indexLayers([], PARALLEL), []);
});

t.test('a worker, of the sources and of the packed program', async (t) => {
  const large = buildLayer([{ path: 'big', content: mixedContent(5_000_000, 50) }]);
  const top = buildOciLayout(t.testdir(), [{ layers: [...makeLayers(1), large] }]);
  const { signal } = new AbortController();
  const packed = pathToFileURL(`${process.env['CUTAWAY_DIST'] ?? 'dist'}/index-layers-worker.js`);
  await withImage(top, async (image) => {
    for (const url of [undefined, packed]) {
      const worker = startLayerWorker(url);
      const ask = (location: LayerLocation) =>
        worker.ask({ location, limits: undefined, seekPoints: true }, signal);
      const location = image.layers[1]!.location()!;
      const buggy = await ask({ ...location, file: null as never });
      t.match(buggy, { kind: 'error', error: { code: undefined, message: /null/ } });
      const reply = await ask(location);
      t.equal(reply?.kind, 'layer', 'a bug does not end it');
      const layer = unpackLayer(reply!, location.descriptor.digest);
      t.equal(layer.index.diffID, location.diffID);
      t.equal(layer.seekPoints?.points.length, 1, 'it can call zlib');
      const late = ask(location);
      await worker.stop();
      t.equal(await late, undefined, 'it died over this one');
      t.equal(await ask(location), undefined);
    }
  });
  const missing = startLayerWorker(new URL('./no-such-worker.js', import.meta.url));
  const request = { location: null as never, limits: {}, seekPoints: false };
  t.equal(await missing.ask(request, signal), undefined);
});

t.test('the queue', async (t) => {
  const top = buildOciLayout(t.testdir(), [{ layers: makeLayers(4) }]);
  await withImage(top, async (image) => {
    const layers = image.layers.map((layer, at): ImageLayer => ({
      ...layer,
      descriptor: { ...layer.descriptor, size: 100 + at },
    }));
    const queue = new LayerQueue(layers, undefined);
    t.equal(queue.sharedBytes, 303, 'all but the biggest');
    const biggest = queue.takeLocated();
    t.equal(biggest?.position, 3, 'the biggest first');
    queue.giveBack(biggest!);
    t.same([queue.takeLocated()?.position, queue.takeLocated()?.position], [2, 1]);
    const lowest = queue.takeLocated();
    t.equal(lowest?.position, 0);
    t.equal(queue.takeLocated(), undefined, 'what a worker died over is for no other');
    const again = queue.take();
    t.equal(again?.position, 3);
    await queue.settle(lowest!, () => Promise.reject(new Error('wrong')));
    t.ok(again?.signal.aborted, 'what comes after a failure is given up');
    t.notOk(lowest?.signal.aborted);
    t.throws(() => queue.results(), { message: 'wrong' });
    queue.giveBack(again!);
    t.equal(queue.take(), undefined);
  });
});

t.test('who stops it gets CANCELED, and soon', async (t) => {
  const layers = makeLayers(6);
  const top = buildOciLayout(t.testdir(), [{ layers }]);
  await withImage(top, async (image) => {
    const early = { ...PARALLEL, signal: AbortSignal.abort() };
    await t.rejects(indexLayers(image.layers, early), { code: 'CANCELED' });
    const controller = new AbortController();
    const running = indexLayers(image.layers, { ...PARALLEL, signal: controller.signal });
    setImmediate(() => {
      controller.abort();
    });
    await t.rejects(running, { code: 'CANCELED' });
  });
});

t.test('errors go from thread to thread whole', (t) => {
  const cause = new Error('the cause');
  const error = new CutawayError('LIMIT_EXCEEDED', 'too much', {
    hint: 'less',
    data: { a: 1n, b: ['x'] },
    cause,
  });
  const digest = `sha256:${'0'.repeat(64)}` as const;
  const thrown = (one: unknown): unknown => {
    try {
      return unpackLayer(structuredClone(packError(one)), digest);
    } catch (again) {
      return again;
    }
  };
  const same = thrown(error) as CutawayError;
  t.ok(same instanceof CutawayError);
  t.match(same, { code: 'LIMIT_EXCEEDED', message: 'too much', hint: 'less', data: error.data });
  t.equal((same.cause as Error).message, 'the cause');
  t.match(thrown(new TypeError('a bug')), { message: 'a bug', stack: /index-layers\.test/ });
  t.match(thrown('text'), { message: 'text' });
  const plain = thrown(new CutawayError('NOT_FOUND', 'no')) as CutawayError;
  t.same([plain.hint, plain.data, plain.cause], [undefined, {}, undefined]);
  t.end();
});
