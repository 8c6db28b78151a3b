// The same done to a container by the real Docker and by us: its log, its shape, its ends.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cannotRun, eventually, makeCutaway, type Cutaway } from '../support/cli.js';
import { DockerFailure, startDocker, whyNoDocker, type Docker } from '../support/docker.js';

type Shape = Record<string, unknown> & {
  readonly State: Record<string, unknown>;
  readonly Config: Record<string, unknown>;
  readonly HostConfig: Record<string, unknown>;
  readonly LogPath: string;
  readonly RestartCount: number;
};

async function testContainers(): Promise<void> {
  const cutaway = makeCutaway(t);
  await cutaway.text('load', 'busybox');
  const archive = `${cutaway.directory}/busybox.tar`;
  await cutaway.text('save', '-o', archive, 'busybox');
  const root = mkdtempSync(join(tmpdir(), 'cutaway-life-'));
  const docker = await startDocker(root);
  t.teardown(async () => {
    await docker.stop();
    rmSync(root, { recursive: true, force: true });
  });
  docker.run(['load', '-i', archive]);
  const both = async (...args: string[]): Promise<[Said, Said]> => [
    theirs(docker, args),
    await ours(cutaway, args),
  ];
  await t.test('log', async (t) => {
    await testLog(t, both);
  });
  await t.test('exec', async (t) => {
    await testExec(t, both);
  });
  await t.test('shape', async (t) => {
    await testShape(t, both);
  });
  await t.test('ends', async (t) => {
    await testEnds(t, both);
  });
  await both('rm', '-f', 'talks', 'execs', 'shape', 'ends', 'again');
}

interface Said {
  readonly status: number;
  readonly stdout: string;
}
type Both = (...args: string[]) => Promise<[Said, Said]>;

function theirs(docker: Docker, args: readonly string[]): Said {
  try {
    return { status: 0, stdout: docker.run(args) };
  } catch (error) {
    if (!(error instanceof DockerFailure)) throw error;
    return { status: 1, stdout: '' };
  }
}

async function ours(cutaway: Cutaway, args: readonly string[]): Promise<Said> {
  const { status, stdout } = await cutaway.run(args);
  return { status: status ?? -1, stdout };
}

async function shapes(both: Both, name: string): Promise<[Shape, Shape]> {
  const [docker, own] = await both('inspect', name);
  return [docker, own].map(({ stdout }) => (JSON.parse(stdout) as Shape[])[0]) as [Shape, Shape];
}

async function untilOver(both: Both, name: string): Promise<void> {
  await eventually(
    async () => (await shapes(both, name)).every(({ State }) => State['Status'] === 'exited'),
    `${name} has ended`,
  );
}

async function testLog(t: Test, both: Both): Promise<void> {
  const script =
    'echo one; printf "two\\n\\nthree"; sleep 0.3; echo; head -c 50000 /dev/zero | tr "\\0" x; sleep 0.3; echo; printf "\\377\\n"; printf end';
  await both('run', '-d', '--name', 'talks', 'busybox', 'sh', '-c', script);
  await untilOver(both, 'talks');
  const [docker, own] = (await shapes(both, 'talks')).map(({ LogPath }) =>
    readFileSync(LogPath, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => ({ keys: Object.keys(JSON.parse(line) as object), line: JSON.parse(line) })),
  );
  const rows = (records: typeof own) =>
    records?.map(({ keys, line }) => [keys, line.log as string, line.stream as string]);
  t.same(rows(own), rows(docker), 'record for record');
  for (const options of [[], ['--tail', '2'], ['--tail', '0'], ['--since', '1h']]) {
    const [a, b] = await both('logs', ...options, 'talks');
    t.equal(b.stdout, a.stdout, `logs ${options.join(' ')}`);
  }
  // Docker counts records, so that of a long line it shows the end; we count lines.
  const [, { stdout }] = await both('logs', '-n', '3', 'talks');
  t.match(stdout, /^x{50000}\n[^\n]*\nend$/);
}

async function testExec(t: Test, both: Both): Promise<void> {
  await both('run', '-d', '--name', 'execs', '-e', 'A=1', '-w', '/tmp', 'busybox', 'sleep', '1000');
  const rows: readonly (readonly string[])[] = [
    ['execs', 'sh', '-c', 'echo $A $HOME $PATH $TERM; pwd; id; umask'],
    ['-u', '1:2', 'execs', 'sh', '-c', 'id -u; id -g; grep ^Cap /proc/self/status'],
    ['-u', '1', '-e', 'A=2', '-e', 'B=3', '-w', '/etc', 'execs', 'sh', '-c', 'echo $A$B; pwd'],
    ['-t', 'execs', 'sh', '-c', 'tty; echo $TERM'],
    ['execs', 'sh', '-c', 'grep -E "^(Seccomp|NoNewPrivs|CapBnd)" /proc/self/status; ulimit -n'],
    ['execs', 'cat', '/proc/self/oom_score_adj'],
    ['execs', 'ls', '/proc/self/fd'],
    ['-w', '/new', 'execs', 'pwd'],
  ];
  for (const row of rows) {
    const [a, b] = await both('exec', ...row);
    t.equal(b.stdout, a.stdout, row.join(' '));
  }
  for (const row of [
    ['execs', 'nosuch'],
    ['nobody', 'true'],
    ['-u', 'nobody7', 'execs', 'true'],
  ]) {
    const [a, b] = await both('exec', ...row);
    t.ok(a.status !== 0 && b.status !== 0, row.join(' '));
  }
}

async function testShape(t: Test, both: Both): Promise<void> {
  const options = ['-e', 'A=1', '-w', '/tmp', '-u', '1', '-l', 'k=v', '--restart', 'on-failure:3'];
  const health = [
    '--health-cmd',
    'true',
    '--health-interval',
    '1m',
    '--init',
    '-i',
    '-h',
    'inside',
  ];
  const rest = ['--entrypoint', 'sh', '--stop-signal', 'INT', '--stop-timeout', '3', 'busybox'];
  await both('run', '-d', '--name', 'shape', ...options, ...health, ...rest, '-c', 'sleep 1000');
  const [docker, own] = await shapes(both, 'shape');
  const known = (mine: object, all: object, where: string) => {
    const extra = Object.keys(mine).filter((key) => !(key in all));
    t.same(extra, where === '' ? ['Engine'] : [], `${where}: no key that Docker has not`);
  };
  known(own, docker, '');
  for (const key of ['State', 'Config', 'HostConfig'] as const) {
    known(own[key], docker[key], key);
  }
  const some = ({ Config, HostConfig, State, Path, Args, Name }: Shape) => ({
    ...{ Path, Args, Name },
    config: [
      'Hostname',
      'User',
      'Tty',
      'OpenStdin',
      'StdinOnce',
      'AttachStdin',
      'Cmd',
      'Entrypoint',
    ]
      .concat(['WorkingDir', 'StopSignal', 'StopTimeout', 'Image'])
      // We keep the name in full.
      .map((key) => (Config[key] === 'busybox' ? 'busybox:latest' : Config[key])),
    check: (Config['Healthcheck'] as { Test: unknown }).Test,
    label: (Config['Labels'] as Record<string, string>)['k'],
    variables: (Config['Env'] as string[]).filter((one) => one.startsWith('A=')),
    host: ['RestartPolicy', 'AutoRemove', 'ReadonlyRootfs', 'Init'].map((key) => HostConfig[key]),
    state: ['Status', 'Running', 'Paused', 'Restarting', 'ExitCode', 'Error', 'FinishedAt'].map(
      (key) => State[key],
    ),
    health: (State['Health'] as { Status: string }).Status,
  });
  t.same(some(own), some(docker));
  const template = '{{.Name}} {{.State.Status}} {{.Config.User}} {{json .Config.Cmd}}';
  const [a, b] = await both('inspect', '-f', template, 'shape');
  t.equal(b.stdout, a.stdout);
  const commands = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).slice(1).join(' '));
  await eventually(async () => {
    const [c, d] = await both('top', 'shape', '-o', 'pid,args');
    const [theirs, own] = [c, d].map((said) => commands(said.stdout).slice(2).join());
    return theirs === 'sleep 1000' && own === theirs;
  }, 'top says the same, but for the path of the init');
}

async function testEnds(t: Test, both: Both): Promise<void> {
  const script = 'trap "exit 7" TERM; while :; do sleep 0.1; done';
  await both('run', '-d', '--name', 'ends', 'busybox', 'sh', '-c', script);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const state = async () =>
    (await shapes(both, 'ends')).map(({ State }) =>
      ['Status', 'Running', 'Paused', 'ExitCode'].map((key) => State[key]),
    );
  const steps = [
    ['pause'],
    ['unpause'],
    ['stop'],
    ['stop'],
    ['start'],
    ['restart', '-t', '0'],
    ['kill'],
  ];
  for (const step of steps) {
    const [a, b] = await both(...step, 'ends');
    t.equal(b.stdout, a.stdout, step.join(' '));
    // Docker's kill does not wait for the end.
    if (step[0] === 'kill') await untilOver(both, 'ends');
    const [docker, own] = await state();
    t.same(own, docker, step.join(' '));
  }
  const [a, b] = await both('wait', 'ends');
  t.equal(b.stdout, a.stdout);
  const again = ['run', '-d', '--name', 'again', '--restart', 'on-failure:2', 'busybox'];
  await both(...again, 'sh', '-c', 'exit 4');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await untilOver(both, 'again');
  const [docker, own] = await shapes(both, 'again');
  t.same(
    [own.RestartCount, own.State['ExitCode']],
    [docker.RestartCount, docker.State['ExitCode']],
  );
}

const skip = cannotRun('runc', 'busybox', 'docker-init') || whyNoDocker();
if (skip) t.plan(0, skip);
else await testContainers();
