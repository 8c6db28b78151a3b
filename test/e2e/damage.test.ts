// A store that was changed from outside: what is damaged is told, the rest goes on, and there is
// a way out.
import {
  appendFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import t from 'tap';
import { cannotRun, makeCutaway, type Cutaway } from '../support/cli.js';
import { storeFaults } from '../support/store-check.js';

const path = (cutaway: Cutaway, digest: string) =>
  `${cutaway.paths.images}/blobs/sha256/${digest.slice(7)}`;

/** Digests that the name `reference` leads to, from the top to the layers. */
async function digestsOf(cutaway: Cutaway, name: string) {
  const { image } = await cutaway.json('inspect', name);
  return {
    top: String(image.summary.digest),
    config: String(image.manifest.config.digest),
    layer: String(image.manifest.layers[0].digest),
  };
}

async function testDamage(): Promise<void> {
  for (const part of ['top', 'config'] as const) {
    await t.test(`the ${part} of one image of two`, async (t) => {
      const cutaway = makeCutaway(t);
      await cutaway.text('load', 'hello-world');
      await cutaway.text('load', 'busybox');
      const damaged = (await digestsOf(cutaway, 'busybox'))[part];
      appendFileSync(path(cutaway, damaged), 'x');
      t.match(await cutaway.run(['ps']), { status: 0, stderr: '' }, 'ps has nothing to do with it');
      for (const command of ['images', 'ls']) {
        const { status, stdout, stderr } = await cutaway.run([command]);
        t.equal(status, 0);
        t.match(stderr, new RegExp(`^! busybox:latest: read blob ${damaged}: `), command);
        t.match(stdout, /hello-world/, `${command} shows the other one`);
      }
      t.match((await cutaway.json('ls')).problems, [{ code: 'image-unreadable' }]);
      t.match(await cutaway.text('run', '--rm', 'hello-world'), /^Hello from Cutaway!/);
      t.match(await cutaway.text('layers', 'hello-world'), /hello-world/);
      const { status, stderr } = await cutaway.run(['run', '--rm', 'busybox', 'true']);
      t.equal(status, 125);
      t.match(
        stderr,
        /^cutaway run: read blob [^\n]*\n {2}[^\n]*remove the image and load it again\n$/,
      );

      await cutaway.text('tag', 'hello-world', 'other');
      t.equal(
        await cutaway.text('rmi', 'other'),
        'Untagged: other:latest\n',
        'nothing is lost by a guess',
      );
      t.match(
        await cutaway.text('rmi', 'busybox'),
        /^Untagged: busybox:latest\nDeleted: /,
        'the way out',
      );
      await cutaway.text('load', 'busybox');
      t.equal((await cutaway.run(['run', '--rm', 'busybox', 'true'])).status, 0);
      t.same(storeFaults(cutaway.paths), []);
    });
  }

  await t.test('a document of an image, mended by loading it again', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('load', 'busybox');
    const { top } = await digestsOf(cutaway, 'busybox');
    writeFileSync(path(cutaway, top), '');
    await cutaway.text('load', 'busybox');
    t.same(storeFaults(cutaway.paths), []);
    t.equal((await cutaway.run(['run', '--rm', 'busybox', 'true'])).status, 0);
  });

  await t.test('index.json', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('load', 'hello-world');
    writeFileSync(`${cutaway.paths.images}/index.json`, '{');
    const told = /read "[^"]*\/images\/index\.json": .*not JSON/;
    t.match(await cutaway.run(['images']), { status: 0, stderr: told });
    t.match(await cutaway.run(['run', 'hello-world']), { status: 125, stderr: told });
  });

  await t.test('the record of one container of two', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('load', 'busybox');
    const id = await cutaway.line('create', '--name', 'bad', 'busybox', 'true');
    await cutaway.text('create', '--name', 'good', 'busybox', 'true');
    writeFileSync(`${cutaway.paths.containers}/${id}/container.json`, '{');
    const { status, stdout, stderr } = await cutaway.run(['ps', '-a']);
    t.equal(status, 0);
    t.match(stdout, / good\n$/);
    t.match(stderr, new RegExp(`^! read "[^"]*${id}/container.json": not JSON`));
    t.match((await cutaway.json('ps', '-a')).problems, [{ code: 'container-unreadable' }]);
    t.equal((await cutaway.run(['start', '-a', 'good'])).status, 0);
    t.equal((await cutaway.run(['run', '--rm', 'busybox', 'true'])).status, 0);
    await cutaway.text('rm', 'good');
    t.match(await cutaway.run(['rm', 'bad']), {
      status: 2,
      stderr:
        /^cutaway rm: read "[^\n]*container\.json": not JSON\n {2}cutaway rm -f [0-9a-f]{12} removes [^\n]*\n$/,
    });
    t.equal(
      await cutaway.text('rmi', 'busybox'),
      'Untagged: busybox:latest\n',
      'what it may be made of stays',
    );
    t.equal(await cutaway.text('rm', '-f', id.slice(0, 12)), `${id.slice(0, 12)}\n`, 'the way out');
    t.same(storeFaults(cutaway.paths), []);
    t.equal(
      (await cutaway.run(['create', '--name', 'bad', 'busybox'])).status,
      0,
      'the name is free',
    );
  });

  await t.test('layers: a directory, a blob, the indexes', async (t) => {
    const cutaway = makeCutaway(t);
    const { paths } = cutaway;
    await cutaway.text('load', 'busybox');
    const { layer } = await digestsOf(cutaway, 'busybox');
    const tree = await cutaway.text('tree', 'busybox');

    rmSync(`${paths.overlay}/${layer.slice(7)}`, { recursive: true });
    t.match(await cutaway.run(['run', '--rm', 'busybox', 'true']), {
      status: 125,
      stderr:
        /^cutaway run: layer [0-9a-f]{12} is not unpacked in the store\n {2}load the image again: /,
    });
    t.match((await cutaway.run(['overlay', 'busybox'])).stderr, /not unpacked/);
    t.equal(await cutaway.text('tree', 'busybox'), tree, 'the tree needs none');
    await cutaway.text('load', 'busybox');
    t.same(storeFaults(paths), [], 'mended');

    rmSync(path(cutaway, layer));
    t.equal((await cutaway.run(['run', '--rm', 'busybox', 'true'])).status, 0, 'it runs without');
    t.match((await cutaway.json('layers', 'busybox')).problems, [{ message: /is not in layout/ }]);
    await cutaway.text('load', 'busybox');
    t.same(storeFaults(paths), [], 'mended');

    for (const name of readdirSync(paths.indexes)) writeFileSync(`${paths.indexes}/${name}`, '');
    t.equal(await cutaway.text('tree', 'busybox'), tree, 'a damaged index is as good as none');
    rmSync(paths.indexes, { recursive: true });
    t.equal(await cutaway.text('tree', 'busybox'), tree, 'and none costs time only');
    await cutaway.text('tag', 'busybox', 'other');
    await cutaway.text('rmi', 'other');
    await cutaway.text('load', 'busybox');
    t.same(storeFaults(paths), [], 'mended');
    t.ok(existsSync(paths.indexes) && readFileSync(`${paths.images}/index.json`, 'utf8') !== '');
  });
}

const skip = cannotRun('runc', 'busybox');
if (skip !== false) t.plan(0, skip);
else await testDamage();
