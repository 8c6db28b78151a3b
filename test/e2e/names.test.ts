// What a container is called by, and many commands at the same time.
import { existsSync } from 'node:fs';
import t from 'tap';
import { cannotRun, eventually, leftovers, makeCutaway } from '../support/cli.js';

async function testNames(): Promise<void> {
  const cutaway = makeCutaway(t);
  const { paths } = cutaway;
  const all = async () =>
    (await cutaway.json('ps', '-a')).containers as { id: string; name: string; state: string }[];
  await cutaway.text('run', '--rm', 'busybox', 'true');
  const together = <Value>(count: number, work: (turn: number) => Promise<Value>) =>
    Promise.all(Array.from({ length: count }, (_, turn) => work(turn)));

  await t.test('twenty want one name', async (t) => {
    const create = ['create', '--name', 'same', 'busybox', 'true'];
    const outcomes = await together(20, () => cutaway.run(create));
    const winners = outcomes.filter(({ status }) => status === 0);
    t.equal(winners.length, 1);
    for (const { status, stderr } of outcomes.filter((outcome) => !winners.includes(outcome))) {
      t.equal(status, 125);
      t.match(stderr, /^cutaway create: the name "same" is in use by container [0-9a-f]{12}\n {2}/);
    }
    t.match(await all(), [{ id: winners[0]?.stdout.trimEnd(), name: 'same' }]);
    await cutaway.text('rm', 'same');
    t.equal((await cutaway.run(create)).status, 0, 'the name is free again');
    await cutaway.text('rm', 'same');
  });

  await t.test('by name, id and the beginning of an id', async (t) => {
    const id = await cutaway.line('create', '--name', 'web', 'busybox', 'true');
    for (const text of [
      'web',
      id,
      id.slice(0, 12),
      id.slice(0, 6),
      `cutaway:web`,
      `cutaway:${id}`,
    ]) {
      t.equal((await cutaway.json('inspect', text)).subject.id, id, text);
    }
    t.match(await cutaway.run(['inspect', `${id}0`]), { status: 2 });
    t.match(await cutaway.run(['inspect', id.toUpperCase()]), { status: 2 });
    t.equal(await cutaway.text('rm', id.slice(0, 12)), `${id.slice(0, 12)}\n`);
  });

  await t.test('a name that looks like the id of another', async (t) => {
    const first = await cutaway.line('create', 'busybox', 'true');
    const second = await cutaway.line('create', '--name', first.slice(0, 12), 'busybox', 'true');
    t.equal(
      (await cutaway.json('inspect', first.slice(0, 12))).subject.id,
      second,
      'the name wins',
    );
    t.equal((await cutaway.json('inspect', first.slice(0, 13))).subject.id, first);
    await cutaway.text('rm', first, second);
  });

  await t.test('an ambiguous beginning', async (t) => {
    // Of 17 ids two begin alike.
    const ids = await together(17, () => cutaway.line('create', 'busybox', 'true'));
    const first =
      ids.map((id) => id[0] ?? '').find((digit, at, digits) => digits.indexOf(digit) !== at) ?? '';
    const alike = ids.filter((id) => id.startsWith(first));
    for (const command of ['inspect', 'rm', 'layers', 'diff']) {
      const { status, stderr } = await cutaway.run([command, first]);
      t.equal(status, 2);
      t.match(
        stderr,
        new RegExp(
          `^cutaway ${command}: "${first}" begins the ids of ${alike.length} containers: [0-9a-f, ]+\\n  give more of the id\\n$`,
        ),
      );
    }
    t.match(await cutaway.run(['start', first]), { status: 125 });
    t.equal((await all()).length, 17, 'nothing was removed');
    t.equal(new Set((await all()).map(({ name }) => name)).size, 17, 'invented names are unique');
    await cutaway.text('rm', ...ids);
  });

  await t.test('eight start the same container', async (t) => {
    const id = await cutaway.line('create', '--name', 'one', 'busybox', 'sleep', '1000');
    const outcomes = await together(8, () => cutaway.run(['start', 'one']));
    for (const { status, stderr } of outcomes) {
      if (status === 0) continue;
      t.equal(status, 125);
      t.match(
        stderr,
        /^cutaway start: start container "one": it is being started by process \d+\n$/,
      );
    }
    t.ok(outcomes.some(({ status }) => status === 0));
    t.match(await all(), [{ id, state: 'running' }]);
    const { processes } = await cutaway.json('procs', 'one');
    const sleeps = (processes as { command: { argv: string[] } }[]).filter(
      ({ command }) => command.argv[0] === 'sleep',
    );
    t.equal(sleeps.length, 1);
    t.equal((await cutaway.json('overlay', 'one')).mounted, true);
    await cutaway.text('rm', '-f', 'one');
    await eventually(() => leftovers(paths).length === 0, 'nothing is left of it');
  });

  await t.test('removed while it starts', async (t) => {
    for (let delay = 0; delay < 200; delay += 25) {
      const id = await cutaway.line('create', '--name', 'short', 'busybox', 'sleep', '1000');
      const starting = cutaway.run(['start', 'short']);
      await new Promise((resolve) => setTimeout(resolve, delay));
      const removed = await cutaway.run(['rm', '-f', 'short']);
      t.equal(removed.status, 0, removed.stderr);
      const { status, stderr } = await starting;
      t.ok(status === 0 || status === 125, `after ${delay} ms: ${String(status)} ${stderr}`);
      t.same(await all(), []);
      await eventually(() => leftovers(paths).length === 0, leftovers(paths).join('\n'));
      t.notOk(existsSync(`${paths.overlay}/${id}`));
    }
  });

  await t.test('twelve run at once, and no name is taken twice', async (t) => {
    const outcomes = await together(12, (turn) =>
      cutaway.run(['run', '--rm', 'busybox', 'echo', String(turn)]),
    );
    t.same(
      outcomes.map(({ stdout }) => stdout),
      outcomes.map((_, turn) => `${turn}\n`),
    );
    t.same(
      outcomes.map(({ stderr }) => stderr),
      outcomes.map(() => ''),
    );
    t.same(await all(), []);
  });

  await t.test('the first run of all, six times at once', async (t) => {
    await cutaway.text('rmi', 'busybox');
    const outcomes = await together(6, () => cutaway.run(['run', '--rm', 'busybox', 'echo', 'hi']));
    t.same(
      outcomes.map(({ stdout }) => stdout),
      outcomes.map(() => 'hi\n'),
    );
  });
}

const skip = cannotRun('runc', 'busybox');
if (skip !== false) t.plan(0, skip);
else await testNames();
