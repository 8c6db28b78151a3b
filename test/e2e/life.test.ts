// What is done to a container that runs: signals and stops, its log, other processes in it, its terminal.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import t, { type Test } from 'tap';
import { cannotRun, eventually, leftovers, makeCutaway, type Cutaway } from '../support/cli.js';
import { openTerminal } from '../support/terminal.js';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly pid?: number;
  readonly exitCode?: number;
}

async function testLife(): Promise<void> {
  const cutaway = makeCutaway(t);
  await cutaway.text('load', 'busybox');
  const row = async (name: string) =>
    ((await cutaway.json('ps', '-a')).containers as Row[]).find((one) => one.name === name);
  const detach = async (name: string, script: string, ...options: string[]) =>
    await cutaway.line('run', '-d', '--name', name, ...options, 'busybox', 'sh', '-c', script);
  const loop = 'while :; do sleep 0.1; done';

  await t.test('stop, kill, restart, pause, rename', async (t) => {
    await testVerbs(t, { cutaway, row, detach, loop });
  });
  await t.test('wait', async (t) => {
    await testWait(t, { cutaway, row, detach, loop });
  });
  await t.test('logs', async (t) => {
    await testLogs(t, { cutaway, row, detach, loop });
  });
  await t.test('exec', async (t) => {
    await testExec(t, { cutaway, row, detach, loop });
  });
  await t.test('attach', async (t) => {
    await testAttach(t, { cutaway, row, detach, loop });
  });
  await t.test('kill -9', async (t) => {
    await testKilled(t, { cutaway, row, detach, loop });
  });
}

interface Scene {
  readonly cutaway: Cutaway;
  readonly loop: string;
  readonly row: (name: string) => Promise<Row | undefined>;
  readonly detach: (name: string, script: string, ...options: string[]) => Promise<string>;
}

async function testVerbs(t: Test, { cutaway, row, detach, loop }: Scene): Promise<void> {
  await detach('obeys', `echo 1 >> /count; trap "exit 7" TERM; echo ready; ${loop}`);
  await detach('deaf', `trap "" TERM; echo ready; ${loop}`, '--stop-timeout', '0');
  await detach('own', `trap "exit 8" USR1; echo ready; ${loop}`, '--stop-signal', 'USR1');
  for (const name of ['obeys', 'deaf', 'own']) await sawInLog(cutaway, name, 'ready\n');

  t.equal(await cutaway.text('pause', 'obeys'), 'obeys\n');
  t.match(await row('obeys'), { state: 'paused' });
  t.match(await cutaway.text('ps'), / Up [^\n]* \(Paused\) /);
  t.match(await cutaway.run(['pause', 'obeys']), { status: 2, stderr: /it is paused already/ });
  t.match(await cutaway.run(['exec', 'obeys', 'true']), { status: 125, stderr: /it is paused/ });
  t.equal(await cutaway.text('unpause', 'obeys'), 'obeys\n');
  t.match(await row('obeys'), { state: 'running' });
  t.match(await cutaway.run(['unpause', 'obeys']), { status: 2, stderr: /it is not paused/ });
  await cutaway.text('pause', 'obeys');

  const stopped = await cutaway.run(['stop', 'obeys', 'nobody', 'deaf', 'own']);
  t.match(stopped, {
    status: 2,
    stdout: 'obeys\ndeaf\nown\n',
    stderr: /no such container: nobody/,
  });
  const codes = { obeys: 7, deaf: 137, own: 8 };
  for (const [name, exitCode] of Object.entries(codes)) {
    t.match(await row(name), { state: 'exited', exitCode }, name);
  }
  t.equal(await cutaway.text('stop', 'own'), 'own\n', 'what does not run is stopped');
  t.match(await cutaway.run(['kill', 'own']), { status: 2, stderr: /it is not running/ });

  t.equal(await cutaway.text('rename', 'obeys', 'again'), '');
  t.match(await cutaway.run(['rename', 'again', 'own']), { status: 2, stderr: /is in use/ });
  t.match(await cutaway.run(['rename', 'again', '/']), { status: 2, stderr: /invalid container/ });
  t.equal(await row('obeys'), undefined);
  t.equal(await cutaway.text('restart', 'again'), 'again\n');
  const before = await row('again');
  t.equal(await cutaway.text('restart', '-t', '0', 'again'), 'again\n');
  t.not((await row('again'))?.pid, before?.pid);
  t.equal(
    await cutaway.text('exec', 'again', 'cat', '/count'),
    '1\n1\n1\n',
    'what it wrote is there',
  );
  t.match(await cutaway.run(['kill', '-s', 'NONE', 'again']), {
    status: 2,
    stderr: /invalid signal/,
  });
  await sawInLog(cutaway, 'again', 'ready\nready\nready\n');
  t.equal(await cutaway.text('kill', '-s', '15', 'again'), 'again\n');
  await eventually(async () => (await row('again'))?.exitCode === 7, 'the trap was run');
  await cutaway.text('rm', 'again', 'own', 'deaf');
  await detach('kept', loop, '--rm');
  await cutaway.text('restart', '-t', '0', 'kept');
  t.match(await row('kept'), { state: 'running' }, '--rm does not take it between stop and start');
  await cutaway.text('pause', 'kept');
  await cutaway.text('rm', '-f', 'kept');
}

async function testWait(t: Test, { cutaway, detach }: Scene): Promise<void> {
  await detach('w1', 'sleep 3; exit 3', '--rm');
  await detach('w2', 'exit 4');
  const both = await cutaway.run(['wait', 'w1', 'w2']);
  t.match(both, { status: 4, stdout: '3\n4\n', stderr: '' });
  t.match(await cutaway.run(['wait', 'w2']), { status: 4, stdout: '4\n' });
  t.match(await cutaway.run(['wait', 'w1']), { status: 125, stderr: /no such container/ });
  await cutaway.text('rm', 'w2');
}

async function testLogs(t: Test, { cutaway, detach, row }: Scene): Promise<void> {
  const script =
    'echo one; echo two >&2; printf half; sleep 0.2; echo " done"; head -c 40000 /dev/zero | tr "\\0" x; echo; printf last';
  const front = await cutaway.run(['run', '--name', 'front', 'busybox', 'sh', '-c', script]);
  const { stdout, stderr } = await cutaway.run(['logs', 'front']);
  t.equal(stdout, front.stdout, 'a container in the foreground has a log too');
  t.equal(stderr, 'two\n');
  const { container } = await cutaway.json('inspect', 'front');
  const records = readFileSync(container.directories.log as string, 'utf8')
    .trimEnd()
    .split('\n');
  const lengths = records
    .map((line) => JSON.parse(line) as { log: string; stream: string; time: string })
    .filter((record) => record.stream === 'stdout')
    .map((record) => record.log.length);
  t.same(lengths, [4, 10, 16384, 16384, 7233, 4], 'a record for each line, long ones in parts');
  t.match(records[0], /^\{"log":"one\\n","stream":"stdout","time":"[-\d]+T[:\d]+\.\d{9}Z"\}$/);
  t.equal(await cutaway.text('logs', '-n', '1', 'front'), 'last');
  t.equal((await cutaway.text('logs', '--tail', '2', 'front')).length, 40_005);
  t.equal(await cutaway.text('logs', '--tail', '0', 'front'), '');
  t.equal(await cutaway.text('logs', '--since', '1h', 'front'), front.stdout);
  t.equal(await cutaway.text('logs', '--until', '1h', 'front'), '');
  t.match(await cutaway.text('logs', '-t', '-n', '5', 'front'), /^[-\dT:.]{29}Z one\n/m);
  t.match(await cutaway.run(['logs', '--since', 'noon', 'front']), {
    status: 2,
    stderr: /no time/,
  });
  await cutaway.text('rm', 'front');

  // 40,000 lines through four turns of the file, while somebody follows.
  const numbers = Array.from({ length: 40_000 }, (_, at) => `${at + 1}\n`).join('');
  const limits = ['--log-opt', 'max-size=700k', '--log-opt', 'max-file=9'];
  await detach('turns', 'read go; seq 40000', '-i', ...limits);
  const following = cutaway.start(['logs', '-f', 'turns']);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await cutaway.run(['attach', 'turns'], { input: 'go\n' });
  t.equal((await following.ended).stdout, numbers, 'who follows misses nothing');
  t.equal(await cutaway.text('logs', 'turns'), numbers, 'nor who comes later');
  t.equal(await cutaway.text('logs', '-n', '15000', 'turns'), numbers.slice(-15_000 * 6));
  const { directories } = (await cutaway.json('inspect', 'turns')).container;
  const files = readdirSync(directories.container as string).filter((name) => /^log/.test(name));
  t.ok(files.length >= 4, files.join(' '));
  t.match(await row('turns'), { exitCode: 0 });
  await cutaway.text('rm', 'turns');
  const few = ['--log-opt', 'max-size=1k'];
  await detach('few', 'seq 500', ...few);
  await cutaway.run(['wait', 'few']);
  t.match(await cutaway.text('logs', 'few'), /^4\d\d\n[^]*\n500\n$/, 'one file: only the newest');
  await cutaway.text('rm', 'few');
  const wrong = ['run', '--log-opt', 'max-file=3', 'busybox', 'true'];
  t.match(await cutaway.run(wrong), { status: 125, stderr: /needs max-size/ });
}

async function testExec(t: Test, { cutaway, detach, loop }: Scene): Promise<void> {
  await detach('web', loop, '-e', 'A=1', '-w', '/tmp', '-h', 'inside');
  const exec = async (...args: string[]) => await cutaway.run(['exec', ...args]);
  const script = 'echo out; echo err >&2; exit 9';
  t.match(await exec('web', 'sh', '-c', script), { status: 9, stdout: 'out\n', stderr: 'err\n' });
  t.match(await exec('web', 'nosuch'), { status: 127, stdout: '', stderr: /not found in \$PATH/ });
  t.match(await exec('web', '/etc'), { status: 126, stderr: /permission denied/ });
  t.match(await exec('nobody', 'true'), { status: 125, stderr: /no such container/ });
  t.match(await exec('-w', 'tmp', 'web', 'true'), { status: 125, stderr: /is not absolute/ });
  t.match(await exec('web', 'sh', '-c', 'kill -9 $$'), { status: 137 });
  const about = await exec(
    ...['-e', 'B=2', '-u', '5:6', 'web', 'sh', '-c'],
    'echo $A $B $HOSTNAME; pwd; id -u; id -g; grep CapEff /proc/self/status',
  );
  t.equal(about.stdout, '1 2 inside\n/tmp\n5\n6\nCapEff:\t0000000000000000\n');
  t.match(await exec('-w', '/etc', 'web', 'pwd'), { stdout: '/etc\n' });
  const capabilities = async (...options: string[]) =>
    (await exec(...options, 'web', 'grep', 'CapEff', '/proc/self/status')).stdout;
  t.equal(await capabilities(), 'CapEff:\t00000000a80425fb\n');
  const own = /^CapBnd:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  t.equal(await capabilities('--privileged'), `CapEff:\t${own}\n`);
  t.equal((await exec('web', 'ls', '/proc/self/fd')).stdout, '0\n1\n2\n3\n', 'and 3 is that of ls');
  t.equal((await exec('-t', 'web', 'ls', '/proc/self/fd')).stdout, '0  1  2  3\r\n');
  const bytes = randomBytes(3_000_000);
  const copied = await cutaway.run(['exec', '-i', 'web', 'cat'], { input: bytes });
  t.ok(copied.bytes.equals(bytes), '3 MB of any bytes, in and out');
  t.match(await exec('-d', 'web', 'sh', '-c', 'sleep 0.2; echo done > /done'), {
    status: 0,
    stdout: '',
  });
  await eventually(
    async () => (await exec('web', 'cat', '/done')).stdout === 'done\n',
    'it went on',
  );
  await cutaway.text('rm', '-f', 'web');
  t.match(await exec('web', 'true'), { status: 125 });
}

async function testAttach(t: Test, { cutaway, detach, row }: Scene): Promise<void> {
  let sockets = 0;
  const open = (...args: readonly string[]) => {
    sockets += 1;
    const quoted = [...cutaway.argv, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const line = `CUTAWAY_DATA_ROOT=${cutaway.dataRoot} ${quoted.join(' ')}; echo status $?`;
    return openTerminal(t, `${cutaway.directory}/life-${sockets}`, line);
  };
  const first = open('run', '-it', '--name', 'shell', 'busybox');
  await first.shows('/ #');
  first.press('x=kept', 'Enter', 'C-p', 'C-q');
  await first.shows('cutaway attach shell comes back');
  await first.shows('status 0');
  t.match(await row('shell'), { state: 'running' });
  const second = open('attach', '--detach-keys', 'ctrl-x,d', 'shell');
  const third = open('attach', 'shell');
  for (const terminal of [second, third]) {
    await eventually(() => {
      terminal.press('Enter');
      return terminal.screen().includes('/ #');
    }, 'it is attached');
  }
  second.resize(100, 30);
  second.press('echo $x; stty size', 'Enter');
  for (const terminal of [second, third]) await terminal.shows(/^kept$/m);
  await second.shows(/^30 100$/m);
  second.press('C-x', 'd');
  await second.shows('status 0');
  third.press('exit 6', 'Enter');
  await third.shows('status 6');
  t.match(await row('shell'), { state: 'exited', exitCode: 6 });
  await cutaway.text('rm', 'shell');

  // A paste of 1 MB into a terminal, and what comes out, byte for byte.
  const paste = Buffer.from(
    randomBytes(700_000)
      .toString('base64')
      .replaceAll(/(.{99})/g, '$1\n'),
  );
  const size = paste.length;
  const wake =
    '(while [ ! -e /go ]; do echo tick; sleep 0.1; done) & head -c 1 > /key; touch /go; wait; echo go';
  const script = `stty raw -echo; ${wake}; head -c ${size} | tee /pasted | md5sum; cat /pasted`;
  await detach('paste', script, '-it');
  const typing = spawn(
    'script',
    ['-qec', [...cutaway.argv, 'attach', 'paste'].join(' '), '/dev/null'],
    { env: { ...process.env, CUTAWAY_DATA_ROOT: cutaway.dataRoot } },
  );
  const seen: Buffer[] = [];
  typing.stdout.on('data', (chunk: Buffer) => seen.push(chunk));
  const saw = async (text: string) => {
    await eventually(() => Buffer.concat(seen).includes(text), `it shows ${JSON.stringify(text)}`);
  };
  await saw('tick');
  typing.stdin.write('x');
  await saw('go');
  typing.stdin.write(paste);
  await new Promise((resolve) => typing.on('close', resolve));
  const md5 = createHash('md5').update(paste).digest('hex');
  t.ok(Buffer.concat(seen).includes(`${md5}  -\n`), 'all of it arrived');
  t.ok(Buffer.concat(seen).includes(paste), 'and all of it came back');
  await cutaway.text('rm', '-f', 'paste');

  // Without a terminal: any bytes both ways, and stderr apart.
  await detach('pipe', 'read go; echo on stderr >&2; head -c 2000000', '-i');
  const bytes = randomBytes(2_000_000);
  const input = Buffer.concat([Buffer.from('go\n'), bytes]);
  const attached = await cutaway.run(['attach', 'pipe'], { input });
  t.ok(attached.bytes.equals(bytes));
  t.match(attached, { status: 0, stderr: 'on stderr\n' });
  t.match(await cutaway.run(['attach', 'pipe']), { status: 125, stderr: /it is not running/ });
  await cutaway.text('rm', 'pipe');
}

async function testKilled(t: Test, { cutaway, detach, row, loop }: Scene): Promise<void> {
  await detach('orphan', loop);
  const supervisor = async () => {
    const { processes } = await cutaway.json('procs', 'orphan');
    return (processes as { pid: number }[])[0]?.pid ?? 0;
  };
  const attached = cutaway.start(['attach', '--no-stdin', 'orphan']);
  const waiting = cutaway.start(['wait', 'orphan']);
  const executed = cutaway.start(['exec', 'orphan', 'sh', '-c', `echo in; ${loop}`]);
  await executed.saw('in');
  executed.child.kill('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.kill(await supervisor(), 'SIGKILL');
  t.match(await attached.ended, { status: 125, stderr: /supervisor of the container is gone/ });
  t.match(await row('orphan'), { state: 'running' }, 'it runs on');
  t.match(await cutaway.run(['attach', 'orphan']), { status: 125, stderr: /was killed/ });
  t.equal(await cutaway.text('exec', 'orphan', 'echo', 'still'), 'still\n');
  t.equal(await cutaway.text('restart', '-t', '0', 'orphan'), 'orphan\n');
  const waited = await waiting.ended;
  t.ok([125, 137].includes(waited.status ?? 0), `who waited was told: ${waited.stderr}`);
  t.match(await row('orphan'), { state: 'running' });
  process.kill((await row('orphan'))?.pid ?? 0, 'SIGKILL');
  await eventually(async () => (await row('orphan'))?.exitCode === 137, 'its end is seen again');
  await cutaway.text('rm', 'orphan');
  await eventually(
    () => leftovers(cutaway.paths).length === 0,
    leftovers(cutaway.paths).join('\n'),
  );
  t.same(existsSync(cutaway.paths.execs) ? readdirSync(cutaway.paths.execs) : [], []);
}

async function sawInLog(cutaway: Cutaway, name: string, text: string): Promise<void> {
  await eventually(
    async () => (await cutaway.run(['logs', name])).stdout.includes(text),
    `${name} has printed ${JSON.stringify(text)}`,
  );
}

const skip = cannotRun('runc', 'busybox', 'tmux', 'script');
if (skip !== false) t.plan(0, skip);
else await testLife();
