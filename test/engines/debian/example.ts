// What everybody does first: run an image on a terminal, install git in it, look at what has changed,
// commit it, and see that the new image has the layers of the old one and one more.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { DiffDocument } from '../../../src/inspect/documents/diff.js';
import type { LayersDocument } from '../../../src/inspect/documents/layers.js';
import { PULLED } from '../../support/debian-image.js';
import { openTerminal } from '../../support/terminal.js';
import { changeDifferences, readChanges } from './diff-container.js';
import { checkUnderDocker } from './tree.js';
import type { World } from './world.js';

const NAME = 'git';
const MADE = 'cutaway-test/debian:git';
const INSTALL = 'apt-get install -y --no-install-recommends /packages/*.deb';

export async function testExample(t: Test, world: World): Promise<void> {
  await t.test('install git', (t) => installGit(t, world));
  await t.test('diff', (t) => checkDiff(t, world));
  await t.test('commit', (t) => commitGit(t, world));
  await t.test('the layers of both', (t) => checkLayers(t, world));
  await t.test('git in the new image', (t) => runGit(t, world));
  world.docker.run(['rm', '-f', NAME]);
  await world.cutaway.text('rm', NAME);
  await world.cutaway.text('rmi', MADE);
}

/** With the packages that GIT was made with: what both install has the same names to the last. */
function runArguments({ images }: World): string[] {
  const packages = ['-v', `${images.packages}:/packages:ro`];
  return ['run', '--name', NAME, '--network', 'none', ...packages];
}

/** Typed at the prompt of a container that is kept; meanwhile Docker does the same. */
async function installGit(t: Test, world: World): Promise<void> {
  const { cutaway, docker } = world;
  // A shell on a terminal writes its history when it ends.
  const script = `${INSTALL} >&2 && git --version && touch /root/.bash_history`;
  const install = ['-e', 'DEBIAN_FRONTEND=noninteractive', PULLED, 'sh', '-c', script];
  const theirs = docker.start([...runArguments(world), ...install]);
  const typed = [...cutaway.argv, ...runArguments(world), '-it', PULLED].join(' ');
  const environment = `CUTAWAY_DATA_ROOT=${cutaway.dataRoot}`;
  const terminal = openTerminal(
    t,
    join(cutaway.directory, 'tmux-git'),
    `${environment} ${typed}; echo status $?`,
  );
  const type = (line: string) => {
    terminal.press(line, 'Enter');
  };
  await terminal.shows(/root@[0-9a-f]{12}:\/#/, 30);
  type('git');
  await terminal.shows('bash: git: command not found');
  type(`export DEBIAN_FRONTEND=noninteractive; clear; ${INSTALL} && echo "it is" there`);
  await terminal.shows(/^it is there$/m, 180);
  type('clear; git --version');
  await terminal.shows(/^git version \d/m);
  const version = /^git version .*$/m.exec(terminal.screen())?.[0];
  type('exit');
  await terminal.shows('status 0');
  t.equal(version, (await theirs).trim(), 'the same git as under Docker');
}

async function checkDiff(t: Test, world: World): Promise<void> {
  const { cutaway, docker } = world;
  const changes = await readChanges(world, NAME);
  t.same(changeDifferences(changes), [], 'the same changes as under Docker');
  t.ok(changes.ours.length > 3000, `${changes.ours.length} lines`);
  const text = await cutaway.text('diff', NAME);
  const sorted = (lines: string) => lines.split('\n').sort();
  t.same(sorted(text), sorted(docker.run(['diff', NAME])), 'line by line as it is printed');
  const found = execFileSync('grep', ['git'], { input: text, encoding: 'utf8' }).split('\n');
  const shown = ['/etc/bash_completion.d/git-prompt', '/usr/bin/git', '/usr/share/git-core'];
  const ofDpkg = ['git.list', 'git.md5sums', 'git.preinst', 'git.postinst', 'git-man.list'];
  for (const path of [...shown, ...ofDpkg.map((name) => `/var/lib/dpkg/info/${name}`)]) {
    t.ok(found.includes(`A ${path}`), `diff | grep git has ${path}`);
  }
}

async function commitGit(t: Test, { cutaway }: World): Promise<void> {
  /** Name, tag and ID: the other columns say when and how big. */
  const rows = async () =>
    (await cutaway.text('images')).split('\n').map((line) => line.split(/ +/, 3).join(' '));
  const before = await rows();
  t.ok(before.some((line) => /^cutaway-test\/debian 12 /.test(line)));
  const id = await cutaway.line('commit', NAME, MADE);
  t.match(id, /^sha256:[0-9a-f]{64}$/, 'its ID');
  const added = (await rows()).filter((line) => !before.includes(line));
  t.same(added, [`cutaway-test/debian git ${id.slice(7, 19)}`], 'one image more');
}

interface Inspected {
  readonly Id: string;
  readonly RootFS: { readonly Layers: readonly string[] };
}

async function inspectImage({ cutaway }: World, name: string): Promise<Inspected> {
  const [image] = JSON.parse(await cutaway.text('inspect', name)) as Inspected[];
  if (image === undefined) throw new Error(`inspect ${name}: nothing`);
  return image;
}

async function checkLayers(t: Test, world: World): Promise<void> {
  const { docker } = world;
  const [old, made] = [await inspectImage(world, PULLED), await inspectImage(world, MADE)];
  const { RootFS } = docker.inspect(PULLED) as Inspected;
  t.same(old.RootFS.Layers, RootFS.Layers, 'inspect: those that Docker names');
  t.equal(old.RootFS.Layers.length, 4);
  t.same(made.RootFS.Layers.slice(0, 4), old.RootFS.Layers, 'inspect: the same four');
  t.equal(made.RootFS.Layers.length, 5, 'and a new one');
  const [one, other] = [await readLayers(world, PULLED), await readLayers(world, MADE)];
  const digests = ({ layers }: LayersDocument) => layers.map(({ digest }) => digest);
  t.same(digests(other).slice(0, 4), digests(one), 'layers: the same four digests');
  t.equal(new Set(digests(other)).size, 5, 'and a new one');
  t.same(
    other.layers.slice(0, 4).map(({ directory }) => directory),
    one.layers.map(({ directory }) => directory),
    'each in one directory for both',
  );
  const added = other.layers[4];
  t.same(added?.alsoIn, [], 'nobody else has the new one');
  t.equal(added?.diffID, made.RootFS.Layers[4], 'which inspect names too');
  // Of images `diff` tells no directory that has only got another time.
  const [ofLayer, ofContainer] = [await readDiff(world, `${MADE}@5`), await readDiff(world, NAME)];
  t.same(ofLayer, ofContainer, 'it has what diff says of the container');
}

/** What was added and deleted. */
async function readDiff({ cutaway }: World, target: string): Promise<string[]> {
  const { changes } = (await cutaway.json('diff', target)) as DiffDocument;
  return changes.filter(({ kind }) => kind !== 'C').map(({ kind, path }) => `${kind} ${path}`);
}

async function readLayers({ cutaway }: World, name: string): Promise<LayersDocument> {
  return (await cutaway.json('layers', name)) as LayersDocument;
}

/** Here, and with the image saved and loaded, under Docker. */
async function runGit(t: Test, world: World): Promise<void> {
  const { cutaway, docker, root } = world;
  const version = ['--network', 'none', MADE, 'git', '--version'];
  const ours = await cutaway.text('run', '--rm', ...version);
  t.match(ours, /^git version \d/, 'it runs');
  const archive = join(root, 'saved.tar');
  await cutaway.text('save', '-o', archive, MADE);
  docker.run(['load', '-i', archive]);
  rmSync(archive);
  const [image, theirs] = [await inspectImage(world, MADE), docker.inspect(MADE) as Inspected];
  t.equal(theirs.Id, image.Id, 'Docker has the same image');
  t.same(theirs.RootFS.Layers, image.RootFS.Layers);
  t.equal(docker.run(['run', '--rm', ...version]), ours, 'it runs there as well');
  await checkUnderDocker(t, world, MADE);
  docker.run(['rmi', MADE]);
}
