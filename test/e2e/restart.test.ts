// What looks after a container beyond one run: restart policies, an init, health checks.
import { readFileSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
import { cannotRun, eventually, leftovers, makeCutaway, type Cutaway } from '../support/cli.js';

interface Shape {
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Pid: number;
    readonly Health?: {
      readonly Status: string;
      readonly FailingStreak: number;
      readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[];
    };
  };
}

async function testRestart(): Promise<void> {
  const cutaway = makeCutaway(t);
  await cutaway.text('load', 'busybox');
  await t.test('policies', async (t) => {
    await testPolicies(t, cutaway);
  });
  await t.test('init', async (t) => {
    await testInit(t, cutaway);
  });
  await t.test('health', async (t) => {
    await testHealth(t, cutaway);
  });
}

async function shape(cutaway: Cutaway, name: string): Promise<Shape> {
  return (JSON.parse(await cutaway.text('inspect', name)) as Shape[])[0] as Shape;
}

async function testPolicies(t: Test, cutaway: Cutaway): Promise<void> {
  const run = async (name: string, policy: string, script: string) =>
    await cutaway.text(
      ...['run', '-d', '--name', name, '--restart', policy],
      ...['busybox', 'sh', '-c', script],
    );
  await run('fails', 'on-failure:2', 'echo run; exit 3');
  await run('succeeds', 'on-failure', 'echo run >> /runs; test $(wc -l < /runs) = 3');
  await run('always', 'always', 'echo run; sleep 0.1');
  await run('unless', 'unless-stopped', 'trap "exit 0" TERM; while :; do sleep 0.1; done');
  await eventually(async () => {
    const { State, RestartCount } = await shape(cutaway, 'fails');
    return State.Status === 'exited' && RestartCount === 2;
  }, 'it gave up');
  t.match(await shape(cutaway, 'fails'), { State: { ExitCode: 3 } });
  t.equal(await cutaway.text('logs', 'fails'), 'run\nrun\nrun\n', 'one log of all runs');
  await eventually(
    async () => (await shape(cutaway, 'succeeds')).State.Status === 'exited',
    'it went well',
  );
  t.match(await shape(cutaway, 'succeeds'), { RestartCount: 2, State: { ExitCode: 0 } });
  await eventually(
    async () => (await shape(cutaway, 'always')).RestartCount >= 3,
    'again and again',
  );
  await eventually(
    async () => / Restarting \(0\) /.test(await cutaway.text('ps')),
    'ps tells that it waits',
  );

  process.kill((await shape(cutaway, 'unless')).State.Pid, 'SIGKILL');
  await eventually(async () => {
    const { State, RestartCount } = await shape(cutaway, 'unless');
    return State.Status === 'running' && RestartCount === 1;
  }, 'killed from outside it comes back');
  t.equal(await cutaway.text('kill', 'unless'), 'unless\n');
  t.equal(await cutaway.text('stop', 'always'), 'always\n');
  const stopped = ['always', 'unless'];
  for (const name of stopped) t.match(await shape(cutaway, name), { State: { Status: 'exited' } });
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const name of stopped) t.match(await shape(cutaway, name), { State: { Status: 'exited' } });
  await cutaway.text('start', 'always');
  t.equal(await cutaway.text('update', '--restart', 'no', 'always'), 'always\n');
  await cutaway.run(['wait', 'always']);
  await eventually(
    async () => (await shape(cutaway, 'always')).State.Status === 'exited',
    'the new policy holds at its next end',
  );
  await cutaway.text('start', 'fails');
  await cutaway.text('rm', '-f', 'fails', 'succeeds', 'always', 'unless');
  t.match(await cutaway.run(['run', '--rm', '--restart', 'always', 'busybox', 'true']), {
    status: 125,
    stderr: /exclude each other/,
  });
  t.match(await cutaway.run(['run', '--restart', 'often', 'busybox', 'true']), {
    status: 125,
    stderr: /invalid restart policy "often"/,
  });
  const front = await cutaway.run([
    'run',
    '--name',
    'front',
    '--restart',
    'on-failure:1',
    'busybox',
    'sh',
    '-c',
    'echo hi; exit 2',
  ]);
  t.match(front, { status: 2, stdout: 'hi\n' }, 'who looks on is told of the first end');
  await eventually(
    async () => (await shape(cutaway, 'front')).RestartCount === 1,
    'the second run',
  );
  const wrong = ['run', '-d', '--name', 'wrong', '--restart', 'always', 'busybox', 'nosuch'];
  t.match(await cutaway.run(wrong), { status: 127, stderr: /not found/ });
  await cutaway.text('rm', '-f', 'front', 'wrong');
  await eventually(() => leftovers(cutaway.paths).length === 0, 'nothing is left');
}

async function testInit(t: Test, cutaway: Cutaway): Promise<void> {
  const script = '(sleep 0.1 & exec true); sleep 0.5; ps -o pid,comm,stat; cat /proc/1/comm';
  const { stdout } = await cutaway.run([
    ...['run', '--name', 'kept', '--init', 'busybox', 'sh', '-c', script],
  ]);
  t.match(stdout, /^ +1 init +S\s*$/m, 'the first process is the init');
  t.notMatch(stdout, / Z\n/, 'which leaves no zombies');
  t.equal(await cutaway.text('diff', 'kept'), '', 'and no trace in the files');
  const failed = await cutaway.run(['run', '--rm', '--init', 'busybox', 'sh', '-c', 'exit 5']);
  t.equal(failed.status, 5);
  await cutaway.text('rm', 'kept');
}

async function testHealth(t: Test, cutaway: Cutaway): Promise<void> {
  const check = ['--health-cmd', 'echo checked; test -e /ok', '--health-interval', '200ms'];
  const options = [...check, '--health-retries', '2'];
  await cutaway.text('run', '-d', '--name', 'web', ...options, 'busybox', 'sleep', '1000');
  t.match(await cutaway.text('ps'), / \(health: starting\) /);
  const is = async (name: string, status: string) => {
    await eventually(
      async () => (await shape(cutaway, name)).State.Health?.Status === status,
      `${name} is ${status}`,
    );
  };
  await is('web', 'unhealthy');
  t.match(await cutaway.text('ps'), / \(unhealthy\) /);
  t.match((await shape(cutaway, 'web')).State.Health?.Log[0], { ExitCode: 1, Output: 'checked\n' });
  await cutaway.text('exec', 'web', 'touch', '/ok');
  await is('web', 'healthy');
  t.match((await cutaway.json('ls')).containers, [{ name: 'web', health: 'healthy' }]);
  t.equal((await shape(cutaway, 'web')).State.Health?.FailingStreak, 0);
  await cutaway.text('stop', '-t', '0', 'web');
  t.equal((await shape(cutaway, 'web')).State.Health, undefined);
  await cutaway.text('rm', 'web');

  const slow = [
    '--health-cmd',
    'sleep 77',
    '--health-interval',
    '100ms',
    '--health-timeout',
    '200ms',
  ];
  await cutaway.text('run', '-d', '--name', 'slow', ...slow, 'busybox', 'sleep', '1000');
  await is('slow', 'unhealthy');
  t.match((await shape(cutaway, 'slow')).State.Health?.Log[0], {
    ExitCode: -1,
    Output: 'Health check exceeded timeout (0.2s)',
  });
  await cutaway.text('pause', 'slow');
  t.notMatch(await cutaway.text('top', 'slow', '-eo', 'pid,args'), /sleep 77[^]*sleep 77/);
  await cutaway.text('rm', '-f', 'slow');

  // The image's own, and without it.
  const busybox = readFileSync('/bin/busybox');
  const layer = buildLayer([
    { path: 'bin/', type: 'directory' },
    { path: 'bin/busybox', content: busybox, mode: 0o755 },
  ]);
  const config = {
    Cmd: ['/bin/busybox', 'sleep', '1000'],
    Healthcheck: { Test: ['CMD', '/bin/busybox', 'true'], Interval: 100_000_000 },
  };
  writeFileSync(
    `${cutaway.directory}/checked.tar`,
    buildDockerArchive([{ layers: [layer], tags: ['checked:1'], config }]),
  );
  await cutaway.text('load', `${cutaway.directory}/checked.tar`);
  await cutaway.text('run', '-d', '--name', 'own', 'checked:1');
  await is('own', 'healthy');
  await cutaway.text('run', '-d', '--name', 'none', '--no-healthcheck', 'checked:1');
  t.equal((await shape(cutaway, 'none')).State.Health, undefined);
  await cutaway.text('rm', '-f', 'own', 'none');
}

const skip = cannotRun('runc', 'busybox', 'docker-init');
if (skip !== false) t.plan(0, skip);
else await testRestart();
