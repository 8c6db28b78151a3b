// Signals to the command line reach the container, and what it makes of them is our exit status.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { cannotRun, eventually, leftovers, makeCutaway, type Running } from '../support/cli.js';

async function testSignals(): Promise<void> {
  const cutaway = makeCutaway(t);
  await cutaway.text('run', '--rm', 'busybox', 'true');

  const loop = 'while :; do sleep 0.05; done';
  const trap = (name: string, then: string) => `trap '${then}' ${name}; echo ready; ${loop}`;
  const startShell = async (script: string, ...options: string[]): Promise<Running> => {
    const running = cutaway.start(['run', '--rm', ...options, 'busybox', 'sh', '-c', script]);
    await running.saw('ready');
    return running;
  };

  for (const name of ['INT', 'TERM', 'HUP', 'QUIT', 'USR1', 'USR2'] as const) {
    await t.test(`SIG${name}`, async (t) => {
      const running = await startShell(trap(name, `echo got ${name}; exit 42`));
      running.child.kill(`SIG${name}`);
      const { status, stdout, stderr } = await running.ended;
      t.equal(status, 42);
      t.equal(stdout, `ready\ngot ${name}\n`);
      t.equal(stderr, '');
    });
  }

  await t.test('a program that goes on after a signal', async (t) => {
    const running = await startShell(trap('TERM', 'n=$((n + 1)); echo $n; [ $n = 3 ] && exit 5'));
    for (const count of ['1', '2', '3']) {
      running.child.kill('SIGTERM');
      await running.saw(`\n${count}\n`);
    }
    t.equal((await running.ended).status, 5);
  });

  await t.test('killed from outside: 137', async (t) => {
    const running = await startShell(`echo ready; ${loop}`, '--name', 'victim');
    const { container } = await cutaway.json('inspect', 'victim');
    process.kill(container.summary.pid as number, 'SIGKILL');
    t.equal((await running.ended).status, 137);
  });

  await t.test('rm -f while it runs: 137 for who waits', async (t) => {
    const running = await startShell(`echo ready; ${loop}`, '--name', 'victim');
    t.equal(await cutaway.text('rm', '-f', 'victim'), 'victim\n');
    t.equal((await running.ended).status, 137);
    t.same((await cutaway.json('ps', '-a')).containers, []);
  });

  await t.test('start -a passes them on too', async (t) => {
    const script = trap('TERM', 'exit 43');
    await cutaway.text('create', '--name', 'again', 'busybox', 'sh', '-c', script);
    const running = cutaway.start(['start', '-a', 'again']);
    await running.saw('ready');
    running.child.kill('SIGTERM');
    t.equal((await running.ended).status, 43);
    t.match((await cutaway.json('inspect', 'again')).container.summary, {
      state: 'exited',
      exitCode: 43,
    });
    await cutaway.text('rm', 'again');
  });

  await t.test('a detached container hears nothing of the terminal', async (t) => {
    const script = `echo ready; ${loop}`;
    const id = await cutaway.line('run', '-d', '--name', 'away', 'busybox', 'sh', '-c', script);
    const { processes } = await cutaway.json('procs', 'away');
    const shim = (processes as { pid: number }[])[0];
    const session = readFileSync(`/proc/${String(shim?.pid)}/stat`, 'utf8').split(') ')[1];
    t.equal(session?.split(' ')[3], String(shim?.pid), 'its shim leads a session of its own');
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGTERM'] as const) {
      process.kill(shim?.pid ?? 0, signal);
    }
    t.match((await cutaway.json('ps')).containers, [{ id, state: 'running' }]);
    await cutaway.text('rm', '-f', 'away');
  });

  await t.test('at any moment of the start: it ends, and nothing stays', async (t) => {
    for (let delay = 0; delay <= 240; delay += 20) {
      const script = trap('TERM', 'exit 42');
      const running = cutaway.start(['run', '--rm', 'busybox', 'sh', '-c', script]);
      await new Promise((resolve) => setTimeout(resolve, delay));
      running.child.kill('SIGTERM');
      // The first one may find a shell that has no trap yet: as process 1 it ignores it.
      const timer = setInterval(() => running.child.kill('SIGTERM'), 100);
      const { status, signal } = await running.ended;
      clearInterval(timer);
      const how = String(status ?? signal);
      t.ok(['SIGTERM', '42', '125', '143'].includes(how), `after ${delay} ms: ${how}`);
      const { containers } = await cutaway.json('ps', '-a');
      const settled = () => leftovers(cutaway.paths).length === 0;
      await eventually(settled, leftovers(cutaway.paths).join('\n'));
      for (const { state, name } of containers as { state: string; name: string }[]) {
        t.equal(state, 'created', 'made, and never started');
        await cutaway.text('rm', name);
      }
    }
  });
}

const skip = cannotRun('runc', 'busybox');
if (skip !== false) t.plan(0, skip);
else await testSignals();
