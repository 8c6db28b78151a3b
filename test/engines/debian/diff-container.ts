// `cutaway diff CONTAINER` beside `docker diff`: the same commands in the same image, run by both.
import type { Test } from 'tap';
import type { DiffDocument } from '../../../src/inspect/documents/diff.js';
import type { TreeDocument } from '../../../src/inspect/documents/tree.js';
import { encodeName } from '../../../src/oci/byte-name.js';
import { BASE, LAYERS } from '../../support/debian-image.js';
import { makeRandom } from '../../overlay/oracle/random.js';
import { groupPlaces, randomScript } from './random-script.js';
import { firstOf, type World } from './world.js';

export async function testContainerDiff(t: Test, world: World): Promise<void> {
  await t.test('git installed from the same packages', (t) => installGit(t, world));
  await t.test('scripts at random', (t) => runAtRandom(t, world));
}

interface Both {
  readonly image: string;
  readonly script: string;
  readonly options?: readonly string[];
}

interface Answers {
  /** "A /path", sorted: the order of Docker's list is no promise. */
  readonly ours: string[];
  readonly theirs: string[];
  /** As `diff` prints it. */
  readonly text: string;
  readonly dockerText: string;
  /** What the script printed under each. */
  readonly output: readonly [ours: string, theirs: string];
}

const NAME = 'diffed';

/** Both at the same time. */
async function runInBoth(world: World, { image, script, options = [] }: Both): Promise<Answers> {
  const { docker, cutaway } = world;
  const argv = ['--name', NAME, '--network', 'none', ...options, image, 'sh', '-c', script];
  const running = cutaway.run(['run', ...argv]);
  try {
    const output = docker.run(['run', ...argv]);
    const { stdout, status, stderr } = await running;
    if (status !== 0) throw new Error(`cutaway run: ${String(status)}: ${stderr}`);
    return {
      ours: await ourChanges(world),
      theirs: await dockerChanges(world),
      text: await cutaway.text('diff', NAME),
      dockerText: docker.run(['diff', NAME]),
      output: [stdout, output],
    };
  } finally {
    await running;
    docker.run(['rm', '-f', NAME]);
    await cutaway.run(['rm', '-f', NAME]);
  }
}

async function ourChanges({ cutaway }: World): Promise<string[]> {
  const { changes, problems } = (await cutaway.json('diff', NAME)) as DiffDocument;
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  // Docker's JSON has U+FFFD for what is not UTF-8.
  return changes.map(({ kind, path }) => `${kind} ${encodeName(path).toString('utf8')}`).sort();
}

async function dockerChanges({ docker }: World): Promise<string[]> {
  const changes = (await docker.get(`/containers/${NAME}/changes`)) as {
    Kind: 0 | 1 | 2;
    Path: string;
  }[];
  return changes.map(({ Kind, Path }) => `${'CAD'.charAt(Kind)} ${Path}`).sort();
}

/** Docker's init layer has these besides what ours has: a container that deletes /etc loses them. */
const OF_INIT_LAYER = /^D \/(?:etc\/mtab|\.dockerenv)$/;

function differences({ ours, theirs: all }: Answers): string[] {
  const theirs = all.filter((line) => !OF_INIT_LAYER.test(line));
  const [left, right] = [new Set(ours), new Set(theirs)];
  return firstOf([
    ...ours.filter((line) => !right.has(line)).map((line) => `ours alone: ${line}`),
    ...theirs.filter((line) => !left.has(line)).map((line) => `docker alone: ${line}`),
  ]);
}

/** No name has the time in it: what both install has the same names to the last. */
async function installGit(t: Test, world: World): Promise<void> {
  const answers = await runInBoth(world, {
    image: BASE,
    options: [
      '-v',
      `${world.images.packages}:/packages:ro`,
      '-e',
      'DEBIAN_FRONTEND=noninteractive',
    ],
    script: 'apt-get install -y --no-install-recommends /packages/*.deb >&2 && git --version',
  });
  const [ours, theirs] = answers.output;
  t.match(ours, /^git version \d/, 'it works');
  t.equal(ours, theirs, 'in both');
  t.same(differences(answers), [], 'the same changes');
  const lines = (text: string) => text.split('\n').sort();
  t.same(lines(answers.text), lines(answers.dockerText), 'line by line as it is printed');
  t.ok(answers.ours.length > 3000, `${answers.ours.length} lines`);
}

const SEQUENCES = Number(process.env['CUTAWAY_SEQUENCES'] ?? 25);
const SEED = Number(process.env['CUTAWAY_SEED'] ?? 1);
const LENGTH = 40;

async function runAtRandom(t: Test, world: World): Promise<void> {
  const { entries } = (await world.cutaway.json('tree', LAYERS)) as TreeDocument;
  const places = groupPlaces(entries.map(({ path }) => path));
  let worked = 0;
  let changes = 0;
  for (let seed = SEED; seed < SEED + SEQUENCES; seed += 1) {
    const script = randomScript(makeRandom(seed), places, LENGTH);
    const answers = await runInBoth(world, { image: LAYERS, script });
    const [ours, theirs] = answers.output;
    worked += ours.split('\n').length - 1;
    changes += answers.ours.length;
    const same = t.same(differences(answers), [], `seed ${seed}: ${answers.ours.length} changes`);
    const alike = t.equal(ours, theirs, `seed ${seed}: the same commands worked`);
    if (!same || !alike) t.comment(script);
  }
  t.ok(worked > 0.4 * SEQUENCES * LENGTH, `${worked} of ${SEQUENCES * LENGTH} commands worked`);
  t.ok(changes > 10 * SEQUENCES, `${changes} changes in all`);
}
