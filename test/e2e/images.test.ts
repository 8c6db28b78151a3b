// Images come into the store from every form, other tools open it, and what nobody needs goes.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import {
  buildDockerArchive,
  buildLayer,
  buildOciArchive,
  buildOciLayout,
  sha256,
} from '../support/build-image.js';
import { cannotRun, makeCutaway, type Cutaway } from '../support/cli.js';
import { storeFaults } from '../support/store-check.js';

const layer = (name: string) => buildLayer([{ path: `etc/${name}`, content: `this is ${name}\n` }]);
const base = layer('base');
const tools = (...args: string[]) =>
  execFileSync(args[0] ?? '', args.slice(1), { encoding: 'utf8' });

interface ImageRow {
  readonly id: string;
  readonly references: string[];
}

const rows = async (cutaway: Cutaway) => (await cutaway.json('images')).images as ImageRow[];
const names = async (cutaway: Cutaway) =>
  (await rows(cutaway)).flatMap(({ references }) => references);

/** Nothing of any image. */
function isEmpty(cutaway: Cutaway): boolean {
  const { paths } = cutaway;
  const places = [`${paths.images}/blobs/sha256`, paths.links, paths.indexes, paths.temporary];
  const overlay = readdirSync(paths.overlay).filter((name) => name !== 'l');
  return (
    overlay.length === 0 &&
    places.every((place) => !existsSync(place) || readdirSync(place).length === 0)
  );
}

const withoutTools = cannotRun('skopeo', 'umoci');

async function testImages(): Promise<void> {
  await t.test('every form', async (t) => {
    const cutaway = makeCutaway(t);
    const { directory, paths } = cutaway;
    const layers = [base, layer('top')];
    const put = (name: string, bytes: Buffer) => {
      writeFileSync(`${directory}/${name}`, bytes);
      return `${directory}/${name}`;
    };
    const forms: Record<string, string> = {
      'docker-archive': put('docker.tar', buildDockerArchive([{ layers, tags: ['form:1'] }])),
      oci: buildOciLayout(`${directory}/layout`, [{ layers, tags: ['form:1'] }]),
      'oci, layers as they are': buildOciLayout(`${directory}/plain`, [
        { layers, tags: ['form:1'], compression: 'none' },
      ]),
      'oci-archive': put('oci.tar', buildOciArchive([{ layers, tags: ['form:1'] }])),
    };
    for (const [form, path] of Object.entries(forms)) {
      t.equal(await cutaway.text('load', path), 'Loaded image: form:1\n', form);
      t.same(storeFaults(paths), [], `${form}: the store is whole`);
      const before = snapshot(cutaway);
      t.equal(await cutaway.text('load', '-i', path), 'Loaded image: form:1\n', `${form}, again`);
      t.same(snapshot(cutaway), before, `${form}: loading twice changes nothing`);
      t.equal(
        await cutaway.text('tree', 'form:1', '/etc', '--columns', 'path,layer'),
        'PATH        LAYER\n/etc        2\n/etc/base   1\n/etc/top    2\n',
      );
      const [row] = await rows(cutaway);
      t.match(
        await cutaway.text('rmi', 'form:1'),
        /^Untagged: form:1\n(Deleted: sha256:[0-9a-f]{64}\n)+$/,
      );
      t.match(row?.references, ['form:1']);
      t.ok(isEmpty(cutaway), `${form}: nothing is left`);
    }
  });

  await t.test('several images in one archive', async (t) => {
    const cutaway = makeCutaway(t);
    const path = `${cutaway.directory}/several.tar`;
    writeFileSync(
      path,
      buildDockerArchive([
        { layers: [base], tags: ['one:1', 'uno:1'] },
        { layers: [base, layer('two')], tags: ['two:1'] },
        { layers: [base, layer('three')] },
      ]),
    );
    t.match(
      await cutaway.text('load', path),
      /^Loaded image: one:1, uno:1\nLoaded image: two:1\nLoaded image ID: sha256:[0-9a-f]{64}\n$/,
    );
    t.same(await names(cutaway), ['one:1', 'uno:1', 'two:1']);
    t.match(await cutaway.text('images'), /\n<none> +<none> +[0-9a-f]{12} /);
    t.equal((await cutaway.text('images', '-q')).split('\n').filter(Boolean).length, 3);

    await t.test('layers shared by two outlive one', async (t) => {
      await cutaway.text('rmi', 'two:1');
      t.same(storeFaults(cutaway.paths), []);
      t.match(await cutaway.text('tree', 'one:1', '/etc/base'), /this|base/);
      t.match(
        await cutaway.text('layers', 'one:1'),
        /also in sha256:/,
        'with the one that has no name',
      );
    });

    await t.test('by id: all names only by force', async (t) => {
      const [row] = await rows(cutaway);
      const id = row?.id.slice(7, 19) ?? '';
      t.match(await cutaway.run(['rmi', id]), {
        status: 2,
        stderr: `cutaway rmi: remove image "${id}": it has 2 names\n  remove it by name, or all of them with -f\n`,
      });
      t.match(await cutaway.text('rmi', '-f', id), /^Untagged: one:1\nUntagged: uno:1\nDeleted: /);
      const [last] = await rows(cutaway);
      t.match(
        await cutaway.text('rmi', last?.id.slice(7, 19) ?? ''),
        /^(Deleted: sha256:[0-9a-f]{64}\n)+$/,
      );
      t.ok(isEmpty(cutaway));
    });
  });

  await t.test('one image under two manifests', async (t) => {
    const cutaway = makeCutaway(t);
    const put = (tag: string, compression: 'none' | 'gzip') =>
      buildOciLayout(`${cutaway.directory}/${tag}`, [
        { layers: [base], tags: [`${tag}:1`], compression },
      ]);
    await cutaway.text('load', put('plain', 'none'));
    await cutaway.text('load', put('gzip', 'gzip'));
    const found = await rows(cutaway);
    t.equal(found.length, 1, 'the ID is that of the config');
    t.same(found[0]?.references, ['gzip:1', 'plain:1']);
    for (const name of ['gzip:1', 'plain:1']) {
      t.same((await cutaway.json('inspect', name)).image.summary.references, ['gzip:1', 'plain:1']);
    }
    await cutaway.text('rmi', 'plain:1');
    t.same(await names(cutaway), ['gzip:1']);
    t.same(storeFaults(cutaway.paths), []);
    t.equal(
      readdirSync(`${cutaway.paths.images}/blobs/sha256`).length,
      3,
      'config, manifest, layer',
    );
    await cutaway.text('rmi', 'gzip:1');
    t.ok(isEmpty(cutaway));
  });

  await t.test('tag', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('load', 'busybox');
    for (const name of ['a:1', 'localhost:5000/tools/busybox:2', 'b']) {
      t.equal(await cutaway.text('tag', 'busybox', name), '');
    }
    const all = ['a:1', 'b:latest', 'busybox:latest', 'localhost:5000/tools/busybox:2'];
    t.same(await names(cutaway), all);
    const [row] = await rows(cutaway);
    t.equal(await cutaway.text('tag', row?.id ?? '', 'by-id'), '');
    t.equal((await rows(cutaway)).length, 1);
    t.equal(await cutaway.text('rmi', 'by-id'), 'Untagged: by-id:latest\n');

    await cutaway.text('load', 'hello-world');
    await cutaway.text('tag', 'hello-world', 'a:1');
    t.match(await rows(cutaway), [
      { references: ['a:1', 'hello-world:latest'] },
      { references: all.slice(1) },
    ]);
  });

  await t.test('in use', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('run', '--name', 'user', 'busybox', 'sh', '-c', 'echo x > /file');
    await cutaway.text('tag', 'busybox', 'other:1');
    t.equal(await cutaway.text('rmi', 'busybox'), 'Untagged: busybox:latest\n', 'one of two names');
    t.match(await cutaway.run(['rmi', 'other:1']), {
      status: 2,
      stdout: '',
      stderr:
        /^cutaway rmi: remove image "other:1": container "user" \([0-9a-f]{12}\) is made of it\n {2}remove the container first: cutaway rm user\n$/,
    });
    t.match(await cutaway.text('rmi', '-f', 'other:1'), /^Untagged: other:1\nDeleted: /);
    t.same(await rows(cutaway), []);
    t.equal(await cutaway.text('start', '-a', 'user'), '', 'its layers stay, and it runs');
    t.equal(await cutaway.text('rm', 'user'), 'user\n');
    t.ok(isEmpty(cutaway), 'with the container goes the rest');
  });

  await t.test('other tools open the store', { skip: withoutTools }, async (t) => {
    const cutaway = makeCutaway(t);
    const { images } = cutaway.paths;
    await cutaway.text('load', 'busybox');
    const path = `${cutaway.directory}/form.tar`;
    writeFileSync(path, buildDockerArchive([{ layers: [base], tags: ['form:1'] }]));
    await cutaway.text('load', path);

    for (const [name, short] of [
      ['docker.io/library/busybox:latest', 'busybox'],
      ['docker.io/library/form:1', 'form:1'],
    ] as const) {
      const seen = JSON.parse(tools('skopeo', 'inspect', `oci:${images}:${name}`)) as {
        Layers: string[];
      };
      const { layers } = await cutaway.json('layers', short);
      t.same(
        seen.Layers,
        (layers as { digest: string }[]).map(({ digest }) => digest),
        name,
      );
    }
    t.same(tools('umoci', 'ls', '--layout', images).trim().split('\n').sort(), [
      'docker.io/library/busybox:latest',
      'docker.io/library/form:1',
    ]);
    const bundle = `${cutaway.directory}/bundle`;
    tools('umoci', 'unpack', '--image', `${images}:docker.io/library/form:1`, bundle);
    t.equal(readFileSync(`${bundle}/rootfs/etc/base`, 'utf8'), 'this is base\n');
  });

  await t.test('what other tools write', { skip: withoutTools }, async (t) => {
    const cutaway = makeCutaway(t);
    const { directory, paths } = cutaway;
    await cutaway.text('load', 'busybox');
    const source = `oci:${paths.images}:docker.io/library/busybox:latest`;
    const copies = {
      [`${directory}/skopeo.tar`]: `docker-archive:${directory}/skopeo.tar:skopeo:1`,
      [`${directory}/skopeo-oci.tar`]: `oci-archive:${directory}/skopeo-oci.tar:skopeo:2`,
      [`${directory}/skopeo-layout`]: `oci:${directory}/skopeo-layout:skopeo:3`,
    };
    for (const [path, target] of Object.entries(copies)) {
      tools('skopeo', 'copy', '--quiet', source, target);
      t.match(await cutaway.text('load', path), /^Loaded image: skopeo:\d\n$/, path);
    }
    const layout = `${directory}/umoci`;
    tools('umoci', 'init', '--layout', layout);
    tools('umoci', 'new', '--image', `${layout}:new`);
    mkdirSync(`${directory}/tree`);
    writeFileSync(`${directory}/tree/file`, 'from umoci\n');
    tools('umoci', 'insert', '--image', `${layout}:new`, `${directory}/tree`, '/data');
    const loaded = await cutaway.line('load', layout, 'new');
    t.match(loaded, /^Loaded image ID: sha256:[0-9a-f]{64}$/, 'a bare tag is no name of an image');
    t.match(await cutaway.text('tree', loaded.slice(-64), '/data'), /─ file\n/);
    t.same(storeFaults(paths), []);
    t.equal((await cutaway.run(['run', '--rm', 'skopeo:1', 'true'])).status, 0, 'and it runs');
  });
}

/** What lies in the store, by path: size and change of every file. */
function snapshot({ dataRoot }: Cutaway): Record<string, string> {
  const files = execFileSync('find', [dataRoot, '-type', 'f', '-printf', '%P %s\\n'], {
    encoding: 'utf8',
  });
  return Object.fromEntries(
    files
      .trim()
      .split('\n')
      .sort()
      .map((line) => {
        const [path = '', size = ''] = line.split(' ');
        return [path, size === '' ? '' : sha256(readFileSync(`${dataRoot}/${path}`))];
      }),
  );
}

const skip = cannotRun('runc', 'busybox', 'tar');
if (skip !== false) t.plan(0, skip);
else await testImages();
