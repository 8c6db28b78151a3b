// `images --tree` of images that part from each other, and `prune` asking on a terminal.
import { join } from 'node:path';
import t from 'tap';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
import { cannotRun, makeCutaway } from '../support/cli.js';
import { openTerminal } from '../support/terminal.js';

const layer = (name: string, size = 1) => buildLayer([{ path: name, content: 'x'.repeat(size) }]);

const skip = cannotRun('tar', 'tmux');

await t.test('images of one store', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const [base, web, tools, deep] = [
    layer('base', 2000),
    layer('web'),
    layer('tools'),
    layer('deep'),
  ];
  const other = layer('other');
  const archive = buildDockerArchive([
    { layers: [base], tags: ['base:1'], history: [{ created_by: 'COPY base' }] },
    { layers: [base, web], tags: ['web:1', 'web:2'] },
    { layers: [base, tools], tags: ['tools:1'] },
    { layers: [base, tools, deep], tags: [], config: { Labels: { of: 'nobody' } } },
    { layers: [base, tools, deep], tags: ['deep:1'] },
    { layers: [other], tags: ['other:1'] },
    { layers: [], tags: ['none:1'] },
  ]);
  t.match(await cutaway.run(['load'], { input: archive }), { status: 0 });

  await t.test('--tree: a branch where they part', async (t) => {
    const drawing = await cutaway.text('images', '--tree');
    const lines = drawing.split('\n').map((line) => line.replace(/\b[0-9a-f]{12}\b/g, 'ID'));
    const squeezed = lines.map((line) => line.replace(/ +/g, ' '));
    t.same(squeezed, [
      'ID 2 kB COPY base ← base:1 ID',
      '├─ ID 1 B step 2 ← tools:1 ID',
      '│ ID 1 B step 3 ← deep:1 ID; <none> ID',
      '└─ ID 1 B step 2 ← web:1, web:2 ID',
      '',
      'ID 1 B step 1 ← other:1 ID',
      '(no layers) none:1 ID',
      '',
    ]);
    const indents = lines.slice(0, 4).map((line) => line.indexOf('ID'));
    t.same(indents, [0, 3, 3, 3], 'what stands on a branch is beneath it');
  });

  await t.test('prune asks', async (t) => {
    const line = `CUTAWAY_DATA_ROOT=${cutaway.dataRoot} ${cutaway.argv.join(' ')} prune`;
    let sockets = 0;
    const ask = async (...keys: readonly string[]) => {
      sockets += 1;
      const socket = join(cutaway.directory, `tmux-${sockets}`);
      const terminal = openTerminal(t, socket, `${line}; echo status $?`);
      await terminal.shows('Are you sure you want to continue? [y/N]');
      terminal.press(...keys);
      await terminal.shows('status 0');
      return terminal.screen();
    };
    const count = async () => ((await cutaway.json('images')).images as unknown[]).length;
    const before = await count();
    const asked = await ask('n', 'Enter');
    t.match(asked, /This will remove:\n {2}- all stopped containers: 0\n/);
    t.match(asked, /\n {2}- all images without a name: 1\n {2}[\d.]+ \w?B in all\n/);
    for (const keys of [['Enter'], ['C-d'], ['yesterday', 'Enter']]) {
      t.notMatch(await ask(...keys), 'Deleted', keys.join(' '));
    }
    t.equal(await count(), before, 'anything but a yes is a no');
    t.match(await ask('yes', 'Enter'), /Deleted images:/);
    t.equal(await count(), before - 1, 'a yes is one');
  });
});
