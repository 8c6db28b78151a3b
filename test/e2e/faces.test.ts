// The faces say what the documents say, hostile names included, and no question writes anything.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { formatCount, formatSize } from '../../src/report/size.js';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
import { cannotRun, makeCutaway, type Cutaway } from '../support/cli.js';

type Json = ReturnType<typeof JSON.parse>;

const SCRIPT =
  'echo new > /new; echo more >> /etc/motd; rm -r /usr/share/doc; mkdir -p /a/b; printf x > "/a/$(printf \'e\\033[31m\\nl\')"; exit 3';

const layers = [
  buildLayer([
    { path: 'etc/', type: 'directory' },
    { path: 'etc/one', content: 'one\n' },
    { path: 'etc/two', content: 'two\n' },
    { path: 'bidi\u202etxt', content: '' },
  ]),
  buildLayer([{ path: 'etc/.wh.one' }, { path: 'etc/two', content: 'changed\n' }]),
];

/** A stopped container, one that never ran, an archive with hostile names: nothing of it lives. */
async function makeSubjects(cutaway: Cutaway): Promise<readonly string[]> {
  const archive = `${cutaway.directory}/docker.tar`;
  await cutaway.text('load', 'hello-world');
  await cutaway.text('create', '--name', 'made', '-l', 'a=b', 'busybox', 'true');
  await cutaway.run(['run', '--name', 'done', 'busybox', 'sh', '-c', SCRIPT]);
  writeFileSync(archive, buildDockerArchive([{ layers, tags: ['mine:1'] }]));
  return ['made', 'done', 'busybox', 'hello-world', archive];
}

async function testReadOnly(cutaway: Cutaway, subjects: readonly string[]) {
  const questions = subjects.flatMap((target) => [
    ['layers', target],
    ['tree', target],
    ['tree', '--sort', 'size', '--filter', '*e*', target],
    ['tree', '--layer', '1', '--whiteouts', target],
    ['diff', target],
    ['diff', '--content', target],
    ['diff', '--stat', target],
    ['inspect', target],
    ['blame', target, '/'],
    ['recover', target],
    ['waste', target],
  ]);
  const more = [
    ['cat', 'done', '/etc/motd'],
    ['cat', '--layer', '2', 'done', '/etc/motd'],
    ['diff', '--content', 'busybox', 'done'],
    ['diff', 'busybox', 'hello-world'],
    ['overlay', 'done'],
    ['blame', 'done', '/etc/motd'],
    ['blame', 'done', '/a/e\u001b[31m\nl'],
    ['procs', 'done'],
    ['ns', 'done'],
    ['ls'],
    ['doctor'],
    ['images'],
  ];
  await t.test('no question writes anything, and nothing drives a terminal', async (t) => {
    const list = () =>
      execFileSync('find', [cutaway.directory, '-printf', '%P %s %T@ %C@\n'], { encoding: 'utf8' });
    const before = list();
    for (const question of [...questions, ...more]) {
      const { status, stdout, stderr } = await cutaway.run(question);
      t.equal(status, 0, question.join(' '));
      // What is not running has no processes, which is told; this machine may hide process 1.
      const about = ['procs', 'ns'].includes(question[0] ?? '') ? /^(! [^\n]+\n)+$/ : /^$/;
      t.match(stderr, about);
      t.notMatch(stdout, /[^\n -~\u00a0-\u2fff]/);
    }
    t.equal(list(), before);
  });
}

async function testFaces(cutaway: Cutaway) {
  await t.test('layers: the table has what the document has', async (t) => {
    const document = await cutaway.json('layers', 'done');
    const table = await cutaway.text('layers', '--no-trunc', 'done');
    for (const layer of document.layers as Json[]) {
      for (const key of ['digest', 'diffID', 'chainID', 'command', 'directory'] as const) {
        t.ok(table.includes(layer[key] as string), `${key} of layer ${String(layer.index)}`);
      }
      t.ok(table.includes(formatSize(layer.size as number)));
      t.ok(table.includes(formatCount(layer.entries as number)));
    }
  });

  await t.test('diff: the lines are the changes', async (t) => {
    const { changes, totals } = await cutaway.json('diff', 'done');
    const lines = (await cutaway.text('diff', 'done')).split('\n').filter(Boolean);
    t.equal(lines.length, (changes as Json[]).length);
    t.same(lines, [
      'A /a',
      'A /a/b',
      'A /a/e\\x1b[31m\\nl',
      'C /etc',
      'C /etc/motd',
      'A /new',
      'C /usr',
      'C /usr/share',
      'D /usr/share/doc',
    ]);
    t.match(totals, { added: 4, changed: 4, deleted: 1, bytesDeleted: 276, moved: 0, byEngine: 0 });
    t.equal((changes as Json[])[2].path, '/a/e\u001b[31m\nl', 'JSON keeps the truth');
    t.equal((await cutaway.run(['diff', '--exit-code', 'done'])).status, 1);
    t.equal((await cutaway.run(['diff', '--exit-code', 'made'])).status, 0);
  });

  await t.test('tree: the lines are the entries', async (t) => {
    const { entries, totals, layers } = await cutaway.json('tree', 'done');
    const table = await cutaway.text('tree', 'done');
    const lines = table.split('\n\n')[0]?.split('\n') ?? [];
    t.equal(lines.length, (entries as Json[]).length);
    (entries as Json[]).forEach(({ path, layer }, at) => {
      const { role } = layers[layer - 1];
      const mark = role === 'upper' ? 'U' : role === 'init' ? 'i' : String(layer);
      const name = String(path).split('/').at(-1)?.replace('\u001b', '\\x1b').replace('\n', '\\n');
      t.ok(lines[at]?.startsWith(mark) && lines[at].includes(name ?? ''), path as string);
    });
    t.match(table, `${formatCount(totals.files as number)} files`);
    t.equal(
      (await cutaway.text('tree', '--depth', '1', 'done')).split('\n\n')[0]?.split('\n').length,
      (entries as Json[]).filter(({ path }) => String(path).split('/').length === 2).length,
    );
  });

  await t.test('blame, recover and waste: a line for each', async (t) => {
    const { events } = await cutaway.json('blame', 'done', '/etc/motd');
    const drawing = await cutaway.text('blame', 'done', '/etc/motd');
    t.same(
      drawing.split('\n').filter((line) => /[●○╳]/u.test(line)).length,
      (events as Json[]).length,
    );
    t.match(drawing, /^ +upper {2}●/m);
    const { entries } = await cutaway.json('recover', 'done');
    const list = await cutaway.text('recover', 'done');
    for (const { path, fate } of entries as Json[])
      t.match(list, new RegExp(` ${String(fate)} in \\w+ +${String(path)}`));
    const { paths, layers, totals } = await cutaway.json('waste', 'done');
    const tables = await cutaway.text('waste', 'done');
    t.match(tables, formatSize(totals.wasted as number));
    for (const { size, wasted } of layers as Json[])
      t.match(
        tables,
        new RegExp(
          `${formatSize(size as number)} +${wasted === 0 ? '' : formatSize(wasted as number)}`,
        ),
      );
    for (const { path, wasted, versions } of paths as Json[])
      t.match(
        tables,
        new RegExp(`${formatSize(wasted as number)} +${String(versions)} .* ${String(path)}$`, 'm'),
      );
  });

  await t.test('ps and ls', async (t) => {
    const { containers, images } = await cutaway.json('ls');
    const table = await cutaway.text('ls', '--no-trunc');
    for (const { id, name, state } of containers as Json[])
      t.match(
        table,
        new RegExp(`${String(id)} +${String(name)} +busybox:latest +${String(state)}`),
      );
    for (const { id, references } of images as Json[])
      t.match(table, new RegExp(`${String(id)} +${String(references[0])}`));
    t.same((await cutaway.json('ps', '-a')).containers, containers);
    t.match((await cutaway.json('images')).images, images as Json[]);
  });
}

async function testLiving(cutaway: Cutaway) {
  await t.test('what lives', async (t) => {
    await cutaway.text('run', '-d', '--name', 'alive', 'busybox', 'sleep', '1000');
    const { subject, processes } = await cutaway.json('procs', 'alive');
    const table = await cutaway.text('procs', 'alive');
    t.match(table, new RegExp(`running, pid ${String(subject.pid)} `));
    for (const { pid, pidInNamespaces, supervisor } of processes as Json[]) {
      const inside = supervisor === true ? '-' : String(pidInNamespaces.at(-1));
      t.match(table, new RegExp(`^ *${String(pid)} +${inside} `, 'm'), 'each process has its line');
    }
    const { namespaces } = await cutaway.json('ns', 'alive');
    const matrix = await cutaway.text('ns', 'alive');
    for (const { type, inode } of namespaces as Json[])
      t.match(matrix, new RegExp(`^${String(type)} +${String(inode)} `, 'm'));
    const mounted = await cutaway.json('overlay', 'alive');
    t.equal(mounted.mounted, true);
    t.ok((await cutaway.text('overlay', 'alive')).includes(mounted.mountLine as string));
    await cutaway.text('rm', '-f', 'alive');
  });
}

async function testAnswers(): Promise<void> {
  const cutaway = makeCutaway(t);
  const subjects = await makeSubjects(cutaway);
  await testReadOnly(cutaway, subjects);
  await testFaces(cutaway);
  await testLiving(cutaway);
}

const skip = cannotRun('runc', 'busybox');
if (skip !== false) t.plan(0, skip);
else await testAnswers();
