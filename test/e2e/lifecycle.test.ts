// The life of a container, as every command tells it: created, running, exited, gone.
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { cannotRun, eventually, leftovers, makeCutaway, mountsBelow } from '../support/cli.js';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly pid?: number;
}

async function testLifecycle(): Promise<void> {
  const cutaway = makeCutaway(t);
  const { paths } = cutaway;
  const rows = async (...args: string[]) => (await cutaway.json('ps', ...args)).containers as Row[];
  const summary = async (name: string) =>
    (await cutaway.json('inspect', name)).container.summary as Record<string, unknown>;
  await cutaway.text('run', '--rm', 'busybox', 'true');

  await t.test('created', async (t) => {
    const args = ['--name', 'web', '-e', 'A=1', '-w', '/tmp', '-u', '5:6', '-h', 'inside'];
    const id = await cutaway.line('create', ...args, 'busybox', 'sh', '-c', 'echo $A; exit 7');
    t.match(id, /^[0-9a-f]{64}$/);
    t.same(await rows(), [], 'ps shows what runs');
    t.match(await rows('-a'), [{ id, name: 'web', state: 'created' }]);
    t.match(
      await cutaway.text('ps', '-a'),
      /\n[0-9a-f]{12} {3}busybox:latest .* Created .* web\n$/,
    );
    t.equal(await cutaway.text('ps', '-aq'), `${id.slice(0, 12)}\n`);
    t.equal(await cutaway.text('ps', '-aq', '--no-trunc'), `${id}\n`);
    t.equal(await cutaway.text('ps', '-q'), '');

    const { container } = await cutaway.json('inspect', 'web');
    const { directory, config } = container.bundle;
    t.same(config, JSON.parse(readFileSync(`${String(directory)}/config.json`, 'utf8')));
    t.same(config.process.args, ['sh', '-c', 'echo $A; exit 7']);
    t.match(config.process, { cwd: '/tmp', user: { uid: 5, gid: 6 }, terminal: undefined });
    t.ok((config.process.env as string[]).includes('A=1'));
    t.equal(config.hostname, 'inside');
    t.equal(config.root.path, container.directories.merged);
    t.same(mountsBelow(paths), [], 'nothing is mounted before the start');
  });

  await t.test('started, attached, again and again', async (t) => {
    for (let turn = 0; turn < 2; turn += 1) {
      const { status, stdout, stderr } = await cutaway.run(['start', '-a', 'web']);
      t.same({ status, stdout, stderr }, { status: 7, stdout: '1\n', stderr: '' });
      t.match(await summary('web'), { state: 'exited', exitCode: 7, pid: undefined });
    }
    const { startedAt, finishedAt, createdAt } = await summary('web');
    t.ok(String(createdAt) < String(startedAt) && String(startedAt) < String(finishedAt));
    t.match(await cutaway.text('ps', '-a'), / Exited \(7\) .* ago .* web\n$/);
    t.match(await cutaway.run(['start', '-ai', 'web'], { input: 'x' }), { status: 7 });
    t.equal(await cutaway.text('rm', 'web'), 'web\n');
    t.same(await rows('-a'), []);
  });

  await t.test('running, detached', async (t) => {
    const id = await cutaway.line('run', '-d', '--name', 'web', 'busybox', 'sleep', '1000');
    const [row] = await rows();
    t.match(row, { id, name: 'web', state: 'running' });
    t.match(readFileSync(`/proc/${String(row?.pid)}/cmdline`, 'utf8'), /^sleep\u0000/);
    t.match(await cutaway.text('ps'), / Up (Less than a second|1 second|\d seconds) +\d+ +web\n$/);
    t.ok(mountsBelow(paths).includes((await cutaway.json('overlay', 'web')).merged as string));
    t.match(await cutaway.run(['rm', 'web']), {
      status: 2,
      stdout: '',
      stderr:
        /^cutaway rm: remove container "web": it is running\n {2}cutaway rm -f web kills it first\n$/,
    });
    t.equal(await cutaway.text('start', 'web'), 'web\n', 'starting what runs is no error');
    t.match(await cutaway.run(['start', '-a', 'web']), {
      status: 125,
      stderr: 'cutaway start: start container "web": it is running\n',
    });
    t.equal(await cutaway.text('rm', '-f', 'web'), 'web\n');
    t.same(await rows('-a'), []);
    await eventually(() => leftovers(paths).length === 0, 'nothing is left of it');
    t.notOk(existsSync(`/proc/${String(row?.pid)}`));
    t.notOk(existsSync(`${paths.containers}/${id}`) || existsSync(`${paths.overlay}/${id}`));
  });

  await t.test('what it printed is in its log', async (t) => {
    const script = 'echo out; echo err >&2; exit 3';
    await cutaway.text('run', '-d', '--name', 'talks', 'busybox', 'sh', '-c', script);
    await eventually(async () => (await summary('talks'))['exitCode'] === 3, 'it has ended');
    const { container } = await cutaway.json('inspect', 'talks');
    const lines = readFileSync(container.directories.log as string, 'utf8')
      .trimEnd()
      .split('\n');
    const records = lines.map((line) => JSON.parse(line) as { stream: string; log: string });
    t.same(records.map(({ stream, log }) => `${stream}: ${log}`).sort(), [
      'stderr: err\n',
      'stdout: out\n',
    ]);
    await cutaway.text('rm', 'talks');
  });

  await t.test('its files outlive it, and are gone with it', async (t) => {
    const script = 'echo $(($(cat /count 2>/dev/null) + 1)) > /count; rm -f /etc/motd; cat /count';
    const id = await cutaway.line('create', '--name', 'counts', 'busybox', 'sh', '-c', script);
    for (const count of [1, 2, 3]) {
      t.equal(await cutaway.text('start', '-a', 'counts'), `${count}\n`);
    }
    t.equal(await cutaway.text('diff', 'counts'), 'A /count\nC /etc\nD /etc/motd\n');
    const fresh = await cutaway.text(
      'run',
      '--rm',
      'busybox',
      'sh',
      '-c',
      'ls /count; cat /etc/motd; true',
    );
    t.match(fresh, /^\S/, 'another container of the same image has the motd');
    t.notMatch(fresh, /count/, 'and not the count');
    await cutaway.text('rm', 'counts');
    t.notOk(existsSync(`${paths.overlay}/${id}`));
  });

  await t.test('create --rm: gone after its first run', async (t) => {
    await cutaway.text('create', '--rm', '--name', 'once', 'busybox', 'echo', 'hello');
    t.equal(await cutaway.text('start', '-a', 'once'), 'hello\n');
    t.same(await rows('-a'), []);
  });

  await t.test('run -d --rm: gone when it ends', async (t) => {
    await cutaway.text('run', '-d', '--rm', '--name', 'once', 'busybox', 'sleep', '1');
    t.equal((await rows()).length, 1);
    await eventually(async () => (await rows('-a')).length === 0, 'it is gone');
  });

  await t.test('run -d of what is over at once', async (t) => {
    for (let turn = 0; turn < 25; turn += 1) {
      const { status, stderr } = await cutaway.run(['run', '-d', '--rm', 'busybox', 'true']);
      t.same({ status, stderr }, { status: 0, stderr: '' });
    }
    await eventually(async () => (await rows('-a')).length === 0, 'all are gone');
  });

  await t.test('a terminal that nobody is attached to', async (t) => {
    await cutaway.text('create', '-it', '--name', 'shell', 'busybox');
    t.equal(await cutaway.text('start', 'shell'), 'shell\n');
    t.match((await rows('-a'))[0], { state: 'running' });
    await cutaway.text('rm', '-f', 'shell');
  });

  await t.test('several at once', async (t) => {
    const ids = [];
    for (const name of ['aa', 'bb', 'cc']) {
      ids.unshift(await cutaway.line('create', '--name', name, 'busybox', 'sleep', '1000'));
    }
    t.same(
      (await rows('-a')).map(({ id }) => id),
      ids,
      'the newest first',
    );
    t.equal(await cutaway.text('start', 'aa', 'bb'), 'aa\nbb\n');
    t.same(
      (await rows()).map(({ name }) => name),
      ['bb', 'aa'],
    );
    t.equal(await cutaway.text('rm', '-f', 'aa', 'bb', 'cc'), 'aa\nbb\ncc\n');
  });
}

const skip = cannotRun('runc', 'busybox');
if (skip !== false) t.plan(0, skip);
else await testLifecycle();
