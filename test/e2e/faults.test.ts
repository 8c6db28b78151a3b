// kill -9 at many moments: whatever the next command finds is whole, and nothing stays behind.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
import {
  cannotRun,
  cutawayAt,
  eventually,
  leftovers,
  makeCutaway,
  type Cutaway,
} from '../support/cli.js';
import { storeFaults } from '../support/store-check.js';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly pid?: number;
  readonly error?: string;
}

const rows = async (cutaway: Cutaway) => (await cutaway.json('ps', '-a')).containers as Row[];

/** An image of 20 MB in three layers, which can run. */
function makeArchive(path: string): void {
  const host = linuxHost();
  const busybox = readFileSync(host.realPath(host.findProgram('busybox') ?? ''));
  const noise = (layer: number) =>
    Array.from({ length: 40 }, (_, file) => ({
      path: `data/${layer}/${file}`,
      content: randomBytes(file % 4 === 0 ? 600_000 : 7_000),
    }));
  const program = [
    { path: 'bin/', type: 'directory' as const },
    { path: 'bin/busybox', content: busybox, mode: 0o755 },
    { path: 'bin/sh', linkTarget: 'busybox' },
  ];
  const layers = [
    buildLayer([...program, ...noise(1)]),
    buildLayer(noise(2)),
    buildLayer(noise(3)),
  ];
  writeFileSync(path, buildDockerArchive([{ layers, tags: ['noise:1'] }]));
}

/** Runs a command and kills it after `delay` milliseconds; true when it had not ended before. */
async function killAfter(
  cutaway: Cutaway,
  args: readonly string[],
  delay: number,
): Promise<boolean> {
  const running = cutaway.start(args);
  await new Promise((resolve) => setTimeout(resolve, delay));
  running.child.kill('SIGKILL');
  return (await running.ended).signal === 'SIGKILL';
}

/** The next command has run: the store is whole, and what `ps` says is so. */
async function checkAfter(t: Test, cutaway: Cutaway, when: string): Promise<void> {
  const found = await rows(cutaway);
  t.same(storeFaults(cutaway.paths), [], `${when}: the store is whole`);
  for (const { id, state, pid } of found) {
    const alive = processesOf(id);
    if (state === 'running') t.ok(alive.includes(String(pid)), `${when}: ${id} runs`);
    else t.same(alive, [], `${when}: nothing runs of ${id}, which is ${state}`);
  }
  if (found.every(({ state }) => state !== 'running')) {
    t.same(leftovers(cutaway.paths), [], `${when}: nothing is left over`);
  }
}

/** Processes in the cgroup of a container; who has ended and waits for init to look runs no more. */
function processesOf(id: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const isThere = readFileSync(`/proc/${name}/cgroup`, 'utf8').includes(`/cutaway/${id}`);
      return isThere && !/^State:\tZ/m.test(readFileSync(`/proc/${name}/status`, 'utf8'));
    } catch {
      return false;
    }
  });
}

function cgroupsOf(id: string): string[] {
  return readdirSync('/sys/fs/cgroup')
    .map((hierarchy) => `/sys/fs/cgroup/${hierarchy}/cutaway/${id}`)
    .filter((path) => existsSync(path));
}

async function testFaults(): Promise<void> {
  await t.test('load', async (t) => {
    const cutaway = makeCutaway(t);
    const archive = `${cutaway.directory}/noise.tar`;
    makeArchive(archive);
    const began = Date.now();
    await cutaway.text('load', archive);
    const whole = Date.now() - began;
    await cutaway.text('rmi', 'noise:1');
    let killed = 0;
    for (let turn = 0; turn < 25; turn += 1) {
      // By turns on what the last one has left, and on nothing.
      if (turn % 2 === 0) rmSync(cutaway.dataRoot, { recursive: true });
      // Each moment a little later than the last, from the start to the end.
      const delay = ((turn + Math.random()) / 25) * whole * 1.1;
      if (await killAfter(cutaway, ['load', archive], delay)) killed += 1;
      const when = `after ${Math.round(delay)} of ${whole} ms`;
      await checkAfter(t, cutaway, when);
      if (turn % 4 !== 3) continue;
      t.equal(await cutaway.text('load', archive), 'Loaded image: noise:1\n', `${when}: it loads`);
      const script = 'busybox ls /data/1 /data/2 /data/3 | busybox wc -l';
      t.equal(await cutaway.text('run', '--rm', 'noise:1', 'sh', '-c', script), '125\n', 'it runs');
      await cutaway.text('rmi', 'noise:1');
      t.same(readdirSync(`${cutaway.paths.images}/blobs/sha256`), [], 'and it goes');
    }
    t.ok(killed >= 8, `${killed} of 25 were killed before their end`);
  });

  await t.test('run', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('load', 'busybox');
    let killed = 0;
    for (let turn = 0; turn < 16; turn += 1) {
      const delay = 15 * turn + Math.random() * 15;
      const options = turn % 2 === 0 ? ['--rm'] : ['--name', `turn-${turn}`];
      const command = ['run', ...options, 'busybox', 'sh', '-c', 'echo > /file; sleep 0.5'];
      if (await killAfter(cutaway, command, delay)) killed += 1;
      const when = `after ${Math.round(delay)} ms`;
      await checkAfter(t, cutaway, when);
      await eventually(async () => {
        return (await rows(cutaway)).every(({ state }) => state !== 'running');
      }, `${when}: it ends by itself`);
      await checkAfter(t, cutaway, `${when}, and its end`);
      for (const { id, state, error, name } of await rows(cutaway)) {
        if (state === 'exited') t.match(error, /^its supervisor was killed: /, when);
        else t.equal(state, 'created', when);
        t.match(name, /^turn-/, `${when}: what had --rm is gone`);
        t.equal((await cutaway.run(['start', '-a', name])).status, 0, `${when}: it can start`);
        await cutaway.text('rm', name);
        t.same(cgroupsOf(id), [], `${when}: no cgroup is left`);
      }
    }
    t.ok(killed > 8, `${killed} of 16 were killed before their end`);
  });

  await t.test('create', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('load', 'busybox');
    for (let turn = 0; turn < 8; turn += 1) {
      const delay = 60 + 12 * turn;
      await killAfter(cutaway, ['create', '--name', 'made', 'busybox', 'true'], delay);
      await checkAfter(t, cutaway, `after ${delay} ms`);
      for (const { name, state } of await rows(cutaway)) {
        t.equal(state, 'created');
        t.equal((await cutaway.run(['start', '-a', name])).status, 0);
        await cutaway.text('rm', name);
      }
    }
  });

  await t.test('run -d', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('load', 'busybox');
    for (let turn = 0; turn < 10; turn += 1) {
      const delay = 40 + 18 * turn;
      const name = `turn-${turn}`;
      await killAfter(cutaway, ['run', '-d', '--name', name, 'busybox', 'sleep', '1000'], delay);
      // What the shim has in hand it brings to a start.
      await new Promise((resolve) => setTimeout(resolve, 400));
      await checkAfter(t, cutaway, `after ${delay} ms`);
      if ((await rows(cutaway)).length > 0) await cutaway.text('rm', '-f', name);
      await eventually(
        () => leftovers(cutaway.paths).length === 0,
        leftovers(cutaway.paths).join(),
      );
    }
  });

  await t.test('the shim', async (t) => {
    const cutaway = makeCutaway(t);
    await cutaway.text('load', 'busybox');
    for (const end of ['rm -f', 'by itself'] as const) {
      const when = `the shim killed, ${end}`;
      const sleep = ['sleep', end === 'rm -f' ? '1000' : '2'];
      const id = await cutaway.line('run', '-d', '--name', 'orphan', 'busybox', ...sleep);
      const { processes } = await cutaway.json('procs', 'orphan');
      const [shim] = processes as { pid: number; supervisor: boolean }[];
      process.kill(shim?.pid ?? 0, 'SIGKILL');
      t.match(await rows(cutaway), [{ id, state: 'running' }], `${when}: it runs on`);
      await checkAfter(t, cutaway, when);
      if (end === 'rm -f') await cutaway.text('rm', '-f', 'orphan');
      else {
        await eventually(async () => (await rows(cutaway))[0]?.state === 'exited', 'its end');
        t.match(await rows(cutaway), [{ error: /^its supervisor was killed: / }]);
        t.match(await cutaway.text('ps', '-a'), / Exited \(\?\) /);
        await cutaway.text('rm', 'orphan');
      }
      await checkAfter(t, cutaway, `${when}, removed`);
      t.same(cgroupsOf(id), [], `${when}: no cgroup is left`);
      t.notOk(existsSync(`${cutaway.paths.overlay}/${id}`));
    }
  });

  await t.test('one loads while another removes', async (t) => {
    const cutaway = makeCutaway(t);
    const archive = `${cutaway.directory}/noise.tar`;
    makeArchive(archive);
    await cutaway.text('load', 'hello-world');
    for (let turn = 0; turn < 6; turn += 1) {
      const loading = cutaway.run(['load', archive]);
      const removals = [];
      for (let other = 0; other < 4; other += 1) {
        await cutaway.text('tag', 'hello-world', `other-${other}`);
        removals.push(cutaway.text('rmi', `other-${other}`));
      }
      await Promise.all(removals);
      t.equal((await loading).status, 0);
      t.same(storeFaults(cutaway.paths), [], 'what was loaded is all there');
      await cutaway.text('rmi', 'noise:1');
    }
  });

  await t.test('full up', async (t) => {
    const cutaway = makeCutaway(t);
    const archive = `${cutaway.directory}/noise.tar`;
    makeArchive(archive);
    const small = `${cutaway.directory}/small`;
    execFileSync('sh', ['-c', `mkdir ${small} && mount -t tmpfs -o size=12m none ${small}`]);
    const onSmall = cutawayAt(small, `${small}/root`);
    const { paths } = onSmall;
    t.teardown(() => {
      execFileSync('umount', ['-l', small]);
      rmSync(paths.run, { recursive: true });
    });
    const full = await onSmall.run(['load', archive]);
    t.equal(full.status, 2);
    t.match(full.stderr, /^cutaway load: [^\n]*no space left on device\n( {2}[^\n]+\n)?$/i);
    t.equal(full.stdout, '');
    t.same(readdirSync(paths.temporary), []);
    t.same(storeFaults(paths), [], 'what came before is whole');
  });
}

const skip = cannotRun('runc', 'busybox', 'tar');
if (skip !== false) t.plan(0, skip);
else await testFaults();
