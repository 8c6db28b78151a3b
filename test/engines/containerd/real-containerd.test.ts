// A real containerd beside our own store: the same image and the same work in both, asked through
// the program. Then the same on a copy of its disk, with nothing running.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { cannotRun, eventually, makeCutaway, type Cutaway } from '../../support/cli.js';
import { startContainerd, whyNoContainerd, type Containerd } from '../../support/containerd.js';
import { IMAGE, imageArchive } from './work-image.js';

type Json = ReturnType<typeof JSON.parse>;

const POD = 'd'.repeat(64);
const APP = 'e'.repeat(64);
const WORK = [
  'echo new >/etc/new',
  'rm /etc/passwd',
  'rm -r /opt && mkdir /opt && echo x >/opt/again',
  'echo more >>/hard',
  'chmod 600 /etc/secret',
  'ln -s new /etc/alias',
].join(' && ');
const COMMAND = ['/bin/busybox', 'sh', '-c', `${WORK} && echo done >/ready; exec sleep 1000`];

/**
 * What both must say alike. Left out: who says it and where its files are, when it happened, and
 * whose names stand for the image.
 */
const APART = ['directory', 'link', 'references', 'alsoIn', 'mtime', 'get'];
/** Ours have a layer with places to mount on above the image, so that later numbers differ. */
const NUMBERS = ['layer', 'layers', 'visible', 'layerCount'];

function comparable(document: Json, apart: readonly string[]): unknown {
  return pruned(document, ['subject', 'collected', 'before', 'after'], apart);
}

/** Without these keys of the document itself, and those keys anywhere in it. */
function pruned(document: Json, top: readonly string[], anywhere: readonly string[]): unknown {
  const kept = Object.entries(document as Record<string, unknown>).filter(
    ([key]) => !top.includes(key),
  );
  return JSON.parse(
    JSON.stringify(Object.fromEntries(kept), (key, value: unknown) =>
      anywhere.includes(key) ? undefined : value,
    ),
  ) as unknown;
}

/** Those that are asked, besides any that the machine has. */
const BOTH = ['--engine', 'cutaway', '--engine', 'containerd'];

/** Of what ls answers, the rows of containerd. */
function ofContainerd(document: Json): unknown {
  const rows = (list: unknown) =>
    (list as { engine: string }[]).filter(({ engine }) => engine === 'containerd');
  const { containers, images } = document as Record<string, unknown>;
  return { ...(document as object), containers: rows(containers), images: rows(images) };
}

function enginesOf({ root }: Containerd): readonly string[] {
  return [...BOTH, '--engine-root', `containerd=${root}`];
}

/** The paths, modes, owners, sizes and times of everything below a directory. */
function fingerprint(directory: string): string {
  const script = 'find . -printf "%p %y %m %U %G %s %A@ %T@ %l\\n" | sort';
  return execFileSync('sh', ['-c', script], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
}

const skip = cannotRun('runc') || (whyNoContainerd() ?? false);

t.test('containerd', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const directory = mkdtempSync(join(tmpdir(), 'ctd-'));
  const containerd = await startContainerd(directory);
  t.teardown(async () => {
    await containerd.stop();
    rmSync(directory, { recursive: true });
  });
  t.comment(containerd.version);
  await fill(cutaway, containerd);
  const own = enginesOf(containerd);
  const ask = (...args: readonly string[]): Promise<Json> => cutaway.json(...args, ...own);

  await t.test('agrees with our own store', (t) => agrees(t, cutaway, ask));
  await t.test('agrees with ctr', (t) => agreesWithCtr(t, containerd, ask));
  await t.test('what runs is seen running', (t) => seesProcesses(t, containerd, ask));
  await t.test('bytes come out whole', (t) => readsBytes(t, cutaway, own));
  await t.test('blobs may be gone', (t) => readsDirectories(t, containerd, ask));
  await t.test('a dead host says the same', (t) => worksOffline(t, cutaway, containerd, ask));
});

async function fill(cutaway: Cutaway, containerd: Containerd): Promise<void> {
  const archive = join(cutaway.directory, 'image.tar');
  writeFileSync(archive, imageArchive());
  await cutaway.text('load', '-i', archive);
  await cutaway.line('run', '-d', '--name', 'live', 'layered:1', ...COMMAND);
  for (const namespace of ['default', 'k8s.io']) {
    containerd.ctr('-n', namespace, 'images', 'import', archive);
  }
  containerd.ctr('run', '-d', IMAGE, 'live', ...COMMAND);
  const cri = (labels: Readonly<Record<string, string>>) =>
    Object.entries({
      'io.kubernetes.pod.name': 'web-0',
      'io.kubernetes.pod.namespace': 'shop',
      ...labels,
    }).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
  const k8s = ['-n', 'k8s.io'];
  const sandbox = cri({ 'io.cri-containerd.kind': 'sandbox' });
  containerd.ctr(...k8s, 'run', '-d', ...sandbox, IMAGE, POD, 'sleep', '1000');
  const app = cri({
    'io.cri-containerd.kind': 'container',
    'io.kubernetes.container.name': 'app',
  });
  containerd.ctr(...k8s, 'containers', 'create', ...app, IMAGE, APP);
  containerd.ctr('containers', 'create', '--snapshotter', 'native', IMAGE, 'copied');
  containerd.ctr('run', '-d', IMAGE, 'ended', '/bin/busybox', 'true');
  const isDone = async (target: string, ...more: readonly string[]) => {
    const { status } = await cutaway.run(['cat', target, '/ready', ...more]);
    return status === 0;
  };
  await eventually(() => isDone('cutaway:live'), 'our container has done its work');
  const own = enginesOf(containerd);
  await eventually(() => isDone('containerd:default/live', ...own), 'theirs too');
}

type Ask = (...args: readonly string[]) => Promise<Json>;

const OF_IMAGES: readonly (readonly string[])[] = [
  ['layers'],
  ['tree'],
  ['waste'],
  ['blame', '/etc/passwd'],
  ['recover'],
];
const OF_CONTAINERS: readonly (readonly string[])[] = [
  ['diff'],
  ['diff', '--content'],
  ['tree'],
  ['blame', '/etc/passwd'],
  ['blame', '/etc/secret'],
];

/** The question with the target where it belongs: before the path. */
const asking = ([verb = '', ...rest]: readonly string[], target: string) => {
  const options = rest.filter((word) => word.startsWith('-'));
  return [verb, ...options, target, ...rest.filter((word) => !word.startsWith('-'))];
};

async function agrees(t: Test, cutaway: Cutaway, ask: Ask): Promise<void> {
  const compare = async (
    question: readonly string[],
    [ours, theirs]: readonly [string, string],
    apart = APART,
  ) => {
    const expected = comparable(await cutaway.json(...asking(question, ours)), apart);
    const found = comparable(await ask(...asking(question, theirs)), apart);
    t.same(found, expected, `${question.join(' ')} of ${theirs}`);
    t.ok(JSON.stringify(found).length > 200, 'and it says something');
  };
  for (const question of OF_IMAGES) {
    await compare(question, ['cutaway:layered:1', 'containerd:default/layered:1']);
  }
  await compare(['layers'], ['cutaway:layered:1', 'containerd:k8s.io/layered:1']);
  await compare(['layers'], ['cutaway:live', 'containerd:default/live']);
  for (const question of OF_CONTAINERS) {
    const apart = [...APART, ...NUMBERS];
    await compare(question, ['cutaway:live', 'containerd:default/live'], apart);
  }
  const between = await ask('diff', 'cutaway:live', 'containerd:default/live');
  t.same(
    (between as { changes: { path: string }[] }).changes.map(({ path }) => path),
    [],
    'nothing differs between the two',
  );
}

async function agreesWithCtr(
  t: Test,
  { ctr, rows, root, state }: Containerd,
  ask: Ask,
): Promise<void> {
  const listed = ofContainerd(await ask('ls'));
  const { containers, images, problems } = listed as {
    containers: Record<string, string>[];
    images: { references: string[]; digest: string }[];
    problems: unknown[];
  };
  t.same(problems, []);
  const theirs = ['default', 'k8s.io'].flatMap((namespace) =>
    rows('-n', namespace, 'containers', 'ls').map(([id]) => id),
  );
  t.same(containers.map(({ id }) => id).sort(), theirs.sort());
  t.same(containers.map(({ name }) => name).sort(), [
    'default/copied',
    'default/ended',
    'default/live',
    'k8s.io/shop/web-0/POD',
    'k8s.io/shop/web-0/app',
  ]);
  const words: Readonly<Record<string, string>> = { RUNNING: 'running', STOPPED: 'exited' };
  const tasks = ['default', 'k8s.io'].flatMap((namespace) =>
    rows('-n', namespace, 'tasks', 'ls').map(([id = '', pid, status = '']) => [
      id,
      words[status],
      status === 'RUNNING' ? Number(pid) : undefined,
    ]),
  );
  const ours = containers.filter((one) => one['state'] !== 'created');
  t.same(ours.map(({ id, state, pid }) => [id, state, pid]).sort(), tasks.sort());
  const digests = rows('images', 'ls').map(([name = '', , digest]) => [`default/${name}`, digest]);
  t.same(
    images
      .filter(({ references }) => references[0]?.startsWith('default/'))
      .map(({ references, digest }) => [
        references[0]?.replace('default/', 'default/docker.io/library/'),
        digest,
      ]),
    digests,
  );
  const overlay = (await ask('overlay', 'containerd:default/live')) as {
    mounted: boolean;
    merged: string;
    work: string;
    upper: { directory: string };
    lower: { directory: string; layer?: { index: number } }[];
    problems: unknown[];
  };
  t.ok(overlay.mounted);
  t.same(overlay.problems, []);
  t.equal(overlay.merged, `${state}/io.containerd.runtime.v2.task/default/live/rootfs`);
  const mount = ctr('snapshots', 'mounts', '/x', 'live').trim().split(' ').at(-1) ?? '';
  const options = new Map(mount.split(',').map((option) => option.split('=') as [string, string]));
  t.equal(overlay.upper.directory, options.get('upperdir'));
  t.equal(overlay.work, options.get('workdir'));
  t.same(
    overlay.lower.map((one) => one.directory),
    options.get('lowerdir')?.split(':'),
  );
  t.same(
    overlay.lower.map(({ layer }) => layer?.index),
    [3, 2, 1],
  );
  const ofImage = (await ask('overlay', 'containerd:default/layered:1')) as typeof overlay;
  t.same(
    ofImage.lower.map((one) => one.directory),
    overlay.lower.map((one) => one.directory),
  );
  t.ok(overlay.upper.directory.startsWith(`${root}/`));
}

async function seesProcesses(t: Test, containerd: Containerd, ask: Ask): Promise<void> {
  const [, pid] = containerd.rows('tasks', 'ls').find(([id]) => id === 'live') ?? [];
  const procs = (await ask('procs', 'containerd:default/live')) as {
    init: number;
    processes: { pid: number; supervisor: boolean; command: { argv: string[] } }[];
  };
  t.equal(procs.init, Number(pid));
  t.same(
    procs.processes.filter(({ supervisor }) => !supervisor).map((one) => one.pid),
    containerd.rows('tasks', 'ps', 'live').map(([one]) => Number(one)),
    'as ctr tasks ps has them',
  );
  t.match(procs.processes.find(({ supervisor }) => supervisor)?.command.argv[0], /shim/);
  const ns = JSON.stringify(await ask('ns', 'containerd:default/live'));
  for (const type of ['mnt', 'pid', 'net', 'ipc', 'uts']) {
    const inode = execFileSync('readlink', [`/proc/${pid ?? ''}/ns/${type}`], { encoding: 'utf8' });
    t.match(ns, /\d+/.exec(inode)?.[0] ?? 'none', type);
  }
  const inspect = await ask('inspect', 'containerd:default/live');
  const config = JSON.parse(
    readFileSync(
      `${containerd.state}/io.containerd.runtime.v2.task/default/live/config.json`,
      'utf8',
    ),
  ) as { process: { args: string[] } };
  t.same(inspect.container.bundle.config, config);
  t.same(inspect.container.record.spec.process.args, COMMAND);
}

async function readsBytes(t: Test, cutaway: Cutaway, own: readonly string[]): Promise<void> {
  const text = (...args: readonly string[]) => cutaway.text(...args, ...own);
  t.equal(await text('cat', 'containerd:default/live', '/etc/new'), 'new\n');
  t.equal(await text('cat', 'containerd:default/layered:1', '/etc/passwd'), 'root\nuser\n');
  t.equal(
    await text('cat', '--layer', '1', 'containerd:default/layered:1', '/etc/passwd'),
    'root\n',
  );
  const [ours, theirs] = [join(cutaway.directory, 'ours'), join(cutaway.directory, 'theirs')];
  await text('extract', 'cutaway:live', '--links', '/', '-C', ours);
  await text('extract', 'containerd:default/live', '--links', '/', '-C', theirs);
  execFileSync('diff', ['-r', '--no-dereference', ours, theirs]);
  t.pass('what is extracted is the same');
  const copied = JSON.parse(await text('tree', '--json', 'containerd:default/copied'));
  t.match(JSON.stringify(copied), '/etc/passwd', 'a container without layers shows its files');
  const seen = readdirSync(join(cutaway.dataRoot, 'seen'));
  t.ok(
    seen.some((name) => name.endsWith('.index')),
    'a blob is read once',
  );
  const question = ['tree', '--json', 'containerd:default/layered:1'];
  const [known, anew] = [await text(...question), await text('--no-cache', ...question)];
  t.same({ ...JSON.parse(known), collected: 0 }, { ...JSON.parse(anew), collected: 0 });
}

async function readsDirectories(t: Test, containerd: Containerd, ask: Ask): Promise<void> {
  const before = await ask('layers', 'containerd:k8s.io/layered:1');
  const tree = await ask('tree', 'containerd:k8s.io/layered:1');
  const blobs = join(containerd.root, 'io.containerd.content.v1.content/blobs/sha256');
  const kept = join(containerd.root, '../kept');
  mkdirSync(kept);
  const names = (before.layers as { digest: string }[]).map(({ digest }) => digest.slice(7));
  for (const name of names) execFileSync('mv', [join(blobs, name), kept]);
  const after = await ask('layers', 'containerd:k8s.io/layered:1');
  t.same(after.problems, []);
  const facts = ({ layers }: Json): unknown =>
    (layers as Record<string, unknown>[]).map(({ diffID, directory, contentSize }) => [
      diffID,
      directory,
      contentSize,
    ]);
  t.same(facts(after), facts(before));
  const paths = ({ entries }: Json): unknown =>
    (entries as { path: string; type: string }[]).map(({ path, type }) => `${type} ${path}`);
  t.same(paths(await ask('tree', 'containerd:k8s.io/layered:1')), paths(tree));
  for (const name of names) execFileSync('mv', [join(kept, name), blobs]);
  rmSync(kept, { recursive: true });
}

async function worksOffline(
  t: Test,
  cutaway: Cutaway,
  containerd: Containerd,
  ask: Ask,
): Promise<void> {
  const targets = ['containerd:default/live', 'containerd:default/layered:1'];
  const questions: readonly (readonly string[])[] = [
    ['tree'],
    ['layers'],
    ['waste'],
    ['blame', '/etc/secret'],
  ];
  const all = [
    ...targets.flatMap((target) => questions.map((question) => asking(question, target))),
    ['diff', 'containerd:default/live'],
    ['overlay', 'containerd:default/live'],
    ['inspect', 'containerd:default/live'],
    ['ls'],
  ];
  const live: Json[] = [];
  for (const question of all) live.push(await ask(...question));
  await containerd.stop();
  await cutaway.text('rm', '-f', 'live');
  const disk = join(cutaway.directory, 'disk');
  mkdirSync(join(disk, 'var/lib'), { recursive: true });
  execFileSync('cp', ['-a', containerd.root, join(disk, 'var/lib')]);
  // The first look sets access times itself.
  fingerprint(disk);
  const before = fingerprint(disk);
  for (const [at, question] of all.entries()) {
    const dead = await cutaway.json(...question, ...BOTH, '--host-root', disk);
    t.same(asDead(dead, containerd.root), asDead(live[at], containerd.root), question.join(' '));
  }
  t.equal(fingerprint(disk), before, 'nothing on the disk has changed, access times included');
  const state = await cutaway.json('ls', ...BOTH, '--host-root', disk);
  const running = (ofContainerd(state) as { containers: { state: string }[] }).containers;
  t.notOk(
    running.some((one) => one.state === 'running'),
    'nothing of a disk runs',
  );
}

/** Without what only a live host knows, and with the paths of the host it was. */
function asDead(document: Json, root: string): unknown {
  const rows = 'containers' in document ? ofContainerd(document) : (document as unknown);
  const live = [
    'state',
    'pid',
    'startedAt',
    'mounted',
    'mountLine',
    'features',
    'merged',
    'bundle',
  ];
  const text = JSON.stringify(pruned(rows, ['subject', 'collected'], live));
  return JSON.parse(text.replaceAll(root, '/var/lib/containerd')) as unknown;
}
