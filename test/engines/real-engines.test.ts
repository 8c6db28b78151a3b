// The same image and the same operations in Docker, Podman and our own store: the same documents, as
// each engine says it, and the same again from a copy of their disks.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { cannotRun, cutawayAt, eventually } from '../support/cli.js';
import { startDocker, whyNoDocker } from '../support/docker.js';

const skip = whyNoDocker() ?? cannotRun('podman', 'busybox', 'runc');
const DOCKERFILE = `FROM scratch
ADD busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /etc /srv/d && echo one > /etc/one && echo two > /etc/two && echo x > /srv/d/x
RUN rm /etc/two && echo 1 >> /etc/one
CMD ["/bin/sh"]
`;
const SCRIPT =
  'echo up > /etc/up; rm -r /srv/d; echo c >> /etc/one; mkdir /srv/n; echo > /ready; exec sleep 600';
/** What Podman makes in a container itself and leaves out of its diff (libpod/diff.go, initInodes). */
const MADE_BY_PODMAN = ['/dev', '/proc', '/run', '/run/.containerenv', '/sys', '/etc/mtab'].concat([
  '/etc/hostname',
  '/etc/hosts',
  '/etc/resolv.conf',
  '/run/notify',
  '/run/secrets',
]);
/** What only engines with blobs know, and where it lies. */
const DECLARED = ['digest', 'mediaType', 'size', 'uncompressedSize', 'directory', 'link', 'alsoIn'];

interface Row {
  readonly [key: string]: unknown;
  readonly path: string;
}

t.test('Docker and Podman', { skip, timeout: 240_000 }, async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'ce-'));
  const docker = await startDocker(base);
  const podman = podmanAt(base);
  t.teardown(async () => {
    await docker.stop();
    podman.tryRun('rm', '-f', '-a', '-t', '0');
    spawnSync('umount', ['-l', join(base, 'graph/overlay')]);
    rmSync(base, { recursive: true, force: true });
  });
  const cutaway = cutawayAt(base, join(base, 'store'));
  const roots = [`docker=${base}/data`, `podman=${base}/graph`];
  const options = roots.flatMap((root) => ['--engine-root', root]);
  const env = { CUTAWAY_ENGINES: 'cutaway,docker,podman' };
  const text = async (...args: string[]) => {
    const { status, stdout, stderr } = await cutaway.run([...options, ...args], { env });
    if (status !== 0) throw new Error(`cutaway ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const json = async (...args: string[]) =>
    JSON.parse(await text(...args, '--json')) as Record<string, unknown>;

  const context = join(base, 'context');
  mkdirSync(context);
  const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  copyFileSync(busybox, join(context, 'busybox'));
  writeFileSync(join(context, 'Dockerfile'), DOCKERFILE);
  docker.run(['build', '-q', '--network', 'none', '-t', 'ours:1', context], {
    environment: { DOCKER_BUILDKIT: '0' },
  });
  const archive = join(base, 'ours.tar');
  docker.run(['save', '-o', archive, 'ours:1']);
  podman.run('load', '-q', '-i', archive);
  await cutaway.text('load', archive);
  const command = ['/bin/sh', '-c', SCRIPT];
  const one = ['run', '-d', '--network', 'none', '--name'];
  const dockerID = docker.run([...one, 'dweb', '-l', 'a=b', 'ours:1', ...command]).trim();
  podman.run(...one, 'pweb', 'localhost/ours:1', ...command);
  await cutaway.text(...one, 'cweb', 'ours:1', ...command);
  const ALL = ['docker:dweb', 'podman:pweb', 'cutaway:cweb'];
  await eventually(async () => {
    const outcomes = ALL.map((target) =>
      cutaway.run([...options, 'cat', target, '/ready'], { env }),
    );
    return (await Promise.all(outcomes)).every(({ status }) => status === 0);
  }, 'all three have done their work');

  await t.test('as each engine says it', async (t) => {
    t.same(lines(await text('diff', 'dweb')).sort(), docker.lines(['diff', dockerID]).sort());
    const ours = lines(await text('diff', 'pweb')).map((line) => line.replace(/ {2}made by.*/, ''));
    const shown = ours.filter((line) => !MADE_BY_PODMAN.includes(line.slice(2)));
    t.same(shown.sort(), lines(podman.run('diff', 'pweb')).sort());
    const inspected = docker.inspect('ours:1') as { Id: string; RootFS: { Layers: string[] } };
    const { image, layers } = await json('layers', 'docker:ours:1');
    t.equal((image as { id: string }).id, inspected.Id);
    t.same(
      (layers as { diffID: string }[]).map(({ diffID }) => diffID),
      inspected.RootFS.Layers,
    );
    const top = docker.lines(['top', dockerID, '-o', 'pid']).slice(1).map(Number);
    const { processes } = await json('procs', 'docker:dweb');
    const inside = (processes as { pid: number; supervisor: boolean }[]).filter(
      ({ supervisor }) => !supervisor,
    );
    t.same(
      inside.map(({ pid }) => pid),
      top,
    );
    const { containers } = await json('ls');
    const rows = containers as { name: string; state: string; pid: number; startedAt: string }[];
    const row = rows.find(({ name }) => name === 'dweb');
    const state = (docker.inspect(dockerID) as { State: { Pid: number; StartedAt: string } }).State;
    t.match(row, { state: 'running', pid: state.Pid, startedAt: state.StartedAt });
    const pid = Number(podman.run('inspect', '-f', '{{.State.Pid}}', 'pweb'));
    t.match(
      rows.find(({ name }) => name === 'pweb'),
      { state: 'running', pid },
    );
  });

  await t.test('the same documents', async (t) => {
    const [a = [], b = [], c = []] = await Promise.all(
      ALL.map(async (target) => changesOf(await json('diff', target))),
    );
    t.ok(a.length > 5, `${a.length} changes`);
    t.same(b, a, 'Podman as Docker');
    t.same(c, a, 'ours as Docker');
    const images = ['docker:ours:1', 'podman:ours:1', 'cutaway:ours:1'];
    const [first, ...others] = await Promise.all(
      images.map(async (target) => without((await json('layers', target))['layers'] as Row[])),
    );
    for (const other of others) t.same(other, first, 'layers');
    for (const path of ['/etc/one', '/bin/busybox']) {
      const contents = await Promise.all(ALL.map((target) => text('cat', target, path)));
      t.equal(new Set(contents).size, 1, path);
    }
    const lost = await Promise.all(
      images.map(async (target) => {
        const { entries } = await json('recover', target);
        return (entries as Row[]).map(({ path, sha256, layer }) => ({ path, sha256, layer }));
      }),
    );
    t.same(lost[1], lost[0]);
    t.same(lost[2], lost[0]);
    // Docker and Podman give the directory of a layer itself a mode, which is none of the layer's.
    const { changes } = await json('diff', 'docker:ours:1', 'podman:ours:1');
    t.same(
      (changes as Row[]).map(({ path, aspects }) => ({ path, aspects })),
      [{ path: '/', aspects: ['mode'] }],
    );
  });

  await t.test('what libpod alone knows', async (t) => {
    const image = 'localhost/ours:1';
    const ports = ['-p', '127.0.0.1:8080-8082:80-82/udp', '-p', '9000:9'];
    podman.run('create', '--name', 'published', '-l', 'a=b', ...ports, image, 'true');
    podman.tryRun('run', '--name', 'ended', '--network', 'none', image, '/bin/sh', '-c', 'exit 7');
    podman.run(...one, 'resting', image, '/bin/sh', '-c', 'sleep 600');
    podman.run('pause', 'resting');
    const { containers } = await json('ls', '--engine', 'podman');
    const ours = new Map((containers as Row[]).map((row) => [row['name'], row]));
    const theirs = JSON.parse(podman.run('ps', '-a', '--format', 'json')) as PodmanRow[];
    t.same([...ours.keys()].sort(), theirs.flatMap(({ Names }) => Names).sort());
    for (const { Names, Labels, State, ExitCode, Exited, StartedAt, Ports } of theirs) {
      const row = ours.get(Names.join());
      t.equal(row?.['state'], State, Names.join());
      t.same(row?.['labels'], Labels ?? {});
      t.equal(row?.['exitCode'], Exited ? ExitCode : undefined);
      t.equal(Math.floor(Date.parse(String(row?.['startedAt'])) / 1000), StartedAt > 0 ? StartedAt : NaN);
      t.same(row?.['ports'], Ports === null ? undefined : Ports.map(portOf));
    }
    podman.run('unpause', 'resting');
    podman.run('rm', '-f', '-t', '0', 'resting');
  });

  docker.run(['kill', 'dweb']);
  podman.run('kill', 'pweb');
  await cutaway.text('rm', '-f', 'cweb');
  await docker.stop();
  await t.test('offline as live', async (t) => {
    const disk = join(base, 'disk');
    const copy = join(disk, base);
    mkdirSync(copy, { recursive: true });
    for (const name of ['data', 'graph']) {
      execFileSync('cp', ['-a', join(base, name), copy]);
    }
    execFileSync('find', [disk, '-exec', 'touch', '-h', '-a', '-d', '2001-02-03', '{}', '+']);
    // What looks at the disk to compare must not be what changes it.
    const view = join(base, 'view');
    mkdirSync(view);
    execFileSync('mount', ['--bind', disk, view]);
    t.teardown(() => execFileSync('umount', [view]));
    execFileSync('mount', ['-o', 'remount,bind,ro,noatime', view]);
    const hashes = hashTree(view);
    const before = statTree(view);
    t.equal(statTree(view), before, 'looking changes nothing');
    const questions = ['dweb', 'pweb'].flatMap((target) =>
      [['diff'], ['layers'], ['overlay'], ['tree', '--hash'], ['inspect']].map(
        ([verb = '', ...rest]) => [verb, ...rest, target],
      ),
    );
    for (const question of [['ls', '--engine', 'docker', '--engine', 'podman'], ...questions]) {
      const live = await json(...question);
      const offline = await json('--host-root', disk, ...question);
      t.same(timeless(offline), timeless(live), question.join(' '));
    }
    t.equal(await text('--host-root', disk, 'cat', 'dweb', '/etc/one'), 'one\n1\nc\n');
    t.equal(statTree(view), before, 'no time, mode, owner or size has changed, atimes included');
    t.equal(hashTree(view), hashes, 'no content has changed');
  });
});

interface PodmanRow {
  readonly Names: readonly string[];
  readonly Labels: Record<string, string> | null;
  readonly State: string;
  readonly ExitCode: number;
  readonly Exited: boolean;
  readonly StartedAt: number;
  readonly Ports: readonly Record<string, string | number>[] | null;
}

function portOf(port: Record<string, string | number>): string {
  const range = (first: unknown) =>
    Number(port['range']) > 1
      ? `${Number(first)}-${Number(first) + Number(port['range']) - 1}`
      : String(first);
  const from = `${port['host_ip'] || '0.0.0.0'}:${range(port['host_port'])}`;
  return `${from}->${range(port['container_port'])}/${port['protocol'] ?? ''}`;
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => /^[ACD] /.test(line));
}

function changesOf(document: Record<string, unknown>): Row[] {
  return (document['changes'] as Row[])
    .filter(({ path }) => !MADE_BY_PODMAN.includes(path))
    .map(({ kind, path, after }) => {
      const { type, mode, size, sha256 } = (after ?? {}) as Record<string, unknown>;
      return { kind, path, type, mode, size: type === 'file' ? size : 0, sha256 };
    });
}

function without(rows: readonly Row[]): object[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([key]) => !DECLARED.includes(key))),
  );
}

/** Without what depends on the moment. */
function timeless(document: Record<string, unknown>): object {
  return { ...document, collected: undefined };
}

function statTree(directory: string): string {
  return execFileSync('find', [directory, '-printf', '%P %A@ %T@ %C@ %m %U %G %s\n'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
}

function hashTree(directory: string): string {
  const script = 'find . -type f -print0 | sort -z | xargs -0 sha256sum';
  return execFileSync('sh', ['-c', script], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
}

function podmanAt(base: string) {
  const limits = '["nofile=1024:1024","nproc=1024:1024"]';
  const config = join(base, 'containers.conf');
  writeFileSync(
    config,
    `[containers]\ndefault_ulimits=${limits}\n[engine]\nruntime="runc"\ncgroup_manager="cgroupfs"\nevents_logger="file"\n`,
  );
  writeFileSync(
    join(base, 'storage.conf'),
    `[storage]\ndriver="overlay"\ngraphroot="${base}/graph"\nrunroot="${base}/prun"\n`,
  );
  const environment = {
    ...process.env,
    CONTAINERS_CONF: config,
    CONTAINERS_STORAGE_CONF: join(base, 'storage.conf'),
  };
  const where = [
    '--root',
    `${base}/graph`,
    '--runroot',
    `${base}/prun`,
    '--tmpdir',
    `${base}/ptmp`,
  ];
  const spawn = (args: readonly string[]) =>
    spawnSync('podman', [...where, ...args], {
      env: environment,
      encoding: 'utf8',
      timeout: 60_000,
    });
  return {
    run: (...args: readonly string[]): string => {
      const result = spawn(args);
      if (result.status === 0) return result.stdout;
      throw new Error(`podman ${args.join(' ')}: ${result.stderr}`);
    },
    tryRun: (...args: readonly string[]): void => {
      spawn(args);
    },
  };
}
