// Archives and layouts that are damaged, incomplete or not what they say.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { selectImage } from '../../src/image/open-image.js';
import type { Problem } from '../../src/oci/problem.js';
import {
  archiveOf,
  buildConfig,
  buildDockerArchive,
  layoutFiles,
  sha256,
  writeFiles,
} from '../support/build-image.js';
import { BASE, chosen, readAll, TOP, withSource } from '../support/open-image.js';

t.test('what is wrong is one clear error', async (t) => {
  const top = t.testdir();
  let count = 0;
  const layout = (change: (files: Map<string, Buffer>) => void) => {
    const files = layoutFiles([{ layers: [BASE, TOP] }]);
    change(files);
    count += 1;
    return writeFiles(`${top}/${count}`, files);
  };
  const archive = (change: (files: Map<string, Buffer>) => void) => {
    const files = new Map([
      ['c.json', buildConfig([BASE, TOP])],
      ['1.tar', BASE],
      ['2.tar', TOP],
      [
        'manifest.json',
        Buffer.from('[{"Config":"c.json","RepoTags":["a"],"Layers":["1.tar","2.tar"]}]'),
      ],
    ]);
    change(files);
    count += 1;
    writeFileSync(`${top}/${count}.tar`, archiveOf(files));
    return `${top}/${count}.tar`;
  };
  const digestOf = (files: Map<string, Buffer>, text: string) =>
    [...files].find(([name, bytes]) => name.startsWith('blobs') && bytes.includes(text))![0];
  const rejects = (path: string, expected: { code: string; message?: RegExp }) =>
    t.rejects(chosen(path), expected);

  await rejects(
    archive((files) => files.set('manifest.json', Buffer.from('not json'))),
    { code: 'CORRUPT', message: /parse manifest.json: not JSON/ },
  );
  await rejects(
    archive((files) => files.set('manifest.json', Buffer.from('[{"Config":1}]'))),
    { code: 'CORRUPT', message: /\$\[0\].Config/ },
  );
  await rejects(
    archive((files) => files.delete('c.json')),
    { code: 'NOT_FOUND', message: /"c.json"/ },
  );
  await rejects(
    archive((files) => files.set('c.json', buildConfig([BASE]))),
    { code: 'CORRUPT', message: /2 layers, but 1 diff_ids/ },
  );
  await rejects(
    archive((files) => files.delete('manifest.json')),
    { code: 'INVALID_INPUT', message: /neither manifest.json nor index.json/ },
  );
  await rejects(
    layout((files) => files.delete('index.json')),
    { code: 'INVALID_INPUT', message: /a layout without index.json/ },
  );
  await rejects(
    layout((files) => files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"2.0.0"}'))),
    { code: 'UNSUPPORTED' },
  );
  await rejects(
    layout((files) => files.set(digestOf(files, '"schemaVersion"'), Buffer.from('{}'))),
    { code: 'CORRUPT', message: /read manifest sha256:\w+: 2 bytes/ },
  );
  await rejects(
    layout((files) => files.delete(digestOf(files, '"rootfs"'))),
    { code: 'NOT_FOUND', message: /read image config sha256:\w+: not in layout/ },
  );
  await rejects(
    layout((files) => {
      const name = digestOf(files, '"rootfs"');
      files.set(name, Buffer.from(files.get(name)!.toString().replace('amd64', 'amd65')));
    }),
    { code: 'CORRUPT', message: /read image config sha256:\w+: its content has the digest/ },
  );
  await rejects(
    layout((files) =>
      files.set(
        'index.json',
        Buffer.from(
          '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"sha256:../../../etc/passwd"}]}',
        ),
      ),
    ),
    { code: 'CORRUPT', message: /not a digest/ },
  );
  await rejects(
    layout((files) => files.set('index.json', Buffer.from('{"schemaVersion":2,"manifests":[]}'))),
    { code: 'NOT_FOUND', message: /it has no image/ },
  );
  await t.rejects(chosen(`${top}/none`), { code: 'NOT_FOUND' });
  writeFileSync(`${top}/text`, 'hello');
  await rejects(`${top}/text`, { code: 'CORRUPT' });
  writeFileSync(`${top}/cut.tar`, buildDockerArchive([{ layers: [BASE] }]));
  truncateSync(`${top}/cut.tar`, 1000);
  await rejects(`${top}/cut.tar`, { code: 'CORRUPT', message: /it is cut short/ });
  execFileSync('mkfifo', [`${top}/fifo`]);
  await rejects(`${top}/fifo`, { code: 'INVALID_INPUT', message: /not a regular file/ });
  writeFileSync(`${top}/bomb.gz`, gzipSync(Buffer.alloc(3_000_000)));
  await t.rejects(
    chosen(`${top}/bomb.gz`, undefined, { limits: { compressedArchive: 1_000_000 } }),
    { code: 'LIMIT_EXCEEDED', data: { limit: 'compressedArchive' } },
  );
});

t.test('layers that are missing or damaged are shown, and fail when read', async (t) => {
  const top = t.testdir();
  const gz = (bytes: Buffer) => `blobs/sha256/${sha256(gzipSync(bytes)).slice(7)}`;
  const open = async (name: string, change: (files: Map<string, Buffer>) => void) => {
    const files = layoutFiles([{ layers: [BASE, TOP] }]);
    change(files);
    const image = await chosen(writeFiles(`${top}/${name}`, files));
    const [layer] = image.layers;
    const problems: Problem[] = [];
    const read = () => readAll(layer!.openTar({ onProblem: (problem) => problems.push(problem) }));
    return {
      codes: image.problems.map(({ code }) => code),
      read,
      problems,
      blob: () => readAll(layer!.openBlob()),
    };
  };
  const missing = await open('missing', (files) => files.delete(gz(BASE)));
  t.same(missing.codes, ['layer-missing']);
  await t.rejects(missing.read(), {
    code: 'NOT_FOUND',
    message: /read layer 1 sha256:\w+: not in layout/,
  });
  await t.rejects(missing.blob(), { code: 'NOT_FOUND' });
  const flipped = await open('flipped', (files) => {
    const bytes = Buffer.from(files.get(gz(BASE))!);
    bytes[9] = 0x42;
    files.set(gz(BASE), bytes);
  });
  t.same(flipped.codes, []);
  await t.rejects(flipped.blob(), { code: 'CORRUPT', message: /its content has the digest/ });
  await t.rejects(flipped.read(), { code: 'CORRUPT' });
  const short = await open('short', (files) =>
    files.set(gz(BASE), files.get(gz(BASE))!.subarray(0, 50)),
  );
  t.same(short.codes, ['layer-size-mismatch']);
  await t.rejects(short.read(), { code: 'CORRUPT' });
  const long = await open('long', (files) =>
    files.set(gz(BASE), Buffer.concat([files.get(gz(BASE))!, Buffer.alloc(9)])),
  );
  t.same(long.codes, ['layer-size-mismatch']);
  await t.rejects(long.read(), { code: 'CORRUPT', message: /more than/ });
});

t.test('a layer whose content is not what the config says', async (t) => {
  const top = t.testdir();
  const files = new Map([
    ['c.json', buildConfig([BASE, TOP])],
    ['1.tar', TOP],
    ['2.tar', gzipSync(BASE)],
    [
      'manifest.json',
      Buffer.from('[{"Config":"c.json","RepoTags":["a"],"Layers":["1.tar","2.tar"]}]'),
    ],
  ]);
  writeFileSync(`${top}/a.tar`, archiveOf(files));
  await withSource(`${top}/a.tar`, {}, async (source) => {
    const image = await selectImage(source);
    await t.rejects(readAll(image.layers[0]!.openTar()), { code: 'CORRUPT' });
    await t.rejects(readAll(image.layers[1]!.openTar()), {
      code: 'CORRUPT',
      message: /layer 2, uncompressed/,
    });
    t.ok(
      (await readAll(image.layers[1]!.openBlob())).equals(gzipSync(BASE)),
      'the blob itself is whole',
    );
  });
});

t.test('a broken image does not hide the others', async (t) => {
  const top = t.testdir();
  const files = layoutFiles([
    { layers: [BASE], tags: ['good'] },
    { layers: [TOP], tags: ['bad'] },
  ]);
  const broken = [...files].find(
    ([name, bytes]) => name.startsWith('blobs') && bytes.includes(sha256(TOP)),
  )![0];
  files.delete(broken);
  const path = writeFiles(`${top}/layout`, files);
  t.match(await chosen(path, 'good'), { names: ['good'] });
  await t.rejects(chosen(path, 'bad'), { code: 'NOT_FOUND', message: /read image config/ });
  await withSource(path, {}, async (source) => {
    t.match(await source.listFailures(), [{ names: ['bad'], error: { code: 'NOT_FOUND' } }]);
  });
});

t.test('a layout with links is not left', async (t) => {
  const top = t.testdir({ secret: 'secret' });
  const files = layoutFiles([{ layers: [BASE] }]);
  const path = writeFiles(`${top}/layout`, files);
  const [blob] = [...files.keys()].filter((name) => name.startsWith('blobs'));
  const outside = readFileSync(`${path}/${blob}`);
  writeFileSync(`${top}/outside`, outside);
  execFileSync('rm', [`${path}/${blob}`]);
  symlinkSync(`${top}/outside`, `${path}/${blob}`);
  await t.rejects(chosen(path), { code: 'NOT_FOUND' });
  mkdirSync(`${path}/moved`);
  writeFileSync(`${path}/moved/blob`, outside);
  execFileSync('ln', ['-sf', '/moved/blob', `${path}/${blob}`]);
  t.equal((await chosen(path)).layers.length, 1, 'a link within it is followed');
});

t.test('what is no image is told of', async (t) => {
  const top = t.testdir();
  const files = layoutFiles([{ layers: [BASE] }]);
  const config = Buffer.from('{}');
  const chart = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.cncf.helm.config.v1+json',
        digest: sha256(config),
        size: 2,
      },
      layers: [],
    }),
  );
  files.set(`blobs/sha256/${sha256(chart).slice(7)}`, chart);
  const index = JSON.parse(files.get('index.json')!.toString()) as { manifests: object[] };
  index.manifests.push({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: sha256(chart),
    size: chart.length,
  });
  files.set('index.json', Buffer.from(JSON.stringify(index)));
  files.delete('oci-layout');
  await withSource(writeFiles(`${top}/layout`, files), {}, async (source) => {
    t.equal((await source.listImages()).length, 1);
    t.same((await source.listProblems()).map(({ code }) => code).sort(), [
      'layout-file-missing',
      'not-an-image',
    ]);
  });
});
