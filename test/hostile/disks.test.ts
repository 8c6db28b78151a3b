// Disks that lie: ids, links and documents that lead to the analyst's own files, that do not end, or
// that are no files. Nothing outside the root is read, nothing hangs, and what is wrong is told.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { cutawayAt } from '../support/cli.js';
import { DISK, makeEngineDisk } from '../support/engine-disk.js';

const CANARY = 'canary of the analyst';
const directory = mkdtempSync(join(tmpdir(), 'cutaway-disks-'));
t.teardown(() => {
  rmSync(directory, { recursive: true, force: true });
});
const secret = join(directory, 'secret');
mkdirSync(secret);
writeFileSync(join(secret, 'hello'), CANARY);
writeFileSync(join(secret, 'cache-id'), CANARY);
const cutaway = cutawayAt(directory, join(directory, 'store'));

type Damage = (at: (path: string) => string) => void;

const put = (path: string, text: string): Damage => {
  return (at) => {
    writeFileSync(at(path), text);
  };
};
const link = (path: string, target: string): Damage => {
  return (at) => {
    rmSync(at(path), { recursive: true, force: true });
    symlinkSync(target, at(path));
  };
};
const fifo = (path: string): Damage => {
  return (at) => {
    rmSync(at(path), { recursive: true, force: true });
    execFileSync('mkfifo', [at(path)]);
  };
};
const huge = (path: string): Damage => {
  return (at) => {
    truncateSync(at(path), 2 ** 40);
  };
};
const edit = (path: string, from: string | RegExp, to: string): Damage => {
  return (at) => {
    const old = execFileSync('cat', [at(path)], { encoding: 'utf8' });
    if (old.replace(from, to) === old) throw new Error(`${path} has no ${String(from)}`);
    writeFileSync(at(path), old.replace(from, to));
  };
};

const { layer, mount, record, overlay, storage, storageLayer: own } = DISK;
const up = '../'.repeat(12);
const layers = `${storage}/overlay-layers/layers.json`;
const containers = `${storage}/overlay-containers/containers.json`;

/** What is done to the disk, and what of it is asked: `web` is Docker's, `pweb` is Podman's. */
const CASES: Readonly<Record<string, readonly ['web' | 'pweb', Damage]>> = {
  'cache-id with ..': ['web', put(`${layer}/cache-id`, `${up}${secret}`)],
  'cache-id absolute': ['web', put(`${layer}/cache-id`, secret)],
  'cache-id with a NUL': ['web', put(`${layer}/cache-id`, 'base\0/../..')],
  'cache-id is a link out': ['web', link(`${layer}/cache-id`, join(secret, 'cache-id'))],
  'cache-id is a FIFO': ['web', fifo(`${layer}/cache-id`)],
  'cache-id is a terabyte': ['web', huge(`${layer}/cache-id`)],
  'mount-id with ..': ['web', put(`${mount}/mount-id`, '..')],
  'init-id with a slash': ['web', put(`${mount}/init-id`, `own/${up}`)],
  'parent is no digest': ['web', put(`${mount}/parent`, `sha256:${up}`)],
  'parent is itself': ['web', put(`${layer}/parent`, `sha256:${DISK.diff}`)],
  'parent is of another chain': ['web', put(`${layer}/parent`, `sha256:${'0'.repeat(64)}`)],
  'lower names other layers': ['web', put(`${overlay}/own/lower`, `l/${'D'.repeat(26)}`)],
  'lower leads out': ['web', put(`${overlay}/own/lower`, `${secret}:${up}${secret}`)],
  'lower is a FIFO': ['web', fifo(`${overlay}/own/lower`)],
  'link file with ..': ['web', put(`${overlay}/base/link`, `${up}${secret}`)],
  'short link leads out': ['web', link(`${overlay}/l/${'A'.repeat(26)}`, secret)],
  'diff is a link out': ['web', link(`${overlay}/base/diff`, secret)],
  'upper is a link out': ['web', link(DISK.upper, secret)],
  'a directory of upper is a link out': ['web', link(`${DISK.upper}/etc`, secret)],
  'the layer is a loop of links': ['web', link(`${overlay}/base`, 'base')],
  'a file is a link out': ['web', link(`${overlay}/base/diff/hello`, join(secret, 'hello'))],
  'a file is a FIFO': ['web', fifo(`${DISK.upper}/new`)],
  'record is a link out': ['web', link(record, join(secret, 'hello'))],
  'record is no JSON': ['web', put(record, '{"ID":')],
  'record nests deep': ['web', put(record, '['.repeat(100_000))],
  'record is a FIFO': ['web', fifo(record)],
  'record has another type': ['web', edit(record, '"/web"', '{"toString":1}')],
  'image id that its config has not': ['web', edit(DISK.imagedb, 'linux', 'plan9')],
  'config is a link out': ['web', link(DISK.imagedb, join(secret, 'hello'))],
  'driver with ..': ['web', edit(record, '"overlay2"', `"${up}${secret}"`)],
  'layer id with ..': ['pweb', edit(layers, DISK.diff, `${up}${secret}`)],
  'layer is its own parent': ['pweb', edit(layers, `"parent":"${DISK.diff}"`, `"parent":"${own}"`)],
  'parents in a circle': [
    'pweb',
    edit(layers, `"id":"${DISK.diff}"`, `"id":"${DISK.diff}","parent":"${own}"`),
  ],
  'container id with ..': ['pweb', edit(containers, /"id":"[0-9a-f]+"/, `"id":"${up}${secret}"`)],
  'layers.json is a FIFO': ['pweb', fifo(layers)],
  'layers.json is a terabyte': ['pweb', huge(layers)],
  'storage upper is a link out': ['pweb', link(DISK.storageUpper, secret)],
  'storage is a link out': ['pweb', link(storage, secret)],
  'docker is a link to itself': ['web', link('/var/lib/docker', 'docker')],
  'passwd is a FIFO': ['web', fifo('/etc/passwd')],
  'home leads out': [
    'web',
    put('/etc/passwd', `a:x:7:7::${up}${secret}:/\nb:x:8:8::${secret}:/\n`),
  ],
};

/** What an honest disk may have as well: a link in a layer is that layer's business. */
const INNOCENT: ReadonlySet<string> = new Set([
  'a directory of upper is a link out',
  'a file is a link out',
  'a file is a FIFO',
  'home leads out',
]);

interface Told {
  readonly problems: readonly unknown[];
  readonly findings?: readonly unknown[];
}

function isTold(answers: readonly { status: number | null; stdout: string }[]): boolean {
  return answers.some(({ status, stdout }) => {
    if (status === 2) return true;
    const { problems, findings = [] } = JSON.parse(stdout) as Told;
    return problems.length + findings.length > 0;
  });
}

for (const [name, [target, damage]] of Object.entries(CASES)) {
  t.test(name, async (t) => {
    const root = mkdtempSync(join(directory, 'disk-'));
    makeEngineDisk(root);
    damage((path) => join(root, path));
    const ask = (...args: string[]) =>
      cutaway.run(['--host-root', root, ...args], {
        env: { CUTAWAY_ENGINES: '' },
        timeout: 20_000,
      });
    const answers = await Promise.all([
      ask('ls', '--json'),
      ask('diff', '--content', '--json', target),
      ask('tree', '--hash', '--json', target),
      ask('verify', '--json'),
      ask('cat', target, '/hello'),
    ]);
    for (const { status, signal, stdout, stderr } of answers) {
      t.equal(signal, null, 'it ends by itself');
      t.ok(status === 0 || status === 1 || status === 2, `status ${String(status)}: ${stderr}`);
      t.notMatch(stdout + stderr, CANARY, 'nothing of the analyst is read');
      t.notMatch(stderr, /\n\s+at /, 'no stack trace');
    }
    t.equal(answers[0].status, 0, 'the other engine is listed all the same');
    t.equal(isTold(answers.slice(0, 4)), !INNOCENT.has(name), 'what is wrong is told');
    const document = JSON.parse(answers[0].stdout) as { containers: { name: string }[] };
    const other = target === 'web' ? 'pweb' : 'web';
    if (name !== 'passwd is a FIFO') {
      t.ok(
        document.containers.some((one) => one.name === other),
        `${other} is there`,
      );
    }
    rmSync(root, { recursive: true, force: true });
  });
}

t.test('an honest disk', async (t) => {
  const root = mkdtempSync(join(directory, 'disk-'));
  makeEngineDisk(root);
  const env = { CUTAWAY_ENGINES: '' };
  const text = async (...args: string[]) =>
    (await cutaway.run(['--host-root', root, ...args], { env })).stdout;
  for (const target of ['web', 'pweb']) {
    t.equal(await text('diff', target), 'C /etc\nC /etc/one\nA /new\n', target);
    t.equal(await text('cat', target, '/hello'), 'hello\n');
  }
  const { containers: rows, problems } = JSON.parse(await text('ls', '--json')) as {
    containers: Record<string, unknown>[];
    problems: unknown[];
  };
  t.same(problems, []);
  t.match(rows[0], {
    ...{ engine: 'docker', name: 'web', image: 'ours:1', state: 'exited' },
    ...{ recordedState: 'running', ports: ['127.0.0.1:8080->80/tcp'], labels: { a: 'b' } },
  });
  t.notOk('pid' in (rows[0] ?? {}), 'a pid is of a live host only');
  const { stderr, status } = await cutaway.run(['--host-root', root, 'procs', 'web'], { env });
  t.equal(status, 2);
  t.match(stderr, /about a machine that runs/);
  const ambiguous = await cutaway.run(['--host-root', root, 'layers', 'ours:1'], { env });
  t.match(ambiguous.stderr, /several engines: docker:ours:1, podman:ours:1/);
});
