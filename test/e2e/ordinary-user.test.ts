// Without privilege: images are stored, indexed and looked into; running is refused plainly.
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
import { cannotRun, makeCutaway, type RunOptions } from '../support/cli.js';

const base = buildLayer([
  { path: 'etc/', type: 'directory' },
  { path: 'etc/kept', content: 'kept\n' },
  { path: 'etc/gone', content: 'gone\n' },
  { path: 'dev/null', type: 'char', major: 1, minor: 3 },
  { path: 'root-only', content: 'secret', mode: 0o600 },
]);
const top = buildLayer([
  { path: 'etc/.wh.gone' },
  { path: 'etc/new', content: 'new\n', uid: 1000, gid: 1000 },
]);

async function testOrdinaryUser(): Promise<void> {
  const cutaway = makeCutaway(t);
  const { directory, dataRoot } = cutaway;
  const home = `${directory}/home`;
  mkdirSync(home);
  mkdirSync(dataRoot);
  chmodSync(directory, 0o755);
  for (const path of [home, dataRoot]) chownSync(path, 65534, 65534);
  const archive = `${directory}/image.tar`;
  writeFileSync(archive, buildDockerArchive([{ layers: [base, top], tags: ['mine:1'] }]));

  const options: RunOptions = {
    wrapper: ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'],
    env: { HOME: home, XDG_RUNTIME_DIR: home },
  };
  const run = (...args: string[]) => cutaway.run(args, options);
  const text = async (...args: string[]) => {
    const { status, stdout, stderr } = await run(...args);
    if (status !== 0 || stderr !== '') throw new Error(`${args.join(' ')}: ${stderr}`);
    return stdout;
  };

  await t.test('load', async (t) => {
    t.equal(await text('load', archive), 'Loaded image: mine:1\n');
    t.same(readdirSync(`${dataRoot}/overlay`), ['l'], 'nothing is unpacked');
    t.equal(readdirSync(`${dataRoot}/images/blobs/sha256`).length, 4);
    t.equal(readdirSync(`${dataRoot}/index`).length, 4);
    t.equal(await text('load', archive), 'Loaded image: mine:1\n', 'again');
    t.match(await text('images'), /\nmine +1 +[0-9a-f]{12} .* 20 B\n$/);
  });

  await t.test('look', async (t) => {
    const { layers } = JSON.parse(await text('layers', 'mine:1', '--json')) as { layers: object[] };
    t.match(layers, [
      { entries: 5, whiteouts: 0 },
      { entries: 2, whiteouts: 1 },
    ]);
    t.notOk(layers.some((layer) => 'directory' in layer));
    t.match(await text('tree', 'mine:1', '/etc'), /├─ kept\n.*└─ new\n/);
    t.equal(await text('diff', 'mine:1@2'), 'D /etc/gone\nA /etc/new\n');
    t.match(await text('inspect', 'mine:1', '--json'), /"diff_ids"/);
    t.match(await text('tree', archive, '/etc'), /├─ kept\n.*└─ new\n/);
    t.equal(await text('diff', 'mine:1', archive), '');
    t.match(await text('layers', 'mine:1@1'), /mine:1/);
    t.match(await text('doctor'), /\nlimited +privilege|^limited +privilege/);
    t.match(await text('ls'), /\ncutaway +[0-9a-f]{12} +mine:1 +2 /);
    t.match(await text('ps', '-a'), /^CONTAINER ID/);
  });

  await t.test('overlay tells what is not unpacked', async (t) => {
    const { status, stdout, stderr } = await run('overlay', 'mine:1');
    t.equal(status, 0);
    t.notMatch(stdout, /lower/);
    t.equal(stderr, '! not unpacked here: 2 of 2 layers\n');
  });

  await t.test('run is refused, and leaves nothing', async (t) => {
    for (const args of [
      ['run', 'mine:1', 'true'],
      ['run', 'busybox'],
      ['create', 'mine:1'],
      ['run', '-d', 'mine:1'],
    ]) {
      const { status, stdout, stderr } = await run(...args);
      t.equal(status, 125, args.join(' '));
      t.equal(stdout, '');
      t.match(
        stderr,
        /^cutaway (run|create): run a container: only root may mount and start one\n {2}run it as root; [^\n]+\n$/,
      );
    }
    t.same(readdirSync(`${dataRoot}/containers`), ['names']);
    t.match(await text('images', '-q'), /^[0-9a-f]{12}\n$/, 'no image was brought for it');
  });

  await t.test('what root runs then is unpacked then', async (t) => {
    await cutaway.text('load', archive);
    t.equal(readdirSync(`${dataRoot}/overlay`).length, 3);
    t.equal(
      await cutaway.text('rmi', 'mine:1').then((out) => out.split('\n')[0]),
      'Untagged: mine:1',
    );
    t.same(readdirSync(`${dataRoot}/images/blobs/sha256`), []);
  });
}

const skip = cannotRun('setpriv', 'tar');
if (skip !== false) t.plan(0, skip);
else await testOrdinaryUser();
