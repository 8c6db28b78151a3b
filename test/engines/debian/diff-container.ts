// `cutaway diff CONTAINER` beside `docker diff`: the same commands in the same image, run by both.
import type { Test } from 'tap';
import type { DiffDocument } from '../../../src/inspect/documents/diff.js';
import type { TreeDocument } from '../../../src/inspect/documents/tree.js';
import { encodeName } from '../../../src/oci/byte-name.js';
import { LAYERS } from '../../support/debian-image.js';
import { makeRandom } from '../../overlay/oracle/random.js';
import { groupPlaces, randomScript } from './random-script.js';
import { firstOf, type World } from './world.js';

/** What one container has changed: "A /path", sorted, for the order of Docker's list is no promise. */
export interface Changes {
  readonly ours: string[];
  readonly theirs: string[];
}

/** Of the containers of that name here and in Docker. */
export async function readChanges(world: World, name: string): Promise<Changes> {
  const [ours, theirs] = await Promise.all([ourChanges(world, name), dockerChanges(world, name)]);
  return { ours, theirs };
}

async function ourChanges({ cutaway }: World, name: string): Promise<string[]> {
  const { changes, problems } = (await cutaway.json('diff', name)) as DiffDocument;
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  // Docker's JSON has U+FFFD for what is not UTF-8.
  return changes.map(({ kind, path }) => `${kind} ${encodeName(path).toString('utf8')}`).sort();
}

async function dockerChanges({ docker }: World, name: string): Promise<string[]> {
  const changes = (await docker.get(`/containers/${name}/changes`)) as {
    Kind: 0 | 1 | 2;
    Path: string;
  }[];
  return changes.map(({ Kind, Path }) => `${'CAD'.charAt(Kind)} ${Path}`).sort();
}

/** Docker's init layer has these besides what ours has: a container that deletes /etc loses them. */
const OF_INIT_LAYER = /^D \/(?:etc\/mtab|\.dockerenv)$/;

export function changeDifferences({ ours, theirs: all }: Changes): string[] {
  const theirs = all.filter((line) => !OF_INIT_LAYER.test(line));
  const [left, right] = [new Set(ours), new Set(theirs)];
  return firstOf([
    ...ours.filter((line) => !right.has(line)).map((line) => `ours alone: ${line}`),
    ...theirs.filter((line) => !left.has(line)).map((line) => `docker alone: ${line}`),
  ]);
}

const SEQUENCES = Number(process.env['CUTAWAY_SEQUENCES'] ?? 12);
const SEED = Number(process.env['CUTAWAY_SEED'] ?? 1);
const LENGTH = 80;
/** Containers that run at the same time. */
const AT_ONCE = 3;

export async function testContainerDiff(t: Test, world: World): Promise<void> {
  const { entries } = (await world.cutaway.json('tree', LAYERS)) as TreeDocument;
  const places = groupPlaces(entries.map(({ path }) => path));
  const seeds = Array.from({ length: SEQUENCES }, (_, at) => SEED + at);
  let worked = 0;
  let changes = 0;
  const work = async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const script = randomScript(makeRandom(seed), places, LENGTH);
      const answers = await runInBoth(world, nameOf(seed), script);
      const [ours, theirs] = answers.output;
      worked += ours.split('\n').length - 1;
      changes += answers.ours.length;
      const name = `seed ${seed}: ${answers.ours.length} changes`;
      const same = t.same(changeDifferences(answers), [], name);
      const alike = t.equal(ours, theirs, `seed ${seed}: the same commands worked`);
      if (!same || !alike) t.comment(script);
    }
  };
  const names = seeds.map(nameOf);
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  // All at once: one by one that is seconds.
  world.docker.run(['rm', '-f', ...names]);
  await world.cutaway.text('rm', '-f', ...names);
  t.ok(worked > 0.4 * SEQUENCES * LENGTH, `${worked} of ${SEQUENCES * LENGTH} commands worked`);
  t.ok(changes > 20 * SEQUENCES, `${changes} changes in all`);
}

const nameOf = (seed: number) => `seed-${seed}`;

interface Answers extends Changes {
  /** What the script printed under each. */
  readonly output: readonly [ours: string, theirs: string];
}

/** Both at the same time; the containers stay. */
async function runInBoth(world: World, name: string, script: string): Promise<Answers> {
  const argv = ['run', '--name', name, '--network', 'none', LAYERS, 'sh', '-c', script];
  const output = await Promise.all([world.cutaway.text(...argv), world.docker.start(argv)]);
  return { ...(await readChanges(world, name)), output };
}
