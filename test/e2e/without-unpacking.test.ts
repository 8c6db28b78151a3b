// Where layers cannot be unpacked, images are stored, verified and shown all the same.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import t, { type Test } from 'tap';
import { cannotRun, cutawayAt, makeCutaway, type Cutaway } from '../support/cli.js';

const skip = cannotRun('runc', 'busybox', 'setpriv');

async function showsImages(t: Test, cutaway: Cutaway, wrapper: readonly string[], reason: RegExp) {
  const run = (...args: string[]) => cutaway.run(args, { wrapper });
  const load = await run('load', 'busybox');
  t.equal(load.status, 0, load.stderr);
  t.match(load.stdout + load.stderr, /Index complete/);
  t.same(readdirSync(cutaway.paths.overlay), ['l'], 'nothing is unpacked');
  const layers = await run('layers', 'busybox', '--json');
  t.equal(JSON.parse(layers.stdout).layers.length, 3);
  t.match((await run('tree', 'busybox', '/etc')).stdout, /motd/);
  t.match((await run('diff', 'busybox@3')).stdout, /^D \/usr\/share\/doc\/draft\.txt$/m);
  const refused = await run('run', '--rm', 'busybox', 'true');
  t.equal(refused.status, 125);
  t.match(refused.stderr, reason);
  t.equal(refused.stderr.trim().split('\n').length, 2, 'one line, and the way out');
  t.equal((await run('ps', '-a')).status, 0, 'and later commands work');
}

t.test('root without CAP_SYS_ADMIN', { skip }, async (t) => {
  const wrapper = ['setpriv', '--bounding-set', '-sys_admin', '--'];
  await showsImages(t, makeCutaway(t), wrapper, /no CAP_SYS_ADMIN/);
});

t.test('a store on overlayfs', { skip }, async (t) => {
  const { directory } = makeCutaway(t);
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(`${directory}/${name}`);
  const options = `lowerdir=${directory}/lower,upperdir=${directory}/upper,workdir=${directory}/work`;
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, `${directory}/merged`]);
  try {
    const cutaway = cutawayAt(directory, `${directory}/merged/store`);
    await showsImages(t, cutaway, [], /itself on overlayfs/);
  } finally {
    execFileSync('umount', [`${directory}/merged`]);
  }
});
