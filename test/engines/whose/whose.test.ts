// Real running containers of three engines: from a thing of the host to whoever has it.
import { execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { buildDockerArchive, buildLayer } from '../../support/build-image.js';
import { cannotRun, cutawayAt, eventually } from '../../support/cli.js';
import { startDocker, whyNoDocker } from '../../support/docker.js';
import { startPodman } from '../../support/podman.js';
import { schemaErrors } from '../../support/schema-errors.js';

const skip = whyNoDocker() ?? cannotRun('podman', 'busybox', 'runc', 'nsenter', 'ip');

interface Answer {
  readonly relation: string;
  readonly engine: string;
  readonly container?: { readonly name: string; readonly id: string };
  readonly image?: { readonly id: string; readonly name: string };
  readonly layer?: { readonly number?: number; readonly directory?: string };
  readonly path?: string;
  readonly interface?: string;
  readonly pids?: readonly number[];
  readonly file?: string;
}

function short({ relation, engine, container, image, layer, path }: Answer): string {
  const owner = container?.name ?? image?.name ?? '-';
  const number = layer?.number === undefined ? '' : `@${layer.number}`;
  return `${relation} ${engine}:${owner}${number}${path === undefined ? '' : ` ${path}`}`;
}

function busyboxArchive(directory: string): string {
  const busybox = realpathSync(
    execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim(),
  );
  const base = buildLayer([
    { path: 'bin/' },
    { path: 'bin/busybox', content: readFileSync(busybox), mode: 0o755 },
    { path: 'bin/sh', linkTarget: 'busybox' },
    { path: 'bin/sleep', linkTarget: 'busybox' },
  ]);
  const second = buildLayer([{ path: 'etc/' }, { path: 'etc/two', content: 'two\n' }]);
  const path = join(directory, 'box.tar');
  writeFileSync(path, buildDockerArchive([{ tags: ['box:1'], layers: [base, second] }]));
  return path;
}

t.test('whose', { skip, timeout: 180_000 }, async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'cw-'));
  const docker = await startDocker(base);
  const podman = startPodman(join(base, 'podman'));
  const cutaway = cutawayAt(base, join(base, 'store'));
  t.teardown(async () => {
    const ids = (await cutaway.text('ps', '-aq')).split('\n').filter(Boolean);
    if (ids.length > 0) await cutaway.text('rm', '-f', ...ids);
    docker.run(['rm', '-f', 'dweb']);
    await docker.stop();
    podman.stop();
    rmSync(cutaway.paths.run, { recursive: true, force: true });
    rmSync(base, { recursive: true, force: true });
  });
  const options = [
    '--engine-root',
    `docker=${base}/data`,
    '--engine-root',
    `podman=${podman.root}`,
  ];
  const env = { CUTAWAY_ENGINES: 'cutaway,docker,podman' };
  const schema = JSON.parse(await cutaway.text('schema', 'whose')) as object;
  const ask = async (thing: string | number): Promise<readonly Answer[]> => {
    const words = [...options, 'whose', String(thing), '--json'];
    const { status, stdout, stderr } = await cutaway.run(words, { env });
    if (stdout === '') throw new Error(stderr);
    const document = JSON.parse(stdout) as { answers: readonly Answer[] };
    t.same(schemaErrors(schema, document), [], `whose ${thing}`);
    t.equal(status, document.answers.length === 0 ? 1 : 0);
    return document.answers;
  };
  const asked = async (thing: string | number) => (await ask(thing)).map(short);

  const archive = busyboxArchive(base);
  const data = join(base, 'shared');
  mkdirSync(data);
  docker.run(['load', '-q', '-i', archive]);
  podman.run('load', '-q', '-i', archive);
  await cutaway.text('load', archive);
  const sleep = ['box:1', '/bin/sh', '-c', 'echo x > /etc/mine; exec /bin/sleep 600'];
  const bind = ['-v', `${data}:/data`];
  docker.run(['run', '-d', '--name', 'dweb', '--network', 'none', ...bind, ...sleep]);
  podman.run(
    'run',
    '-d',
    '--name',
    'pweb',
    '--network',
    'none',
    ...bind,
    'localhost/' + (sleep[0] ?? ''),
    ...sleep.slice(1),
  );
  await cutaway.text('run', '-d', '--name', 'cweb', ...bind, ...sleep);
  const names = ['docker:dweb', 'podman:pweb', 'cutaway:cweb'];
  const json = async (...words: string[]) => {
    const { stdout, stderr } = await cutaway.run([...options, ...words, '--json'], { env });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  };

  for (const target of names) {
    const [engine = '', name = ''] = target.split(':');
    const image = engine === 'podman' ? 'localhost/box:1' : 'box:1';
    const overlay = await json('overlay', target);
    const { subject } = await json('inspect', target);
    const pid = subject.pid as number;
    const { upper, merged } = overlay as { upper: { directory: string }; merged: string };
    const upperdir = upper.directory;
    const layers = (await json('layers', `${engine}:${image}`)).layers as {
      directory: string;
      diffID: string;
    }[];
    await eventually(() => {
      try {
        return statSync(`${upperdir}/etc/mine`).size > 0;
      } catch {
        return false;
      }
    }, `${name} has written`);
    const two = `${layers[1]?.directory ?? ''}/etc/two`;

    await t.test(name, async (t) => {
      t.same(
        (await asked(two)).sort(),
        [`layer ${engine}:${image}@2 /etc/two`, `layer ${target}@2 /etc/two`].sort(),
        'a file of a layer: the container and the image',
      );
      t.same(await asked(`${upperdir}/etc/mine`), [`upper ${target} /etc/mine`]);
      t.same(await asked(`${merged}/etc/mine`), [`merged ${target} /etc/mine`]);
      t.same(await asked(pid), [`initProcess ${target}`]);
      t.same(await asked(`/proc/${pid}/root/etc/two`), [`initProcess ${target} /etc/two`]);
      const inode = statSync(`${upperdir}/etc/mine`).ino;
      t.ok((await asked(`inode:${inode}`)).includes(`upper ${target} /etc/mine`));
      const file = (await ask(`inode:${statSync(two).ino}`)).map(short);
      t.ok(file.includes(`file ${target}@2 /etc/two`), 'and of a file in a layer');
      const net = readlinkSync(`/proc/${pid}/ns/mnt`);
      t.same((await asked(net))[0], `namespace ${target}`);
      t.same((await asked(`ns:${/\d+/.exec(net)?.[0] ?? ''}`))[0], `namespace ${target}`);
      const diff = (await asked(layers[1]?.diffID ?? '')).filter((one) =>
        one.includes(` ${engine}:`),
      );
      t.same(diff, [`diffID ${engine}:${image}@2`]);
      t.same(await asked(subject.id), [`id ${target}`]);
      const alias = join(base, `alias-${engine}`);
      symlinkSync(layers[1]?.directory ?? '', alias);
      t.match((await asked(`${alias}/etc/two`)).join(' '), 'layer', 'by way of a link');
      const supervisor = await ask(
        readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) \S /s, '')
          .split(' ')[0] ?? '',
      );
      t.match(supervisor.map(short), [`supervisor ${target}`]);
    });
  }

  await t.test('what several have, and nobody', async (t) => {
    const mounts = (await asked(`${data}/in`)).sort();
    t.same(mounts, ['mount cutaway:cweb /in', 'mount docker:dweb /in', 'mount podman:pweb /in']);
    t.same(await asked('/usr/bin'), []);
    t.same(await asked('f'.repeat(64)), []);
    t.same(await asked(process.pid), []);
    const { stdout } = await cutaway.run([...options, 'whose', '/usr/bin'], { env });
    t.match(stdout, "nobody's");
    const { status } = await cutaway.run([...options, 'whose', 'no such thing'], { env });
    t.equal(status, 2);
  });

  await t.test('what is inside a store and of no container', async (t) => {
    const { layers } = await json('layers', 'docker:box:1');
    const [{ chainID }] = layers as [{ chainID: string }];
    const path = `${base}/data/image/overlay2/layerdb/${chainID.replace(':', '/')}/diff`;
    t.match((await asked(path)).join(' '), 'diffID docker:box:1@1', 'by the digest in its name');
    t.same(await asked(`${base}/data/nobody`), ['store docker:-']);
  });

  await t.test('who entered with nsenter, and the other end of a veth', async (t) => {
    const { subject } = await json('inspect', 'docker:dweb');
    const intruder = spawn('nsenter', ['-t', String(subject.pid), '-m', '--', '/bin/sleep', '60']);
    t.teardown(() => intruder.kill('SIGKILL'));
    await eventually(
      () =>
        readlinkSync(`/proc/${intruder.pid ?? 0}/ns/mnt`) ===
        readlinkSync(`/proc/${subject.pid}/ns/mnt`),
      'it is inside',
    );
    t.same(await asked(intruder.pid ?? 0), ['namespace docker:dweb']);
    const [host, inside] = ['cwtestveth0', 'eth7'];
    execFileSync('ip', [
      'link',
      'add',
      host,
      'type',
      'veth',
      'peer',
      'name',
      inside,
      'netns',
      String(subject.pid),
    ]);
    const answers = await ask(host);
    execFileSync('ip', ['link', 'delete', host]);
    t.same(answers.map(short), ['interface docker:dweb']);
    t.equal(answers[0]?.interface, inside);
  });
});
