// `load` by the name of an image that the program carries, or makes of this machine.
import { existsSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { makeCutaway } from '../support/cli.js';

const noBusybox = linuxHost().findProgram('busybox') === undefined ? 'needs busybox-static' : false;

t.test('load hello-world', async (t) => {
  const cutaway = makeCutaway(t);
  const { status, stdout, stderr } = await cutaway.run(['load', 'hello-world']);
  t.equal(status, 0);
  t.equal(stdout, 'Loaded image: hello-world:latest\n');
  t.match(stderr, /^latest: Taking it from cutaway itself/);
  t.match(await cutaway.text('images'), /^hello-world +latest /m);
  const quiet = await cutaway.run(['load', '-q', 'hello-world']);
  t.equal(quiet.stderr, '', '-q: no word of it');
});

t.test('load busybox', { skip: noBusybox }, async (t) => {
  const cutaway = makeCutaway(t);
  t.equal(await cutaway.text('load', 'busybox'), 'Loaded image: busybox:latest\n');
  t.equal((await cutaway.json('layers', 'busybox')).layers.length, 3);
});

t.test('a file of that name comes first', async (t) => {
  const cutaway = makeCutaway(t);
  writeFileSync(`${cutaway.directory}/busybox`, 'this is no archive\n'.repeat(100));
  const { status, stderr } = await cutaway.run(['load', 'busybox'], { cwd: cutaway.directory });
  t.equal(status, 2);
  t.match(stderr, /busybox/);
  t.notOk(existsSync(cutaway.paths.images), 'nothing was loaded instead');
});

t.test('any other name is that of a file', async (t) => {
  const cutaway = makeCutaway(t);
  for (const name of ['nosuch', 'nosuch:1', './hello-world']) {
    const { status, stderr } = await cutaway.run(['load', name]);
    t.equal(status, 2, name);
    t.match(stderr, /no such file|ENOENT/i, name);
  }
});
