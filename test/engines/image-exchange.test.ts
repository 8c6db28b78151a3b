// Images go to Docker, Podman, skopeo and umoci and come back the same; what a container changed is
// the same layer that Docker makes of it.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { linuxHost } from '../../src/host/linux-host.js';
import { openPodman } from '../overlay/oracle/engines.js';
import { sha256 } from '../support/build-image.js';
import { cannotRun, makeCutaway, type Cutaway } from '../support/cli.js';
import { startDocker, whyNoDocker, type Docker } from '../support/docker.js';
import { readTar, type ReadEntry } from '../support/read-tar.js';

const host = linuxHost();
const tool = (...argv: string[]) =>
  execFileSync(argv[0] ?? '', argv.slice(1), {
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** What a container can do to its files, done to its upperdir: the same for every engine. */
function work(upper: string): void {
  for (const name of ['/etc', '/made', '/made/deep', '/usr', '/usr/share']) {
    mkdirSync(upper + name, { recursive: true });
  }
  host.makeNode(`${upper}/etc/motd`, 'char', 0, 0, 0);
  host.setXattr(`${upper}/usr/share`, 'trusted.overlay.opaque', Buffer.from('y'));
  writeFileSync(`${upper}/usr/share/only`, 'opaque\n');
  writeFileSync(`${upper}/made/tool`, 'tool\n', { mode: 0o755 });
  tool('setcap', 'cap_net_raw+ep', `${upper}/made/tool`);
  linkSync(`${upper}/made/tool`, `${upper}/made/deep/hard`);
  symlinkSync('../tool', `${upper}/made/deep/soft`);
  host.makeNode(`${upper}/made/null`, 'char', 1, 3, 0o666);
  host.makeNode(`${upper}/made/sda`, 'block', 8, 0, 0o660);
  host.makeNode(`${upper}/made/pipe`, 'fifo', 0, 0, 0o644);
  writeFileSync(`${upper}/made/${'n'.repeat(240)}`, 'long\n');
  writeFileSync(`${upper}/made/suid`, 'suid\n');
  host.setOwner(`${upper}/made/suid`, 3_000_000, 2_500_000);
  host.setMode(`${upper}/made/suid`, 0o6711);
  writeFileSync(`${upper}/made/ünïcode \n name`, 'odd\n');
  for (const path of ['made/tool', 'made/suid', 'etc', 'made', 'usr/share/only', 'usr']) {
    host.setModifiedTime(`${upper}/${path}`, 1_650_000_000_000_000_000n);
  }
}

/** What two tars of the same files have in common, whoever wrote them. */
function shown({
  name,
  type,
  mode,
  uid,
  gid,
  linkName,
  sha256: digest,
  major,
  minor,
  pax,
}: ReadEntry) {
  const xattrs = pax.filter(([key]) => key.startsWith('SCHILY.xattr.'));
  const device = type === 'char' || type === 'block' ? [major, minor] : [];
  // A mode of links is nobody's.
  const bits = type === 'symlink' ? 0 : mode & 0o7777;
  return { name, type, mode: bits, uid, gid, linkName: linkName ?? '', digest, device, xattrs };
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
const list = (tar: Buffer) => readTar(tar).entries.map(shown).sort(byName);
/** Mode and owner of a whiteout mean nothing. */
const listLayer = (tar: Buffer) =>
  list(tar).map((entry) =>
    entry.name.includes('.wh.') ? { ...entry, mode: 0, uid: 0, gid: 0, xattrs: [] } : entry,
  );

interface SavedManifest {
  readonly Config: string;
  readonly Layers: string[];
}

function topLayer(archive: string): Buffer {
  const member = (name: string) => tool('tar', '-xOf', archive, name);
  const [saved] = JSON.parse(member('manifest.json').toString()) as SavedManifest[];
  return member(saved?.Layers.at(-1) ?? '');
}

/** Where two commits of the same work name a hard link depends on the order of names alone. */
const ENGINE_MADE =
  /^(?:\.dockerenv|etc\/(?:hosts|hostname|resolv\.conf|mtab)|dev\/.*|proc\/|sys\/)$/;
const listTree = (tar: Buffer) => list(tar).filter(({ name }) => !ENGINE_MADE.test(name));

interface Inspected {
  readonly Id: string;
  readonly RootFS: unknown;
  readonly Config: Record<string, unknown>;
}

const noTools = cannotRun('runc', 'busybox', 'skopeo', 'umoci', 'podman', 'setcap');
const skip = whyNoDocker() ?? noTools;

t.test('images go out and come back', { skip }, async (t) => {
  const cutaway = makeCutaway(t);
  const { directory } = cutaway;
  const docker = await startDocker(`${directory}/d`);
  const podman = openPodman(directory);
  t.teardown(async () => {
    podman.run('rmi', '-af');
    await podman.stop();
    await docker.stop();
    rmSync(`${directory}/d`, { recursive: true, force: true });
  });
  const file = (name: string) => `${directory}/${name}`;
  await cutaway.text('load', 'busybox');
  await cutaway.text('save', '-o', file('base.tar'), 'busybox');
  docker.run(['load', '-i', file('base.tar')]);

  const upper = `${cutaway.paths.overlay}/${await workedContainer(cutaway)}/diff`;
  work(upper);
  const changes = ['ENV A=1 B="two words"', 'CMD ["true", "x"]', 'EXPOSE 80 53/udp', 'USER nobody'];
  const flags = [...changes, 'LABEL a=1 b="c d"', 'WORKDIR /made'].flatMap((line) => ['-c', line]);
  const commit = ['commit', '-a', 'Ann', '-m', 'some work', ...flags, 'worked', 'worked:1'];
  const id = await cutaway.line(...commit);
  await cutaway.text('save', '-o', file('ours.tar'), 'worked:1');

  await t.test('a commit has the entries of docker commit', (t) => {
    docker.run(['create', '--name', 'worked', '--network', 'none', 'busybox', 'sh', '-c', ':']);
    docker.run(['start', '-a', 'worked']);
    const { GraphDriver } = docker.inspect('worked') as {
      GraphDriver: { Data: { UpperDir: string } };
    };
    work(GraphDriver.Data.UpperDir);
    docker.run(commit);
    docker.run(['save', '-o', file('theirs.tar'), 'worked:1']);
    t.same(listLayer(topLayer(file('ours.tar'))), listLayer(topLayer(file('theirs.tar'))));
    t.end();
  });

  await t.test('and its config', async (t) => {
    const theirs = docker.inspect('worked:1') as Inspected & Record<string, unknown>;
    const [ours] = JSON.parse(await cutaway.text('inspect', 'worked:1')) as (typeof theirs)[];
    t.ok(ours);
    // What a container has of its own stays in Docker's image.
    const own = /^(?:Hostname|Image|Attach)/;
    const config = Object.entries(theirs.Config).filter(([key]) => !own.test(key));
    for (const [key, value] of config) t.same(ours?.Config[key], value, key);
    for (const key of ['Author', 'Comment', 'Architecture', 'Os'])
      t.equal(ours?.[key], theirs[key], key);
    t.same(
      Object.keys(theirs).filter((key) => !Object.hasOwn(ours ?? {}, key)),
      ['Container', 'ContainerConfig'],
    );
  });

  await t.test('docker load', async (t) => {
    docker.run(['rmi', 'worked:1', '-f']);
    t.match(docker.run(['load', '-i', file('ours.tar')]), 'Loaded image: worked:1');
    const theirs = docker.inspect('worked:1') as Inspected;
    const [ours] = JSON.parse(await cutaway.text('inspect', 'worked:1')) as Inspected[];
    t.equal(theirs.Id, id, 'the same image');
    t.same(ours?.RootFS, theirs.RootFS);
    await sameTree(t, cutaway, docker, 'worked:1');
    const format = '{{.CreatedBy}}|{{.Size}}|{{.Comment}}|{{.ID}}';
    for (const image of ['worked:1', 'busybox']) {
      const asked = ['history', '--no-trunc', '--format', format, image];
      // What is cut or cleaned of a command differs: the sizes and comments do not.
      t.equal((await cutaway.text(...asked)).replaceAll('\\n', ' '), docker.run(asked), image);
    }
    const names = [
      'images',
      '--no-trunc',
      '--format',
      '{{.Repository}}|{{.Tag}}|{{.ID}}|{{.Size}}',
    ];
    t.same((await cutaway.text(...names)).split('\n').sort(), docker.run(names).split('\n').sort());
    const json = [
      'inspect',
      '-f',
      '{{json .RootFS}} {{.Config.Env}} {{len .Config.Labels}}',
      'worked:1',
    ];
    t.equal(await cutaway.text(...json), docker.run(json));
    docker.run(['run', '--rm', '--network', 'none', 'worked:1', 'test', '-u', '/made/suid']);
  });

  await t.test('podman load', (t) => {
    t.match(podman.run('load', '-q', '-i', file('ours.tar')), /worked:1/);
    const [theirs] = JSON.parse(podman.run('image', 'inspect', 'worked:1')) as { Id: string }[];
    t.equal(`sha256:${theirs?.Id ?? ''}`, id);
    t.end();
  });

  await t.test('their archives come back as the same image', async (t) => {
    docker.run(['save', '-o', file('docker.tar'), 'worked:1']);
    podman.run('save', '-q', '--format', 'docker-archive', '-o', file('podman.tar'), 'worked:1');
    podman.run('save', '-q', '--format', 'oci-archive', '-o', file('podman-oci.tar'), 'worked:1');
    for (const name of ['docker.tar', 'podman.tar', 'podman-oci.tar']) {
      const input = readFileSync(file(name));
      const { status, stderr } = await cutaway.run(['load', '-q'], { input });
      t.equal(status, 0, `${name} ${stderr}`);
      t.equal(await cutaway.text('diff', 'worked:1', file(name)), '', name);
    }
    const ids = await cutaway.text('images', '-q', '--no-trunc', 'worked');
    t.ok(ids.includes(id));
  });

  await t.test('layouts: skopeo and umoci', async (t) => {
    const { digest } = (await cutaway.json('inspect', 'worked:1')).image.summary;
    await cutaway.text('save', '--format', 'oci-archive', '-o', file('oci.tar'), 'worked:1');
    await cutaway.text('save', '--format', 'oci', '-o', file('layout'), 'worked:1', 'busybox');
    const asked = (name: string) =>
      JSON.parse(tool('skopeo', 'inspect', name).toString()) as { Digest: string };
    t.equal(asked(`oci-archive:${file('oci.tar')}`).Digest, digest);
    const name = 'docker.io/library/worked:1';
    t.equal(asked(`oci:${file('layout')}:${name}`).Digest, digest);
    tool('skopeo', 'copy', '-q', `docker-archive:${file('ours.tar')}`, `dir:${file('dir')}`);
    tool('umoci', 'unpack', '--image', `${file('layout')}:${name}`, file('bundle'));
    const unpacked = tool('tar', '-C', file('bundle/rootfs'), '-c', 'made', 'etc', 'usr');
    const wanted = listTree(Buffer.from((await cutaway.run(['export', 'worked:1'])).bytes));
    const ours = wanted.filter((entry) => /^(?:made|etc|usr)\//.test(entry.name));
    t.same(
      list(unpacked).map((entry) => entry.name),
      ours.map((entry) => entry.name),
    );
    for (const format of ['docker-archive', 'oci-archive']) {
      const save = ['save', '--format', format, 'worked:1', 'busybox'];
      const first = (await cutaway.run(save)).bytes;
      t.equal(sha256((await cutaway.run(save)).bytes), sha256(first), `${format}: the same bytes`);
    }
  });

  await t.test('export and import', async (t) => {
    const ours = (await cutaway.run(['export', 'worked'])).bytes;
    docker.run(['export', '-o', file('export.tar'), 'worked']);
    t.same(listTree(ours), listTree(readFileSync(file('export.tar'))), 'the tree of docker export');
    const cmd = ['-c', 'CMD ["/bin/true"]', '-m', 'flat'];
    const flat = await cutaway.run(['import', ...cmd, '-', 'flat:1'], { input: ours });
    t.equal(flat.status, 0, flat.stderr);
    t.equal(await cutaway.text('diff', 'worked', 'flat:1'), '');
    await cutaway.text('save', '-o', file('flat.tar'), 'flat:1');
    docker.run(['load', '-i', file('flat.tar')]);
    docker.run(['run', '--rm', '--network', 'none', 'flat:1']);
    docker.run(['import', ...cmd, file('export.tar'), 'theirs:1']);
    const [a] = JSON.parse(await cutaway.text('inspect', 'flat:1')) as Record<string, unknown>[];
    const b = docker.inspect('theirs:1') as Record<string, unknown>;
    for (const key of ['Comment', 'Author', 'Os', 'Architecture']) t.equal(a?.[key], b[key], key);
  });
});

/** A container that has run and changed nothing; its id. */
async function workedContainer(cutaway: Cutaway): Promise<string> {
  await cutaway.text('run', '--name', 'worked', 'busybox', 'sh', '-c', ':');
  const { container } = await cutaway.json('inspect', 'worked');
  return container.summary.id as string;
}

/** What a container of the image would see, here and there. */
async function sameTree(t: Test, cutaway: Cutaway, docker: Docker, image: string): Promise<void> {
  docker.run(['create', '--name', 'seen', '--network', 'none', image]);
  docker.run(['export', '-o', `${cutaway.directory}/seen.tar`, 'seen']);
  docker.run(['rm', 'seen']);
  const ours = (await cutaway.run(['export', image])).bytes;
  t.same(listTree(ours), listTree(readFileSync(`${cutaway.directory}/seen.tar`)), 'the same tree');
}
